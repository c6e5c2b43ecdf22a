"""Finds the duties that block closing a month, with the commands that settle each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_tracker.domain.duties.duty import LIVE, Duty, State
from sla_tracker.domain.duties.event_changes import pending_change
from sla_tracker.domain.duties.holds_and_waivers import pending_holds
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, Incomplete, Refused, shown
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.waits import awaited
from sla_tracker.services.open_requests.field_changes import pending_field_changes
from sla_tracker.services.ports import Reading

MAX_LISTED = 10  # duties named in the error; the rest are counted


def unsettled(tx: Reading, month: str) -> list[Duty]:
    """Return the duties of a month that block its closing.

    Somebody has to act on them, or they are judged by a due time on which the consumer's head has to decide.
    """
    judged = tx.find(Duty, month=month, state=(State.ACCEPTED, State.HANDED_OVER))
    return [*tx.find(Duty, month=month, state=LIVE), *filter(is_objected_to, judged)]


def is_objected_to(duty: Duty) -> bool:
    """Tell whether an objection about a duty waits for the consumer's head.

    An objection is made to a hold, to a changed field, or to a move of the event that moved the due time.
    """
    change = pending_change(duty)
    is_moved = change is not None and bool(change.objected_by)
    return is_moved or bool(pending_holds(duty)) or bool(pending_field_changes(duty))


def must_be_settled(
    context: ServiceContext, tx: Reading, month: str, pending: Iterable[Duty], now: datetime
) -> None:
    """Raise Incomplete if there are pending duties.

    The error has one problem for each of them, by due time.
    """
    found = sorted(pending, key=lambda duty: (duty.due_at, duty.id))
    if not found:
        return
    problems = [blocker(context, tx, duty, now) for duty in found[:MAX_LISTED]]
    if more := len(found) - len(problems):
        problems.append(
            Refused(N_("and {more} more; sla period show {month} lists all."), more=more, month=month)
        )
    raise Incomplete(
        N_("{month} cannot be closed; not settled ({count}):"),
        tuple(problems),
        month=month,
        count=len(found),
    )


def blocker(context: ServiceContext, tx: Reading, duty: Duty, now: datetime) -> Refused:
    """Return why a duty is not settled and which commands settle it."""
    named = {"title": duty.title, "ref": duty.reference}
    if duty.state is State.DELIVERED:
        return Refused(
            N_("“{title}” ({ref}) awaits a verdict until {at}: sla accept {ref}, or sla return {ref}."),
            at=duty.accept_by_at,
            **named,
        )
    if not duty.is_live:
        return _objection(duty)
    if duty.is_overdue(now):
        return Refused(
            N_("“{title}” ({ref}) is overdue: deliver it, waive it, or close the month with --missed."),
            **named,
        )
    if duty.state is State.HELD:
        return Refused(
            N_("“{title}” ({ref}) is on hold: sla resume {ref} and deliver it, or sla waive {ref}."), **named
        )
    if others := awaited(context, tx, duty):
        return Refused(
            N_(
                "“{title}” ({ref}) waits for {others}, which nobody has delivered, and is not late itself: have that "
                "delivered first, or let the consumer's head waive the one that waits (sla waive {ref})."
            ),
            others=_(", ").join(
                _("“{title}” ({ref})", title=shown(other.title), ref=other.reference) for other in others
            ),
            **named,
        )
    return Refused(
        N_("“{title}” ({ref}) is not due before {at}: deliver it, waive it, or close the month after that."),
        at=duty.due_at,
        **named,
    )


def _objection(duty: Duty) -> Refused:
    """Return which objection the consumer's head has to decide on, and how."""
    named = {"title": duty.title, "ref": duty.reference}
    if pending_holds(duty):
        return Refused(
            N_(
                "An objection to a hold of “{title}” ({ref}) waits for the consumer's head: sla judge-hold {ref} "
                "--confirm, or --refuse."
            ),
            **named,
        )
    if pending_field_changes(duty):
        return Refused(
            N_(
                "An objection to a changed field of “{title}” ({ref}) waits for the consumer's head: sla field judge "
                "{ref} --confirm, or --refuse."
            ),
            **named,
        )
    return Refused(
        N_(
            "An objection to the move of the event of “{title}” ({ref}) waits for the consumer's head: sla event "
            "confirm {event}, or sla event refuse {event}."
        ),
        event=reference_of(duty.event),
        **named,
    )
