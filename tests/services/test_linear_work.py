"""What time brings costs in proportion to its number, counted in calls: a clock would say how busy the machine is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from benchmarks.rollover import AT_NINE, FIRST_DAY, NEXT_DAY, daily
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.reminders.planner import plan_in_batches
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context, local, set_clock

FEW, MANY = 10, 40
MOST_CALLS = 1.15
"""Calls for many obligations by what as many times few take; to look at each one for each other would be 4."""


def calls(work: Callable[[], object]) -> int:
    """Return how many functions are called, of Python and of C."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def counted(folder: Path, number: int) -> dict[str, int]:
    """Return the calls of the first rollover, the next day's, and planning its reminders."""
    store = TinyStore.open(folder / str(number), create=True)
    context = a_context(store=store, obligations=daily(number), now=AT_NINE, in_force_from=FIRST_DAY)
    found = {"first": calls(lambda: tick(context))}
    set_clock(context, local(NEXT_DAY))
    found["next"] = calls(lambda: tick(context))
    found["reminders"] = calls(lambda: list(plan_in_batches(context)))
    assert len(store.read(lambda tx: tx.find(Duty))) == 17 * number
    store.close()
    return found


def test_rollover_and_planning_grow_with_what_they_open(tmp_path: Path) -> None:
    counted(tmp_path, 1)  # not counted: the first run also imports modules and fills caches
    few, many = counted(tmp_path, FEW), counted(tmp_path, MANY)
    times = {what: many[what] / few[what] / (MANY / FEW) for what in few}
    assert {what: ratio for what, ratio in times.items() if ratio > MOST_CALLS} == {}
