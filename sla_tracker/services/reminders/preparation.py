"""Computes the reminders of one duty that have fallen due and are not planned yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.allowed_hours import at_clock, next_allowed
from sla_tracker.domain.reminders.due_reminders import (
    ReminderInputs,
    ReminderTurn,
    addressed,
    highest_shares,
    turns,
)
from sla_tracker.domain.reminders.policy import TERMINAL
from sla_tracker.domain.reminders.recipients import Recipient, department_of
from sla_tracker.domain.reminders.reminder import Reminded, Reminder, ReminderState, reminder_key
from sla_tracker.domain.reminders.timing import Timing, Topic, message_turns, topic_of_turn
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.reminders.policies import policy_of
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The reminders to store for a duty, and what they were computed from."""

    duty: Duty
    known: Reminded | None
    noted: Reminded
    reminders: tuple[Reminder, ...]


def prepared(
    context: ServiceContext, tx: Reading, id: str, inputs: ReminderInputs, now: datetime
) -> Prepared | None:
    """Return the reminders to store for a duty now; None when there are no new ones.

    All new turns are noted. Of those for one recipient, channel and topic the latest becomes a reminder: what has been
    overdue for weeks is told once, not once for each step.
    """
    duty = tx.get(Duty, id)
    if duty is None:
        return None
    known = tx.get(Reminded, id)
    planned = known.turns if known is not None else {}
    all_turns = turns(duty, inputs)
    new_turns = [turn for turn in all_turns if turn.at <= now and turn.key not in planned]
    if not new_turns:
        return None
    reminders = [
        _reminder(context, duty, turn, timing, recipient, now)
        for turn, timing, recipient in _latest(
            duty, highest_shares(new_turns), message_turns(duty, all_turns, inputs), inputs
        )
    ]
    noted = Reminded(id=id, turns={**planned, **{turn.key: turn.at for turn in new_turns}})
    return Prepared(
        duty=duty,
        known=known,
        noted=noted,
        reminders=tuple(sorted(reminders, key=lambda reminder: reminder.fell_due_at)),
    )


def _latest(
    duty: Duty, new_turns: Sequence[ReminderTurn], messages: dict[str, Timing], inputs: ReminderInputs
) -> Iterator[tuple[ReminderTurn, Timing | None, Recipient]]:
    """Yield the latest new turn for each recipient, channel and topic.

    Turns on the terminal have no timing.
    """
    shown: set[Topic] = set()
    told: set[Topic] = set()
    reached: set[tuple[str, str, str]] = set()
    for turn in reversed(new_turns):
        topic = topic_of_turn(turn)
        timing = messages.get(turn.key)
        if topic in shown and (timing is None or topic in told):
            continue
        for recipient in addressed(duty, turn, inputs):
            on_screen = recipient.channel == TERMINAL
            reach = recipient.id, recipient.channel, topic[0]
            if reach not in reached and (on_screen or timing is not None):
                reached.add(reach)
                yield turn, None if on_screen else timing, recipient
        shown.add(topic)
        if timing is not None:
            told.add(topic)


def _reminder(
    context: ServiceContext,
    duty: Duty,
    turn: ReminderTurn,
    timing: Timing | None,
    recipient: Recipient,
    now: datetime,
) -> Reminder:
    reminder = Reminder(
        id=reminder_key(duty.id, turn.key, recipient.id, recipient.channel),
        duty=duty.id,
        turn=turn.key,
        anchor=turn.step.anchor,
        level=turn.step.level,
        recipient=recipient.id,
        channel=recipient.channel,
        fell_due_at=turn.at,
        planned_at=now,
        send_at=None,
        mentions=recipient.mentions,
        instead_of=recipient.instead_of,
    )
    if timing is None:
        return replace(reminder, state=ReminderState.SENT, sent_at=now)
    at, in_digest = sent_when(context, duty, turn, timing, recipient, max(turn.at, now))
    return replace(reminder, send_at=at, in_digest=in_digest)


def sent_when(
    context: ServiceContext,
    duty: Duty,
    turn: ReminderTurn,
    timing: Timing,
    recipient: Recipient,
    earliest: datetime,
) -> tuple[datetime, bool]:
    """Return when a message is sent, and whether it waits for a digest.

    The digest is the recipient's own, or the day's.
    """
    hours = policy_of(context, duty).hours
    calendar = context.calendar_of_recipient(recipient.id, department_of(duty, turn.step.level))
    own = context.settings.reminders.preference_of(recipient.id).digest_at
    if own is not None:
        return at_clock(own, earliest, hours, calendar), True
    return next_allowed(hours, max(timing.at, earliest), calendar), timing.in_digest
