"""Counts the updates of an open duty: in time, missed, and when the next is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sla_tracker.domain.deadlines.duty_clock import DutyClock
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateLimit:
    """One limit of a duty's updates that was kept or has passed.

    `given_at` is None for a limit that passed without an update.
    """

    limit_at: datetime
    given_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatesSoFar:
    """Limits of one duty's updates that were kept or missed.

    `next_at` is the open limit, None without one.
    """

    limits: tuple[UpdateLimit, ...] = ()
    next_at: datetime | None = None

    @property
    def judged(self) -> int:
        """Return how many limits were kept or have passed."""
        return len(self.limits)

    @property
    def given(self) -> int:
        """Return how many limits were kept."""
        return sum(one.given_at is not None for one in self.limits)


def updates_so_far(
    duty: Duty, span: timedelta, clock: DutyClock, now: datetime, *, starts_at: datetime | None
) -> UpdatesSoFar:
    """Return the updates of a duty as of `now`.

    The next one is due a span after the last update or the last limit, whichever is later. Every limit that passes
    without one is one missed update. The clock stands still on hold, ends with a delivery, and begins again with a
    return. `starts_at` None means that it has not begun. Of updates that come within a span of one that was counted
    none is counted again: several in an hour make up for no silence later.
    """
    if starts_at is None:
        return UpdatesSoFar()
    found: list[UpdateLimit] = []
    next_at = None
    for start, end in _open_stretches(duty, starts_at):
        stop = now if end is None else min(end, now)
        limit = _limit(duty, start, span, clock, now)
        counted_until: datetime | None = None
        for update in (one for one in duty.updates if start <= one.at <= stop):
            passed, limit = _passed(duty, limit, span, clock, now, update.at)
            found += passed
            is_counted = bool(passed) or counted_until is None or update.at >= counted_until
            if is_counted:
                found.append(UpdateLimit(limit_at=limit, given_at=update.at))
            limit = _limit(duty, update.at, span, clock, now)
            if is_counted:
                counted_until = limit
        passed, limit = _passed(duty, limit, span, clock, now, stop)
        found += passed
        next_at = limit if end is None else None
    return UpdatesSoFar(limits=tuple(found), next_at=next_at)


def _passed(
    duty: Duty, limit: datetime, span: timedelta, clock: DutyClock, now: datetime, until: datetime
) -> tuple[list[UpdateLimit], datetime]:
    """Return the limits that had passed by an instant, and the one open then."""
    passed: list[UpdateLimit] = []
    while limit < until:
        passed.append(UpdateLimit(limit_at=limit))
        limit = _limit(duty, limit, span, clock, now)
    return passed, limit


def _limit(duty: Duty, anchor: datetime, span: timedelta, clock: DutyClock, now: datetime) -> datetime:
    """Return the limit a span after an instant; holds are left out."""
    limit = clock.later(anchor, span)
    for hold in duty.holds:
        end = max(hold.end_at or now, hold.start_at)
        if hold.counts and hold.start_at < limit and end > anchor:
            limit = clock.later(limit, clock.between(max(anchor, hold.start_at), end))
    return limit


def _open_stretches(duty: Duty, starts_at: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the intervals in which the duty was owed.

    They reach from its start, and from each return, to the next delivery.
    """
    start: datetime | None = starts_at
    for delivery in duty.deliveries:
        if start is not None:
            yield start, max(start, delivery.at)
        start = delivery.returned_at
    if start is not None:
        yield start, None if duty.closed_at is None else max(start, duty.closed_at)
