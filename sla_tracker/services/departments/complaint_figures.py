"""Counts the complaints of a range that the reader may read."""

from __future__ import annotations

from dataclasses import dataclass

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintCounts,
    ComplaintsBy,
    StepTimes,
    cause_of,
    count_complaints,
    step_times,
    total_of,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.survey import quarter_of
from sla_tracker.services.context import COMPANY, ServiceContext


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintFigures:
    """Complaints recorded in a range, by group, together, and the time in each step."""

    rows: tuple[ComplaintCounts, ...]
    total: ComplaintCounts
    steps: tuple[StepTimes, ...]


def complaint_figures(
    context: ServiceContext, dates: DateRange, by: ComplaintsBy = ComplaintsBy.DEPARTMENT
) -> ComplaintFigures:
    """Return the figures of the complaints that were recorded in a range.

    A department is the one that answers for a complaint, before it is named the one complained about.
    """
    zone = context.settings.zone
    every = context.store.read(lambda tx: tx.find(Complaint))
    found = [one for one in every if dates.holds(one.recorded_at.astimezone(zone).date())]

    def group_of(complaint: Complaint) -> str:
        match by:
            case ComplaintsBy.CAUSE:
                return cause_of(complaint)
            case ComplaintsBy.QUARTER:
                return quarter_of(complaint.recorded_at.astimezone(zone).date())
        return complaint.responsible or complaint.against

    return ComplaintFigures(
        rows=count_complaints(found, every, group_of),
        total=total_of(found, every),
        steps=step_times(found, context.calendars[COMPANY]),
    )
