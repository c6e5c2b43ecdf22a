"""A clock for tests that shows a fixed instant until it is set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Clock that shows one instant until it is advanced or set, also back."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the instant the clock shows."""
        return self._at

    def set(self, at: datetime) -> None:
        """Show another instant, later or earlier."""
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move forward, or backward with a negative span."""
        self._at += by
