"""What leaves the house: a letter to one recipient on one channel, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.policy import Anchor, ChannelTerms
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.errors import SlaError


@dataclass(frozen=True, slots=True, kw_only=True)
class RemindedDuty:
    """One reminder together with the duty it is about."""

    reminder: Reminder
    duty: Duty


def limit_of(duty: Duty, anchor: Anchor) -> datetime:
    """Return the instant a reminder is about: the due time, the answer's or the verdict's."""
    if anchor is Anchor.ANSWER and duty.answer_due_at is not None:
        return duty.answer_due_at
    if anchor is Anchor.VERDICT and duty.accept_by_at is not None:
        return duty.accept_by_at
    return duty.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a letter says about one duty, for channels that pass on figures instead of sentences."""

    duty: str
    reference: str
    title: str
    subject: str
    provider: str
    consumer: str
    due_at: datetime
    anchor: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message, ready to be sent: `key` stays the same when it is tried again.

    `address` is the recipient's on this channel, empty for a group; `mentions` are the addresses of those who are
    meant in a group. Subject and text are clean of control characters and in the recipient's language.
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


class Result(StrEnum):
    """What became of a letter; `deferred` was not tried, because the channel asked for a pause."""

    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DEFERRED = "deferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one attempt; `problem` is an English sentence, `values` fill its names, neither holds a secret.

    `final` says that another attempt cannot help. `pause` is how long the whole channel is to be left alone.
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
    """Return the outcome of an attempt that does not count, because the channel takes no more for a while."""
    return Outcome(result=Result.DEFERRED, problem=problem, values=_shown(values), pause=pause)


def unknown(problem: str, /, **values: object) -> Outcome:
    """Return the outcome of an attempt that may have arrived."""
    return Outcome(result=Result.UNKNOWN, problem=problem, values=_shown(values))


def _shown(values: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}


@runtime_checkable
class Notifier(Protocol):
    """Sends letters on one channel; may be called from several threads at once.

    `recognises` says whether the other side knows a letter's key again and drops a second one. `send` raises nothing
    that it can explain; what it raises anyway costs that letter only.
    """

    @property
    def recognises(self) -> bool:
        """Say whether a letter sent twice arrives once."""

    def serves(self, recipient: str) -> bool:
        """Say whether this process reaches the recipient; a desktop reaches only the person who sits at it."""

    def send(self, letter: Letter) -> Outcome:
        """Send a letter and say what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """One channel as the deployment sets it up: what planning knows of it, and the options of its notifier."""

    terms: ChannelTerms
    options: Mapping[str, object] = field(default_factory=dict)


NotifierMaker = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The channels that work, and what is wrong with the others."""

    working: Mapping[str, Notifier] = field(default_factory=dict)
    broken: Mapping[str, SlaError] = field(default_factory=dict)
