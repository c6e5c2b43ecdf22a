"""Ids of a report's figures: what a number opens, and which figures count a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.complaint_counts import (
    ComplaintsBy,
    ComplaintSet,
    RecordedTimes,
    is_complaint_in,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import (
    BESIDE_SETS,
    MeasuredSet,
    OpenedFigure,
    RowSet,
    UpdateSet,
    is_report_in,
)
from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.measures.measured_level import MeasuredLevel
from sla_tracker.domain.measures.request_counts import CountedRequest, RequestSet

SCORED = tuple(one for one in RowSet if one not in BESIDE_SETS)
OF_ALL = {rows: OpenedFigure(rows=rows) for rows in RowSet}
NOBODY_SAID = "none"
BEFORE, AFTER = "before", "after"  # sides of a complaint's effect


@lru_cache(4096)  # every duty is asked for its ids, and they are few
def figure_id(rows: RowSet, provider: str, consumer: str, obligation: str = "") -> str:
    """Return the id of a set of duties between departments.

    ALL in place of one means every one.
    """
    return _joined("rows", rows.value, provider or "all", consumer or "all", obligation)


def month_id(rows: RowSet, month: str, provider: str = ALL) -> str:
    """Return the id of a month's set of duties of all departments or of one."""
    return _joined("month", month, rows.value, provider)


def cause_id(cause: str) -> str:
    """Return the id of the duties with a cause."""
    return _joined("cause", cause or NOBODY_SAID)


def cause_month_id(cause: str, month: str) -> str:
    """Return the id of a month's duties with a cause."""
    return _joined("cause", cause or NOBODY_SAID, month)


def request_id(requests: RequestSet, provider: str) -> str:
    """Return the id of a provider's requests that a figure counts."""
    return _joined("requests", requests.value, provider)


def verdict_id(consumer: str) -> str:
    """Return the id of a consumer's verdicts."""
    return _joined("verdicts", consumer)


def update_id(updates: UpdateSet, provider: str) -> str:
    """Return the id of the limits of a provider's updates."""
    return _joined(updates.value, provider)


def measured_id(reports: MeasuredSet, level: MeasuredLevel) -> str:
    """Return the id of the reports that a level is counted from."""
    kind = "counted" if level.measure.is_counted else "bound"
    return _joined(reports.value, level.provider, level.consumer, level.obligation, kind)


def ahead_id(provider: str) -> str:
    """Return the id of what is still ahead of a department."""
    return _joined("ahead", provider)


def complaint_id(
    complaints: ComplaintSet, group: str | None, by: ComplaintsBy = ComplaintsBy.DEPARTMENT
) -> str:
    """Return the id of the complaints of a group, None for all."""
    if group is None:
        return _joined("complaints", complaints.value, "all")
    return _joined("complaints", complaints.value, by.value, group or "none")


def step_id(stage: Stage, *, is_passed: bool = False) -> str:
    """Return the id of the times that complaints waited for a step.

    With `is_passed`, it is the id of waits beyond the limit.
    """
    return _joined("step", stage.value, "passed" if is_passed else "")


def effect_id(complaint: Complaint, side: str, rows: RowSet) -> str:
    """Return the id of the duties before a complaint, or after its remedy."""
    return _joined("effect", complaint.id, side, rows.value)


def figures_of_duty(duty: Duty, now: datetime) -> Iterator[str]:
    """Yield the ids of the figures that count a duty."""
    sides = [(one, other) for one in (duty.provider, ALL) for other in (duty.consumer, ALL)]
    for rows in SCORED:
        if OF_ALL[rows].holds(duty, now):
            yield from (figure_id(rows, *side) for side in sides)
            yield figure_id(rows, duty.provider, duty.consumer, duty.obligation)
            yield month_id(rows, duty.month)
            if rows is RowSet.MISSED:  # the forecast of a department counts the misses of a month
                yield month_id(rows, duty.month, duty.provider)
    if OF_ALL[RowSet.CAUSES].holds(duty, now):
        yield cause_id(duty.cause)
        yield cause_month_id(duty.cause, duty.month)
    if OF_ALL[RowSet.SILENT].holds(duty, now):
        yield figure_id(RowSet.SILENT, ALL, duty.consumer)
    for rows in (RowSet.SETTLED, RowSet.SETTLEMENTS):
        if OF_ALL[rows].holds(duty, now):
            yield figure_id(rows, duty.provider, ALL)


def figures_of_request(counted: CountedRequest, dates: DateRange) -> Iterator[str]:
    """Yield the ids of the figures of a range that count a request."""
    provider = counted.request.provider
    return (request_id(one, provider) for one in RequestSet if counted.is_in(one, dates.holds))


def figures_of_report(level: MeasuredLevel) -> Iterator[str]:
    """Yield the ids of the figures that count a report of a level."""
    return (measured_id(one, level) for one in MeasuredSet if is_report_in(level, one))


def figures_of_complaint(
    complaint: Complaint, groups: Mapping[ComplaintsBy, str], every: RecordedTimes
) -> Iterator[str]:
    """Yield the ids of the figures that count a complaint of some groups."""
    for one in ComplaintSet:
        if is_complaint_in(complaint, one, every):
            yield complaint_id(one, None)
            yield from (complaint_id(one, group, by) for by, group in groups.items())


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)
