"""Stored reminders and their delivery state."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.news import News
from sla_tracker.domain.reminders.policy import Anchor, Level
from sla_tracker.domain.reminders.recipients import department_of
from sla_tracker.value_class import dataclass


class ReminderState(StrEnum):
    """Delivery state of a reminder.

    `retrying` failed and will be tried again, `failed` will not. `unknown` may have arrived. `folded` was replaced by a
    later reminder about the same duty before it could be sent; `dropped` is no longer wanted. `counted` was only
    counted in a message that had no room to name it.
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
    COUNTED = "counted"


TO_SEND = (
    ReminderState.WAITING,
    ReminderState.RETRYING,
    ReminderState.UNKNOWN,
    ReminderState.SENDING,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One reminder to one recipient on one channel.

    `id` is its key (`reminder_key`), so that the same reminder exists only once.
    `turn` names step and anchor's day, `recipient` is a person or `@department`. `fell_due_at` is when the policy
    wanted it, `send_at` the time of the next attempt, None for no more. While sending, it belongs to `claimed_by` until
    `claimed_until_at`; `message` ties together what was sent as one. `unknowns` counts the attempts of which nobody
    knows whether they arrived. `instead_of` is the absent person for whom the recipient stands in. `problem` is the
    English sentence of the last failure, `problem_values` fill its names. One `in_digest` waits for the day's digest.
    `news` tells that it is no step of a policy, but news about the duty; only then is `department` the one it goes to,
    which may be neither side of the duty.
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
    in_digest: bool = False
    news: News | None = None
    department: str = ""

    @property
    def about(self) -> Anchor:
        """Return the anchor that the reminder is about."""
        return topic_of(self.anchor)

    @property
    def topic(self) -> str:
        """Return the reminder's topic.

        Of several reminders about one topic of a duty only the last is sent.
        """
        return self.news or self.about

    @property
    def may_have_arrived(self) -> bool:
        """Return whether an earlier attempt may have reached the recipient."""
        return self.unknowns > 0 or self.state is ReminderState.SENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """The planned turns of a duty's policy, each with its time; its id is the duty's."""

    id: str
    turns: dict[str, datetime] = field(default_factory=dict)


def department_told(duty: Duty, reminder: Reminder) -> str:
    """Return the department whose people a reminder goes to."""
    return reminder.department or department_of(duty, reminder.level)


def topic_of(anchor: Anchor) -> Anchor:
    """Return the topic of an anchor; opening and due time share one.

    A reminder of the due time thus replaces an unsent one that the duty was opened.
    """
    return Anchor.DUE if anchor is Anchor.OPENING else anchor


def reminder_key(duty: str, turn: str, recipient: str, channel: str) -> str:
    """Return the key of a reminder; reminders with equal keys are the same."""
    return f"{duty}/{turn}/{recipient}/{channel}"
