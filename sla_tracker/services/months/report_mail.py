"""Sends a month's report by mail.

The report goes as it is so far on a workday of the next month, and as final once the month is closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from sla_tracker.domain.measures.date_range import DateRange, month_range, range_before
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Person
from sla_tracker.i18n import speaking
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.reminders.messages import Letter, Notifier, WrittenReport
from sla_tracker.services.reminders.sent_once import SentOnce, is_to_send, kept, send, take
from sla_tracker.value_class import dataclass

LEDGER = "@reports/"  # before a month: the id under which it is kept what was sent of it
MONTHS_BACK = 12  # months whose closing is reported; the last of them is reported while open too
CLOSED_WITHIN = timedelta(days=31)  # a month closed before that is reported to nobody: a recipient who is new
SO_FAR, FINAL = "so far", "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReport:
    """A report that has come due for one person and was not sent yet.

    It may have arrived all the same, where a program ended before it recorded the result.
    """

    dates: DateRange
    person: Person
    message: SentOnce
    may_have_arrived: bool


def due_reports(context: ServiceContext) -> list[DueReport]:
    """Return the reports of the last months to send now, for each form and person."""
    settings = context.settings.reports
    people = [context.people[id] for id in settings.to if id in context.people]
    if not people:
        return []
    now = context.now()

    def work(tx: Reading) -> list[DueReport]:
        return [
            one for dates in _months_back(context, now) for one in _due_of(context, tx, dates, now, people)
        ]

    return context.store.read(work)


def _months_back(context: ServiceContext, now: datetime) -> Iterator[DateRange]:
    dates = month_range(f"{now.astimezone(context.settings.zone):%Y-%m}")
    for _number in range(MONTHS_BACK):
        dates = range_before(dates, context.settings.fiscal)
        yield dates


def _due_of(
    context: ServiceContext, tx: Reading, dates: DateRange, now: datetime, people: Sequence[Person]
) -> Iterator[DueReport]:
    state = _state_of(context, tx.get(Month, dates.id), dates, now)
    if not state:
        return
    known = kept(tx, LEDGER + dates.id, dates.first_on)
    today = now.astimezone(context.settings.zone).date()
    for person in people:
        key = f"{context.settings.reports.form}/{state}/{person.id}"
        if person.is_here(today) and is_to_send(known, key, now):
            message = SentOnce(ledger=known.id, on=known.on, key=key)
            taken = key in known.leased
            yield DueReport(dates=dates, person=person, message=message, may_have_arrived=taken)


def _state_of(context: ServiceContext, month: Month | None, dates: DateRange, now: datetime) -> str:
    """Return whether a month is reported as it is so far or as final.

    Empty where it is not reported. Each closing after a reopening has a state of its own, because the figures may be
    others.
    """
    if month is not None and month.closed:
        if now - month.closed_at > CLOSED_WITHIN:
            return ""
        again = month.reopened_at
        return FINAL if again is None else f"{FINAL} {again.astimezone(UTC):%Y%m%dT%H%M%S}"
    today = now.astimezone(context.settings.zone).date()
    begins_on = context.calendars[COMPANY].nth_workday(
        *_next_month(dates.last_on), context.settings.reports.workday
    )
    is_last = _next_month(dates.last_on) == (today.year, today.month)
    return SO_FAR if is_last and today >= begins_on else ""


def _next_month(day: date) -> tuple[int, int]:
    return (day.year + day.month // 12, day.month % 12 + 1)


def send_reports(context: ServiceContext, channels: Mapping[str, Notifier]) -> int:
    """Send the reports that have come due; return how many arrived.

    Each is leased before it is sent, so that of several machines one sends it. What certainly did not arrive is tried
    again later, and so is what a program took that ended before it recorded a result; what may have arrived is not.
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
        # Written before it is leased: a report that cannot be written stays due, and the error is shown.
        with speaking(due.person.language or context.settings.language):
            report = write(context, due.dates, settings.form, repeat=due.may_have_arrived)
        if take(context, due.message):
            arrived += send(context, due.message, channel, _letter(report, due, address, context.now()))
    return arrived


def _letter(report: WrittenReport, due: DueReport, address: str, now: datetime) -> Letter:
    return Letter(
        key=f"report.{due.dates.id}.{due.message.key.replace('/', '.').replace(' ', '-')}",
        recipient=due.person.id,
        address=address,
        subject=report.subject,
        text=report.text,
        at=now,
        repeat=due.may_have_arrived,
        attachments=(report.attachment,),
    )
