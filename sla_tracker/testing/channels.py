"""Test channels that keep the messages they receive and fail on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import field

from sla_tracker.domain.reminders.policy import IN_TERMINAL, ChannelTerms, Reach
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome, Result
from sla_tracker.value_class import dataclass


@dataclass()
class Postbox:
    """Channel that keeps the messages sent.

    `answer` returns each outcome, and may raise. `most_bytes` is the greatest size of a text, 0 without a limit.
    """

    answer: Callable[[Letter], Outcome] = lambda letter: SENT
    recognises: bool = False
    letters: list[Letter] = field(default_factory=list)
    tried: int = 0
    most_bytes: int = 0
    # The reminder sender calls `send` from several threads.
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serves(self, recipient: str) -> bool:
        """Return True: every recipient is reached."""
        return bool(recipient)

    def size_of(self, text: str) -> int:
        """Return the size of a text in UTF-8 bytes."""
        return len(text.encode())

    def send(self, letter: Letter) -> Outcome:
        """Keep a message if its outcome is sent or unknown."""
        with self._lock:
            self.tried += 1
        outcome = self.answer(letter)
        if outcome.result in {Result.SENT, Result.UNKNOWN}:
            with self._lock:
                self.letters.append(letter)
        return outcome


def a_channel(name: str = "mail", reach: Reach = Reach.ADDRESS, **terms: tuple[str, ...]) -> ChannelTerms:
    """Build the properties of a channel that planning needs."""
    return ChannelTerms(name=name, kind=name, reach=reach, **terms)


def some_channels(*channels: ChannelTerms) -> dict[str, ChannelTerms]:
    """Build a deployment's channels: the terminal and the given ones."""
    return {one.name: one for one in (IN_TERMINAL, *channels)}
