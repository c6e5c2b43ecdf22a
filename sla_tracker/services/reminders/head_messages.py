"""Sends messages to heads that are about no duty.

Hours, own digest, groups and budget of the day hold for them as for reminders. What is to be told is noted first, with
the instant from which it may go. What waits for one recipient on one channel then goes as one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sla_tracker.domain.reminders.allowed_hours import at_clock, is_allowed, next_allowed
from sla_tracker.domain.reminders.message_day import MessageDay, message_day
from sla_tracker.domain.reminders.policy import TERMINAL, AllowedHours
from sla_tracker.domain.reminders.recipients import Recipient, heads_of
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import new_id
from sla_tracker.services.ports import Writing
from sla_tracker.services.reminders.leases import messages_left
from sla_tracker.services.reminders.messages import Letter, Limited, Notifier
from sla_tracker.services.reminders.sent_once import SentOnce, is_to_send, kept, lease, send_together
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.domain.consent.notice import Notice
    from sla_tracker.domain.measures.comparisons.forecast import Forecast
    from sla_tracker.services.context import HeadWriter


@dataclass(frozen=True, slots=True)
class HeadAddress:
    """One head or group on one channel, and what they are told; `about` has no slash."""

    about: str
    recipient: str
    channel: str

    @property
    def key(self) -> str:
        """Return the key by which it is kept."""
        return f"{self.about}/{self.recipient}/{self.channel}"


def address_of(key: str) -> HeadAddress:
    """Return the address that a key means."""
    return HeadAddress(*key.split("/"))


def addresses_of_heads(
    context: ServiceContext, department: str, about: str, now: datetime
) -> Iterator[tuple[HeadAddress, datetime]]:
    """Yield the heads of a department on their channels.

    Each comes with the instant from which it may be sent. There are none in the terminal, where
    everybody looks by themselves.
    """
    for recipient in _heads(context, department, now):
        if recipient.channel != TERMINAL:
            address = HeadAddress(about, recipient.id, recipient.channel)
            yield address, _first_time(context, department, recipient.id, now)


def _heads(context: ServiceContext, department: str, now: datetime) -> list[Recipient]:
    on = context.calendar_of(department).local_date(now)
    return heads_of(department, policies=context.settings.reminders, people=context.people, on=on)


def _first_time(context: ServiceContext, department: str, recipient: str, now: datetime) -> datetime:
    own = context.settings.reminders.preference_of(recipient).digest_at
    hours, calendar = _hours(context, department, recipient)
    return next_allowed(hours, now, calendar) if own is None else at_clock(own, now, hours, calendar)


def _hours(context: ServiceContext, department: str, recipient: str) -> tuple[AllowedHours, WorkCalendar]:
    policies = context.settings.reminders
    declared = context.catalogue.departments.get(department)
    policy = policies.departments.get(department) or (declared.reminders if declared else None)
    return (policy or policies.default).hours, context.calendar_of_recipient(recipient, department)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadMessage:
    """One thing that was noted for a head.

    `sent` says where it is kept, `id` is that of its letter, `about` is what is told.
    """

    sent: SentOnce
    id: str
    department: str
    about: Forecast | Notice
    is_repeat: bool

    @property
    def to(self) -> HeadAddress:
        """Return whom it goes to."""
        return address_of(self.sent.key)


def send_to_heads(
    context: ServiceContext, channels: Mapping[str, Notifier], messages: Iterable[HeadMessage]
) -> int:
    """Send to heads what waits for them; return how many messages arrived.

    All for one recipient and channel goes in one letter. What may have arrived before goes alone, marked as repeated,
    so that channels can recognise it.
    """
    write = context.head_letter_of
    if write is None:
        return 0
    now = context.now()
    usable = [one for one in messages if _can_go(context, channels, one, now)]
    usable.sort(key=lambda one: (one.to.recipient, one.to.channel))
    arrived = 0
    for _, of_channel in groupby(usable, key=lambda one: (one.to.recipient, one.to.channel)):
        found = list(of_channel)
        channel = channels[found[0].to.channel]
        fresh = [one for one in found if not one.is_repeat]
        for together in (
            *_joined(context, write, channel, fresh, now),
            *([one] for one in found if one.is_repeat),
        ):
            taken = _take(context, together)
            if taken:
                letter = _letter(context, write, taken, now)
                arrived += send_together(context, [one.sent for one in taken], channel, letter) * len(taken)
    return arrived


def _can_go(
    context: ServiceContext, channels: Mapping[str, Notifier], message: HeadMessage, now: datetime
) -> bool:
    to = message.to
    hours, calendar = _hours(context, message.department, to.recipient)
    return (
        to.channel in channels
        and channels[to.channel].serves(to.recipient)
        and is_allowed(hours, now, calendar)
    )


def _joined(
    context: ServiceContext,
    write: HeadWriter,
    channel: Notifier,
    messages: Sequence[HeadMessage],
    now: datetime,
) -> Iterator[Sequence[HeadMessage]]:
    """Yield what goes as one message.

    Everything goes together; messages go singly where they are few, or more than the channel takes.
    """
    if not messages:
        return
    is_joined = len(messages) >= context.settings.reminders.together_from
    if is_joined and isinstance(channel, Limited) and channel.most_bytes:
        is_joined = channel.size_of(_letter(context, write, messages, now).text) <= channel.most_bytes
    yield from [messages] if is_joined else [[one] for one in messages]


def _letter(
    context: ServiceContext, write: HeadWriter, messages: Sequence[HeadMessage], now: datetime
) -> Letter:
    first = messages[0]
    mentions = next(
        (
            one.mentions
            for one in _heads(context, first.department, now)
            if (one.id, one.channel) == (first.to.recipient, first.to.channel)
        ),
        (),
    )
    return write(
        context,
        first.id if len(messages) == 1 else f"heads.{new_id(now)}",
        [one.about for one in messages],
        Recipient(id=first.to.recipient, channel=first.to.channel, mentions=mentions),
        now,
        repeat=first.is_repeat,
    )


def _take(context: ServiceContext, messages: Sequence[HeadMessage]) -> list[HeadMessage]:
    """Lease what is sent together, and count it as one message of the day.

    Messages over the budget are put off.
    """

    def work(tx: Writing, now: datetime) -> list[HeadMessage]:
        free = [
            one for one in messages if is_to_send(kept(tx, one.sent.ledger, one.sent.on), one.sent.key, now)
        ]
        if not free:
            return []
        to, is_again = free[0].to, free[0].is_repeat
        day = _day(context, tx, to.recipient, now)
        key = f"heads/{to.about}"
        digest_at = _digest_at(context, to.recipient)
        is_digest = context.settings.reminders.preference_of(to.recipient).digest_at is not None
        if not (is_again or is_digest or key in day.told or messages_left(context, day, now) > 0):
            hours, calendar = _hours(context, free[0].department, to.recipient)
            later_at = at_clock(digest_at, now + timedelta(seconds=1), hours, calendar)
            for one in free:
                known = kept(tx, one.sent.ledger, one.sent.on)
                tx.put(replace(known, waiting={**known.waiting, one.sent.key: later_at}))
            return []
        if not is_again:
            tx.put(day.with_message(key, now if is_digest else None))
        for one in free:
            lease(tx, one.sent, now)
        return free

    return context.write(None, Verb.CLAIMED_MESSAGE, work)


def _day(context: ServiceContext, tx: Writing, recipient: str, now: datetime) -> MessageDay:
    return message_day(tx.get(MessageDay, recipient), recipient, now.astimezone(context.settings.zone).date())


def _digest_at(context: ServiceContext, recipient: str) -> time:
    policies = context.settings.reminders
    return policies.preference_of(recipient).digest_at or policies.digest_at
