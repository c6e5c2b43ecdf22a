"""Moves the values of closed months into archives, which are read only on demand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.domain.time.instants import following
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, NotFound, Overtaken
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.archives import index_values
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.months import closing
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass

Named = tuple[type, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMonth:
    """A closed month, its duties marked as missed, and the number of archived values."""

    month: Month
    missed: tuple[Duty, ...]
    sealed: int


def close_and_seal(
    context: ServiceContext, actor: Actor, month_id: str, *, mark_missed: bool = False
) -> SealedMonth:
    """Close a month and archive its values; raises what `closing.close` raises.

    A month whose sealing was interrupted is sealed now; so are earlier ones.
    """
    try:
        closed = closing.close(context, actor, month_id, mark_missed=mark_missed)
    except Overtaken:
        sealed = seal(context, actor, month_id)
        if not sealed:
            raise
        month = context.store.read(lambda tx: existing(tx, Month, month_id))
        return SealedMonth(month=month, missed=(), sealed=sealed)
    sealed = seal(context, actor, month_id)
    _seal_earlier(context, actor, month_id)
    _index_older(context, actor)
    return SealedMonth(month=closed.month, missed=closed.missed, sealed=sealed)


def seal(context: ServiceContext, actor: Actor, month_id: str) -> int:
    """Archive a closed month's values and return their number.

    Returns 0 if the month is archived already, or not closed.
    """
    if month_id in context.store.seals():
        return 0

    def prepare(tx: Writing, now: datetime) -> None:
        context.require(actor, Right.CLOSE_PERIOD, now)
        if _is_to_seal(tx, month_id):
            _note_keys_on_events(tx, month_id)

    # A transaction of its own, because values are sealed as they stood before the sealing transaction.
    context.write(actor, Verb.PREPARED_SEAL, prepare)

    def work(tx: Writing, now: datetime) -> int:
        context.require(actor, Right.CLOSE_PERIOD, now)
        # Asked again in each transaction, as others may reopen or seal the month between two of them.
        chosen = _values_to_seal(tx, month_id, context.settings.zone) if _is_to_seal(tx, month_id) else ()
        if chosen:
            _put_index(context, tx, month_id, (existing(tx, kind, id) for kind, id in chosen))
            tx.seal(month_id, chosen)
        return len(chosen)

    return context.write(actor, Verb.SEALED_MONTH, work)


def _is_to_seal(tx: Reading, month_id: str) -> bool:
    """Return whether a month is closed and has no archive, of which its index tells."""
    month = tx.get(Month, month_id)
    return month is not None and month.closed and month.index is None


def _seal_earlier(context: ServiceContext, actor: Actor, month_id: str) -> None:
    """Seal the closed months before one whose sealing was interrupted."""
    sealed = context.store.seals()
    for month in sorted(one.id for one in closing.closed_months(context)):
        if month < month_id and month not in sealed:
            seal(context, actor, month)


def _put_index(context: ServiceContext, tx: Writing, month_id: str, values: Iterable[object]) -> None:
    month = tx.get(Month, month_id)
    if month is not None:
        tx.put(replace(month, index=index_values(values, context.settings.zone)))


def _index_older(context: ServiceContext, actor: Actor) -> None:
    """Index the archives that an older version sealed.

    With an index they need not all be opened.
    """
    known = {month.id: month for month in context.store.read(lambda tx: tx.find(Month))}
    for name in context.store.seals():
        if name in known and known[name].index is None:
            values = context.store.sealed(name)
            context.write(
                actor,
                Verb.INDEXED_ARCHIVE,
                lambda tx, _now, name=name, values=values: _put_index(context, tx, name, values),  # type: ignore[misc]
            )


def reopen_and_unseal(context: ServiceContext, actor: Actor, month_id: str, reason: str) -> Month:
    """Reopen a closed month with a reason and restore its archived values.

    Both in one transaction, so that an interruption leaves the month closed and whole. Raises IllegalTransition if it
    is not closed.
    """
    closing.check_month(month_id)

    def work(tx: Writing, now: datetime) -> Month:
        context.require(actor, Right.CLOSE_PERIOD, now)
        # Older versions reopened a month first, and an interruption left its archive behind.
        was_sealed = _unseal(tx, month_id)
        month = closing.reopened(tx, actor.id, month_id, reason, now, even_open=was_sealed)
        for erased in month.erased:
            if tx.get(Duty, erased.id) is None:
                tx.put(erased)
        _forget_keys_on_events(tx, month_id)
        return month

    return context.write(actor, Verb.REOPENED_MONTH, work, reason)


def _unseal(tx: Writing, month_id: str) -> bool:
    """Restore the values of a month's archive; return whether there was one."""
    try:
        tx.unseal(month_id)
    except KeyError:
        return False
    return True


