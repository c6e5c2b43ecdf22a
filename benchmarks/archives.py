"""Measures reading a duty of a closed month, and all about a subject, after one year and after ten."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from benchmarks._limits import at_most
from sla_tracker.domain.duties.duty import Delivery, Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import figures
from sla_tracker.domain.time.instants import following
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import find_duty_to_read, new_id
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Act, Writing
from sla_tracker.services.queries.duties import about_subject, detail
from sla_tracker.storage.codec import SCHEMA
from sla_tracker.storage.journal import Journal, UnsyncedDisk
from sla_tracker.storage.tinydb import INDEXES, TinyStore
from sla_tracker.testing.company import a_context, a_duty, an_actor

A_MONTH = 60  # duties
LIMIT = 1.5  # ten years over one
READ = (
    "import sys, pathlib; from benchmarks.archives import read; read(pathlib.Path(sys.argv[1]), sys.argv[2])"
)


def sealed(folder: Path, months: int) -> list[Duty]:
    """Seal months of accepted duties, and return one duty of each."""
    store = TinyStore(Journal.open(folder, indexes=INDEXES, create=True, schema=SCHEMA, disk=UnsyncedDisk()))
    context, month, found = a_context(store=store), "2017-01", []
    for number in range(months):
        duties, events = _duties_of(month, number)

        def work(tx: Writing, duties: list[Duty] = duties, events: list[Event] = events) -> None:
            for value in (*duties, *events):
                tx.put(value)
            now = context.now()
            kept = figures(duties, now=now, target=context.settings.target)
            tx.put(Month(id=duties[0].month, closed_at=now, closed_by="root", figures=kept))

        store.write(Act(what="closed_month", by="root", at=context.now()), work)
        archive.seal(context, an_actor(context, "root"), month)
        found.append(duties[-1])
        month = following(month)
    store.close()
    return found


def _duties_of(month: str, number: int) -> tuple[list[Duty], list[Event]]:
    duties, events = [], []
    for each in range(A_MONTH):
        base = a_duty(state=State.ACCEPTED)
        shift = timedelta(days=30 * number)
        subject, at = f"V{number}X{each}", base.due_at + shift
        event = Event(
            id=new_id(at),
            type="vehicle-delivered",
            title=base.title,
            planned=False,
            subject=subject,
            subject_key=subject,
            at=at,
            registered_at=at,
            registered_by="wang.fang",
            registered_from="sales",
            time_set_at=at,
            time_set_by="wang.fang",
            time_set_from="sales",
        )
        duty = replace(
            base,
            id=new_id(at),
            key=f"sheet/0/{event.id}",
            month=month,
            due_at=at,
            subject=subject,
            subject_key=subject,
            event=event.id,
            obligation=f"sheet-{each % 30}",
            deliveries=(Delivery(at=at, by="wang.fang"),),
            accepted_at=at,
            accepted_by="chen.jing",
        )
        duties.append(duty)
        events.append(event)
    return duties, events


def read(folder: Path, reference: str) -> None:
    """Open a store and read a duty of a closed month and all about its subject, as commands do."""
    store = TinyStore.open(folder, read_only=True)
    context: ServiceContext = a_context(store=store)
    duty = find_duty_to_read(context, reference)
    shown = detail(context, duty.id)
    assert shown is not None
    assert shown.history
    assert len(about_subject(context, duty.subject).duties) == 1
    store.close()


def _reading(folder: Path, duty: Duty, times: int = 9) -> float:
    """Return the median seconds of a process that reads an archived duty and its subject."""
    took = []
    words = [sys.executable, "-c", READ, str(folder), duty.id[-8:]]
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(words, check=True)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def main() -> None:
    """Print the figures, and which limits are missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short, long = sealed(folder / "one", 12), sealed(folder / "ten", 120)
        one, ten = _reading(folder / "one", short[3]), _reading(folder / "ten", long[3])
    print(f"a process that reads an archived duty: one year {one * 1e3:.0f} ms, ten years {ten * 1e3:.0f} ms")
    print(f"ten years / one year  {ten / one:.2f} (at most {LIMIT})")
    at_most(ten / one, LIMIT, "reading one, ten years of archives / one year")


if __name__ == "__main__":
    main()
