"""Measures planning the reminders of duties that have been overdue for weeks: time, memory, size and length of commits.

The ratio is the CPU time for 10,000 duties to that for 1,000 in the same run: linear is 10. Each size is planned in a
process of its own, so that its memory can be read.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from statistics import median
from typing import Any

from benchmarks._limits import at_most
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.services.reminders.planner import plan_in_batches
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import PEOPLE, a_context, a_duty, local

FEW, MANY, MOST = 1_000, 10_000, 50_000
MOST_RATIO = 12.0
MOST_MEGABYTES = 300.0
MOST_LINE_MEGABYTES = 32.0
MOST_HELD_MILLISECONDS = 50.0  # the lock beyond a commit's own write, in the median of all commits
WEEKS_LATER = "2026-12-14 09:30"


class Timed:
    """A store that measures how long the work of each transaction takes; its commit is not counted."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.perf_counter) -> None:
        self._store, self._clock = store, clock
        self.held_seconds: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(self, act: Act, work: object, on_commit: Callable[[int], None] | None = None) -> object:
        """Run a transaction and note the seconds of its work."""
        assert callable(work)

        def timed(tx: Writing) -> object:
            began = self._clock()
            result = work(tx)
            self.held_seconds.append(self._clock() - began)
            return result

        return self._store.write(act, timed, on_commit)


def measured(folder: Path) -> dict[str, float]:
    """Plan everything in a store; return seconds, reminders, memory and the longest transactions."""
    store = Timed(TinyStore.open(folder))
    people = tuple(replace(person, addresses={"mail": "x@example.com"}) for person in PEOPLE)
    context = a_context(store=store, obligations=(), now=WEEKS_LATER, people=people)  # type: ignore[arg-type]
    began = time.process_time()
    planned = sum(len(found) for found in plan_in_batches(context))
    taken = time.process_time() - began
    return {
        "seconds": taken,
        "planned": planned,
        "megabytes": getrusage(RUSAGE_SELF).ru_maxrss / 1024,
        "held_ms": 1000 * median(store.held_seconds),
    }


def planned(duties: int) -> dict[str, float]:
    """Return the figures of planning for a number of overdue duties, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "store"
        _fill(place, duties)
        out = subprocess.run(
            [sys.executable, "-m", "benchmarks.planning", str(place)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        return {**json.loads(out), "line_megabytes": _longest_line(place)}


def _fill(place: Path, duties: int) -> None:
    store = TinyStore.open(place, create=True)
    for start in range(0, duties, 500):

        def work(tx: Writing, first: int = start) -> None:
            for number in range(first, min(first + 500, duties)):
                tx.put(a_duty(id=f"01932f00-0000-7000-8000-{number:012x}", assignee="wang.fang"))

        store.write(Act(what="kept", by="benchmark", at=local("2026-11-16 17:00")), work)
    store.close()


def _longest_line(place: Path) -> float:
    """Return the megabytes of the longest line that reminders were planned with."""
    longest = 0
    for path in place.rglob("*"):
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                longest = max([longest, *(len(line) for line in file if b'"reminded"' in line)])
    return longest / 1e6


def main() -> None:
    fews, many, most = [planned(FEW) for _ in range(3)], planned(MANY), planned(MOST)
    few = fews[0]
    ratio = many["seconds"] / median(one["seconds"] for one in fews)
    for duties, found in ((FEW, few), (MANY, many), (MOST, most)):
        print(
            f"{duties} overdue duties: {found['planned']:.0f} reminders in {found['seconds']:.1f} s of CPU, "
            f"{found['megabytes']:.0f} MB, longest line {found['line_megabytes']:.1f} MB, "
            f"lock held {found['held_ms']:.0f} ms beyond the commit"
        )
    print(f"{MANY} against {FEW}: ratio {ratio:.1f} (at most {MOST_RATIO})")
    at_most(ratio, MOST_RATIO, f"planning for {MANY:,} duties / {FEW:,}")
    at_most(most["megabytes"], MOST_MEGABYTES, f"MB of memory to plan for {MOST:,}")
    at_most(most["line_megabytes"], MOST_LINE_MEGABYTES, "MB of the longest commit")
    at_most(most["held_ms"], MOST_HELD_MILLISECONDS, "ms for which the lock is held beyond a commit")


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]))))
