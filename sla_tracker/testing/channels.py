"""Channels to try reminders with: they keep what they are given, and fail as they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sla_tracker.domain.reminders.policy import IN_TERMINAL, ChannelTerms, Reach
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome


@dataclass
class Postbox:
    """Keeps every letter that arrives; `answer` decides what becomes of each, and may raise."""

    answer: Callable[[Letter], Outcome] = lambda letter: SENT
    recognises: bool = False
    letters: list[Letter] = field(default_factory=list)
    tried: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serves(self, recipient: str) -> bool:
        """Say that everybody is reached."""
        return bool(recipient)

    def send(self, letter: Letter) -> Outcome:
        """Keep a letter unless it certainly did not arrive."""
        with self._lock:
            self.tried += 1
        outcome = self.answer(letter)
        if outcome.result.value in {"sent", "unknown"}:
            with self._lock:
                self.letters.append(letter)
        return outcome


def a_channel(name: str = "mail", reach: Reach = Reach.ADDRESS, **terms: tuple[str, ...]) -> ChannelTerms:
    """Build what planning knows of a channel."""
    return ChannelTerms(name=name, kind=name, reach=reach, **terms)


def some_channels(*channels: ChannelTerms) -> dict[str, ChannelTerms]:
    """Build a deployment's channels: the terminal and these."""
    return {one.name: one for one in (IN_TERMINAL, *channels)}
