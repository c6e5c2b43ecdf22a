"""Explains the limits of a complaint's next step and of the survey."""

from __future__ import annotations

from datetime import date

from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.due import InWorkdays, deadline_after, period_step
from sla_tracker.domain.deadlines.steps import Step, StepKind
from sla_tracker.domain.duties.complaint import Complaint, acting_department
from sla_tracker.domain.time.instants import months_later
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.limits import ExplainedLimit, LimitKind, as_set


def complaint_limit(context: ServiceContext, complaint: Complaint) -> ExplainedLimit | None:
    """Return the limit of a complaint's next step; None when it waits for none."""
    if complaint.next is None or complaint.due_at is None:
        return None
    calendar = context.calendar_of(acting_department(complaint))
    rule = InWorkdays(workdays=context.settings.complaint_limits[complaint.next])
    counted = deadline_after(rule, complaint.taken[-1].at, calendar)
    return ExplainedLimit(kind=LimitKind.COMPLAINT, deadline=as_set(complaint.due_at, counted, calendar))


def survey_limit(context: ServiceContext, today: date) -> ExplainedLimit:
    """Return until when this quarter's survey can be answered.

    It can be answered until the end of the quarter's last day.
    """
    calendar = context.calendar_of("")
    start = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    end = months_later(start, 3)
    last = end - date.resolution
    steps = (
        period_step(start, end),
        Step(
            StepKind.DAY_OF_MONTH,
            (("day", str(last.day)), ("month", last.isoformat()[:7]), ("on", last.isoformat())),
        ),
        Step(
            StepKind.TIME,
            (("on", last.isoformat()), ("at", "24:00"), ("zone", context.settings.zone.key)),
        ),
    )
    due_at = calendar.instant_at(last, 24 * 60)
    return ExplainedLimit(
        kind=LimitKind.SURVEY, deadline=Deadline(due_at=due_at, due_on=last, nominal_on=last, steps=steps)
    )
