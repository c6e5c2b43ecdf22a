"""Channels that say when a message begins and ends, so that the log can name them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Literal

from sla_tracker.serve.sessions.session import SessionLine
from sla_tracker.services.reminders.messages import (
    Channels,
    Letter,
    Limited,
    Notifier,
    Outcome,
    Structured,
)
from sla_tracker.value_class import dataclass


def watched(channels: Channels, line: SessionLine) -> Channels:
    """Return channels that report their messages on a line to the generation."""
    numbers = count(1)
    working = {
        name: (_StructuredChannel if isinstance(channel, Structured) else _Channel)(
            name, channel, line, numbers
        )
        for name, channel in channels.working.items()
    }
    return Channels(working=working, broken=channels.broken)


@dataclass(frozen=True, slots=True)
class _Channel:
    """A channel of any size of messages, also none."""

    name: str
    channel: Notifier
    line: SessionLine
    numbers: Iterator[int]

    @property
    def recognises(self) -> bool:
        return self.channel.recognises

    @property
    def most_bytes(self) -> int:
        return self.channel.most_bytes if isinstance(self.channel, Limited) else 0

    def size_of(self, text: str) -> int:
        return self.channel.size_of(text) if isinstance(self.channel, Limited) else 0

    def serves(self, recipient: str) -> bool:
        return self.channel.serves(recipient)

    def send(self, letter: Letter) -> Outcome:
        number = next(self.numbers)
        self.line.tell_sending(number, self.name)
        try:
            return self.channel.send(letter)
        finally:
            self.line.tell_sent(number)


class _StructuredChannel(_Channel):
    """A channel to a program."""

    __slots__ = ()

    @property
    def names_all(self) -> Literal[True]:
        return True
