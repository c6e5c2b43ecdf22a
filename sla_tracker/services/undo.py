"""Undoes the actor's own last act, and does it again.

Neither is done if the values have changed since, without the right that the act itself takes, or where a limit that
has passed meanwhile would seem kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty, limit_missed_by
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
from sla_tracker.services.duties.saving import save_duty, settle_silence
from sla_tracker.services.ports import Change, Reading, Writing
from sla_tracker.services.restoring.passed_limits import must_rescue_nothing
from sla_tracker.services.restoring.rights import RIGHTS, Restored, Undoable, must_have_right
from sla_tracker.value_class import dataclass

# Acts that are undone by restoring what they touched. The others have their own opposite.
UNDOABLE = frozenset({*RIGHTS, Verb.STEPPED_COMPLAINT})
# Acts that change nothing for anybody else; what was done before them is still the last act.
SILENT = frozenset({Verb.READ_REMINDERS})
MAX_CHANGES_SEARCHED = 500  # most recent commits of all people, to keep the search short
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """An act of the actor, and the change by which it stands as it does.

    That change is the act itself, or the last one that undid it or did it again.
    """

    change: Change
    by: Change


def _acts(context: ServiceContext, actor: Actor) -> tuple[list[_Done], list[_Done]]:
    """Return the actor's acts in force, and undone ones; latest last."""
    done: list[_Done] = []
    undone: list[_Done] = []
    for change in context.store.changes(max(0, context.store.sequence() - MAX_CHANGES_SEARCHED)):
        what = change.act.what
        if change.act.by != actor.id or what in SILENT:
            continue
        if what == Verb.UNDID:
            undone += [_Done(change=done.pop().change, by=change)] if done else []
        elif what == Verb.REDID:
            done += [_Done(change=undone.pop().change, by=change)] if undone else []
        else:
            done.append(_Done(change=change, by=change))
            undone.clear()
    return done, undone


def _is_of_today(context: ServiceContext, change: Change) -> bool:
    zone = context.settings.zone
    return change.act.at.astimezone(zone).date() == context.now().astimezone(zone).date()


def undo(context: ServiceContext, actor: Actor, *, insists: bool = False) -> tuple[Change, tuple[Duty, ...]]:
    """Restore what the actor's last act changed; return the act and restored duties.

    A duty that the act opened, as it counts from the delivery, stays open and is counted anew, as after taking back.
    Raises Refused when there is nothing to undo, NotUndoable when the last act is of another kind or an earlier day,
    NeedsConfirmation when a duty would be late without the act, unless the actor insists, and ActOvertaken when any
    touched value has changed: an act on several duties is undone as a whole or not at all. Raises Forbidden without the
    right that the act takes, Refused where a limit that passed meanwhile would seem kept.
    """
    # An act is undone as a whole, also the part of it that the actor may not read any more.
    whole = context.for_the_program()
    done, _undone = _acts(whole, actor)
    if not done:
        raise Refused(N_("There is nothing of yours to undo: no recent act is yours."))
    change = done[-1].change
    if why := _why_not(context, change):
        raise NotUndoable(why, change=change)

    doubt = N_("Without it “{title}” {subject} ({ref}) is late: it was due at {due}. Undo it all the same?")
    check = _insisting if insists else partial(_must_not_become_late, doubt)
    _settle_silence(whole, change)
    work = _restoring(whole, actor, done[-1], change.sequence, change.sequence - 1, check)
    restored = whole.write(actor, Verb.UNDID, work, reason=str(change.sequence))
    return change, _readable(context, restored)


def _settle_silence(context: ServiceContext, change: Change) -> None:
    """Store what silence has accepted of the touched deliveries; the act then stays."""
    ids = [id for kind, id in change.touched if kind == StoredKind.DUTIES]

    def concerned(tx: Reading) -> list[Duty]:
        return [duty for id in ids if (duty := tx.get(Duty, id)) is not None]

    settle_silence(context, concerned)


def _readable(context: ServiceContext, restored: Sequence[Duty]) -> tuple[Duty, ...]:
    """Return those of the restored duties that the person may read."""
    return context.store.read(lambda tx: tuple(one for one in restored if tx.get(Duty, one.id) is not None))


