"""Measures taking 10,000 events over from a CSV file, against the store writing the same documents alone."""

import io
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from benchmarks._limits import at_most
from sla_tracker.domain.imports.run import ListReading
from sla_tracker.services.imports.events import import_events, plan_events
from sla_tracker.services.ports import Change, Store, Writing
from sla_tracker.sheets.imports.events import read_events
from sla_tracker.sheets.reader import read_sheets
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context, an_actor

EVENTS = 10_000
MOST_RATIO = 3.0
"""Highest ratio of judging and importing the rows to writing the documents that come of it."""


def a_list() -> bytes:
    """Return a CSV file of deliveries of three weeks, each with its time and a key."""
    lines = ["车牌号,交车日期,单号"]
    for number in range(EVENTS):
        day, hour, minute = 2 + number % 18, 8 + number % 9, number % 60
        lines.append(f"鄂F{number:05d},2026-11-{day:02d} {hour:02d}:{minute:02d},K{number}")
    return "\n".join(lines).encode()


def written_alone(store: Store, revisions: Sequence[tuple[Change, Sequence[object]]]) -> float:
    """Return the seconds in which a store writes documents in the same commits."""
    began = time.process_time()
    for change, values in revisions:

        def work(tx: Writing, values: Sequence[object] = values) -> None:
            for value in values:
                tx.put(value)

        store.write(change.act, work)
    return time.process_time() - began


def main() -> None:
    """Print seconds and ratio; raises AssertionError above the limit."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with closing(TinyStore.open(place / "store", create=True)) as store:
            context = a_context(store=store)
            actor = an_actor(context, "chen.jing")
            began = time.process_time()
            sheets = read_sheets(io.BytesIO(a_list()), "x.csv")
            reading = ListReading(about="vehicle-delivered")
            read = read_events(context, sheets, reading, file="x.csv", digest="")
            read_in = time.process_time() - began
            began = time.process_time()
            plan = plan_events(context, actor, read)
            done = import_events(context, actor, plan)
            imported_in = time.process_time() - began
            revisions = [(change, list(values)) for change, values in store.revisions()]
        with closing(TinyStore.open(place / "alone", create=True)) as alone:
            alone_in = written_alone(alone, revisions)
    ratio = imported_in / alone_in
    print(f"  {done.added:,} events, {done.opened:,} duties; read in {read_in:.1f} s")
    print(
        f"  imported in {imported_in:.1f} s, the store alone {alone_in:.1f} s: {ratio:.1f} (at most {MOST_RATIO})"
    )
    assert done.added == EVENTS - done.same - len(done.left_out)
    at_most(ratio, MOST_RATIO, "an import / the store alone")


if __name__ == "__main__":
    main()
