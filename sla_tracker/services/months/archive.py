"""Moves what belongs to closed months out of the way: into archives that are opened only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.month import Month, following
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.errors import N_, NotFound
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months import closing
from sla_tracker.services.ports import Reading, Writing

Named = tuple[type, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMonth:
    """A closed month, what was written down as missed, and how many values its archive holds."""

    month: Month
    missed: tuple[Duty, ...]
    sealed: int


def close_and_seal(
    context: ServiceContext, actor: Actor, month_id: str, *, mark_missed: bool = False
) -> SealedMonth:
    """Close a month and seal what belongs to it; raises what `months.close` raises."""
    closed = closing.close(context, actor, month_id, mark_missed=mark_missed)
    return SealedMonth(month=closed.month, missed=closed.missed, sealed=seal(context, actor, month_id))


def seal(context: ServiceContext, actor: Actor, month_id: str) -> int:
    """Seal a closed month and return how many values went into its archive; does nothing when it is sealed already."""
    if month_id in context.store.seals():
        return 0
    context.write(actor, "prepared_seal", lambda tx, _now: _remember_on_events(tx, month_id))

    def work(tx: Writing, now: datetime) -> int:
        context.require(actor, Right.CLOSE_PERIOD, now)
        chosen = _chosen(tx, month_id)
        if chosen:
            tx.seal(month_id, chosen)
        return len(chosen)

    return context.write(actor, "sealed_month", work)


def reopen_and_unseal(context: ServiceContext, actor: Actor, month_id: str, reason: str) -> Month:
    """Open a closed month again, with a reason, and bring its duties back."""
    month = closing.reopen(context, actor, month_id, reason)
    if month_id in context.store.seals():

        def work(tx: Writing, now: datetime) -> None:
            context.require(actor, Right.CLOSE_PERIOD, now)
            tx.unseal(month_id)

        context.write(actor, "unsealed_month", work, reason)
    return month


def duties_of(context: ServiceContext, month_id: str) -> list[Duty]:
    """Return a month's duties, from its archive where it is sealed; raises NotFound for a month without any."""
    found = context.store.read(lambda tx: tx.find(Duty, month=month_id))
    if month_id in context.store.seals():
        found += [value for value in context.store.sealed(month_id) if isinstance(value, Duty)]
    if not found:
        raise NotFound(N_("There are no duties of {month}."), month=month_id)
    return sorted(found, key=lambda duty: duty.due_at)


def _remember_on_events(tx: Writing, month_id: str) -> None:
    """Let every event know which of its duties leave, so that a correction does not open them once more."""
    leaving: dict[str, list[str]] = {}
    for duty in tx.find(Duty, month=month_id):
        if duty.event and not duty.is_live:
            leaving.setdefault(duty.event, []).append(duty.key)
    for event_id, keys in leaving.items():
        event = tx.get(Event, event_id)
        if event is not None:
            known = tuple(dict.fromkeys((*event.sealed, *keys)))
            if known != event.sealed:
                tx.put(replace(event, sealed=known))


def _chosen(tx: Reading, month_id: str) -> Sequence[Named]:
    """Return what belongs to a month and is settled: its duties, their requests and reminders, and finished events."""
    duties = [duty for duty in tx.find(Duty, month=month_id) if not duty.is_live]
    gone = {duty.id for duty in duties}
    chosen: list[Named] = [(Duty, duty.id) for duty in duties]
    chosen += [(Request, duty.request) for duty in duties if duty.request]
    chosen += [(Reminder, reminder.id) for duty in duties for reminder in tx.find(Reminder, duty=duty.id)]
    last = following(month_id)
    for event in tx.find(Event, state=(EventState.ACTIVE, EventState.CANCELLED)):
        if f"{event.at:%Y-%m}" < last and all(duty.id in gone for duty in tx.find(Duty, event=event.id)):
            chosen.append((Event, event.id))
    return tuple(dict.fromkeys(chosen))
