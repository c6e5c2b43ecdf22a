"""Leases reminders to one sender, so that no other process sends them meanwhile.

A lease that runs out means that its sender died between claiming and recording the result: the message may or may not
have arrived.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.allowed_hours import at_clock, is_allowed
from sla_tracker.domain.reminders.batching import bundled
from sla_tracker.domain.reminders.due_reminders import limit_of
from sla_tracker.domain.reminders.message_day import MessageDay, message_day
from sla_tracker.domain.reminders.reminder import TO_SEND, Reminder, ReminderState, department_told
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.lookup.references import new_id
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.reminders.messages import Notifier, RemindedDuty
from sla_tracker.services.reminders.policies import policy_of
from sla_tracker.services.reminders.schedule import applies, reminder_inputs
from sla_tracker.value_class import dataclass

# Reminders claimed at once: some 10 ms with the lock. With 8 workers and 15 s for a slow message a batch takes
# 3 minutes: within the lease.
BATCH = 80
LEASE = timedelta(minutes=10)
# Reminders of one recipient and channel claimed together: the lock is held for some 15 ms, 35 to record them as sent.
MOST_TOGETHER = 200
MOST_REPEATS = 1  # how often a message that may have arrived is sent again, marked as repeated

Notifiers = Mapping[str, Notifier]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Leased reminders that are sent together as one message.

    `recognised` tells that the channel drops a second message of the same key. `counted` are those for which there is
    no room, and whose number is told with that of the `others`. A `one_line` message has one line a duty. `part_of` is
    the id of the message that it was divided from, empty for a whole one.
    """

    id: str
    claim: str
    channel: str
    reminded: tuple[RemindedDuty, ...]
    recognised: bool
    counted: tuple[RemindedDuty, ...] = ()
    others: int = 0
    one_line: bool = False
    part_of: str = ""

    @property
    def unsaid(self) -> int:
        """Return how many reminders the message only counts."""
        return len(self.counted) + self.others

    @property
    def repeat(self) -> bool:
        """Tell whether to mark a reminder as repeated.

        A message that may have arrived is marked, because people would then see both.
        """
        return self.reminded[0].reminder.may_have_arrived and not self.recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A reminder that may be sent now.

    `limit` is what it is about, `is_new` that it was never tried.
    """

    recipient: str
    channel: str
    limit: datetime
    id: str
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Reminders to claim together, and those that are too many to name.

    All of them have the same recipients and channels.
    """

    ready: tuple[Ready, ...]
    too_many: tuple[Ready, ...] = ()


def ready(context: ServiceContext, tx: Reading, channels: Notifiers) -> list[Ready]:
    """Return the reminders that may be sent now, by recipient and channel.

    The most urgent ones come first.
    """
    if not channels:
        return []
    now = context.now()
    found: list[Ready] = []
    for reminder in tx.each(Reminder, state=TO_SEND, channel=tuple(channels)):
        if not _is_due(reminder, now) or not channels[reminder.channel].serves(reminder.recipient):
            continue
        duty = tx.get(Duty, reminder.duty)
        if duty is None or _is_sendable(context, reminder, duty, now):
            found.append(
                Ready(
                    recipient=reminder.recipient,
                    channel=reminder.channel,
                    limit=limit_of(duty, reminder.anchor) if duty else now,
                    id=reminder.id,
                    is_new=not reminder.attempts,
                )
            )
    return sorted(found, key=lambda one: (one.recipient, one.channel, one.limit, one.id))


def _is_due(reminder: Reminder, now: datetime) -> bool:
    """Tell whether a reminder's time has come, or its lease is over."""
    is_claimed = reminder.state is ReminderState.SENDING
    since = reminder.claimed_until_at if is_claimed else reminder.send_at
    return since is not None and since <= now