def duties_of(context: ServiceContext, month_id: str) -> list[Duty]:
    """Return a month's duties, archived ones included; raises NotFound without any."""
    found = duties_in_months(context, (month_id,))
    if not found:
        raise NotFound(N_("There are no duties of {month}."), month=month_id)
    return found


def duties_in_months(context: ServiceContext, months: Sequence[str]) -> list[Duty]:
    """Return the duties of some months by due time, archived ones included."""
    if not months:
        return []

    def work(tx: Reading) -> list[Duty]:
        kept = (tx.get(Month, id) for id in months)
        erased = [duty for month in kept if month is not None for duty in month.erased]
        return [*erased, *tx.find(Duty, month=tuple(months))]

    found = {duty.id: duty for duty in context.store.read(work)}
    sealed = context.store.seals()
    for month_id in months:
        if month_id in sealed:
            # One that was sealed after the first reading was found there already, as it stood before.
            archived = (value for value in context.store.sealed(month_id) if isinstance(value, Duty))
            found |= {duty.id: duty for duty in archived}
    return sorted(found.values(), key=lambda duty: duty.due_at)


def _note_keys_on_events(tx: Writing, month_id: str) -> None:
    """Record on each event the keys of its archived duties.

    A later correction of the event then does not open them again. A cancelled duty opens again when its condition holds
    again, as it does before it is archived.
    """
    for event, keys in _keys_by_event(tx, month_id):
        known = tuple(dict.fromkeys((*event.sealed, *keys)))
        if known != event.sealed:
            tx.put(replace(event, sealed=known))


def _forget_keys_on_events(tx: Writing, month_id: str) -> None:
    """Take the keys of a reopened month's duties off their events."""
    for event, keys in _keys_by_event(tx, month_id):
        known = tuple(key for key in event.sealed if key not in keys)
        if known != event.sealed:
            tx.put(replace(event, sealed=known))


def _keys_by_event(tx: Reading, month_id: str) -> list[tuple[Event, list[str]]]:
    """Return the events of a month's closed duties, each with the duties' keys.

    Cancelled duties are left out.
    """
    keys_by_event: dict[str, list[str]] = {}
    for duty in tx.find(Duty, month=month_id):
        if duty.event and not duty.is_live and duty.state is not State.CANCELLED:
            keys_by_event.setdefault(duty.event, []).append(duty.key)
    return [(event, keys) for id, keys in keys_by_event.items() if (event := tx.get(Event, id)) is not None]


def _values_to_seal(tx: Reading, month_id: str, zone: tzinfo) -> Sequence[Named]:
    """Return a month's closed duties and the values that belong to them only.

    These are their reminders, their requests that have no other duties, as handed-over ones have, and the events up to
    this month that have none.
    """
    duties = [duty for duty in tx.find(Duty, month=month_id) if not duty.is_live]
    sealed_ids = {duty.id for duty in duties}
    chosen: list[Named] = [(Duty, duty.id) for duty in duties]
    chosen += [
        (Request, duty.request)
        for duty in duties
        if duty.request and all(other.id in sealed_ids for other in tx.find(Duty, request=duty.request))
    ]
    chosen += [(Reminder, reminder.id) for duty in duties for reminder in tx.find(Reminder, duty=duty.id)]
    month_after = following(month_id)
    for event in tx.find(Event, state=(EventState.ACTIVE, EventState.CANCELLED)):
        if f"{event.at.astimezone(zone):%Y-%m}" < month_after and all(
            duty.id in sealed_ids for duty in tx.find(Duty, event=event.id)
        ):
            chosen.append((Event, event.id))
    return tuple(dict.fromkeys(chosen))
