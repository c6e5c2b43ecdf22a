"""Formats the checklist of a month's end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.month_end import Check, CheckKind, MonthEnd
from sla_tracker.wording.duties import format_moment, person_word

if TYPE_CHECKING:
    from datetime import datetime

    from sla_tracker.services.context import ServiceContext

CHECK_WORDS = {
    CheckKind.OVERDUE: N_("Overdue: delivered, waived or marked as missed"),
    CheckKind.VERDICTS: N_("Deliveries: accepted or returned"),
    CheckKind.HOLDS: N_("Holds: resumed and delivered"),
    CheckKind.WAITING: N_("Waiting for others: delivered after them, or waived"),
    CheckKind.NOT_DUE: N_("Not due yet: delivered"),
    CheckKind.CAUSES: N_("Misses and returns: cause given"),
}
KIND_WORDS = {
    CheckKind.OVERDUE: N_("Overdue"),
    CheckKind.VERDICTS: N_("Awaiting verdict"),
    CheckKind.HOLDS: N_("On hold"),
    CheckKind.WAITING: N_("Waiting for others"),
    CheckKind.NOT_DUE: N_("Not due yet"),
    CheckKind.CAUSES: N_("Cause missing"),
}


def check_headings() -> tuple[str, ...]:
    """Return the headings of the checklist."""
    return (_("Check"), _("Left"), _("Prepares"), _("Reviews"))


def check_texts(check: Check, department: Callable[[str], str]) -> tuple[str, ...]:
    """Return a point of the checklist: sign and what, how many are left, preparers, reviewers."""
    sign = "!" if check.count else "✓"
    preparers = _(", ").join(f"{department(id)} {count}" for id, count in check.left)
    reviewers = _(", ").join(department(id) for id in check.reviewers)
    return (f"{sign} {_(CHECK_WORDS[check.kind])}", str(check.count), preparers, reviewers)


def progress_word(found: MonthEnd) -> str:
    """Return how many points of the checklist and how many duties are done."""
    return _(
        "{done} of {points} points, {settled} of {total} duties done",
        done=sum(not check.count for check in found.checks),
        points=len(found.checks),
        settled=found.settled,
        total=found.total,
    )


def month_state(context: ServiceContext, found: MonthEnd, now: datetime) -> str:
    """Return whether a month is closed and by whom, or from when on it can be."""
    zone = context.settings.zone
    if found.kept is not None and found.is_closed:
        return _(
            "closed by {person} on {when}",
            person=person_word(context.people, found.kept.closed_by),
            when=format_moment(found.kept.closed_at, now, zone),
        )
    if now < found.over_at:
        return _("open; it can be closed from {when}", when=format_moment(found.over_at, now, zone))
    return _("open; it is over and can be closed")
