"""Takes an import back: cancels what it registered, in bounded commits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties import event as steps
from sla_tracker.domain.duties.duty import OWED, REFERENCE_LENGTH, Duty
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.event_change import EventChangeKind
from sla_tracker.domain.imports.run import ImportKind, ImportRun, RunState
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.saving import settle_silence
from sla_tracker.services.event_changes import TYPING_ERROR, EventEdit
from sla_tracker.services.events import update_duties
from sla_tracker.services.imports.parts import mark
from sla_tracker.services.imports.past import without
from sla_tracker.services.imports.requests import withdraw_all
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.value_class import dataclass

TOOK_BACK = "took_back_import"
MOST_EVENTS = 100
"""Events that one commit cancels with their duties."""


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
    while True:
        found = context.write(
            actor, TOOK_BACK, lambda tx, at: _cancel_some(context, tx, actor, run, at), run.id
        )
        done = replace(done, cancelled=done.cancelled + found.cancelled, kept=done.kept + found.kept)
        if progress is not None:
            progress(done.cancelled)
        if not found.cancelled:
            return done


def _withdrawn(context: ServiceContext, actor: Actor, run: ImportRun, done: TakenBack) -> TakenBack:
    """Withdraw the open requests of an import; settled ones stay."""
    withdrawn, kept = withdraw_all(context, actor, run)
    context.write(actor, TOOK_BACK, lambda tx, _at: mark(tx, run, RunState.UNDONE, withdrawn), run.id)
    return replace(done, cancelled=withdrawn, kept=kept)


def _events_of(tx: Reading, run: ImportRun) -> list[Event]:
    return tx.find(Event, import_id=run.id, state=EventState.ACTIVE.value)


def _duties_of(tx: Reading, run: ImportRun) -> list[Duty]:
    return [duty for event in _events_of(tx, run) for duty in tx.find(Duty, event=event.id)]


def _cancel_some(
    context: ServiceContext, tx: Writing, actor: Actor, run: ImportRun, now: datetime
) -> TakenBack:
    """Cancel as many events as one commit may, or store that none is left."""
    if run.kind is ImportKind.PAST:
        taken = without(tx, run, MOST_EVENTS)
        mark(tx, run, RunState.UNDOING if taken else RunState.UNDONE, taken)
        return TakenBack(cancelled=taken)
    chosen = _events_of(tx, run)[:MOST_EVENTS]
    kept = 0
    for event in chosen:
        changed = steps.cancelled(event, reason=f"sla imports {run.id[-REFERENCE_LENGTH:]}")
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
        kept += len(followed.claimed) + sum(
            1 for duty in duties if duty.state not in OWED and duty.deliveries
        )
    mark(tx, run, RunState.UNDOING if chosen else RunState.UNDONE, len(chosen))
    return TakenBack(cancelled=len(chosen), kept=kept)


def _archived(context: ServiceContext, run: ImportRun) -> int:
    """Return how many events of an import lie in archives."""
    if run.kind is not ImportKind.EVENTS:
        return 0
    month = f"{run.at:%Y-%m}"
    names = [name for name in context.store.seals() if name >= month[:4]]
    values = (value for name in names for value in context.store.sealed(name))
    return sum(1 for value in values if isinstance(value, Event) and value.import_id == run.id)
