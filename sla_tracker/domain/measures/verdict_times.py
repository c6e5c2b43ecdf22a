"""Working time that consumers take to accept or return a delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.time.work_calendar import WorkCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictTimes:
    """Number of verdicts by people with median and longest time.

    `silent` counts the duties that were accepted because nobody judged them in time.
    """

    verdicts: int = 0
    silent: int = 0
    median: timedelta | None = None
    longest: timedelta | None = None


def verdict_times(duties: Iterable[Duty], calendar_of: Callable[[str], WorkCalendar]) -> VerdictTimes:
    """Return how long verdicts took, in the working time of each duty's consumer."""
    spans: list[timedelta] = []
    silent = 0
    for duty in duties:
        spans.extend(_spans(duty, calendar_of(duty.consumer)))
        silent += duty.state is State.ACCEPTED and duty.accepted_by == SYSTEM
    return VerdictTimes(
        verdicts=len(spans),
        silent=silent,
        median=median_span(spans),
        longest=max(spans, default=None),
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


def _spans(duty: Duty, calendar: WorkCalendar) -> Iterator[timedelta]:
    for delivery in duty.deliveries:
        # What was accepted and reopened weeks later had its verdict when it was accepted.
        verdict_at = delivery.accepted_at or delivery.returned_at
        if verdict_at is not None and delivery.accepted_by != SYSTEM:
            yield calendar.working_time_between(delivery.at, verdict_at)
    last = duty.delivery
    if last is not None and duty.accepted_at is not None and duty.accepted_by != SYSTEM:
        yield calendar.working_time_between(last.at, duty.accepted_at)
