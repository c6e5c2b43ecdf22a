"""Formats times, periods and due-time groups in the current language.

Separate from `wording.duties`, because the start-up cache needs only these and every further import costs time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import OWED, STATE_WORDS, State
from sla_tracker.domain.time.instants import month_number
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language, ngettext
from sla_tracker.services.queries.rows import Bucket, DutyRow

if TYPE_CHECKING:
    from sla_tracker.domain.text import Text

HOURS_SHOWN = timedelta(hours=12)  # up to this far away a due time is given in hours, also across midnight
DAYS_SHOWN = 13  # days; a due time further away is shown as a date

BUCKET_WORDS = {
    Bucket.OVERDUE: N_("Overdue"),
    Bucket.TODAY: N_("Today"),
    Bucket.THIS_WEEK: N_("This week"),
    Bucket.LATER: N_("Later"),
    Bucket.ON_HOLD: N_("On hold"),
    Bucket.DELIVERED: N_("Awaiting verdict"),
    Bucket.CLOSED: N_("Closed"),
}

LEVEL_WORDS = {  # by Level, which the start-up cache does not load
    "assignee": N_("whoever has it"),
    "department": N_("the department"),
    "head": N_("head of department"),
    "consumer": N_("the consumer"),
    "consumer-head": N_("the consumer's head"),
}

WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def format_due(due_at: datetime, now: datetime, zone: tzinfo) -> str:
    """Return the distance of a due time, such as `in 3 hours`, or its far date."""
    if now > due_at:
        return _("{span} overdue", span=format_span(due_at, now, zone))
    days = days_apart(now, due_at, zone)
    if days == 1 and due_at - now > HOURS_SHOWN:
        return _("tomorrow {time}", time=f"{due_at.astimezone(zone):%H:%M}")
    if days > DAYS_SHOWN:
        return format_day(due_at.astimezone(zone).date(), now.astimezone(zone).date())
    return _("in {span}", span=format_span(now, due_at, zone))


def format_standing(row: DutyRow, now: datetime, zone: tzinfo) -> str:
    """Return the status of a row: distance of its due time, verdict's limit, or state."""
    if row.state in OWED:
        return "" if row.planned else format_due(row.due_at, now, zone)
    if row.state is State.DELIVERED and row.accept_by_at is not None:
        return _("verdict by {day}", day=f"{row.accept_by_at.astimezone(zone):%m-%d}")
    return _(STATE_WORDS[row.state])


def format_counts_from(row: DutyRow, lang: str, zone: tzinfo) -> str:
    """Return from what a planned duty without a due counts.

    An example is `“Papers” delivered · within 1 workday`. Empty for a duty with a due.
    """
    if not row.counts_from:
        return ""
    from sla_tracker.domain.deadlines.explanation import explain_line  # only where there is such a duty

    return clean(explain_line(row.counts_from, lang=lang, zone=zone))


def format_share(row: DutyRow) -> str:
    """Return how much of a duty's time is used, and whom that was told."""
    return _(
        "{n} % of the time used, told: {level}", n=row.percent_used, level=_(LEVEL_WORDS[row.escalated_to])
    )


def format_progress(row: DutyRow, zone: tzinfo) -> list[str]:
    """Return what a row says of a request's range, missing papers and next update."""
    said = []
    if row.earliest_on is not None:
        said.append(_("from {day}", day=f"{row.earliest_on:%m-%d}"))
    if row.papers_missing:
        said.append(ngettext("{n} paper missing", "{n} papers missing", row.papers_missing))
    if row.update_due_at is not None:
        said.append(_("update by {when}", when=f"{row.update_due_at.astimezone(zone):%m-%d %H:%M}"))
    return said


def format_span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Return the time between two instants in one unit, rounded down."""
    apart = end - start
    if apart < timedelta(hours=1):
        return ngettext("{n} minute", "{n} minutes", max(1, apart // timedelta(minutes=1)))
    days = days_apart(start, end, zone)
    if days == 0 or apart <= HOURS_SHOWN:
        return ngettext("{n} hour", "{n} hours", apart // timedelta(hours=1))
    return ngettext("{n} day", "{n} days", days)


def format_hours(span: timedelta) -> str:
    """Return working time such as `26 h 30 min`, rounded down to minutes."""
    if timedelta(0) < span < timedelta(minutes=1):
        return _("under 1 min")
    hours, minutes = divmod(span // timedelta(minutes=1), 60)
    if not hours:
        return _("{n} min", n=minutes)
    return _("{hours} h {minutes} min", hours=hours, minutes=f"{minutes:02d}")


def days_apart(start: datetime, end: datetime, zone: tzinfo) -> int:
    """Return how many local midnights lie between two instants."""
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days


def format_day(day: date, today: date) -> str:
    """Return a day as month and day, with its year when that is not today's."""
    return f"{day:%m-%d}" if day.year == today.year else f"{day:%Y-%m-%d}"


def format_moment(instant: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a local day and time, such as `11-20 18:00`."""
    local = instant.astimezone(zone)
    return f"{format_day(local.date(), now.astimezone(zone).date())} {local:%H:%M}"


def format_moment_short(instant: datetime, now: datetime, zone: tzinfo) -> str:
    """Return a local day and time in at most 11 characters.

    For another year it is the day alone.
    """
    local = instant.astimezone(zone)
    return f"{local:%m-%d %H:%M}" if local.year == now.astimezone(zone).year else f"{local:%Y-%m-%d}"


def format_period(start: date | None, end: date | None) -> str:
    """Return a half-open period as `2026-11`, or as its first and last day."""
    if start is None or end is None:
        return ""
    if start.day == end.day == 1 and month_number(end) == month_number(start) + 1:
        return f"{start:%Y-%m}"
    return f"{start:%Y-%m-%d} … {end - timedelta(days=1):%Y-%m-%d}"


def weekday_word(day: date) -> str:
    """Return the short name of the weekday."""
    return _(WEEKDAYS[day.weekday()])


def bucket_word(bucket: Bucket) -> str:
    """Return the translated heading of a bucket."""
    return _(BUCKET_WORDS[bucket])


def text_of(text: Text | None) -> str:
    """Return a declared text in the current language, cleaned, on one line."""
    return "" if text is None else clean(text.get(language()))


def next_workday_word(day: date, today: date) -> str:
    """Return the heading of what is due on the next workday: tomorrow, or the day."""
    if day == today + timedelta(days=1):
        return _("Tomorrow")
    return _("Next workday {day}", day=f"{format_day(day, today)} {weekday_word(day)}")


def next_workday_short(day: date, today: date) -> str:
    """Return the next workday in one word."""
    return _("Tomorrow") if day == today + timedelta(days=1) else weekday_word(day)
