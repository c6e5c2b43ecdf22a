"""Finds news about duties in the record of changes and prepares a message of each to whom it concerns.

The terminal shows the same in its lists, so that there is none for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer
from sla_tracker.domain.reminders.allowed_hours import at_clock, next_allowed
from sla_tracker.domain.reminders.due_reminders import ReminderInputs
from sla_tracker.domain.reminders.news import News, addressee, is_of_interest
from sla_tracker.domain.reminders.policy import TERMINAL, Anchor, Level
from sla_tracker.domain.reminders.recipients import Recipient, recipients
from sla_tracker.domain.reminders.reminder import Reminded, Reminder, reminder_key
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Change, Reading

NEWS_AGE = timedelta(days=3)  # older news is told to nobody: a store that was just set up, or a long weekend
NEWS_TAIL = 1000  # changes that a program looks back through when it begins
_OF_KIND = {News.HAND_OVER_REFUSED: "offers"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A change that is news about a duty, or about the offer `touched` of one."""

    news: News
    touched: str
    sequence: int
    by: str
    at: datetime

    @property
    def turn(self) -> str:
        """Return the key under which it is noted as planned."""
        return f"{self.news}#{self.sequence}"


def occasions(changes: Iterable[Change]) -> Iterator[Occasion]:
    """Yield the news in some changes, oldest first."""
    for change in changes:
        if change.act.what not in set(News):
            continue
        news = News(change.act.what)
        for kind, id in change.touched:
            if kind == _OF_KIND.get(news, "duties"):
                yield Occasion(
                    news=news, touched=id, sequence=change.sequence, by=change.act.by, at=change.act.at
                )


def news_reminders(
    context: ServiceContext, tx: Reading, occasion: Occasion, inputs: ReminderInputs, now: datetime
) -> tuple[Duty, list[Reminder]] | None:
    """Return the duty and the messages of an occasion; None where it concerns nobody any more.

    Whoever made the change is told nothing.
    """
    duty, person = _subject(tx, occasion)
    if duty is None or not is_of_interest(duty, occasion.news):
        return None
    known = tx.get(Reminded, duty.id)
    if known is not None and occasion.turn in known.turns:
        return None
    on = inputs.department_calendar(duty.provider).local_date(now)
    found = recipients(
        replace(duty, assignee=person or addressee(duty, occasion.news)),
        Level.ASSIGNEE,
        (),
        policies=inputs.policies,
        people=inputs.people,
        on=on,
        members=inputs.members,
    )
    told = [one for one in found if one.channel != TERMINAL and one.id != occasion.by]
    return (duty, [_reminder(context, duty, occasion, one, inputs, now) for one in told]) if told else None


def _subject(tx: Reading, occasion: Occasion) -> tuple[Duty | None, str]:
    """Return the duty that an occasion is about, and the person whom alone it concerns (or empty)."""
    if occasion.news is not News.HAND_OVER_REFUSED:
        return tx.get(Duty, occasion.touched), ""
    offer = tx.get(Offer, occasion.touched)
    return (tx.get(Duty, offer.duty), offer.asked_by) if offer is not None else (None, "")


def _reminder(
    context: ServiceContext,
    duty: Duty,
    occasion: Occasion,
    recipient: Recipient,
    inputs: ReminderInputs,
    now: datetime,
) -> Reminder:
    calendar = context.calendar_of(duty.provider)
    hours = inputs.policy_of(duty).hours
    own = inputs.policies.preference_of(recipient.id).digest_at
    return Reminder(
        id=reminder_key(duty.id, occasion.turn, recipient.id, recipient.channel),
        duty=duty.id,
        turn=occasion.turn,
        anchor=Anchor.OPENING,
        level=Level.ASSIGNEE,
        recipient=recipient.id,
        channel=recipient.channel,
        fell_due_at=occasion.at,
        planned_at=now,
        send_at=next_allowed(hours, now, calendar) if own is None else at_clock(own, now, hours, calendar),
        mentions=recipient.mentions,
        instead_of=recipient.instead_of,
        in_digest=own is not None,
        news=occasion.news,
    )
