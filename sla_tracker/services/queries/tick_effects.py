"""Finds what a tick of the scheduler changed: its recorded verb does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.ports import Change, Store

_DECISIONS = frozenset({Verb.DELIVERED, Verb.ACCEPTED, Verb.RETURNED, Verb.TOOK_BACK, Verb.REOPENED})


class TickEffect(StrEnum):
    """What a tick did; the values stand in JSON."""

    OPENED = "opened"
    ACCEPTED_BY_SILENCE = "accepted_by_silence"
    ESCALATED = "complaint_escalated"
    BROUGHT_UP_TO_DATE = "brought_up_to_date"


Effects = Mapping[int, Sequence[TickEffect]]
"""The effects of each tick by sequence number; other changes are not in it."""


def effects_of(store: Store, shown: Sequence[Change]) -> Effects:
    """Return what the ticks among some changes did, by the values that they wrote."""
    ticks = {change.sequence for change in shown if change.act.what == Verb.ROLLED_OVER}
    found: dict[int, Sequence[TickEffect]] = {}
    if not ticks:
        return found
    for change, values in store.revisions(min(ticks) - 1):
        if change.sequence in ticks:
            changed = [value for value in values if isinstance(value, Duty | Complaint)]
            effects = {_effect_on(value, change) for value in changed} or {TickEffect.BROUGHT_UP_TO_DATE}
            found[change.sequence] = [effect for effect in TickEffect if effect in effects]
        if change.sequence >= max(ticks):
            break
    return found


def _effect_on(value: Duty | Complaint, change: Change) -> TickEffect:
    match value:
        case Complaint():
            return TickEffect.ESCALATED
        case Duty(opened_at=opened_at) if opened_at == change.act.at:
            return TickEffect.OPENED
        case Duty(state=State.ACCEPTED, accepted_by=by) if by == SYSTEM:
            return TickEffect.ACCEPTED_BY_SILENCE
    return TickEffect.BROUGHT_UP_TO_DATE


def effects_on(duty: Duty, history: Sequence[Change]) -> Effects:
    """Return what the ticks in a duty's history did to it.

    The duty's former states are not read.
    """
    silent = {change.sequence for change in _accepting_by_silence(duty, history)}
    return {
        change.sequence: [_effect(duty, change, is_silent=change.sequence in silent)]
        for change in history
        if change.act.what == Verb.ROLLED_OVER
    }


def _effect(duty: Duty, change: Change, *, is_silent: bool) -> TickEffect:
    if is_silent:
        return TickEffect.ACCEPTED_BY_SILENCE
    return TickEffect.OPENED if change.act.at == duty.opened_at else TickEffect.BROUGHT_UP_TO_DATE


def _accepting_by_silence(duty: Duty, history: Sequence[Change]) -> Iterator[Change]:
    """Yield the ticks in which silence accepted a delivery.

    Each is the only reason why a delivery that nobody judged is reopened, or now counts as accepted by the system.
    """
    decisions = [place for place, change in enumerate(history) if change.act.what in _DECISIONS]
    for place, after in pairwise([*decisions, len(history)]):
        ticks = [change for change in history[place + 1 : after] if change.act.what == Verb.ROLLED_OVER]
        if history[place].act.what != Verb.DELIVERED or not ticks:
            continue
        if after < len(history):
            if history[after].act.what == Verb.REOPENED:
                yield ticks[-1]
        elif duty.accepted_by == SYSTEM and duty.accepted_at is not None:
            yield from [change for change in ticks if change.act.at >= duty.accepted_at][:1]
