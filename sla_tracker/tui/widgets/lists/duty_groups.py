"""The groups of a duty list: one for each bucket, and one for the next workday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.services.queries import next_workday
from sla_tracker.services.queries.next_workday import NEXT_WORKDAY, end_of_day, group_of
from sla_tracker.services.queries.rows import Bucket, Counts, DutyRow
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.times import bucket_word, next_workday_word

if TYPE_CHECKING:
    from sla_tracker.tui.view_context import ViewContext

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
    until_at, today = end_of_next_workday(place, now), place.date_of(now)
    sections: list[Section] = []
    start = 0
    while start < len(rows):
        group = group_of(rows[start], until_at)
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
    return end_of_day(place.next_workday(now), place.zone)


def _end_of(rows: Sequence[DutyRow], group: str, start: int, until_at: datetime) -> int:
    low, high = start, len(rows)
    while low < high:
        middle = (low + high) // 2
        if group_of(rows[middle], until_at) == group:
            low = middle + 1
        else:
            high = middle
    return low


def counted(rows: Sequence[DutyRow], place: ViewContext, now: datetime) -> Counts:
    """Count the rows of each group; those of one bucket stand together, by due time."""
    return next_workday.counted(rows, end_of_next_workday(place, now))
