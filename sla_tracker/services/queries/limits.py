"""Explains the limits of a request's answer and of silence on a delivery."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.due import deadline_after
from sla_tracker.domain.deadlines.steps import Step, StepKind, stamp
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services.context import ServiceContext
from sla_tracker.value_class import dataclass


class LimitKind(StrEnum):
    """What a limit is for."""

    ANSWER = "answer"
    SILENCE = "silence"
    COMPLAINT = "complaint"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLimit:
    """One limit with the steps that explain it."""

    kind: LimitKind
    deadline: Deadline


def limits_of(context: ServiceContext, duty: Duty, request: Request | None) -> tuple[ExplainedLimit, ...]:
    """Return the limits of a request's answer and of silence on a delivery."""
    found = []
    if duty.answer_due_at is not None:
        calendar = context.calendar_of(duty.provider, duty.terms.calendar)
        explained = request.answer_deadline if request is not None else None
        found.append((LimitKind.ANSWER, as_set(duty.answer_due_at, explained, calendar)))
    if duty.state is State.DELIVERED and duty.accept_by_at is not None and duty.delivered_at is not None:
        calendar = context.calendar_of(duty.consumer)
        counted = deadline_after(duty.terms.silence, duty.delivered_at, calendar)
        found.append((LimitKind.SILENCE, as_set(duty.accept_by_at, counted, calendar)))
    return tuple(ExplainedLimit(kind=kind, deadline=deadline) for kind, deadline in found)


def as_set(limit_at: datetime, counted: Deadline | None, calendar: WorkCalendar) -> Deadline:
    """Return a stored limit with the steps that lead to it.

    Where rule or calendar have changed since, the steps of today lead elsewhere; the only step then says that the limit
    was set.
    """
    if counted is not None and counted.due_at == limit_at:
        return counted
    on = calendar.local_date(limit_at)
    steps = (Step(StepKind.SET, (("at", stamp(limit_at)),)),)
    return Deadline(due_at=limit_at, due_on=on, nominal_on=on, steps=steps)
