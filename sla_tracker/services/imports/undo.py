"""Takes an import back: cancels what it registered, in bounded commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from sla_tracker.domain.duties import event as steps
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.event_change import EventChangeKind
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportKind, ImportRun, RunState
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.saving import settle_silence
from sla_tracker.services.duties.scheduling.batches import chunked
from sla_tracker.services.event_changes import TYPING_ERROR, EventEdit
from sla_tracker.services.events import update_duties
from sla_tracker.services.imports.parts import mark
from sla_tracker.services.imports.requests import withdraw_all
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass

MOST_EVENTS = 12
"""Events that one commit cancels with their duties: some 40 ms with the lock."""
MOST_PAST = 200
"""Finished duties that one commit takes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What taking an import back did.

    `kept` are duties that stay: they are delivered, or another side has to confirm. `archived` is how many values lie
    in archives of closed months and stay too.
    """

    cancelled: int = 0
    kept: int = 0
    archived: int = 0


def take_back(
    context: ServiceContext, actor: Actor, run: ImportRun, progress: Callable[[int], None] | None = None
) -> TakenBack:
    """Cancel all that an import registered; goes on where it was broken off.

    The importing person's department may, and administrators. Delivered duties stay, and overdue ones of the actor's
    own department until its consumer confirms, as when an event is cancelled. Keys of the list are free again. Raises
    Forbidden, and Refused for an import that is taken back.
    """
    if run.state is RunState.UNDONE:
        raise Refused(N_("This import is taken back already."))
    now = context.now()
    if actor.department != run.department:
        context.require(actor, Right.ADMINISTER, now)
    context.require(actor, Right.REGISTER_EVENT, now)
    settle_silence(context, lambda tx: _duties_of(tx, run))
    done = TakenBack(archived=_archived(context, run))
    if run.kind is ImportKind.REQUESTS:
        return _withdrawn(context, actor, run, done)
    is_past, size = run.kind is ImportKind.PAST, MOST_PAST if run.kind is ImportKind.PAST else MOST_EVENTS
    while not _is_finished(context, actor, run):
        for ids in chunked(context.store.read(lambda tx: _left_of(tx, run)), size):
            cancel = _mark_taken_back if is_past else _cancel_events
            found = context.write(
                actor, Verb.TOOK_BACK_IMPORT, partial(cancel, context, actor, run, ids), run.id
            )
            done = replace(done, cancelled=done.cancelled + found.cancelled, kept=done.kept + found.kept)
            if progress is not None:
                progress(done.cancelled)
    return done


def _left_of(tx: Reading, run: ImportRun) -> list[str]:
    """Return the ids of what an import registered and is not taken back yet."""
    if run.kind is ImportKind.PAST:
        return [one.id for one in tx.each(PastDuty, import_id=run.id) if not one.taken_back]
    return [event.id for event in _events_of(tx, run)]


def _is_finished(context: ServiceContext, actor: Actor, run: ImportRun) -> bool:
    """Store that an import is taken back, if nothing is left of it."""

    def is_done(tx: Reading) -> bool:
        return not _left_of(tx, run)

    def work(tx: Writing, _at: datetime) -> bool:
        if not is_done(tx):
            return False
        mark(tx, run, RunState.UNDONE)
        return True

    return context.store.read(is_done) and context.write(actor, Verb.TOOK_BACK_IMPORT, work, run.id)


def _withdrawn(context: ServiceContext, actor: Actor, run: ImportRun, done: TakenBack) -> TakenBack:
    """Withdraw the open requests of an import; settled ones stay."""
    withdrawn, kept = withdraw_all(context, actor, run)
    context.write(
        actor, Verb.TOOK_BACK_IMPORT, lambda tx, _at: mark(tx, run, RunState.UNDONE, withdrawn), run.id
    )
    return replace(done, cancelled=withdrawn, kept=kept)


def _events_of(tx: Reading, run: ImportRun) -> list[Event]:
    return tx.find(Event, import_id=run.id, state=EventState.ACTIVE.value)


def _duties_of(tx: Reading, run: ImportRun) -> list[Duty]:
    return [duty for event in _events_of(tx, run) for duty in tx.find(Duty, event=event.id)]


def _cancel_events(
    context: ServiceContext, actor: Actor, run: ImportRun, ids: Sequence[str], tx: Writing, now: datetime
) -> TakenBack:
    """Cancel those of some events that are not cancelled yet, with their duties."""
    cancelled = kept = 0
    for id in ids:
        event = tx.get(Event, id)
        if event is None or event.import_id != run.id or event.state is not EventState.ACTIVE:
            continue  # somebody else takes the import back as well
        changed = steps.cancelled(event, reason=f"sla imports {reference_of(run.id)}")
        edit = EventEdit(
            kind=EventChangeKind.CANCELLED,
            before=event,
            after=replace(changed, import_id="", import_key=""),
            actor=actor,
            now=now,
            is_typing_error=now - run.at < TYPING_ERROR,
        )
        followed = update_duties(context, tx, edit)
        duties = tx.find(Duty, event=event.id)
        cancelled += 1
        kept += len(followed.claimed) + sum(
            1 for duty in duties if duty.state not in OWED and duty.deliveries
        )
    mark(tx, run, RunState.UNDOING, cancelled)
    return TakenBack(cancelled=cancelled, kept=kept)


def _mark_taken_back(
    _context: ServiceContext, _actor: Actor, run: ImportRun, ids: Sequence[str], tx: Writing, _now: datetime
) -> TakenBack:
    """Mark those of some finished duties as taken back that are not yet."""
    found = [one for id in ids if (one := tx.get(PastDuty, id)) is not None and not one.taken_back]
    for one in found:
        tx.put(replace(one, taken_back=True, import_key=""))
    mark(tx, run, RunState.UNDOING, len(found))
    return TakenBack(cancelled=len(found))


def _archived(context: ServiceContext, run: ImportRun) -> int:
    """Return how many events of an import lie in archives."""
    if run.kind is not ImportKind.EVENTS:
        return 0
    # An archive that was sealed before the import holds nothing of it, whatever month its events are of.
    closed_at = {one.id: one.closed_at for one in context.store.read(lambda tx: tx.find(Month, closed=True))}
    names = [name for name in context.store.seals() if closed_at.get(name, run.at) >= run.at]
    values = (value for name in names for value in context.store.sealed(name))
    return sum(1 for value in values if isinstance(value, Event) and value.import_id == run.id)
