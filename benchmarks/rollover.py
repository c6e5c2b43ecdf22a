"""Measures the rollover: the first one of daily obligations since 15 days, and the next day's, by their number.

Both must grow in proportion to the obligations: 1,000 against 100. And the next day of a company with 300 departments:
no transaction may do more work while it holds the store's lock than the limit.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple, cast

from benchmarks._limits import at_most
from benchmarks.planning import Timed
from sla_tracker.domain.agreements.obligation import About, Obligation, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, Weekly
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.ports import Store
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock

FEW, MANY = 100, 1000
MOST_RATIO = 12.0  # proportional would be 10
ROUNDS = 3
DEPARTMENTS, OBLIGATIONS = 300, 34  # of which one is due every workday, the others once a month
MOST_HELD_MILLISECONDS = 50.0
FIRST_DAY = date(2026, 11, 5)
AT_NINE, NEXT_DAY = "2026-11-19 09:00", "2026-11-20 09:00"


class Taken(NamedTuple):
    """Seconds of CPU that the first and the next rollover took, and the duties that they opened."""

    first: float
    following: float
    duties: int


def main() -> None:
    rollovers(FEW)  # not counted: the first run also imports modules and fills caches
    found = [in_turns() for _ in range(ROUNDS)]
    few, many = mean([few for few, _many in found]), mean([many for _few, many in found])
    first = statistics.median(many.first / few.first for few, many in found)
    following = statistics.median(many.following / few.following for few, many in found)
    for count, taken in ((FEW, few), (MANY, many)):
        print(
            f"{count} obligations: first rollover {taken.first:.2f} s, the next day's {taken.following:.2f} s, "
            f"{taken.duties} duties"
        )
    print(f"ratio of the first {first:.1f}, of the next {following:.1f} (each at most {MOST_RATIO})")
    held, parts = company_day()
    print(
        f"{DEPARTMENTS * OBLIGATIONS} obligations of {DEPARTMENTS} departments, the next day: {parts} parts of the "
        f"roster written, longest transaction {held:.0f} ms of CPU (at most {MOST_HELD_MILLISECONDS:.0f})"
    )
    assert parts == DEPARTMENTS + 1
    at_most(held, MOST_HELD_MILLISECONDS, "ms of CPU of the longest transaction of a company's next day")
    assert many.duties == few.duties * MANY // FEW
    at_most(first, MOST_RATIO, f"first rollover, {MANY:,} obligations / {FEW}")
    at_most(following, MOST_RATIO, f"next day's rollover, {MANY:,} obligations / {FEW}")


def in_turns() -> tuple[Taken, Taken]:
    """Return what few obligations took on the average, half of the times before the many and half after, and the many.

    A long run has the quick and the slow times of a machine, and a short one may have either.
    """
    half = MANY // FEW // 2
    before = [rollovers(FEW) for _ in range(half)]
    many = rollovers(MANY)
    return mean(before + [rollovers(FEW) for _ in range(half)]), many


def mean(found: Sequence[Taken]) -> Taken:
    """Return the mean times."""
    first, following, duties = zip(*found, strict=True)
    return Taken(statistics.mean(first), statistics.mean(following), duties[0])


def rollovers(count: int) -> Taken:
    """Roll over a new store twice, one day apart."""
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore.open(Path(folder) / "store", create=True)
        context = a_context(store=store, obligations=daily(count), now=AT_NINE, in_force_from=FIRST_DAY)
        first = seconds(lambda: tick(context))
        set_clock(context, local(NEXT_DAY))
        following = seconds(lambda: tick(context))
        duties = context.store.read(lambda tx: len(tx.find(Duty)))
        store.close()
    return Taken(first, following, duties)


def company_day() -> tuple[float, int]:
    """Return the longest transaction of a day's rollover of a company in milliseconds, and how often parts are written.

    The roster's parts are those of the departments, and its head.
    """
    each_day = Recurring(due=Weekly(weekdays=(0, 1, 2, 3, 4)), about=About.TURN)
    monthly = Recurring(due=DayOfMonth(day=30))
    owed = (
        an_obligation(
            f"list-{department}-{number}",
            provider=f"department-{department}",
            triggers=(monthly if number else each_day,),
        )
        for department in range(DEPARTMENTS)
        for number in range(OBLIGATIONS)
    )
    with tempfile.TemporaryDirectory() as folder:
        timed = Timed(TinyStore.open(Path(folder) / "store", create=True), clock=time.process_time)
        store = cast(Store, timed)
        context = a_context(store=store, obligations=owed, now=AT_NINE, in_force_from=date(2026, 11, 18))
        tick(context)
        timed.held_seconds.clear()
        before = store.sequence()
        set_clock(context, local(NEXT_DAY))
        tick(context)
        parts = sum(kind == "rosters" for one in store.changes(before) for kind, _id in one.touched)
        timed.close()
    return 1000 * max(timed.held_seconds), parts


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds of CPU that a call takes; a busy machine changes them less than the time on the clock."""
    began = time.process_time()
    work()
    return time.process_time() - began


def daily(count: int) -> tuple[Obligation, ...]:
    """Return obligations due every workday."""
    trigger = Recurring(due=Weekly(weekdays=(0, 1, 2, 3, 4)))
    return tuple(an_obligation(f"daily-{number}", triggers=(trigger,)) for number in range(count))
