"""Formats the figures of complaints for commands and reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.domain.duties.complaint import STAGE_WORDS
from sla_tracker.domain.measures.complaint_counts import (
    NOT_ANALYSED,
    ComplaintCounts,
    ComplaintsBy,
    StepTimes,
)
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.wording.duties import format_hours
from sla_tracker.wording.party_statements import cause_word
from sla_tracker.wording.reminders import department_word

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext

GROUPS = {
    ComplaintsBy.CAUSE: N_("Cause"),
    ComplaintsBy.DEPARTMENT: N_("Department"),
    ComplaintsBy.QUARTER: N_("Quarter"),
}


def complaint_headings(by: ComplaintsBy) -> tuple[str, ...]:
    """Return the headings of the table of complaints, with one number a column."""
    return (
        _(GROUPS[by]),
        _("Lodged"),
        _("Founded"),
        _("Unfounded"),
        _("Founded share"),
        _("Running"),
        _("Repeated"),
        _("Escalated"),
    )


def complaint_group(context: ServiceContext, group: str, by: ComplaintsBy) -> str:
    """Return the name of a group of complaints."""
    match by:
        case ComplaintsBy.CAUSE:
            return _("not analysed yet") if group == NOT_ANALYSED else cause_word(group)
        case ComplaintsBy.DEPARTMENT:
            return department_word(context, group)
    return group


def verdict_word(verdict: str) -> str:
    """Return whether a complaint was founded; empty before its verdict."""
    return {"yes": _("founded"), "no": _("unfounded")}.get(verdict, "")


def complaint_numbers(counts: ComplaintCounts) -> tuple[int, ...]:
    """Return the counts of a group: lodged, founded, unfounded; running, repeated, escalated."""
    return (
        counts.lodged,
        counts.founded,
        counts.unfounded,
        counts.running,
        counts.repeated,
        counts.escalated,
    )


def step_headings() -> tuple[str, ...]:
    """Return the headings of the table of steps."""
    return (_("Step"), _("Taken"), _("Half within"), _("Longest"), _("Limit passed"))


def step_texts(times: StepTimes) -> tuple[str, ...]:
    """Return the time that complaints waited for one step."""
    return (
        _(STAGE_WORDS[times.stage]),
        str(times.taken),
        format_hours(times.median),
        format_hours(times.longest),
        str(times.escalated),
    )