def _insisting(_tx: Writing, _now: datetime, _values: Sequence[Undoable | None]) -> None:
    """Check nothing."""


def _must_not_become_late(doubt: str, tx: Writing, now: datetime, values: Sequence[Undoable | None]) -> None:
    """Raise NeedsConfirmation with this doubt where a value newly misses a limit."""
    for value in values:
        present = tx.get(Duty, value.id) if isinstance(value, Duty) else None
        if isinstance(value, Duty) and present is not None and (due := limit_missed_by(present, value, now)):
            raise NeedsConfirmation(
                doubt, title=value.title, subject=value.subject, ref=value.reference, due=due
            )


def redo(context: ServiceContext, actor: Actor, *, insists: bool = False) -> tuple[Change, tuple[Duty, ...]]:
    """Do again what the actor has undone last, as of the time at which it was done.

    Returns the act and the duties as they are again. Raises Refused when nothing was undone today, the actor has acted
    since, or a limit that passed meanwhile would seem kept; NeedsConfirmation when a duty would be late by it, unless
    the actor insists; ActOvertaken when somebody else has acted; Forbidden without the right that the act takes.
    """
    whole = context.for_the_program()
    _done, undone = _acts(whole, actor)
    if not undone or not _is_of_today(context, undone[-1].by):
        raise Refused(N_("There is nothing of yours today to do again: only what was undone can be."))
    change, undoing = undone[-1].change, undone[-1].by
    doubt = N_("With it “{title}” {subject} ({ref}) is late: it was due at {due}. Do it again all the same?")
    check = _insisting if insists else partial(_must_not_become_late, doubt)
    _settle_silence(whole, change)
    work = _restoring(whole, actor, undone[-1], undoing.sequence, change.sequence, check)
    restored = whole.write(actor, Verb.REDID, work, reason=str(change.sequence))
    return change, _readable(context, restored)


def _restoring(
    context: ServiceContext,
    actor: Actor,
    done: _Done,
    present_at: int,
    wanted_at: int,
    check: Check,
) -> Callable[[Writing, datetime], tuple[Duty, ...]]:
    """Return a function that sets the values of an act to their state of a commit.

    The function expects their state at `present_at`, stores that at `wanted_at`, and returns the duties.
    """
    change = done.change
    touched = [(KINDS[kind], id) for kind, id in change.touched]
    expected, wanted = (
        [context.store.as_of(kind, id, at) for kind, id in touched] for at in (present_at, wanted_at)
    )

    def work(tx: Writing, now: datetime) -> tuple[Duty, ...]:
        present = [tx.get(kind, id) for kind, id in touched]
        values = [Restored(present=one, wanted=other) for one, other in zip(present, wanted, strict=True)]
        must_have_right(context, actor, Verb(change.act.what), values, now)
        for (kind, id), stored, known in zip(touched, present, expected, strict=True):
            if stored != known:
                since = context.store.history(id)[-1]
                raise ActOvertaken(change, since, kind, id, is_redo=wanted_at == change.sequence)
        must_rescue_nothing(context, actor, Verb(change.act.what), values, done.by.act.at, now)
        check(tx, now, wanted)
        for value in wanted:
            if value is not None:
                _must_be_open(tx, value)
                tx.put(value)
        return tuple(_saved(context, tx, values, now))

    return work


def _saved(context: ServiceContext, tx: Writing, values: Sequence[Restored], now: datetime) -> Iterator[Duty]:
    """Yield the duties put back, once what hangs on them has followed.

    Duties that depend on them may have opened since the act. One that the act itself opened stays, and is counted anew.
    """
    for one in values:
        if isinstance(one.wanted, Duty):
            yield save_duty(context, tx, one.wanted)
        elif one.wanted is None and isinstance(one.present, Duty):
            save_duty(context, tx, recomputed(context, tx, one.present, now))


def _must_be_open(tx: Writing, value: Undoable) -> None:
    if isinstance(value, Duty) and (month := tx.get(Month, value.month)) is not None and month.closed:
        raise Refused(N_("{month} is closed; its figures do not change any more."), month=value.month)
