"""Leases reminders to one sender, so that no other process sends them meanwhile.

A lease that runs out means that its sender died between claiming and recording the result: the message may or may not
have arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.allowed_hours import is_allowed
from sla_tracker.domain.reminders.batching import bundled
from sla_tracker.domain.reminders.recipients import department_of
from sla_tracker.domain.reminders.reminder import TO_SEND, Reminder, ReminderState
from sla_tracker.services.context import ServiceContext, new_id
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.reminders.messages import Notifier, RemindedDuty
from sla_tracker.services.reminders.schedule import policy_of, reminder_inputs, stands

# Reminders claimed at once. With 8 workers and 15 s for a slow message a batch takes 5 minutes: within the lease.
BATCH = 160
LEASE = timedelta(minutes=10)
MOST_REPEATS = 1  # how often a message that may have arrived is sent again, marked as repeated

Notifiers = Mapping[str, Notifier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Leased reminders that are sent together as one message.

    `recognised` tells that the channel drops a second message of the same key. `counted` are those for which there is
    no room, and whose number is told. A `one_line` message has one line a duty.
    """

    id: str
    claim: str
    channel: str
    reminded: tuple[RemindedDuty, ...]
    recognised: bool
    counted: tuple[RemindedDuty, ...] = ()
    one_line: bool = False

    @property
    def repeat(self) -> bool:
        """Tell whether to mark it as repeated: it may have arrived, and both would be shown."""
        return self.reminded[0].reminder.may_have_arrived and not self.recognised


def ready(context: ServiceContext, tx: Reading, channels: Notifiers) -> list[Reminder]:
    """Return the reminders that may be sent now, by recipient and channel."""
    now = context.now()
    found = tx.find(Reminder, state=TO_SEND, channel=tuple(channels)) if channels else []
    due = [
        one
        for one in found
        if _is_sendable(context, tx, one, now) and channels[one.channel].serves(one.recipient)
    ]
    return sorted(due, key=_recipient_and_channel)


def _recipient_and_channel(reminder: Reminder) -> tuple[str, str]:
    return reminder.recipient, reminder.channel


def _is_sendable(context: ServiceContext, tx: Reading, reminder: Reminder, now: datetime) -> bool:
    """Tell whether a reminder may be sent now: due or its lease over, in allowed hours."""
    is_claimed = reminder.state is ReminderState.SENDING
    since = reminder.claimed_until_at if is_claimed else reminder.send_at
    if since is None or since > now:
        return False
    duty = tx.get(Duty, reminder.duty)
    if duty is None:
        return True
    calendar = context.calendar_of(department_of(duty, reminder.level))
    return is_allowed(policy_of(context, duty).hours, now, calendar)


def batches(found: list[Reminder]) -> Iterator[list[Reminder]]:
    """Split reminders into batches of about `BATCH`, keeping those of one recipient together."""
    batch: list[Reminder] = []
    for _, reminders in groupby(found, key=_recipient_and_channel):
        batch += reminders
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def claim(
    context: ServiceContext, channels: Notifiers, ids: Sequence[str]
) -> tuple[list[Message], list[Reminder]]:
    """Lease reminders that still apply; end the others.

    Returns the messages to send, and the reminders that ended without being sent.
    """

    def work(tx: Writing, now: datetime) -> tuple[list[Message], list[Reminder]]:
        inputs = reminder_inputs(context)
        found = [reminder for id in ids if (reminder := tx.get(Reminder, id)) is not None]
        due = [one for one in found if one.state in TO_SEND and _is_sendable(context, tx, one, now)]
        applicable: list[Reminder] = []
        ended: list[Reminder] = []
        for one in due:
            if stands(tx, one, inputs):
                applicable.append(one)
            else:
                ended.append(closed(one, ReminderState.DROPPED))
        messages: list[Message] = []
        for message in _messages(context, tx, channels, applicable, now, ended):
            messages.append(message)
            for reminded in message.reminded:
                tx.put(_leased(reminded, message, now))
        for reminder in ended:
            tx.put(reminder)
        return messages, ended

    return context.write(None, "claimed_reminders", work)


def _messages(
    context: ServiceContext,
    tx: Reading,
    channels: Notifiers,
    applicable: list[Reminder],
    now: datetime,
    ended: list[Reminder],
) -> Iterator[Message]:
    """Yield the messages to send; adds superseded and too often repeated ones to `ended`."""
    token = new_id(now)
    for _, reminders in groupby(sorted(applicable, key=_recipient_and_channel), key=_recipient_and_channel):
        bundles = bundled(reminders, context.settings.reminders, now)
        ended += [closed(one, ReminderState.FOLDED) for one in bundles.folded]
        for bundle in bundles.fresh:
            yield _message(tx, bundle, new_id(now), token, channels)
        for bundle in bundles.again:
            message = _message(tx, bundle, bundle[0].message, token, channels)
            if message.repeat and _possible_arrivals(bundle[0]) > MOST_REPEATS:
                ended += [closed(one, ReminderState.UNKNOWN) for one in bundle]
            else:
                yield message


def _message(tx: Reading, reminders: Iterable[Reminder], id: str, token: str, channels: Notifiers) -> Message:
    reminded = tuple(
        RemindedDuty(reminder=reminder, duty=duty)
        for reminder in reminders
        if (duty := tx.get(Duty, reminder.duty)) is not None
    )
    channel = reminded[0].reminder.channel
    recognised = channels[channel].recognises
    return Message(id=id, claim=token, channel=channel, reminded=reminded, recognised=recognised)


def _possible_arrivals(reminder: Reminder) -> int:
    """Return the number of attempts that may have arrived, expired leases included."""
    return reminder.unknowns + (reminder.state is ReminderState.SENDING)


def _leased(reminded: RemindedDuty, message: Message, now: datetime) -> Reminder:
    return replace(
        reminded.reminder,
        state=ReminderState.SENDING,
        message=message.id,
        unknowns=_possible_arrivals(reminded.reminder),
        attempts=reminded.reminder.attempts + 1,
        claimed_by=message.claim,
        claimed_until_at=now + LEASE,
    )


def closed(reminder: Reminder, state: ReminderState) -> Reminder:
    """Return the reminder in a final state, without lease and sending time."""
    return replace(reminder, state=state, send_at=None, claimed_by="", claimed_until_at=None)
