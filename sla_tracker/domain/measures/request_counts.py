"""Counts requests by whether they were answered, and updates given, in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
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


def is_withdrawn(request: Request, now: datetime) -> bool:
    """Return whether a request was withdrawn as of `now`."""
    at = request.withdrawn_at
    return request.state is RequestState.WITHDRAWN and (at is None or at <= now)


def is_answer_judged(request: Request, now: datetime) -> bool:
    """Return whether it is known as of `now` whether a request was answered in time.

    Withdrawn requests are not judged.
    """
    limit_at = request.answer_due_at
    if limit_at is None or is_withdrawn(request, now):
        return False
    return now > limit_at or (request.answered_at is not None and request.answered_at <= now)


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
    RequestSet.WITHDRAWN: is_withdrawn,
    RequestSet.UNCOVERED: lambda request, now: not request.duty,
}


OF_ANSWERS = frozenset({RequestSet.ANSWERED, RequestSet.ANSWERS_DUE})
"""Sets that count the clock of the answer, by the day of its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRequest:
    """A request with the days by which figures count it, and as of when they do.

    It was made on `asked_on`. Its answer counts on `answer_on`, the day of the answer's limit; None without a limit. In
    a closed month it counts as of the month's closing, else as of now.
    """

    request: Request
    asked_on: date
    asked_judged_at: datetime
    answer_on: date | None
    answer_judged_at: datetime

    def day_of(self, requests: RequestSet) -> date | None:
        """Return the day by which a set counts the request; None where it never does."""
        return self.answer_on if requests in OF_ANSWERS else self.asked_on

    def is_in(self, requests: RequestSet, counts_day: Callable[[date], bool]) -> bool:
        """Return whether a set counts the request in the days of a range."""
        day = self.day_of(requests)
        if day is None or not counts_day(day):
            return False
        as_of = self.answer_judged_at if requests in OF_ANSWERS else self.asked_judged_at
        return _HOLDS[requests](self.request, as_of)

    @property
    def is_late(self) -> bool:
        """Return whether it was answered after its limit, or not at all by then."""
        return is_answered_late(self.request, self.answer_judged_at)

    @property
    def in_time(self) -> bool | None:
        """Return whether it was answered in time; None while that is not known."""
        if not is_answer_judged(self.request, self.answer_judged_at):
            return None
        return is_answered_well(self.request, self.answer_judged_at)


def count_requests(
    requests: Iterable[CountedRequest], counts_day: Callable[[date], bool] = lambda _day: True
) -> RequestCounts:
    """Count requests by whether they were answered in time.

    `counts_day` says on which days answers count; by default on all.
    """
    counts = dict.fromkeys(RequestSet, 0)
    for request in requests:
        for one in RequestSet:
            counts[one] += request.is_in(one, counts_day)
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
