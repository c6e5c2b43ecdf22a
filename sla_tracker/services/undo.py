"""Undoes the actor's own last act, unless its values have changed since."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, Overtaken, Refused
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Change, Writing

# Acts that created nothing, so that restoring what they touched undoes them. The others have their own opposite.
UNDOABLE = frozenset(
    {
        "took",
        "released",
        "assigned",
        "filled_in",
        "noted",
        "delivered",
        "took_back",
        "accepted",
        "returned",
        "reopened",
        "held",
        "resumed",
        "objected",
        "confirmed_hold",
        "refused_hold",
        "asked_waiver",
        "waived",
        "granted_waiver",
        "refused_waiver",
        "answered",
        "rated",
        "explained_lateness",
        "edited_shift_note",
        "acknowledged_shift_note",
        "stepped_complaint",
    }
)
# Acts that change nothing for anybody else; what was done before them is still the last act.
SILENT = frozenset({"read_reminders"})
MAX_CHANGES_SEARCHED = 500  # most recent commits of all people, to keep the search short
Undoable = Duty | Request | ShiftNote | Complaint
KINDS: dict[str, type[Undoable]] = {
    "duties": Duty,
    "requests": Request,
    "shift_notes": ShiftNote,
    "complaints": Complaint,
}


def last_act(context: ServiceContext, actor: Actor) -> Change | None:
    """Return the actor's last act of this day that is not undone.

    None if it is not undoable.

    Others have gone on with what was done on earlier days: a duty that was kept on Friday would become late on Sunday.
    """
    undone = 0
    today = context.now().astimezone(context.settings.zone).date()
    recent = context.store.changes(max(0, context.store.sequence() - MAX_CHANGES_SEARCHED))
    for change in reversed(list(recent)):
        if change.act.by != actor.id or change.act.what in SILENT:
            continue
        if change.act.what == "undid":
            undone += 1
        elif undone:
            undone -= 1
        elif change.act.at.astimezone(context.settings.zone).date() != today:
            return None
        else:
            return change if change.act.what in UNDOABLE else None
    return None


def undo(context: ServiceContext, actor: Actor) -> tuple[Change, tuple[Duty, ...]]:
    """Restore what the actor's last act changed.

    Returns the act and the restored duties.

    Raises Refused when there is nothing to undo, and Overtaken, with its title, when any touched value has changed:
    an act on several duties is undone as a whole or not at all.
    """
    change = last_act(context, actor)
    if change is None:
        raise Refused(
            N_("There is nothing of yours today to undo; events are cancelled instead (sla event cancel).")
        )
    touched = [(KINDS[kind], id) for kind, id in change.touched]
    before = [context.store.as_of(kind, id, change.sequence - 1) for kind, id in touched]
    after = [context.store.as_of(kind, id, change.sequence) for kind, id in touched]

    def work(tx: Writing, _now: datetime) -> tuple[Duty, ...]:
        for (kind, id), expected in zip(touched, after, strict=True):
            if tx.get(kind, id) != expected:
                raise _overtaken(context, change, id, expected)
        for value in before:
            _must_be_open(tx, value)
            tx.put(value)
        return tuple(value for value in before if isinstance(value, Duty))

    return change, context.write(actor, "undid", work, reason=str(change.sequence))


def _must_be_open(tx: Writing, value: Undoable | None) -> None:
    if isinstance(value, Duty) and (month := tx.get(Month, value.month)) is not None and month.closed:
        raise Refused(N_("{month} is closed; its figures do not change any more."), month=value.month)


def _overtaken(context: ServiceContext, change: Change, id: str, expected: Undoable | None) -> Overtaken:
    later = [other for other in context.store.history(id) if other.sequence > change.sequence]
    act = later[-1].act if later else change.act
    by = context.name_of(act.by)
    if not isinstance(expected, Duty):
        return Overtaken(N_("It cannot be undone any more: {by} acted on it at {at}."), by=by, at=act.at)
    return Overtaken(
        N_("It cannot be undone any more: {by} acted on “{title}” {subject} ({ref}) at {at}."),
        by=by,
        title=expected.title,
        subject=expected.subject,
        ref=expected.reference,
        at=act.at,
    )
