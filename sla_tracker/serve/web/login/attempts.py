"""Delays logins after wrong passwords, more each time; never locks them.

A lock would let anybody keep the boss out by typing wrong passwords under his name. So a person is only held back, an
address, behind which a whole office may sit, too, and only that person waits at that address who was named there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

FREE = 3  # wrong passwords without a delay
FREE_OF_ADDRESS = 10
LONGEST_PERSON_SECONDS = 4.0
LONGEST_WAIT_SECONDS = 60.0
FORGET_SECONDS = 900.0
MOST_KEPT = 20_000
UNNAMED: Final = "unix"
"""Address of a visitor whom the proxy gives none: that may be anybody, so nobody waits for it."""


class Attempts:
    """Counts wrong passwords by person, by address, and by person at an address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[tuple[str, str], tuple[int, float]] = {}

    def seconds_for(self, person: str, address: str) -> float:
        """Return how long the answer about a person is held back."""
        named = _delay(self._count(person, ""), FREE, 0.25, LONGEST_PERSON_SECONDS)
        return max(named, _delay(self._count("", address), FREE_OF_ADDRESS, 0.25, LONGEST_PERSON_SECONDS))

    def wait_for(self, person: str, address: str) -> float:
        """Return how many seconds a person has to wait at an address before trying again.

        0 for now, and for whoever was not named there with wrong passwords.
        """
        if address == UNNAMED:
            return 0.0
        count, (_counted, at) = self._count(person, address), self._wrong.get((person, address), (0, 0.0))
        return max(0.0, at + _delay(count, FREE_OF_ADDRESS, 1.0, LONGEST_WAIT_SECONDS) - self._clock())

    def note_wrong(self, person: str, address: str) -> None:
        """Count a wrong password; without a person or an address only what is there."""
        for key in {(person, ""), ("", address), (person, address)} - {("", "")}:
            count = self._count(*key) + 1
            self._wrong.pop(key, None)  # the oldest stand first
            self._wrong[key] = count, self._clock()
        while len(self._wrong) > MOST_KEPT:
            del self._wrong[next(iter(self._wrong))]

    def note_right(self, person: str, address: str) -> None:
        """Forget the wrong ones of a person after a right one."""
        self._wrong.pop((person, ""), None)
        self._wrong.pop((person, address), None)

    def _count(self, person: str, address: str) -> int:
        count, at = self._wrong.get((person, address), (0, 0.0))
        return count if self._clock() - at < FORGET_SECONDS else 0


def _delay(count: int, free: int, first: float, longest: float) -> float:
    return 0.0 if count < free else min(first * 2.0 ** min(count - free, 20), longest)


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
