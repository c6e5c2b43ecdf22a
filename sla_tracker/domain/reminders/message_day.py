"""The messages that a recipient got on one day, which the budget counts."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import date, datetime

from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDay:
    """The messages sent to one recipient on a local day; its id is the recipient.

    `told` holds a key of each message, so that one message on several channels counts once. `digest_at` is when the
    day's digest went out, None before. Of messages that are sent once and are no reminders of a duty, `leased` holds
    the end of each lease by key, and `waiting` the instant from which one may be sent.
    """

    id: str
    on: date
    told: tuple[str, ...] = ()
    digest_at: datetime | None = None
    leased: dict[str, datetime] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)

    def left(self, messages_a_day: int, *, is_digest_ahead: bool) -> int:
        """Return how many more messages may go at once.

        One message is kept for a digest that is still ahead.
        """
        return messages_a_day - len(self.told) - (is_digest_ahead and self.digest_at is None)

    def with_message(self, key: str, digest_at: datetime | None) -> MessageDay:
        """Return the day with one more message.

        `digest_at` is the message's time if it holds the digest.
        """
        told = self.told if key in self.told else (*self.told, key)
        return replace(self, told=told, digest_at=self.digest_at or digest_at)


def message_day(known: MessageDay | None, recipient: str, on: date) -> MessageDay:
    """Return a recipient's day: the known one, or an empty one if the date differs."""
    return known if known is not None and known.on == on else MessageDay(id=recipient, on=on)
