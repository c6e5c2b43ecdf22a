"""Working time that consumers take to accept or return a delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictTimes:
    """Number of verdicts by people with median and longest time.

    `silent` counts the duties that were accepted because nobody judged them in time.
    """

    verdicts: int = 0
    silent: int = 0
    median: timedelta | None = None
    longest: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSpan:
    """One verdict of a person: on which delivery, when, and how long it took.

    `span` is counted in working time.
    """

    duty: Duty
    delivered_at: datetime
    verdict_at: datetime
    is_accepted: bool
    span: timedelta


def is_silent(duty: Duty) -> bool:
    """Return whether a duty was accepted because nobody judged it in time."""
    return duty.state is State.ACCEPTED and duty.accepted_by == SYSTEM


def verdict_times(duties: Iterable[Duty], calendar_of: Callable[[str], WorkCalendar]) -> VerdictTimes:
    """Return how long verdicts took, in the working time of each duty's consumer."""
    found = tuple(duties)
    spans = [one.span for one in verdict_spans(found, calendar_of)]
    return VerdictTimes(
        verdicts=len(spans),
        silent=sum(map(is_silent, found)),
        median=median_span(spans),
        longest=max(spans, default=None),
    )


def verdict_spans(
    duties: Iterable[Duty], calendar_of: Callable[[str], WorkCalendar]
) -> Iterator[VerdictSpan]:
    """Yield the verdicts by people, of each duty in its order."""
    for duty in duties:
        calendar = calendar_of(duty.consumer)
        for delivered_at, verdict_at, is_accepted in _verdicts(duty):
            yield VerdictSpan(
                duty=duty,
                delivered_at=delivered_at,
                verdict_at=verdict_at,
                is_accepted=is_accepted,
                span=calendar.working_time_between(delivered_at, verdict_at),
            )


def median_span(spans: Iterable[timedelta]) -> timedelta | None:
    """Return the median of spans; between two in the middle, the mean of both.

    None without any.
    """
    ordered = sorted(spans)
    half = len(ordered) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _verdicts(duty: Duty) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield when a delivery came, when a person judged it, and if it was accepted."""
    for delivery in duty.deliveries:
        # What was accepted and reopened weeks later had its verdict when it was accepted.
        verdict_at = delivery.accepted_at or delivery.returned_at
        if verdict_at is not None and delivery.accepted_by != SYSTEM:
            yield delivery.at, verdict_at, delivery.accepted_at is not None
    last = duty.delivery
    if last is not None and duty.accepted_at is not None and duty.accepted_by != SYSTEM:
        yield last.at, duty.accepted_at, True
