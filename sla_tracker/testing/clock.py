"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Shows one instant until it is set or advanced; may also be set back, as real clocks are."""

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
