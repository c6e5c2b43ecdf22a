"""Undoes the actor's own last act, and does it again.

Neither is done if the values have changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.handover import ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, NeedsConfirmation, Overtaken, Refused
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import recomputed
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.ports import Change, Writing

# Acts that are undone by restoring what they touched. The others have their own opposite.
UNDOABLE = frozenset(
    {
        Verb.TOOK,
        Verb.RELEASED,
        Verb.ASSIGNED,
        Verb.FILLED_IN,
        Verb.NOTED,
        Verb.DELIVERED,
        Verb.TOOK_BACK,
        Verb.ACCEPTED,
        Verb.RETURNED,
        Verb.REOPENED,
        Verb.HELD,
        Verb.RESUMED,
        Verb.OBJECTED,
        Verb.CONFIRMED_HOLD,
        Verb.REFUSED_HOLD,
        Verb.ASKED_WAIVER,
        Verb.WAIVED,
        Verb.GRANTED_WAIVER,
        Verb.REFUSED_WAIVER,
        Verb.ANSWERED,
        Verb.CHANGED_FIELD,
        Verb.OBJECTED_FIELD,
        Verb.TICKED_PAPER,
        Verb.UPDATED,
        Verb.RATED,
        Verb.EXPLAINED_LATENESS,
        Verb.EDITED_SHIFT_NOTE,
        Verb.ACKNOWLEDGED_SHIFT_NOTE,
        Verb.STEPPED_COMPLAINT,
    }
)
# Acts that change nothing for anybody else; what was done before them is still the last act.
SILENT = frozenset({Verb.READ_REMINDERS})
MAX_CHANGES_SEARCHED = 500  # most recent commits of all people, to keep the search short
Undoable = Duty | Event | Request | ShiftNote | Complaint
Check = Callable[[Writing, datetime, Sequence["Undoable | None"]], None]
KINDS: Mapping[str, type[Undoable]] = {
    StoredKind.DUTIES: Duty,
    StoredKind.EVENTS: Event,
    StoredKind.REQUESTS: Request,
    StoredKind.SHIFT_NOTES: ShiftNote,
    StoredKind.COMPLAINTS: Complaint,
}


class NotUndoable(Refused):
    """The actor's last act stays as it is; `change` is that act."""

    def __init__(self, message: str, /, *, change: Change) -> None:
        super().__init__(message)
        self.change = change


class ActOvertaken(Overtaken):
    """Somebody else has acted since on what the act touched.

    `change` is the actor's act, `since` the other's. `kind` and `id` name the value that both touched;
    `is_redo` is set where the act was to be done again.
    """

    def __init__(
        self, change: Change, since: Change, kind: type[Undoable], id: str, *, is_redo: bool
    ) -> None:
        super().__init__(N_("It cannot be undone any more."))
        self.change = change
        self.since = since
        self.kind = kind
        self.id = id
        self.is_redo = is_redo


def _why_not(context: ServiceContext, change: Change) -> str:
    """Return why an act cannot be undone, "" where it can.

    Others have gone on with what was done on earlier days: a duty that was kept on Friday would become late on Sunday.
    """
    if change.act.what not in UNDOABLE or any(kind not in KINDS for kind, _id in change.touched):
        return N_("Acts of this kind cannot be undone.")
    if not _is_of_today(context, change):
        return N_("Only acts of today are undone, because others go on with those of earlier days.")
    return ""


def last_undo(context: ServiceContext, actor: Actor) -> tuple[Change, Change] | None:
    """Return the actor's last act that is undone, and the change that undid it.

    None if it was undone on an earlier day, or if the actor has acted since.
    """
    _done, undone = _acts(context, actor)
    return undone[-1] if undone and _is_of_today(context, undone[-1][1]) else None


def _acts(context: ServiceContext, actor: Actor) -> tuple[list[Change], list[tuple[Change, Change]]]:
    """Return the actor's acts in force, and undone ones with their undo; latest last."""
    done: list[Change] = []
    undone: list[tuple[Change, Change]] = []
    for change in context.store.changes(max(0, context.store.sequence() - MAX_CHANGES_SEARCHED)):
        what = change.act.what
        if change.act.by != actor.id or what in SILENT:
            continue
        if what == Verb.UNDID:
            undone += [(done.pop(), change)] if done else []
        elif what == Verb.REDID:
            done += [undone.pop()[0]] if undone else []
        else:
            done.append(change)
            undone.clear()
    return done, undone


def _is_of_today(context: ServiceContext, change: Change) -> bool:
    zone = context.settings.zone
    return change.act.at.astimezone(zone).date() == context.now().astimezone(zone).date()


