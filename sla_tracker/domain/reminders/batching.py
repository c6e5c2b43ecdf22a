"""Groups the ready reminders of one recipient and channel into messages.

Reminders that piled up, as over a weekend, are sent as one message.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_tracker.domain.reminders.policy import Policies
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundles:
    """Reminders grouped into messages.

    `fresh` are new messages. `again` are messages that may have arrived before and are repeated unchanged. `folded` are
    reminders replaced by a later one about the same duty.
    """

    fresh: tuple[tuple[Reminder, ...], ...] = ()
    again: tuple[tuple[Reminder, ...], ...] = ()
    folded: tuple[Reminder, ...] = ()


def bundled(ready: Iterable[Reminder], policies: Policies, now: datetime, left: int) -> Bundles:
    """Return the ready reminders of one recipient and channel, grouped into messages.

    If they would be more messages than are `left` for the day, they become one.
    """
    tried: dict[str, list[Reminder]] = {}
    last: dict[tuple[str, str], Reminder] = {}
    folded: list[Reminder] = []
    for reminder in sorted(ready, key=lambda one: (one.fell_due_at, one.id)):
        if reminder.may_have_arrived:
            tried.setdefault(reminder.message, []).append(reminder)
            continue
        overtaken = last.get((reminder.duty, reminder.topic))
        if overtaken is not None:
            folded.append(overtaken)
        last[reminder.duty, reminder.topic] = reminder
    fresh = sorted(last.values(), key=lambda one: (one.fell_due_at, one.id))
    return Bundles(
        fresh=(tuple(fresh),)
        if _is_one_message(fresh, policies, now, left)
        else tuple((one,) for one in fresh),
        again=tuple(tuple(reminders) for reminders in tried.values()),
        folded=tuple(folded),
    )


def _is_one_message(fresh: list[Reminder], policies: Policies, now: datetime, left: int) -> bool:
    if len(fresh) < 2:
        return False
    prefers_digest = policies.preference_of(fresh[0].recipient).digest_at is not None
    is_late = any(now - one.fell_due_at > policies.late_after for one in fresh)
    return prefers_digest or is_late or len(fresh) >= policies.together_from or len(fresh) > left
