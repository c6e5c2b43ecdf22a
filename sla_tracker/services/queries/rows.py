"""Defines the rows of duty lists and their time buckets.

The module imports little, because the start-up cache loads it.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import field, fields
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.states import OWED, Opened, State
from sla_tracker.domain.text import Text
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.domain.deadlines.steps import Step


class Scope(StrEnum):
    """Whose duties a list shows."""

    OURS = "ours"
    MINE = "mine"
    POOL = "pool"
    OWED_TO_US = "owed_to_us"
    ALL = "all"


class Bucket(StrEnum):
    """Group of a duty by its due time and state, in the order of lists."""

    OVERDUE = "overdue"
    TODAY = "today"
    THIS_WEEK = "this_week"
    LATER = "later"
    ON_HOLD = "on_hold"
    DELIVERED = "delivered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowClock:
    """How the limit of a duty counts: day and night, or the open time of its calendar.

    `calendar` is the name of one; where it is empty, that of the providing department counts.
    """

    is_elapsed: bool
    calendar: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRow:
    """One row of a duty list; `id` is empty for a planned duty, which is not stored.

    `key` is that of the duty, also of a planned one; rows of the start-up cache have none.

    `percent_used` is the last step in percent that was passed before the due, `escalated_to` the level that it reaches.
    `counts_from` says for a planned duty without a due from what it counts; its `due_at` only sorts it.
    `due_on` is the day to which the due belongs in its own calendar; None while an excuse moves it. `update_due_at` is
    when the next update is due, `papers_missing` counts those that it waits for, `earliest_on` begins a range.
    `counted_by` is the clock of its limit; None for planned duties.
    """

    id: str
    reference: str
    obligation: str
    title: Text
    provider: str
    consumer: str
    subject: str
    due_at: datetime
    bucket: Bucket
    state: State
    assignee: str
    month: str
    opened: Opened
    opened_at: datetime | None = None
    period_start: date | None = None
    period_end: date | None = None
    answer_due_at: datetime | None = None
    accept_by_at: datetime | None = None
    evidence_done: int = 0
    evidence_asked: int = 0
    provisional: bool = False
    planned: bool = False
    returned: bool = False
    opened_late: bool = False
    short_notice: bool = False
    assumed: bool = False
    roll_assumed: bool = False
    percent_used: int = 0
    escalated_to: str = ""
    counts_from: tuple[Step, ...] = ()
    key: str = field(default="", compare=False)
    due_on: date | None = None
    update_due_at: datetime | None = None
    papers_missing: int = 0
    earliest_on: date | None = None
    counted_by: RowClock | None = None

    def day_in(self, zone: tzinfo) -> date:
        """Return the day to which the due belongs, for a reader in a zone."""
        return day_of_due(self.due_at, self.due_on, zone)

    @property
    def is_in_pool(self) -> bool:
        """Return whether it is open and owed, and nobody has taken it."""
        return not self.assignee and self.state in OWED and not self.planned

    def is_open_to(self, person: str) -> bool:
        """Return whether a person has it, or may take it from the pool."""
        return self.assignee == person or self.is_in_pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Number of duties in each bucket, and of those in the pool (nobody has them).

    Where the next workday is a group of its own (`next_workday`), its duties are not counted in their buckets.
    """

    overdue: int = 0
    today: int = 0
    next_workday: int = 0
    this_week: int = 0
    later: int = 0
    on_hold: int = 0
    delivered: int = 0
    pool: int = 0


# A part of the terms, and kinds of the steps that say what a closed day did: TermPart.ROLL, StepKind.ROLL and .KEPT. As
# texts, since their modules would take a tenth of the time of `sla due`.
_ROLL = "roll"
_DAY_MOVED = frozenset({_ROLL, "kept"})
_BUCKET_OF = attrgetter("bucket")
ORDER = {bucket: place for place, bucket in enumerate(Bucket)}


