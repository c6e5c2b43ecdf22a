"""Counts the complaints of a range that the reader may read."""

from __future__ import annotations

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintCounts,
    ComplaintsBy,
    RecordedTimes,
    StepTimes,
    cause_of,
    count_complaints,
    recorded_times,
    step_times,
    total_of,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.survey import quarter_of
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFigures:
    """Complaints recorded in a range, by group, together, and the time in each step.

    `found` are the complaints themselves, in the order in which they were recorded.
    """

    rows: tuple[ComplaintCounts, ...]
    total: ComplaintCounts
    steps: tuple[StepTimes, ...]
    found: tuple[Complaint, ...] = ()


def complaint_figures(
    context: ServiceContext, dates: DateRange, by: ComplaintsBy = ComplaintsBy.DEPARTMENT
) -> ComplaintFigures:
    """Return the figures of the complaints that were recorded in a range.

    A department is the one that answers for a complaint, before it is named the one complained about.
    """
    found, every = complaints_in(context, dates)
    return ComplaintFigures(
        rows=count_complaints(found, every, lambda one: group_of(context, one, by)),
        total=total_of(found, every),
        steps=step_times(found, context.calendars[COMPANY]),
        found=tuple(sorted(found, key=lambda one: (one.recorded_at, one.id))),
    )


def complaints_in(context: ServiceContext, dates: DateRange) -> tuple[list[Complaint], RecordedTimes]:
    """Return the complaints recorded in a range, and the times of those before them.

    By these times it is told which complaints are repeated.
    """
    zone = context.settings.zone
    every = context.store.read(lambda tx: tx.find(Complaint))
    found = [one for one in every if dates.holds(one.recorded_at.astimezone(zone).date())]
    return found, recorded_times(every)


def group_of(context: ServiceContext, complaint: Complaint, by: ComplaintsBy) -> str:
    """Return the group that a complaint is counted in."""
    match by:
        case ComplaintsBy.CAUSE:
            return cause_of(complaint)
        case ComplaintsBy.QUARTER:
            return quarter_of(complaint.recorded_at.astimezone(context.settings.zone).date())
    return complaint.responsible or complaint.against
