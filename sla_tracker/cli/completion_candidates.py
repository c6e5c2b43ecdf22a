"""What a shell is offered after a tab, however it was learned: left by the last opening, or read from the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sla_tracker.domain.duties.states import State
from sla_tracker.domain.text import Text


class CandidateDuty(NamedTuple):
    """A live duty as it is offered: its reference and what tells it from others."""

    reference: str
    title: Text
    subject: str
    state: State


class CompletionCandidates(NamedTuple):
    """Live duties if they were asked for, people and departments by id, and the language that the settings ask for."""

    duties: Sequence[CandidateDuty]
    people: Mapping[str, str]
    departments: Mapping[str, Text]
    language: str
