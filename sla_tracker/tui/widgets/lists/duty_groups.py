"""The groups of a duty list: one for each bucket, and one for the next workday."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.rows import Bucket, Counts, DutyRow, count
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.times import bucket_word, format_day, weekday_word

if TYPE_CHECKING:
    from sla_tracker.tui.view_context import ViewContext

NEXT_WORKDAY = "next_workday"
# The buckets from which the next workday takes its rows.
SPLIT = frozenset({Bucket.THIS_WEEK, Bucket.LATER})
TONES = {
    Bucket.OVERDUE: "overdue",
    Bucket.TODAY: "today",
    Bucket.THIS_WEEK: "week",
    Bucket.LATER: "later",
    Bucket.ON_HOLD: "held",
    Bucket.DELIVERED: "delivered",
    Bucket.CLOSED: "closed",
}


def sections_of(rows: Sequence[DutyRow], place: ViewContext, now: datetime) -> list[Section]:
    """Return one section per group; the rows must be sorted by bucket, then due time.

    What is due until the end of the next workday is a group of its own, whichever week that day lies in. The ends of
    sections are found by bisection.
    """
    until_at, today = end_of_next_workday(place, now), now.astimezone(place.zone).date()
    sections: list[Section] = []
    start = 0
    while start < len(rows):
        group = _group_of(rows[start], until_at)
        end = _end_of(rows, group, start, until_at)
        if group == NEXT_WORKDAY:
            title = next_workday_word(place.next_workday(now), today)
        else:
            title = bucket_word(Bucket(group))
        sections.append(Section(title, start, end, TONES[rows[start].bucket], group))
        start = end
    return sections


def end_of_next_workday(place: ViewContext, now: datetime) -> datetime:
    """Return the midnight after the next workday."""
    # In UTC like the rows, because instants of one zone are compared faster.
    return datetime.combine(
        place.next_workday(now) + timedelta(days=1), time.min, tzinfo=place.zone
    ).astimezone(UTC)


def _group_of(row: DutyRow, until_at: datetime) -> str:
    return NEXT_WORKDAY if _is_next(row, until_at) else row.bucket


def _is_next(row: DutyRow, until_at: datetime) -> bool:
    """Return whether a row is due after today, until the end of the next workday."""
    return row.bucket in SPLIT and row.due_at < until_at


def next_workday_word(day: date, today: date) -> str:
    """Return the heading of what is due on the next workday: tomorrow, or the day."""
    if day == today + timedelta(days=1):
        return _("Tomorrow")
    return _("Next workday {day}", day=f"{format_day(day, today)} {weekday_word(day)}")


def next_workday_short(day: date, today: date) -> str:
    """Return the next workday in one word."""
    return _("Tomorrow") if day == today + timedelta(days=1) else weekday_word(day)


def _end_of(rows: Sequence[DutyRow], group: str, start: int, until_at: datetime) -> int:
    low, high = start, len(rows)
    while low < high:
        middle = (low + high) // 2
        if _group_of(rows[middle], until_at) == group:
            low = middle + 1
        else:
            high = middle
    return low


def counted(rows: Sequence[DutyRow], place: ViewContext, now: datetime) -> Counts:
    """Count the rows of each group; those of one bucket stand together, by due time."""
    until_at = end_of_next_workday(place, now)
    soon: list[DutyRow] = []
    for bucket, run in groupby(rows, key=attrgetter("bucket")):
        if bucket in SPLIT:
            soon.extend(takewhile(lambda row: row.due_at < until_at, run))
    counts = count(rows)
    this_week = sum(row.bucket is Bucket.THIS_WEEK for row in soon)
    return replace(
        counts,
        next_workday=len(soon),
        this_week=counts.this_week - this_week,
        later=counts.later - (len(soon) - this_week),
    )
