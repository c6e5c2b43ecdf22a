"""Delays logins after wrong passwords, more each time; never locks them.

Attempts are counted by person and by address. A lock would let anybody keep the boss out by typing wrong passwords
under his name.
"""

from __future__ import annotations

import time
from collections.abc import Callable

FREE = 3  # wrong passwords without a delay
LONGEST_PERSON_SECONDS = 4.0
LONGEST_ADDRESS_SECONDS = 60.0
FORGET_SECONDS = 900.0
MOST_KEPT = 20_000


class Attempts:
    """Counts wrong passwords by person and by address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[int, float]] = {}

    def seconds_for(self, person: str) -> float:
        """Return how long the answer about a person is held back."""
        return _delay(self._count(f"p {person}"), 0.25, LONGEST_PERSON_SECONDS)

    def wait_for(self, address: str) -> float:
        """Return how many seconds an address has to wait before it may try again.

        0 for now.
        """
        count, at = self._wrong.get(f"a {address}", (0, 0.0))
        return (
            max(0.0, at + _delay(count - 7, 1.0, LONGEST_ADDRESS_SECONDS) - self._clock()) if count else 0.0
        )

    def note_wrong(self, person: str, address: str) -> None:
        """Count a wrong password."""
        if len(self._wrong) > MOST_KEPT:
            self._wrong.clear()
        for key in (f"p {person}", f"a {address}"):
            self._wrong[key] = self._count(key) + 1, self._clock()

    def note_right(self, person: str, address: str) -> None:
        """Forget the wrong ones after a right one."""
        self._wrong.pop(f"p {person}", None)
        self._wrong.pop(f"a {address}", None)

    def _count(self, key: str) -> int:
        count, at = self._wrong.get(key, (0, 0.0))
        return count if self._clock() - at < FORGET_SECONDS else 0


def _delay(count: int, first: float, longest: float) -> float:
    return 0.0 if count < FREE else min(first * 2.0 ** min(count - FREE, 20), longest)


class Rates:
    """Bounds how many requests one address sends in a second."""

    def __init__(self, a_second: float, at_once: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second, self._at_once, self._clock = a_second, at_once, clock
        self._left: dict[str, tuple[float, float]] = {}

    def is_too_fast(self, address: str) -> bool:
        """Count a request, and return whether it is one too many."""
        now = self._clock()
        if len(self._left) > MOST_KEPT:
            self._left.clear()
        left, at = self._left.get(address, (self._at_once, now))
        left = min(self._at_once, left + (now - at) * self._a_second)
        self._left[address] = (left - 1 if left >= 1 else left), now
        return left < 1
