"""Types of outgoing messages: Letter, Outcome of sending it, Notifier protocol."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.due_reminders import limit_of
from sla_tracker.domain.reminders.policy import ChannelTerms
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindedDuty:
    """One reminder together with the duty it is about."""

    reminder: Reminder
    duty: Duty


def most_urgent_first(reminded: Iterable[RemindedDuty]) -> tuple[RemindedDuty, ...]:
    """Return reminders by limit, obligation and subject; its numbers by their value."""

    def order(one: RemindedDuty) -> tuple[datetime, str, list[str | int], str]:
        duty = one.duty
        pieces = re.split(r"(\d+)", duty.subject)  # text and numbers take turns
        subject = [int(piece) if piece.isdecimal() else piece for piece in pieces]
        return limit_of(duty, one.reminder.anchor), duty.obligation, subject, duty.id

    return tuple(sorted(reminded, key=order))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The data of one duty in a message, for channels that send structured data.

    `news` is the verb of a change that the message tells of, empty for a reminder.
    """

    duty: str
    reference: str
    title: str
    subject: str
    provider: str
    consumer: str
    due_at: datetime
    anchor: str
    level: str
    news: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message; only mail carries any."""

    name: str
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to one recipient on one channel; `key` is the same on each attempt.

    `address` is the recipient's on this channel, empty for a group; `mentions` are the addresses of the people meant in
    a group. Subject and text contain no control characters and are in the recipient's language.
    """

    key: str
    recipient: str
    address: str
    subject: str
    text: str
    at: datetime
    mentions: tuple[str, ...] = ()
    repeat: bool = False
    lines: tuple[Line, ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenReport:
    """A report for a letter: its subject, its text, and the file that goes with it."""

    subject: str
    text: str
    attachment: Attachment


class Result(StrEnum):
    """Result of sending.

    `deferred` was not tried, because the channel asked for a pause.
    """

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Result of one attempt; `problem` is an English msgid, `values` fill its names.

    Neither may contain a secret. `final` tells that another attempt cannot help. `pause` is how long nothing is sent on
    the channel.
    """

    result: Result
    problem: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    final: bool = False
    pause: timedelta | None = None


SENT = Outcome(result=Result.SENT)


def failed(
    problem: str, /, *, final: bool = False, pause: timedelta | None = None, **values: object
) -> Outcome:
    """Return the outcome of an attempt that certainly did not arrive."""
    return Outcome(result=Result.FAILED, problem=problem, values=_shown(values), final=final, pause=pause)


def deferred(problem: str, /, *, pause: timedelta, **values: object) -> Outcome:
    """Return the outcome of an attempt not made, because the channel needs a pause."""
    return Outcome(result=Result.DEFERRED, problem=problem, values=_shown(values), pause=pause)


def unknown(problem: str, /, **values: object) -> Outcome:
    """Return the outcome of an attempt that may have arrived."""
    return Outcome(result=Result.UNKNOWN, problem=problem, values=_shown(values))


def _shown(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


@runtime_checkable
class Limited(Protocol):
    """A channel whose messages have a greatest size.

    Longer ones are divided before they are sent.
    """

    @property
    def most_bytes(self) -> int:
        """Return the greatest size of a text; 0 without a limit."""

    def size_of(self, text: str) -> int:
        """Return the size of a text on this channel, in bytes."""


@runtime_checkable
class Structured(Protocol):
    """A channel to a program.

    The program gets all duties of a message as data, however many.
    """

    @property
    def names_all(self) -> bool:
        """Return True."""


@runtime_checkable
class Notifier(Protocol):
    """Sends messages on one channel; may be called from several threads at once.

    `send` reports expected problems as an Outcome; an exception fails that message only.
    """

    @property
    def recognises(self) -> bool:
        """Tell whether the channel drops a second message of the same key."""

    def serves(self, recipient: str) -> bool:
        """Tell whether this process can reach the recipient; a desktop only its own user."""

    def send(self, letter: Letter) -> Outcome:
        """Send a message and return the outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """Settings of one channel: terms for planning, and options of its notifier."""

    terms: ChannelTerms
    options: Mapping[str, object] = field(default_factory=dict)


THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class Security(StrEnum):
    """How the connection to a mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


def unencrypted_problem(host: object, security: Security | None) -> UsageError | None:
    """Return what is wrong with sending letters unencrypted.

    Only a server on this machine may get unencrypted letters.
    """
    if security is not Security.NONE or host in THIS_MACHINE:
        return None
    return UsageError(N_('security = "none" is possible on this machine only; use starttls or tls.'))


NotifierMaker = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The working channels by name, and the errors of the broken ones."""

    working: Mapping[str, Notifier] = field(default_factory=dict)
    broken: Mapping[str, SlaError] = field(default_factory=dict)