def _is_sendable(context: ServiceContext, reminder: Reminder, duty: Duty, now: datetime) -> bool:
    """Tell whether a reminder may be sent now.

    The reminder must be due or its lease over, and the hour allowed.
    """
    calendar = context.calendar_of_recipient(reminder.recipient, department_told(duty, reminder))
    return _is_due(reminder, now) and is_allowed(policy_of(context, duty).hours, now, calendar)


def batches(found: Sequence[Ready]) -> Iterator[Batch]:
    """Split reminders into batches of about `BATCH`.

    The reminders of one recipient and channel stay together.
    """
    batch: list[Ready] = []
    too_many: list[Ready] = []
    for _, of_recipient in groupby(found, key=lambda one: one.recipient):
        for _, of_channel in groupby(of_recipient, key=lambda one: one.channel):
            reminders = list(of_channel)
            batch += reminders[:MOST_TOGETHER]
            for one in reminders[MOST_TOGETHER:]:
                (too_many if one.is_new else batch).append(one)
            if len(batch) >= BATCH:
                yield Batch(ready=tuple(batch), too_many=tuple(too_many))
                batch, too_many = [], []
    if batch:
        yield Batch(ready=tuple(batch), too_many=tuple(too_many))


def claim(
    context: ServiceContext, channels: Notifiers, ids: Sequence[str]
) -> tuple[list[Message], list[Reminder]]:
    """Lease reminders that still apply, within the day's budget; end the others.

    Returns the messages to send, and the reminders that ended without being sent.
    """

    def work(tx: Writing, now: datetime) -> tuple[list[Message], list[Reminder]]:
        claiming = _Claiming(context, tx, channels, now)
        for recipient, reminded in groupby(claiming.applicable(ids), key=lambda one: one.reminder.recipient):
            claiming.take(recipient, list(reminded))
        for reminder in (*claiming.ended, *claiming.put_off):
            tx.put(reminder)
        return claiming.messages, claiming.ended

    return context.write(None, Verb.CLAIMED_REMINDERS, work)


