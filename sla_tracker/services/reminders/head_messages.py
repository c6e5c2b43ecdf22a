"""Addresses messages to heads that are noted first and sent then, once: what is noted is sent in allowed hours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sla_tracker.domain.reminders.allowed_hours import next_allowed
from sla_tracker.domain.reminders.policy import TERMINAL
from sla_tracker.domain.reminders.recipients import heads_of
from sla_tracker.services.context import ServiceContext
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True)
class HeadAddress:
    """One head on one channel, and what they are told; `about` has no slash."""

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
    """Yield the heads of a department on their channels, each with when it may be sent.

    None in the terminal, where everybody looks by themselves.
    """
    hours = context.settings.reminders.default.hours
    on = context.calendar_of(department).local_date(now)
    for recipient in heads_of(department, policies=context.settings.reminders, people=context.people, on=on):
        if recipient.channel != TERMINAL:
            calendar = context.calendar_of_recipient(recipient.id, department)
            address = HeadAddress(about, recipient.id, recipient.channel)
            yield address, next_allowed(hours, now, calendar)
