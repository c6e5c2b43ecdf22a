"""Ids of a report's figures: what a number opens, and which figures count a row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.complaint_counts import ComplaintSet, is_complaint_in
from sla_tracker.domain.measures.figure_rows import BESIDE_SETS, OpenedFigure, RowSet
from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.measures.request_counts import RequestSet, is_in

SCORED = tuple(one for one in RowSet if one not in BESIDE_SETS)
OF_ALL = {rows: OpenedFigure(rows=rows) for rows in RowSet}
NOBODY_SAID = "none"


@lru_cache(4096)  # every duty is asked for its ids, and they are few
def figure_id(rows: RowSet, provider: str, consumer: str, obligation: str = "") -> str:
    """Return the id of a set of duties between departments; ALL in place of one means every one."""
    return _joined("rows", rows.value, provider or "all", consumer or "all", obligation)


def month_id(rows: RowSet, month: str) -> str:
    """Return the id of a month's set of duties between all departments."""
    return _joined("month", month, rows.value)


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


def complaint_id(complaints: ComplaintSet, group: str) -> str:
    """Return the id of the complaints that a department answers for."""
    return _joined("complaints", complaints.value, group or "all")


def figures_of_duty(duty: Duty, now: datetime) -> Iterator[str]:
    """Yield the ids of the figures that count a duty."""
    sides = [(one, other) for one in (duty.provider, ALL) for other in (duty.consumer, ALL)]
    for rows in SCORED:
        if OF_ALL[rows].holds(duty, now):
            yield from (figure_id(rows, *side) for side in sides)
            yield figure_id(rows, duty.provider, duty.consumer, duty.obligation)
            yield month_id(rows, duty.month)
    if OF_ALL[RowSet.CAUSES].holds(duty, now):
        yield cause_id(duty.cause)
        yield cause_month_id(duty.cause, duty.month)
    if OF_ALL[RowSet.SILENT].holds(duty, now):
        yield figure_id(RowSet.SILENT, ALL, duty.consumer)
    for rows in (RowSet.SETTLED, RowSet.SETTLEMENTS):
        if OF_ALL[rows].holds(duty, now):
            yield figure_id(rows, duty.provider, ALL)


def figures_of_request(request: Request, now: datetime) -> Iterator[str]:
    """Yield the ids of the figures that count a request."""
    return (request_id(one, request.provider) for one in RequestSet if is_in(request, one, now))


def figures_of_complaint(complaint: Complaint, group: str, every: list[Complaint]) -> Iterator[str]:
    """Yield the ids of the figures that count a complaint of a group."""
    for one in ComplaintSet:
        if is_complaint_in(complaint, one, every):
            yield complaint_id(one, group)
            yield complaint_id(one, ALL)


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)
