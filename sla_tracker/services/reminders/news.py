"""Finds news about duties in the record of changes, and prepares messages.

Each message goes to the people whom the news concerns, but not to the terminal, whose lists show the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer
from sla_tracker.domain.reminders.allowed_hours import at_clock, next_allowed
from sla_tracker.domain.reminders.due_reminders import ReminderInputs
from sla_tracker.domain.reminders.news import Addressee, News, addressees, is_of_interest, is_of_moment
from sla_tracker.domain.reminders.policy import TERMINAL, Anchor
from sla_tracker.domain.reminders.recipients import Recipient, recipients
from sla_tracker.domain.reminders.reminder import Reminded, Reminder, reminder_key
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Change, Reading
from sla_tracker.value_class import dataclass

NEWS_AGE = timedelta(days=3)  # older news is told to nobody: a store that was just set up, or a long weekend
NEWS_TAIL = 1000  # changes that a program looks back through when it begins
_OF_KIND = {News.HAND_OVER_REFUSED: StoredKind.OFFERS}


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
            if kind == _OF_KIND.get(news, StoredKind.DUTIES):
                yield Occasion(
                    news=news, touched=id, sequence=change.sequence, by=change.act.by, at=change.act.at
                )


def news_reminders(
    context: ServiceContext, tx: Reading, occasion: Occasion, inputs: ReminderInputs, now: datetime
) -> tuple[Duty, list[Reminder]] | None:
    """Return the duty and the messages of an occasion.

    None where it concerns nobody any more.

    Whoever made the change is told nothing.
    """
    duty, person = _subject(tx, occasion)
    if duty is None or not is_of_interest(duty, occasion.news):
        return None
    if not is_of_moment(duty, occasion.news, occasion.at):
        return None
    known = tx.get(Reminded, duty.id)
    if known is not None and occasion.turn in known.turns:
        return None
    by = inputs.people.get(occasion.by)
    found = [
        _reminder(context, duty, occasion, told, one, inputs, now)
        for told in addressees(duty, occasion.news, by.department if by else "")
        for one in _recipients(duty, replace(told, person=person) if person else told, inputs, now)
        if one.channel != TERMINAL and one.id != occasion.by
    ]
    return (duty, found) if found else None


def _recipients(duty: Duty, told: Addressee, inputs: ReminderInputs, now: datetime) -> list[Recipient]:
    return recipients(
        replace(duty, assignee=told.person),
        told.level,
        (),
        policies=inputs.policies,
        people=inputs.people,
        on=inputs.department_calendar(told.department).local_date(now),
        members=inputs.members,
        department=told.department,
    )


def _subject(tx: Reading, occasion: Occasion) -> tuple[Duty | None, str]:
    """Return the duty that an occasion is about, and the only person concerned.

    The person is empty where the occasion concerns others too.
    """
    if occasion.news is not News.HAND_OVER_REFUSED:
        return tx.get(Duty, occasion.touched), ""
    offer = tx.get(Offer, occasion.touched)
    return (tx.get(Duty, offer.duty), offer.asked_by) if offer is not None else (None, "")


def _reminder(
    context: ServiceContext,
    duty: Duty,
    occasion: Occasion,
    told: Addressee,
    recipient: Recipient,
    inputs: ReminderInputs,
    now: datetime,
) -> Reminder:
    calendar = context.calendar_of_recipient(recipient.id, told.department)
    hours = inputs.policy_of(duty).hours
    own = inputs.policies.preference_of(recipient.id).digest_at
    return Reminder(
        id=reminder_key(duty.id, occasion.turn, recipient.id, recipient.channel),
        duty=duty.id,
        turn=occasion.turn,
        anchor=Anchor.OPENING,
        level=told.level,
        department=told.department,
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
