"""Groups the rows that are due on the next workday, in whichever week it lies.

The module imports little, because the start-up cache loads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby, takewhile
from operator import attrgetter

from sla_tracker.services.queries.rows import Bucket, Counts, DutyRow, count

NEXT_WORKDAY = "next_workday"
# The buckets from which the next workday takes its rows.
SPLIT = frozenset({Bucket.THIS_WEEK, Bucket.LATER})


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the midnight after a day."""
    # In UTC like the rows, because instants of one zone are compared faster.
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)


def group_of(row: DutyRow, until_at: datetime) -> str:
    """Return the group of a row: its bucket, or NEXT_WORKDAY.

    NEXT_WORKDAY is for what is due after today and before `until_at`.
    """
    return NEXT_WORKDAY if row.bucket in SPLIT and row.due_at < until_at else row.bucket


def counted(rows: Sequence[DutyRow], until_at: datetime) -> Counts:
    """Count the rows of each group; those of one bucket stand together, by due time."""
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
