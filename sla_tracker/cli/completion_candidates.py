"""Completion candidates, the same from the start-up cache and from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sla_tracker.domain.duties.states import State
from sla_tracker.domain.text import Text


class CandidateDuty(NamedTuple):
    """A live duty offered for completion: its reference and a description."""

    reference: str
    title: Text
    subject: str
    state: State


class CompletionCandidates(NamedTuple):
    """Candidates for completion: live duties, people, departments; the language.

    Duties are read only when they are asked for.
    """

    duties: Sequence[CandidateDuty]
    people: Mapping[str, str]
    departments: Mapping[str, Text]
    language: str
