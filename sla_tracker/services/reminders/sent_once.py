"""Leases messages that are sent once, such as reports and warnings.

These are no reminders of a duty. A lease that runs out means that its sender died between taking and sending: the
message is sent then, marked as repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.reminders.leases import LEASE
from sla_tracker.services.reminders.messages import Letter, Notifier, Outcome, Result, failed
from sla_tracker.value_class import dataclass

RETRY = timedelta(minutes=15)  # after an attempt that certainly did not arrive
RETRY_REFUSED = timedelta(hours=6)  # after one that another attempt will hardly help


@dataclass(frozen=True, slots=True, kw_only=True)
class SentOnce:
    """A message that is sent once.

    `ledger` is the id of the value that keeps it, `on` its day, `key` its key there.
    """

    ledger: str
    on: date
    key: str


def kept(tx: Reading, ledger: str, on: date) -> MessageDay:
    """Return the sent, leased and waiting messages of a ledger."""
    return tx.get(MessageDay, ledger) or MessageDay(id=ledger, on=on)


def is_to_send(known: MessageDay, key: str, now: datetime) -> bool:
    """Tell whether a message was not sent, is not leased, and waits for no attempt."""
    until = known.leased.get(key) or known.waiting.get(key)
    return key not in known.told and (until is None or until <= now)


def take(context: ServiceContext, message: SentOnce) -> bool:
    """Lease a message; returns False when it was sent, or another process has it."""

    def work(tx: Writing, now: datetime) -> bool:
        known = kept(tx, message.ledger, message.on)
        if not is_to_send(known, message.key, now):
            return False
        lease(tx, message, now)
        return True

    return context.write(None, Verb.CLAIMED_MESSAGE, work)


def lease(tx: Writing, message: SentOnce, now: datetime) -> None:
    """Keep that this process sends a message."""
    known = kept(tx, message.ledger, message.on)
    leased, waiting = {**known.leased, message.key: now + LEASE}, _without(known.waiting, message.key)
    tx.put(replace(known, leased=leased, waiting=waiting))


def send(context: ServiceContext, message: SentOnce, channel: Notifier, letter: Letter) -> bool:
    """Send a leased message and record the result; returns whether it arrived.

    What may have arrived is not sent again; what certainly did not waits for another attempt.
    """
    return send_together(context, [message], channel, letter)


def send_together(
    context: ServiceContext, messages: Sequence[SentOnce], channel: Notifier, letter: Letter
) -> bool:
    """Send one letter that holds several leased messages.

    The result is recorded for each, as `send` does.
    """
    try:
        outcome = channel.send(letter)
    except Exception as reason:
        outcome = failed(N_("The channel broke: {reason}."), reason=type(reason).__name__)

    def work(tx: Writing, now: datetime) -> None:
        for message in messages:
            _keep_result(tx, message, outcome, now)

    context.write(None, Verb.SENT_MESSAGE, work)
    return outcome.result is Result.SENT


def _keep_result(tx: Writing, message: SentOnce, outcome: Outcome, now: datetime) -> None:
    known = kept(tx, message.ledger, message.on)
    if message.key in known.told:
        return
    leased = _without(known.leased, message.key)
    if outcome.result in {Result.FAILED, Result.DEFERRED}:
        again_at = now + (outcome.pause or (RETRY_REFUSED if outcome.final else RETRY))
        tx.put(replace(known, leased=leased, waiting={**known.waiting, message.key: again_at}))
    else:
        tx.put(
            replace(
                known,
                leased=leased,
                waiting=_without(known.waiting, message.key),
                told=(*known.told, message.key),
            )
        )


def _without(entries: dict[str, datetime], key: str) -> dict[str, datetime]:
    return {known: at for known, at in entries.items() if known != key}
