"""Finds the duties that block closing a month, with the commands that settle each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.errors import N_, Incomplete, Refused, shown
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.waits import awaited
from sla_tracker.services.ports import Reading

MAX_LISTED = 10  # duties named in the error; the rest are counted


def must_be_settled(
    context: ServiceContext, tx: Reading, month: str, pending: Iterable[Duty], now: datetime
) -> None:
    """Raise Incomplete if there are pending duties.

    It has one problem for each of them, by due time.
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
