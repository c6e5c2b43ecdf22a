"""A reminder as it is stored: what was planned for whom, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.reminders.policy import Anchor, Level


class ReminderState(StrEnum):
    """How far a reminder has come.

    `retrying` failed and will be tried again, `failed` will not. `unknown` may have arrived. `folded` was overtaken by
    a later step of the same duty before it could be sent, `dropped` by the duty itself.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    READ = "read"
    RETRYING = "retrying"
    UNKNOWN = "unknown"
    FAILED = "failed"
    DROPPED = "dropped"
    FOLDED = "folded"


TO_SEND = (
    ReminderState.WAITING,
    ReminderState.RETRYING,
    ReminderState.UNKNOWN,
    ReminderState.SENDING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One reminder to one recipient on one channel; `id` is its key, so that it exists once.

    `turn` names step and anchor's day, `recipient` is a person or `@department`. `fell_due_at` is when the policy
    wanted it, `send_at` when it is tried (again), None when it is not. While sending, `claimed_by` holds it until
    `claimed_until_at`; `message` ties together what was sent as one. `unknowns` counts the attempts of which nobody
    knows whether they arrived. `instead_of` is the absent person for whom the recipient stands in. `problem` is the
    English sentence of the last failure, `problem_values` fill its names.
    """

    id: str
    duty: str
    turn: str
    anchor: Anchor
    level: Level
    recipient: str
    channel: str
    fell_due_at: datetime
    planned_at: datetime
    send_at: datetime | None
    state: ReminderState = ReminderState.WAITING
    mentions: tuple[str, ...] = ()
    instead_of: str = ""
    attempts: int = 0
    message: str = ""
    claimed_by: str = ""
    claimed_until_at: datetime | None = None
    sent_at: datetime | None = None
    problem: str = ""
    problem_values: dict[str, str] = field(default_factory=dict)
    unknowns: int = 0

    @property
    def about(self) -> Anchor:
        """Return what it is about."""
        return topic_of(self.anchor)

    @property
    def may_have_arrived(self) -> bool:
        """Say whether an earlier attempt may have reached the recipient."""
        return self.unknowns > 0 or self.state is ReminderState.SENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """Which turns of a duty's policy have been planned, and for when; its id is the duty's."""

    id: str
    turns: dict[str, datetime] = field(default_factory=dict)


def topic_of(anchor: Anchor) -> Anchor:
    """Return what a reminder is about; the news that a duty opened is overtaken by its due time."""
    return Anchor.DUE if anchor is Anchor.OPENING else anchor


def reminder_key(duty: str, turn: str, recipient: str, channel: str) -> str:
    """Return the key of a reminder; two with one key are the same."""
    return f"{duty}/{turn}/{recipient}/{channel}"