def undo(context: ServiceContext, actor: Actor, *, insists: bool = False) -> tuple[Change, tuple[Duty, ...]]:
    """Restore what the actor's last act changed.

    Returns the act and the restored duties.

    A duty that the act opened, as it counts from the delivery, stays open and is counted anew, as after taking back.
    Raises Refused when there is nothing to undo, NotUndoable when the last act is of another kind or an earlier day,
    NeedsConfirmation when a duty would be late without the act, unless the actor insists, and ActOvertaken when any
    touched value has changed: an act on several duties is undone as a whole or not at all.
    """
    done, _undone = _acts(context, actor)
    if not done:
        raise Refused(N_("There is nothing of yours to undo: no recent act is yours."))
    change = done[-1]
    if why := _why_not(context, change):
        raise NotUndoable(why, change=change)

    doubt = N_("Without it “{title}” {subject} ({ref}) is late: it was due at {due}. Undo it all the same?")
    check = _insisting if insists else partial(_must_not_become_late, doubt)
    work = _restoring(context, change, change.sequence, change.sequence - 1, check)
    return change, context.write(actor, Verb.UNDID, work, reason=str(change.sequence))


def _insisting(_tx: Writing, _now: datetime, _values: Sequence[Undoable | None]) -> None:
    """Check nothing."""


def _must_not_become_late(doubt: str, tx: Writing, now: datetime, values: Sequence[Undoable | None]) -> None:
    """Raise NeedsConfirmation with this doubt where a value makes a duty late."""
    late = [value for value in values if isinstance(value, Duty) and _becomes_late(tx, value, now)]
    if late:
        raise NeedsConfirmation(
            doubt,
            title=late[0].title,
            subject=late[0].subject,
            ref=late[0].reference,
            due=late[0].due_at,
        )


def _becomes_late(tx: Writing, restored: Duty, now: datetime) -> bool:
    present = tx.get(Duty, restored.id)
    return restored.is_late(now) and present is not None and not present.is_late(now)


def redo(context: ServiceContext, actor: Actor, *, insists: bool = False) -> tuple[Change, tuple[Duty, ...]]:
    """Do again what the actor has undone last, as of the time at which it was done.

    Returns the act and the duties as they are again.

    Raises Refused when nothing was undone today or the actor has acted since, NeedsConfirmation when a duty would be
    late by it, unless the actor insists, and ActOvertaken when somebody else has acted.
    """
    found = last_undo(context, actor)
    if found is None:
        raise Refused(N_("There is nothing of yours today to do again; u or sla undo comes before it."))
    change, undoing = found
    doubt = N_("With it “{title}” {subject} ({ref}) is late: it was due at {due}. Do it again all the same?")
    check = _insisting if insists else partial(_must_not_become_late, doubt)
    work = _restoring(context, change, undoing.sequence, change.sequence, check)
    return change, context.write(actor, Verb.REDID, work, reason=str(change.sequence))


def _restoring(
    context: ServiceContext,
    change: Change,
    present_at: int,
    wanted_at: int,
    check: Check,
) -> Callable[[Writing, datetime], tuple[Duty, ...]]:
    """Return what puts the values of a change back to their state of another commit.

    It expects their state at `present_at`, stores that at `wanted_at`, and returns the duties.
    """
    touched = [(KINDS[kind], id) for kind, id in change.touched]
    present, wanted = (
        [context.store.as_of(kind, id, at) for kind, id in touched] for at in (present_at, wanted_at)
    )

    def work(tx: Writing, now: datetime) -> tuple[Duty, ...]:
        for (kind, id), expected in zip(touched, present, strict=True):
            if tx.get(kind, id) != expected:
                since = context.store.history(id)[-1]
                raise ActOvertaken(change, since, kind, id, is_redo=wanted_at == change.sequence)
        check(tx, now, wanted)
        for value in wanted:
            if value is not None:
                _must_be_open(tx, value)
                tx.put(value)
        for opened in [
            tx.get(kind, id) for (kind, id), value in zip(touched, wanted, strict=True) if value is None
        ]:
            if isinstance(opened, Duty):
                save_duty(context, tx, recomputed(context, tx, opened, now))
        return tuple(value for value in wanted if isinstance(value, Duty))

    return work


def _must_be_open(tx: Writing, value: Undoable) -> None:
    if isinstance(value, Duty) and (month := tx.get(Month, value.month)) is not None and month.closed:
        raise Refused(N_("{month} is closed; its figures do not change any more."), month=value.month)