class _Claiming:
    """One transaction that leases reminders, recipient by recipient."""

    def __init__(self, context: ServiceContext, tx: Writing, channels: Notifiers, now: datetime) -> None:
        self._context, self._tx, self._channels, self._now = context, tx, channels, now
        self._inputs = reminder_inputs(context)
        self._token = new_id(now)
        self.messages: list[Message] = []
        self.ended: list[Reminder] = []
        self.put_off: list[Reminder] = []

    def applicable(self, ids: Sequence[str]) -> list[RemindedDuty]:
        """Return the reminders that still apply, by recipient and channel; the others end."""
        found: list[RemindedDuty] = []
        for id in ids:
            reminder = self._tx.get(Reminder, id)
            if reminder is None or reminder.state not in TO_SEND:
                continue
            duty = self._tx.get(Duty, reminder.duty)
            if duty is not None and not _is_sendable(self._context, reminder, duty, self._now):
                continue
            if duty is not None and applies(duty, reminder, self._inputs):
                found.append(RemindedDuty(reminder=reminder, duty=duty))
            else:
                self.ended.append(closed(reminder, ReminderState.DROPPED))
        return sorted(found, key=lambda one: (one.reminder.recipient, one.reminder.channel))

    def take(self, recipient: str, reminded: list[RemindedDuty]) -> None:
        """Lease a recipient's reminders on all channels.

        Reminders over the budget wait for the next digest.
        """
        zone = self._context.settings.zone
        known = self._tx.get(MessageDay, recipient)
        day = before = message_day(known, recipient, self._now.astimezone(zone).date())
        for _, of_channel in groupby(reminded, key=lambda one: one.reminder.channel):
            day = self._take_channel(day, list(of_channel))
        if day != before:
            self._tx.put(day)

    def _take_channel(self, day: MessageDay, reminded: list[RemindedDuty]) -> MessageDay:
        duties = {one.reminder.id: one for one in reminded}
        late = [one for one in reminded if self._missed_digest(one, day)]
        self._put_off(late)
        now, policies = self._now, self._context.settings.reminders
        bundles = bundled(
            (one.reminder for one in reminded if one not in late), policies, now, self._left(day)
        )
        self.ended += [closed(one, ReminderState.FOLDED) for one in bundles.folded]
        for bundle in bundles.fresh:
            key = f"{bundle[0].duty}/{bundle[0].turn}"
            members = tuple(duties[one.id] for one in bundle)
            is_digest = any(one.in_digest for one in bundle)
            if is_digest or key in day.told or bundle[0].attempts or self._left(day) > 0:
                day = day.with_message(key, now if is_digest else None)
                self._lease(new_id(now), members)
            else:
                self._put_off(members)
        for bundle in bundles.again:
            self._again(tuple(duties[one.id] for one in bundle))
        return day

    def _left(self, day: MessageDay) -> int:
        return messages_left(self._context, day, self._now)

    def _missed_digest(self, reminded: RemindedDuty, day: MessageDay) -> bool:
        """Tell whether a reminder was planned after the digest it belongs to went out."""
        reminder = reminded.reminder
        if not reminder.in_digest or reminder.attempts or day.digest_at is None:
            return False
        if self._context.settings.reminders.preference_of(reminder.recipient).digest_at is not None:
            return False
        return (
            reminder.planned_at > day.digest_at
            and self._digest_after(reminded, reminder.fell_due_at) <= day.digest_at
        )

    def _digest_after(self, reminded: RemindedDuty, at: datetime) -> datetime:
        policies, duty = self._context.settings.reminders, reminded.duty
        digest_at = policies.preference_of(reminded.reminder.recipient).digest_at or policies.digest_at
        department = department_told(duty, reminded.reminder)
        calendar = self._context.calendar_of_recipient(reminded.reminder.recipient, department)
        return at_clock(digest_at, at, policy_of(self._context, duty).hours, calendar)

    def _put_off(self, reminded: Sequence[RemindedDuty]) -> None:
        for one in reminded:
            at = self._digest_after(one, self._now + timedelta(seconds=1))
            self.put_off.append(replace(one.reminder, send_at=at, in_digest=True))

    def _again(self, reminded: tuple[RemindedDuty, ...]) -> None:
        """Lease a message that may have arrived once more, up to a number of repeats."""
        first = reminded[0].reminder
        recognised = self._channels[first.channel].recognises
        if not recognised and _possible_arrivals(first) > MOST_REPEATS:
            self.ended += [closed(one.reminder, ReminderState.UNKNOWN) for one in reminded]
        else:
            self._lease(first.message, reminded)

    def _lease(self, id: str, reminded: tuple[RemindedDuty, ...]) -> None:
        channel = reminded[0].reminder.channel
        message = Message(
            id=id,
            claim=self._token,
            channel=channel,
            reminded=reminded,
            recognised=self._channels[channel].recognises,
        )
        self.messages.append(message)
        for one in reminded:
            self._tx.put(_leased(one, message, self._now))


def messages_left(context: ServiceContext, day: MessageDay, now: datetime) -> int:
    """Return how many more messages a recipient may get on a day.

    One message is kept for a digest that is still ahead.
    """
    policies = context.settings.reminders
    digest_at = context.calendar_of(COMPANY).instant_of(day.on, policies.digest_at)
    return day.left(policies.messages_a_day, is_digest_ahead=now < digest_at)


def count_only(context: ServiceContext, ids: Sequence[str]) -> None:
    """End reminders of which a message only tells the number."""

    def work(tx: Writing, now: datetime) -> None:
        for id in ids:
            reminder = tx.get(Reminder, id)
            if reminder is not None and reminder.state in TO_SEND and _is_due(reminder, now):
                tx.put(closed(reminder, ReminderState.COUNTED))

    context.write(None, Verb.CLAIMED_REMINDERS, work)


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
