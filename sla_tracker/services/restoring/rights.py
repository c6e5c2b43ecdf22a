"""Checks the right to undo an act or to do it again.

The act itself takes that right, and the actor must have it today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.handover import ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.access import Right, may
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints
from sla_tracker.services.duties.operations import require_own_or_head
from sla_tracker.value_class import dataclass

Undoable = Duty | Event | Request | ShiftNote | Complaint

# The right that each act took. A step of a complaint takes one of its own, by stage.
RIGHTS: Mapping[Verb, Right] = {
    Verb.TOOK: Right.TAKE,
    Verb.RELEASED: Right.TAKE,
    Verb.ASSIGNED: Right.TAKE,
    Verb.FILLED_IN: Right.DELIVER,
    Verb.NOTED: Right.NOTE,
    Verb.DELIVERED: Right.DELIVER,
    Verb.TOOK_BACK: Right.DELIVER,
    Verb.ACCEPTED: Right.JUDGE,
    Verb.RETURNED: Right.JUDGE,
    Verb.REOPENED: Right.REOPEN,
    Verb.HELD: Right.HOLD,
    Verb.RESUMED: Right.HOLD,
    Verb.OBJECTED: Right.OBJECT,
    Verb.CONFIRMED_HOLD: Right.CONFIRM_HOLD,
    Verb.REFUSED_HOLD: Right.CONFIRM_HOLD,
    Verb.ASKED_WAIVER: Right.ASK_WAIVER,
    Verb.WAIVED: Right.WAIVE,
    Verb.GRANTED_WAIVER: Right.WAIVE,
    Verb.REFUSED_WAIVER: Right.WAIVE,
    Verb.ANSWERED: Right.ANSWER,
    Verb.CHANGED_FIELD: Right.CHANGE_REQUEST,
    Verb.OBJECTED_FIELD: Right.OBJECT,
    Verb.TICKED_PAPER: Right.TICK_PAPER,
    Verb.UPDATED: Right.UPDATE_REQUEST,
    Verb.RATED: Right.JUDGE,
    Verb.EXPLAINED_LATENESS: Right.EXPLAIN,
    Verb.EDITED_SHIFT_NOTE: Right.WRITE_SHIFT,
    Verb.ACKNOWLEDGED_SHIFT_NOTE: Right.WRITE_SHIFT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A value that is put back: as it is stored now, and as it is to be again.

    None where it did not exist.
    """

    present: Undoable | None
    wanted: Undoable | None


def must_have_right(
    context: ServiceContext, actor: Actor, what: Verb, values: Sequence[Restored], now: datetime
) -> None:
    """Raise Forbidden unless the actor may today do what is undone or done again.

    The right is asked for every duty that was acted on, not for those whose deadline merely followed. An act without
    any duty is asked about its request, complaint or shift note.
    """
    duties = [(one.present, one.wanted) for one in values if _is_acted_on(one)]
    if not duties:
        _must_have_right_without_duty(context, actor, what, values, now)
        return
    # Administrators assign what a leaver had in hand, in every department.
    if what is Verb.ASSIGNED and may(context.acting(actor, now), Right.ADMINISTER):
        return
    for present, wanted in duties:
        if isinstance(present, Duty) and isinstance(wanted, Duty):
            context.require(actor, RIGHTS[what], now, provider=present.provider, consumer=present.consumer)
            # Own is what was one's own before or is now: a duty passed on to a colleague may be taken back.
            if what in {Verb.ASSIGNED, Verb.RELEASED} and actor.id != wanted.assignee:
                require_own_or_head(context, actor, present, now)


def _must_have_right_without_duty(
    context: ServiceContext, actor: Actor, what: Verb, values: Sequence[Restored], now: datetime
) -> None:
    for one in values:
        match one.present, one.wanted:
            case Complaint() as present, Complaint() as wanted:
                before = min(present, wanted, key=lambda complaint: len(complaint.taken))
                complaints.require_turn(context, actor, before, now)
            case (Request() as request, Request()):
                parties = {"provider": request.provider, "consumer": request.consumer}
                context.require(actor, RIGHTS[what], now, **parties)
            case (ShiftNote() as note, ShiftNote()):
                context.require(actor, RIGHTS[what], now, provider=note.department)


def _is_acted_on(one: Restored) -> bool:
    """Return whether a duty differs in more than what follows from other duties."""
    present, wanted = one.present, one.wanted
    if not isinstance(present, Duty) or not isinstance(wanted, Duty):
        return False
    followed = replace(
        wanted,
        granted=present.granted,
        deadline=present.deadline,
        due_at=present.due_at,
        excuses=present.excuses,
        waits=present.waits,
        month=present.month,
        carried=present.carried,
    )
    return followed != present