def urgency(row: DutyRow) -> tuple[int, datetime, str, str, str]:
    """Return the sort key of a row: bucket, the time it shows, then subject.

    A delivered duty shows until when its verdict is awaited.
    """
    awaited_at = row.accept_by_at if row.bucket is Bucket.DELIVERED else None
    return ORDER[row.bucket], awaited_at or row.due_at, row.subject, row.obligation, row.id


def count(rows: Iterable[DutyRow]) -> Counts:
    """Count the rows of each bucket, and those that nobody has taken yet."""
    rows = rows if isinstance(rows, Sequence) else tuple(rows)
    # In C, and once over the pool: an open terminal counts its list at every change.
    per = Counter(dict.fromkeys(Bucket, 0))
    for bucket, run in groupby(map(_BUCKET_OF, rows)):
        per[bucket] += len(list(run))
    pool = sum(row.state in OWED and not row.planned for row in rows if not row.assignee)
    return Counts(
        overdue=per[Bucket.OVERDUE],
        today=per[Bucket.TODAY],
        this_week=per[Bucket.THIS_WEEK],
        later=per[Bucket.LATER],
        on_hold=per[Bucket.ON_HOLD],
        delivered=per[Bucket.DELIVERED],
        pool=pool,
    )


def exchanged_rows(
    rows: Sequence[DutyRow],
    gone: Iterable[DutyRow],
    come: Iterable[DutyRow],
    order: Callable[[DutyRow], tuple[object, ...]] = urgency,
) -> list[DutyRow]:
    """Return sorted rows after some were exchanged for others.

    Most rows are not looked at. Raises LookupError for a row that is gone and was not there.
    """
    found = list(rows)
    for row in gone:
        place = bisect_left(found, order(row), key=order)
        if place == len(found) or found[place].id != row.id:
            raise LookupError(row.id)
        del found[place]
    for row in come:
        insort(found, row, key=order)
    return found


def recounted(counts: Counts, gone: Iterable[DutyRow], come: Iterable[DutyRow]) -> Counts:
    """Return the counts after some rows were exchanged for others."""
    return exchanged_counts(counts, count(gone), count(come))


def exchanged_counts(counts: Counts, less: Counts, more: Counts) -> Counts:
    """Return the counts without those of removed rows and with those of new ones."""
    return Counts(
        **{
            one.name: getattr(counts, one.name) - getattr(less, one.name) + getattr(more, one.name)
            for one in fields(Counts)
        }
    )


def is_limit_assumed(parts: Iterable[str]) -> bool:
    """Return whether nobody has agreed the limit, by the assumed parts of the terms.

    Where a closed day moves is a term of its own: an agreed limit stays agreed without it.
    """
    return any(part != _ROLL for part in parts)


def is_roll_assumed(parts: Collection[str], steps: Iterable[str]) -> bool:
    """Return whether a closed day moved, by a deadline's steps, as nobody agreed.

    Where a closed day would move is no matter as long as the day was open.
    """
    return _ROLL in parts and not _DAY_MOVED.isdisjoint(steps)


def day_of_due(due_at: datetime, due_on: date | None, zone: tzinfo) -> date:
    """Return the civil day of a due; at 24:00 or after a night shift, the day before."""
    local = due_at.astimezone(zone).date()
    return local if due_on is None else min(local, due_on)


def bucket_at(
    state: State, due_at: datetime, now: datetime, zone: tzinfo, due_on: date | None = None
) -> Bucket:
    """Return the bucket of a duty; the week ends on Sunday, local time."""
    if state is State.DELIVERED:
        return Bucket.DELIVERED
    if state is State.HELD:
        return Bucket.ON_HOLD
    if state is not State.OPEN:
        return Bucket.CLOSED
    if now > due_at:
        return Bucket.OVERDUE
    today, day = now.astimezone(zone).date(), day_of_due(due_at, due_on, zone)
    if day <= today:
        return Bucket.TODAY
    return Bucket.THIS_WEEK if day <= today + timedelta(days=6 - today.weekday()) else Bucket.LATER
