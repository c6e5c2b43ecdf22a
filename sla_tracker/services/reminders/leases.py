"""Holds reminders that are about to be sent, so that no other machine sends them meanwhile.

Whoever claims holds a reminder for a while; when the time has run out, its sender has died between sending and
recording, and nobody knows whether it arrived.
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

BATCH = 160
LEASE = timedelta(minutes=10)
MOST_REPEATS = 1

Notifiers = Mapping[str, Notifier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Reminders claimed to be sent as one; `recognised` says whether a second one would be noticed by the channel."""

    id: str
    claim: str
    channel: str
    told: tuple[RemindedDuty, ...]
    recognised: bool

    @property
    def repeat(self) -> bool:
        """Say whether it has to be marked: it may have arrived before, and the channel cannot tell."""
        return self.told[0].reminder.may_have_arrived and not self.recognised


def ready(context: ServiceContext, tx: Reading, channels: Notifiers) -> list[Reminder]:
    """Return what may be sent now, in the order of recipient and channel."""
    now = context.now()
    found = tx.find(Reminder, state=TO_SEND, channel=tuple(channels)) if channels else []
    due = [
        one for one in found if _may_go(context, tx, one, now) and channels[one.channel].serves(one.recipient)
    ]
    return sorted(due, key=_address)


def _address(reminder: Reminder) -> tuple[str, str]:
    return reminder.recipient, reminder.channel


def _may_go(context: ServiceContext, tx: Reading, reminder: Reminder, now: datetime) -> bool:
    """Say whether a reminder's time has come: its own, or the end of a dead sender's claim, in allowed hours."""
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
    """Yield about as many reminders as can be sent while a claim lasts, one recipient's never apart."""
    batch: list[Reminder] = []
    for _, reminders in groupby(found, key=_address):
        batch += reminders
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def claim(
    context: ServiceContext, channels: Notifiers, ids: Sequence[str]
) -> tuple[list[Message], list[Reminder]]:
    """Hold these reminders for a while, except those whose duty or a later step has overtaken them.

    Returns what is to be sent as one each, and the reminders that ended without being sent.
    """

    def work(tx: Writing, now: datetime) -> tuple[list[Message], list[Reminder]]:
        around = reminder_inputs(context)
        found = [reminder for id in ids if (reminder := tx.get(Reminder, id)) is not None]
        due = [one for one in found if one.state in TO_SEND and _may_go(context, tx, one, now)]
        standing: list[Reminder] = []
        ended: list[Reminder] = []
        for one in due:
            if stands(tx, one, around):
                standing.append(one)
            else:
                ended.append(closed(one, ReminderState.DROPPED))
        messages: list[Message] = []
        for message in _messages(context, tx, channels, standing, now, ended):
            messages.append(message)
            for told in message.told:
                tx.put(_held(told, message, now))
        for reminder in ended:
            tx.put(reminder)
        return messages, ended

    return context.write(None, "claimed_reminders", work)


def _messages(
    context: ServiceContext,
    tx: Reading,
    channels: Notifiers,
    standing: list[Reminder],
    now: datetime,
    ended: list[Reminder],
) -> Iterator[Message]:
    """Yield what is sent as one; what has been overtaken or has been repeated often enough goes to `ended`."""
    token = new_id(now)
    for _, reminders in groupby(sorted(standing, key=_address), key=_address):
        bundles = bundled(reminders, context.settings.reminders, now)
        ended += [closed(one, ReminderState.FOLDED) for one in bundles.folded]
        for bundle in bundles.fresh:
            yield _message(tx, bundle, new_id(now), token, channels)
        for bundle in bundles.again:
            message = _message(tx, bundle, bundle[0].message, token, channels)
            if message.repeat and _doubts(bundle[0]) > MOST_REPEATS:
                ended += [closed(one, ReminderState.UNKNOWN) for one in bundle]
            else:
                yield message


def _message(tx: Reading, reminders: Iterable[Reminder], id: str, token: str, channels: Notifiers) -> Message:
    told = tuple(
        RemindedDuty(reminder=reminder, duty=duty)
        for reminder in reminders
        if (duty := tx.get(Duty, reminder.duty)) is not None
    )
    channel = told[0].reminder.channel
    recognised = channels[channel].recognises
    return Message(id=id, claim=token, channel=channel, told=told, recognised=recognised)


def _doubts(reminder: Reminder) -> int:
    """Count the attempts that may have arrived; one whose sender died while sending is among them."""
    return reminder.unknowns + (reminder.state is ReminderState.SENDING)


def _held(told: RemindedDuty, message: Message, now: datetime) -> Reminder:
    return replace(
        told.reminder,
        state=ReminderState.SENDING,
        message=message.id,
        unknowns=_doubts(told.reminder),
        attempts=told.reminder.attempts + 1,
        claimed_by=message.claim,
        claimed_until_at=now + LEASE,
    )


def closed(reminder: Reminder, state: ReminderState) -> Reminder:
    """Return a reminder that nothing more happens to, unless somebody reads it."""
    return replace(reminder, state=state, send_at=None, claimed_by="", claimed_until_at=None)
