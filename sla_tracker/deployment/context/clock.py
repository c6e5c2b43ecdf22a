"""Makes the clock of a deployment: the machine's, or a fixed one.

A trial is tried on another day by a fixed clock.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from sla_tracker.errors import N_, ConfigError
from sla_tracker.services.ports import Clock

FROZEN_CLOCK = "SLA_NOW"
"""Environment variable with the instant at which a trial's clock stands."""


class SystemClock:
    """Clock port that returns this machine's time."""

    def now(self) -> datetime:
        """Return the present time in UTC."""
        return datetime.now(UTC)


class StoppedClock:
    """Clock port that always returns one instant, to try another day in a trial."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the fixed instant in UTC."""
        return self._at


def clock_of(*, trial: bool) -> Clock:
    """Return the clock of a deployment.

    SLA_NOW may fix the clock of a trial. Raises ConfigError.
    """
    stopped = os.environ.get(FROZEN_CLOCK, "") if trial else ""
    if not stopped:
        return SystemClock()
    from sla_tracker.wording.parse_date import FIRST_YEAR, LAST_YEAR

    try:
        at = datetime.fromisoformat(stopped)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ConfigError(
            N_(
                "{variable} is “{value}”; write an instant with its offset, such as 2026-11-20T17:30:00+08:00."
            ),
            variable=FROZEN_CLOCK,
            value=stopped,
        )
    return StoppedClock(at)
