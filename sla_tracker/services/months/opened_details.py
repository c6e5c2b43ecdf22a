"""Opens the figures that are no sets of duties.

These are the figures of requests, verdicts, updates, levels, complaints and their steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.update_clock import UpdateLimit
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintsBy,
    ComplaintSet,
    StepSpan,
    is_complaint_in,
    step_spans,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import MeasuredFigure, UpdateFigure
from sla_tracker.domain.measures.measured_level import MeasuredLevel, level_of
from sla_tracker.domain.measures.request_counts import CountedRequest, RequestSet
from sla_tracker.domain.measures.verdict_times import VerdictSpan, verdict_spans
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.departments.complaint_figures import complaints_in, group_of
from sla_tracker.services.months.figure_source import Standing, duties_in, requests_in, standing_of
from sla_tracker.services.open_requests.update_clock import updates_of
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRequests:
    """The requests that a figure counts.

    Requests answered too late or never come first, then the others as they were made.
    """

    standing: Standing
    rows: tuple[CountedRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedVerdicts:
    """The verdicts by people that a median is counted from, the longest first."""

    standing: Standing
    rows: tuple[VerdictSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRow:
    """One limit of the updates of a duty, kept or missed."""

    duty: Duty
    limit: UpdateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedUpdates:
    """The limits of updates that a figure counts, missed ones first."""

    standing: Standing
    rows: tuple[UpdateRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredRow:
    """One report of a measured obligation and its level."""

    duty: Duty
    level: MeasuredLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLevels:
    """The reports that a level is counted from, those below it first."""

    standing: Standing
    rows: tuple[MeasuredRow, ...]


def open_requests(
    context: ServiceContext, dates: DateRange, requests: RequestSet, provider: str = "", consumer: str = ""
) -> OpenedRequests:
    """Return the requests of a range that a figure counts.

    `provider` and `consumer` restrict them to some departments.
    """
    standing = standing_of(context, dates)
    found = [
        one
        for one in requests_in(context, standing, dates.months)
        if provider in ("", one.request.provider)
        and consumer in ("", one.request.consumer)
        and one.is_in(requests, dates.holds)
    ]
    found.sort(key=lambda one: (not one.is_late, one.request.requested_at, one.request.id))
    return OpenedRequests(standing=standing, rows=tuple(found))


def open_verdicts(
    context: ServiceContext, dates: DateRange, provider: str = "", consumer: str = ""
) -> OpenedVerdicts:
    """Return the verdicts on a range's duties by people of a consumer, or of all."""
    standing = standing_of(context, dates)
    duties = [
        duty
        for duty in duties_in(context, standing)
        if provider in ("", duty.provider) and consumer in ("", duty.consumer)
    ]
    found = sorted(
        verdict_spans(duties, context.calendar_of), key=lambda one: (-one.span, one.verdict_at, one.duty.id)
    )
    return OpenedVerdicts(standing=standing, rows=tuple(found))


def open_updates(context: ServiceContext, dates: DateRange, figure: UpdateFigure) -> OpenedUpdates:
    """Return the limits of updates of a range's duties that a figure counts."""
    standing = standing_of(context, dates)
    duties = [
        duty
        for duty in duties_in(context, standing)
        if figure.provider in ("", duty.provider) and figure.consumer in ("", duty.consumer)
    ]
    found = [
        one
        for one in update_rows(context, duties, standing.now)
        if figure.holds(is_given=one.limit.given_at is not None)
    ]
    return OpenedUpdates(standing=standing, rows=tuple(found))


def update_rows(context: ServiceContext, duties: Iterable[Duty], now: datetime) -> list[UpdateRow]:
    """Return the limits of the updates of requests' duties, missed ones first."""
    found = [
        UpdateRow(duty=duty, limit=limit)
        for duty in duties
        if duty.request and (updates := updates_of(context, duty, now)) is not None
        for limit in updates.limits
    ]
    return sorted(found, key=lambda one: (one.limit.given_at is not None, one.limit.limit_at, one.duty.id))


def open_levels(context: ServiceContext, dates: DateRange, figure: MeasuredFigure) -> OpenedLevels:
    """Return the reports of a range that a level is counted from."""
    standing = standing_of(context, dates)
    found = [one for one in measured_rows(duties_in(context, standing)) if figure.holds(one.level)]
    return OpenedLevels(standing=standing, rows=tuple(found))


def measured_rows(duties: Iterable[Duty]) -> list[MeasuredRow]:
    """Return the reports among duties, those below their level first."""
    return sorted(_reports(duties), key=lambda one: (one.level.met, one.duty.due_at, one.duty.id))


def _reports(duties: Iterable[Duty]) -> Iterator[MeasuredRow]:
    for duty in duties:
        level = level_of(duty)
        if level is not None:
            yield MeasuredRow(duty=duty, level=level)


def open_complaints(
    context: ServiceContext,
    dates: DateRange,
    complaints: ComplaintSet,
    by: ComplaintsBy = ComplaintsBy.DEPARTMENT,
    group: str | None = None,
) -> tuple[Complaint, ...]:
    """Return the complaints of a range that a figure counts, of one group or of all."""
    found, every = complaints_in(context, dates)
    return tuple(
        one
        for one in sorted(found, key=lambda one: (one.recorded_at, one.id))
        if is_complaint_in(one, complaints, every) and group in (None, group_of(context, one, by))
    )


def open_steps(context: ServiceContext, dates: DateRange, stage: Stage) -> tuple[StepSpan, ...]:
    """Return how long each complaint of a range waited for a step, the longest first."""
    found, _every = complaints_in(context, dates)
    spans = [one for one in step_spans(found, context.calendars[COMPANY]) if one.stage is stage]
    return tuple(sorted(spans, key=lambda one: (-one.span, one.taken_at, one.complaint.id)))
