"""Divides messages that are too long for their channel.

A reminder counts as sent only if a message names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import new_id
from sla_tracker.services.ports import Writing
from sla_tracker.services.reminders.leases import Message, Notifiers
from sla_tracker.services.reminders.messages import (
    Limited,
    Notifier,
    RemindedDuty,
    Structured,
    most_urgent_first,
)

MOST_NAMED = 50  # duties written out in one message
MOST_PARTS = 3  # messages into which one is divided; what is left is counted in the last

Fits = Callable[[Sequence[RemindedDuty], int], bool]


def divided(context: ServiceContext, channels: Notifiers, messages: Sequence[Message]) -> list[Message]:
    """Return the messages as their channels take them; records the ids of new ones.

    Composing them takes long, so it is done after the claim, without a transaction.
    """
    now = context.now()
    parts = [
        part for message in messages for part in _parts(context, channels[message.channel], message, now)
    ]
    known = {message.id for message in messages}
    _rename(context, [part for part in parts if part.id not in known])
    return parts


def _parts(context: ServiceContext, notifier: Notifier, message: Message, now: datetime) -> list[Message]:
    limited = notifier if isinstance(notifier, Limited) and notifier.most_bytes else None

    names_all = isinstance(notifier, Structured)

    def fits(reminded: Sequence[RemindedDuty], unsaid: int, *, one_line: bool) -> bool:
        if limited is None:
            return names_all or len(reminded) <= MOST_NAMED
        if len(reminded) > MOST_NAMED:
            return False
        # Measured with the mark of a repeat, so that a repeated message is divided like the first.
        letter = context.letter_of(
            context, message.id, reminded, now, repeat=True, unsaid=unsaid, one_line=one_line
        )
        return limited.size_of(letter.text) <= limited.most_bytes

    if not message.others and (len(message.reminded) == 1 or fits(message.reminded, 0, one_line=False)):
        return [message]
    most_parts = 1 if limited is None else MOST_PARTS
    one_line = limited is not None
    pieces, counted = _pieces(
        message.reminded,
        most_parts,
        lambda reminded, unsaid: fits(reminded, unsaid + message.others, one_line=one_line),
    )
    parts = [
        replace(
            message,
            id=new_id(now) if number else message.id,
            reminded=piece,
            one_line=one_line,
            part_of=message.id,
        )
        for number, piece in enumerate(pieces)
    ]
    only_named = [replace(part, others=0) for part in parts[:-1]]
    return [*only_named, replace(parts[-1], counted=counted)]


def _pieces(
    reminded: Sequence[RemindedDuty], most_parts: int, fits: Fits
) -> tuple[list[tuple[RemindedDuty, ...]], tuple[RemindedDuty, ...]]:
    """Return the reminders of each part, the most urgent first, and those left over.

    Those left over have no room in any part.
    """
    left = most_urgent_first(reminded)
    pieces: list[tuple[RemindedDuty, ...]] = []
    while left and len(pieces) < most_parts:
        is_last = len(pieces) == most_parts - 1
        n = _most(left, fits, is_last=is_last)
        pieces.append(left[:n])
        left = left[n:]
    return pieces, left


def _most(left: Sequence[RemindedDuty], fits: Fits, *, is_last: bool) -> int:
    """Return how many fit, at least one; the last part also tells how many are left."""
    least, most = 1, min(len(left), MOST_NAMED)
    while least < most:
        middle = (least + most + 1) // 2
        if fits(left[:middle], len(left) - middle if is_last else 0):
            least = middle
        else:
            most = middle - 1
    return least


def _rename(context: ServiceContext, parts: Sequence[Message]) -> None:
    """Record the id of each part on its reminders, so that a repeat has the same."""
    if not parts:
        return

    def work(tx: Writing, _now: datetime) -> None:
        for part in parts:
            for one in (*part.reminded, *part.counted):
                stored = tx.get(Reminder, one.reminder.id)
                if stored is not None and stored.claimed_by == part.claim:
                    tx.put(replace(stored, message=part.id))

    context.write(None, Verb.CLAIMED_REMINDERS, work)
