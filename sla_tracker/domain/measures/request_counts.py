"""Counts requests by whether they were answered, and updates given, in time.

Requests are counted as sets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.duties.update_clock import UpdatesSoFar
from sla_tracker.errors import N_
from sla_tracker.value_class import dataclass


class RequestSet(StrEnum):
    """A set of requests that a figure opens."""

    ASKED = "asked"
    ANSWERED = "answered"
    ANSWERS_DUE = "answers-due"
    WITHDRAWN = "withdrawn"
    UNCOVERED = "uncovered"


REQUEST_SET_WORDS = {
    RequestSet.ASKED: N_("requests"),
    RequestSet.ANSWERED: N_("answered in time"),
    RequestSet.ANSWERS_DUE: N_("answers due"),
    RequestSet.WITHDRAWN: N_("withdrawn requests"),
    RequestSet.UNCOVERED: N_("requests that no obligation covers"),
}


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
    """Updates that were given within their limit, of all whose outcome is known."""

    given: int = 0
    judged: int = 0


def is_answer_judged(request: Request, now: datetime) -> bool:
    """Return whether it is known whether a request was answered in time.

    Withdrawn ones are not judged.
    """
    limit_at = request.answer_due_at
    if limit_at is None or request.state is RequestState.WITHDRAWN:
        return False
    return request.answered_at is not None or now > limit_at


def is_answered_well(request: Request, now: datetime) -> bool:
    """Return whether a request was answered by its limit."""
    at, limit_at = request.answered_at, request.answer_due_at
    return is_answer_judged(request, now) and at is not None and limit_at is not None and at <= limit_at


def is_answered_late(request: Request, now: datetime) -> bool:
    """Return whether a request was answered after its limit, or not at all by then."""
    return is_answer_judged(request, now) and not is_answered_well(request, now)


_HOLDS: Mapping[RequestSet, Callable[[Request, datetime], bool]] = {
    RequestSet.ASKED: lambda request, now: True,
    RequestSet.ANSWERED: is_answered_well,
    RequestSet.ANSWERS_DUE: is_answer_judged,
    RequestSet.WITHDRAWN: lambda request, now: request.state is RequestState.WITHDRAWN,
    RequestSet.UNCOVERED: lambda request, now: not request.duty,
}


def is_in(request: Request, requests: RequestSet, now: datetime) -> bool:
    """Return whether a set counts a request as of `now`."""
    return _HOLDS[requests](request, now)


def count_requests(requests: Iterable[Request], *, now: datetime) -> RequestCounts:
    """Count requests by whether they were answered in time."""
    counts = dict.fromkeys(RequestSet, 0)
    for request in requests:
        for one in RequestSet:
            counts[one] += is_in(request, one, now)
    return RequestCounts(
        asked=counts[RequestSet.ASKED],
        answered_well=counts[RequestSet.ANSWERED],
        answer_judged=counts[RequestSet.ANSWERS_DUE],
        withdrawn=counts[RequestSet.WITHDRAWN],
        uncovered=counts[RequestSet.UNCOVERED],
    )


def count_updates(found: Iterable[UpdatesSoFar | None]) -> UpdateCounts:
    """Return the sum of the updates of several duties.

    None for a duty that promises none.
    """
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
