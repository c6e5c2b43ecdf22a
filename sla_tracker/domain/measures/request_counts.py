"""Counts requests by whether they were answered, and updates given, in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.duties.update_clock import UpdatesSoFar


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounts:
    """Counts of requests; `uncovered` ones have no obligation and no answer limit.

    `answered_well` of `answer_judged` were answered in time; unanswered ones before their limit are not judged yet.
    """

    asked: int = 0
    answered_well: int = 0
    answer_judged: int = 0
    withdrawn: int = 0
    uncovered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCounts:
    """Updates of open duties that were given within their limit, of all whose limit is known to be kept or missed."""

    given: int = 0
    judged: int = 0


def count_requests(requests: Iterable[Request], *, now: datetime) -> RequestCounts:
    """Count requests by whether they were answered in time."""
    asked = well = judged = withdrawn = uncovered = 0
    for request in requests:
        asked += 1
        withdrawn += request.state is RequestState.WITHDRAWN
        uncovered += not request.duty
        if request.answer_due_at is None or request.state is RequestState.WITHDRAWN:
            continue
        answered_at = request.answered_at
        if answered_at is not None or now > request.answer_due_at:
            judged += 1
            well += answered_at is not None and answered_at <= request.answer_due_at
    return RequestCounts(
        asked=asked, answered_well=well, answer_judged=judged, withdrawn=withdrawn, uncovered=uncovered
    )


def count_updates(found: Iterable[UpdatesSoFar | None]) -> UpdateCounts:
    """Return the sum of the updates of several duties; None for a duty that promises none."""
    parts = [one for one in found if one is not None]
    return UpdateCounts(given=sum(one.given for one in parts), judged=sum(one.judged for one in parts))


def added(counts: Iterable[RequestCounts]) -> RequestCounts:
    """Return the sum of counts, such as those of several months."""
    parts = tuple(counts)
    return RequestCounts(
        asked=sum(one.asked for one in parts),
        answered_well=sum(one.answered_well for one in parts),
        answer_judged=sum(one.answer_judged for one in parts),
        withdrawn=sum(one.withdrawn for one in parts),
        uncovered=sum(one.uncovered for one in parts),
    )
