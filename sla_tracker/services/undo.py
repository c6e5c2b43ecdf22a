"""Undo of one's own last act, as long as nobody has built on it."""

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

# Acts that created nothing: what they touched is put back as it was. Others have an opposite of their own.
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
LOOKED_BACK = 500
Undoable = Duty | Request | ShiftNote | Complaint
KINDS: dict[str, type[Undoable]] = {
    "duties": Duty,
    "requests": Request,
    "shift_notes": ShiftNote,
    "complaints": Complaint,
}


def last_act(context: ServiceContext, actor: Actor) -> Change | None:
    """Return the actor's last act of the recent past that is not undone yet, or None when it cannot be undone."""
    undone = 0
    recent = context.store.changes(max(0, context.store.sequence() - LOOKED_BACK))
    for change in reversed(list(recent)):
        if change.act.by != actor.id:
            continue
        if change.act.what == "undid":
            undone += 1
        elif undone:
            undone -= 1
        else:
            return change if change.act.what in UNDOABLE else None
    return None


def undo(context: ServiceContext, actor: Actor) -> tuple[Change, tuple[Duty, ...]]:
    """Put back all that the actor's last act changed; returns the act and the duties as they stand again.

    Raises Refused when there is nothing to undo, and Overtaken, naming it, when anything it touched has changed since:
    an act on several duties goes back whole or not at all.
    """
    change = last_act(context, actor)
    if change is None:
        raise Refused(
            N_("There is nothing of yours to undo; events are cancelled instead (sla event cancel).")
        )
    touched = [(KINDS[kind], id) for kind, id in change.touched]
    before = [context.store.as_of(kind, id, change.sequence - 1) for kind, id in touched]
    after = [context.store.as_of(kind, id, change.sequence) for kind, id in touched]

    def work(tx: Writing, _now: datetime) -> tuple[Duty, ...]:
        for (kind, id), left in zip(touched, after, strict=True):
            if tx.get(kind, id) != left:
                raise _overtaken(context, change, id, left)
        for value in before:
            _must_be_open(tx, value)
            tx.put(value)
        return tuple(value for value in before if isinstance(value, Duty))

    return change, context.write(actor, "undid", work, reason=str(change.sequence))


def _must_be_open(tx: Writing, value: Undoable | None) -> None:
    if isinstance(value, Duty) and (month := tx.get(Month, value.month)) is not None and month.closed:
        raise Refused(N_("{month} is closed; its figures do not change any more."), month=value.month)


def _overtaken(context: ServiceContext, change: Change, id: str, left: Undoable | None) -> Overtaken:
    later = [other for other in context.store.history(id) if other.sequence > change.sequence]
    act = later[-1].act if later else change.act
    by = context.name_of(act.by)
    if not isinstance(left, Duty):
        return Overtaken(N_("It cannot be undone any more: {by} acted on it at {at}."), by=by, at=act.at)
    return Overtaken(
        N_("It cannot be undone any more: {by} acted on “{title}” {subject} ({ref}) at {at}."),
        by=by,
        title=left.title,
        subject=left.subject,
        ref=left.reference,
        at=act.at,
    )
