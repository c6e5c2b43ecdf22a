"""Formats the checklist of a month's end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.domain.checklist import CheckKind
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.month_end import Check, MonthEnd
from sla_tracker.wording.duties import department_word, format_moment, person_word

if TYPE_CHECKING:
    from datetime import datetime

    from sla_tracker.domain.checklist import Signature
    from sla_tracker.services.context import ServiceContext

MOST_NAMED = 3  # duties that are named
CHECK_WORDS = {
    CheckKind.OVERDUE: N_("Overdue: delivered, waived or marked as missed"),
    CheckKind.VERDICTS: N_("Deliveries: accepted or returned; objections: decided"),
    CheckKind.HOLDS: N_("Holds: resumed and delivered"),
    CheckKind.WAITING: N_("Waiting for others: delivered after them, or waived"),
    CheckKind.NOT_DUE: N_("Not due yet: delivered"),
    CheckKind.CAUSES: N_("Misses and returns: cause given"),
}


def check_headings() -> tuple[str, ...]:
    """Return the headings of the checklist."""
    return (_("Check"), _("Left"), _("Prepares"), _("Reviews"))


def check_texts(context: ServiceContext, check: Check, now: datetime) -> tuple[str, ...]:
    """Return a point of the checklist as texts.

    The texts are its sign and what it is, how many are left, preparers and reviewers. While something is left, the last
    two are departments; then they are who signed it.
    """
    preparers = _(", ").join(f"{department_word(context, id)} {count}" for id, count in check.left)
    reviewers = _(", ").join(department_word(context, id) for id in check.reviewers)
    if not check.count:
        preparers = signature_text(context, check.prepared, now)
        reviewers = since_word(check) or signature_text(context, check.reviewed, now)
    return (f"{check_sign(check)} {_(CHECK_WORDS[check.kind])}", str(check.count), preparers, reviewers)


def check_sign(check: Check) -> str:
    """Return the sign of a point: `!` while something is left or came since."""
    return "!" if check.count or check.came_since else "✓"


def since_word(check: Check) -> str:
    """Return which duties came after a point was signed, so that it is signed anew.

    Empty if none came.
    """
    if not check.came_since:
        return ""
    named = ", ".join(check.came_since[:MOST_NAMED])
    more = len(check.came_since) - MOST_NAMED
    if more > 0:
        named = _("{named} and {n} more", named=named, n=more)
    return _("since then came {named}: sign anew", named=named)


def signature_text(context: ServiceContext, signature: Signature | None, now: datetime) -> str:
    """Return who signed and when; a dash without a signature."""
    if signature is None:
        return "–"
    when = format_moment(signature.at, now, context.settings.zone)
    return f"{person_word(context.people, signature.by)} {when}"


def check_line(context: ServiceContext, check: Check, now: datetime) -> str:
    """Return what is left of a point and by whom, or who signed it."""
    _what, left, preparers, reviewers = check_texts(context, check, now)
    if check.count:
        return _(
            "{left} left: {preparers}; reviewed by {reviewers}",
            left=left,
            preparers=preparers,
            reviewers=reviewers,
        )
    if check.prepared is None:
        return _("not signed yet")
    if check.came_since:
        return _("prepared: {who}; {since}", who=preparers, since=since_word(check))
    if check.reviewed is None:
        return _("prepared: {who}; not reviewed yet", who=preparers)
    return _("prepared: {who}; reviewed: {reviewer}", who=preparers, reviewer=reviewers)


def progress_word(found: MonthEnd) -> str:
    """Return how many points are done and signed, and how many duties are done."""
    return _(
        "{done} of {points} points and {settled} of {total} duties done, {signed} of {points} signed by two",
        done=sum(not check.count for check in found.checks),
        signed=sum(check.is_signed for check in found.checks),
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
