"""Brings stored values up to the present, some of them in each transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, State
from sla_tracker.services.consent.standing import ended_if_vanished
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaints import escalated_if_late, late_complaints
from sla_tracker.services.duties.current_deadline import recomputed
from sla_tracker.services.duties.saving import accept_in_batches, accepted_by_silence, save_duty
from sla_tracker.services.duties.scheduling.batches import Write, in_batches
from sla_tracker.services.duties.scheduling.known_roster import day_of
from sla_tracker.services.duties.turn_exceptions import TurnExceptions
from sla_tracker.services.ports import Reading, Writing

T = TypeVar("T")


def accept_deliveries(context: ServiceContext, write: Write) -> Iterator[Duty]:
    """Accept the deliveries whose time for a verdict has passed; yields those duties."""
    now = context.now()
    ids = context.store.read(
        lambda tx: [one.id for one in tx.each(Duty, state=State.DELIVERED) if accepted_by_silence(one, now)]
    )
    yield from accept_in_batches(context, write, ids)


def follow_exceptions(context: ServiceContext, write: Write, roster: Roster) -> Iterator[Duty]:
    """Follow agreed exceptions for turns that are open; yields the changed duties."""
    exceptions = TurnExceptions(context, roster)
    ids = _ids_of(context, OWED)
    yield from in_batches(context, write, (Duty, ids), exceptions.followed, _saving(context))


def follow_calendars(context: ServiceContext, write: Write) -> Iterator[Duty]:
    """Recompute the live duties on the present calendars; yields the changed ones.

    A duty that is not recomputed yet keeps the deadline that its own steps explain.
    """

    def change(tx: Reading, duty: Duty, now: datetime) -> Duty | None:
        if duty.state not in LIVE:
            return None
        changed = recomputed(context, tx, duty, now)
        return None if changed == duty else changed

    yield from in_batches(context, write, (Duty, _ids_of(context, LIVE)), change, _saving(context))


def release_leavers(context: ServiceContext, write: Write) -> Iterator[Duty]:
    """Put duties of people who left their department back into the pool; yields them."""

    def change(_tx: Reading, duty: Duty, now: datetime) -> Duty | None:
        return transitions.assigned(duty, "") if _is_left_behind(context, duty, now) else None

    now = context.now()
    ids = context.store.read(
        lambda tx: [one.id for one in tx.each(Duty, state=OWED) if _is_left_behind(context, one, now)]
    )
    yield from in_batches(context, write, (Duty, ids), change, _saving(context))


def escalate(context: ServiceContext, write: Write) -> Iterator[Complaint]:
    """Mark complaints past their limit as escalated to the heads; yields them."""

    def change(_tx: Reading, complaint: Complaint, now: datetime) -> Complaint | None:
        return escalated_if_late(complaint, now)

    ids = context.store.read(lambda tx: [one.id for one in late_complaints(tx, context.now())])
    yield from in_batches(context, write, (Complaint, ids), change, _put)


def end_vanished(context: ServiceContext, write: Write) -> Iterator[Agreement]:
    """End the agreements whose obligation no plugin declares any more; yields them."""

    def change(_tx: Reading, agreement: Agreement, now: datetime) -> Agreement | None:
        return ended_if_vanished(context, agreement, now)

    ids = context.store.read(lambda tx: [one.id for one in tx.each(Agreement)])
    yield from in_batches(context, write, (Agreement, ids), change, _put)


def _ids_of(context: ServiceContext, states: Iterable[State]) -> list[str]:
    return context.store.read(lambda tx: [duty.id for duty in tx.each(Duty, state=tuple(states))])


def _saving(context: ServiceContext) -> Callable[[Writing, Duty], Duty]:
    return lambda tx, duty: save_duty(context, tx, duty)


def _put(tx: Writing, value: T) -> T:
    tx.put(value)
    return value


def _is_left_behind(context: ServiceContext, duty: Duty, now: datetime) -> bool:
    if not duty.assignee or duty.state not in OWED:
        return False
    person = context.people.get(duty.assignee)
    return person is None or person.department != duty.provider or not person.is_here(day_of(context, now))
