"""Sends a month's report by mail: so far on a workday of the next month, and final once closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sla_tracker.domain.measures.date_range import DateRange, month_range, range_before
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Person
from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.i18n import speaking
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.reminders.messages import Letter, Notifier, Result, WrittenReport

LEDGER = "@reports/"  # before a month: the id under which it is kept what was sent of it
MONTHS_BACK = 3  # months whose closing is reported; the last of them is reported while open too


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """A report that has come due for one person and was not sent yet."""

    dates: DateRange
    person: Person
    is_final: bool
    key: str


def due_reports(context: ServiceContext) -> list[DueReport]:
    """Return the reports to send now: of the last months, once for each form and person."""
    settings = context.settings.reports
    people = [context.people[id] for id in settings.to if id in context.people]
    if not people:
        return []
    today = context.now().astimezone(context.settings.zone).date()

    def work(tx: Reading) -> list[DueReport]:
        return [
            one
            for dates in _months_back(context, today)
            for one in _due_of(context, tx, dates, today, people)
        ]

    return context.store.read(work)


def _months_back(context: ServiceContext, today: date) -> Iterator[DateRange]:
    dates = month_range(f"{today:%Y-%m}")
    for _number in range(MONTHS_BACK):
        dates = range_before(dates, context.settings.fiscal)
        yield dates


def _due_of(
    context: ServiceContext, tx: Reading, dates: DateRange, today: date, people: Sequence[Person]
) -> Iterator[DueReport]:
    kept = tx.get(Month, dates.id)
    is_final = kept is not None and kept.closed
    settings = context.settings.reports
    begins_on = context.calendars[COMPANY].nth_workday(*_next_month(dates.last_on), settings.workday)
    is_last = _next_month(dates.last_on) == (today.year, today.month)
    if not is_final and (not is_last or today < begins_on):
        return
    sent = tx.get(MessageDay, LEDGER + dates.id)
    for person in people:
        if person.is_here(today):
            state = "final" if is_final else "so far"
            key = f"{settings.form}/{state}/{person.id}"
            if sent is None or key not in sent.told:
                yield DueReport(dates=dates, person=person, is_final=is_final, key=key)


def _next_month(day: date) -> tuple[int, int]:
    return (day.year + day.month // 12, day.month % 12 + 1)


def send_reports(context: ServiceContext, channels: Mapping[str, Notifier]) -> int:
    """Send the reports that have come due; return how many arrived.

    Each is taken in one transaction before it is sent, so that of several machines one sends it. What certainly did not
    arrive is given back and tried in the next pass; what may have arrived is not sent again.
    """
    settings, write = context.settings.reports, context.report_of
    channel = channels.get(settings.channel)
    if channel is None or write is None:
        return 0
    arrived = 0
    for due in due_reports(context):
        address = settings.terms.address_of(due.person)
        if not address:
            continue
        # Written before it is taken: a report that cannot be written stays due, and the error is shown.
        with speaking(due.person.language or context.settings.language):
            letter = _letter(write(context, due.dates, settings.form), due, address, context.now())
        if _claim(context, due):
            if channel.send(letter).result in {Result.FAILED, Result.DEFERRED}:
                _give_back(context, due)
            else:
                arrived += 1
    return arrived


def _letter(report: WrittenReport, due: DueReport, address: str, now: datetime) -> Letter:
    return Letter(
        key=f"report.{due.dates.id}.{due.key.replace('/', '.').replace(' ', '-')}",
        recipient=due.person.id,
        address=address,
        subject=report.subject,
        text=report.text,
        at=now,
        attachments=(report.attachment,),
    )


def _claim(context: ServiceContext, due: DueReport) -> bool:
    def work(tx: Writing, _now: datetime) -> bool:
        sent = _sent(tx, due)
        if due.key in sent.told:
            return False
        tx.put(replace(sent, told=(*sent.told, due.key)))
        return True

    return context.write(None, "claimed_report", work)


def _give_back(context: ServiceContext, due: DueReport) -> None:
    def work(tx: Writing, _now: datetime) -> None:
        sent = _sent(tx, due)
        tx.put(replace(sent, told=tuple(key for key in sent.told if key != due.key)))

    context.write(None, "failed_report", work)


def _sent(tx: Reading, due: DueReport) -> MessageDay:
    id = LEDGER + due.dates.id
    return tx.get(MessageDay, id) or MessageDay(id=id, on=due.dates.first_on)
