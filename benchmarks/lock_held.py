"""Measures how long a changed calendar, imports and reminders hold the store's lock, by CPU, beyond their commits.

Of many transactions the one in the middle counts, as another program's work on the machine, and the garbage collector,
fall into some of them; the longest is printed.
"""

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks._limits import at_most
from sla_tracker.domain.deadlines.due import DayOfMonth, deadline_on
from sla_tracker.domain.duties.duty import Duty, Opened, Terms
from sla_tracker.domain.imports.run import ListReading
from sla_tracker.domain.reminders.policy import USUAL_POLICIES
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, Layer
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.imports import parts
from sla_tracker.services.imports.events import import_events, plan_events
from sla_tracker.services.imports.undo import take_back
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.services.reminders.leases import MOST_TOGETHER
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.sheets.imports.events import read_events
from sla_tracker.sheets.reader import read_sheets
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.channels import Postbox, a_channel, some_channels
from sla_tracker.testing.company import PEOPLE, a_calendar, a_context, a_duty, an_actor, set_clock

MOVED, EVENTS = 1_200, 400
MOST_MILLISECONDS = 50.0
ROUNDS = 3  # of the reminders, which take one transaction each time
DUE_ON = date(2026, 11, 19)
WORKING, NEXT_DAY = "2026-11-17 09:00", "2026-11-20 14:00"
CLOSED = DayRule(status=DayStatus.CLOSED, name=Text(zh="停电", en="Power cut"))

Held = dict[str, list[float]]
"""CPU milliseconds with the lock of each transaction, by what it did."""


class Watched:
    """A store that notes how long the work of each transaction takes; its commit is not counted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.held: Held = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def write(
        self, act: Act, work: Callable[[Writing], object], on_commit: Callable[[int], None] | None = None
    ) -> object:
        """Run a transaction and note the milliseconds of its work."""

        def timed(tx: Writing) -> object:
            began = time.thread_time()
            result = work(tx)
            self.held.setdefault(act.what, []).append(1000 * (time.thread_time() - began))
            return result

        return self._store.write(act, timed, on_commit)


def keep(context: ServiceContext, count: int) -> None:
    """Store open duties of one person, due on DUE_ON."""
    rule = DayOfMonth(day=DUE_ON.day)
    deadline = deadline_on(rule, DUE_ON, a_calendar())
    model = a_duty(
        terms=Terms(due=rule, opened=Opened.RECURRING),
        deadline=deadline,
        due_at=deadline.due_at,
        assignee="wang.fang",
    )
    for start in range(0, count, 100):
        part = [
            replace(model, id=f"01932f00-0000-7000-8000-{number:012x}", key=f"sheet/{number}/event")
            for number in range(start, min(start + 100, count))
        ]
        context.write(None, Verb.NOTED, partial(_put, part))


def _put(duties: Sequence[Duty], tx: Writing, _now: datetime) -> None:
    for duty in duties:
        tx.put(duty)


def moving(store: Watched) -> None:
    """Close a day on which many duties are due."""
    context = a_context(store=store, obligations=(), now=WORKING)  # type: ignore[arg-type]
    tick(context)
    keep(context, MOVED)
    store.held.clear()
    layer = Layer(name="company", days={DUE_ON: CLOSED})
    moved = tick(replace(context, calendars={COMPANY: a_calendar().with_layer(layer)})).recomputed
    assert len(moved) == MOVED, f"{len(moved)} deadlines were moved"


def importing(store: Watched) -> None:
    """Import events, then take them back."""
    context = a_context(store=store, now=NEXT_DAY)  # type: ignore[arg-type]
    actor = an_actor(context, "chen.jing")
    lines = [f"鄂F{number:05d},2026-11-20 {8 + number % 5:02d}:30,K{number}" for number in range(EVENTS)]
    sheets = read_sheets(io.BytesIO("\n".join(["车牌号,交车日期,单号", *lines]).encode()), "x.csv")
    read = read_events(context, sheets, ListReading(about="vehicle-delivered"), file="x.csv", digest="")
    done = import_events(context, actor, plan_events(context, actor, read))
    assert done.added == EVENTS, f"{done.added} events were imported"
    (run,) = parts.runs(context)
    assert take_back(context, actor, run).cancelled, "nothing was taken back"


def reminding(store: Watched) -> None:
    """Remind one person of many duties."""
    people = tuple(replace(one, addresses={"mail": "x@example.com"}) for one in PEOPLE)
    policies = replace(USUAL_POLICIES, channels=some_channels(a_channel()), usual_channels=("mail",))
    context = a_context(store=store, obligations=(), now=WORKING, people=people, reminders=policies)  # type: ignore[arg-type]
    keep(context, MOST_TOGETHER)
    store.held.clear()
    set_clock(context, NEXT_DAY)
    box = Postbox()
    run_once(context, {"mail": box})
    assert box.letters, "nobody was reminded"


def held_by(work: Callable[[Watched], None], rounds: int = 1) -> Held:
    """Return what a work takes with the lock, in a new store each round."""
    found: Held = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            inner = TinyStore.open(Path(folder) / "store", create=True)
            store = Watched(inner)
            work(store)
            inner.close()
        for what, taken in store.held.items():
            found.setdefault(what, []).extend(taken)
    return found


def main() -> None:
    """Print the figures, and which limits are missed."""
    for what, work, rounds in (
        (f"a changed calendar moves {MOVED:,} deadlines", moving, 1),
        (f"{EVENTS} events imported and taken back", importing, 1),
        (f"{MOST_TOGETHER} duties of one person reminded of", reminding, ROUNDS),
    ):
        print(what)
        for act, taken in held_by(work, rounds).items():
            middle = median(taken)
            print(f"  {act}: {len(taken)} transactions, {middle:.0f} ms, longest {max(taken):.0f} ms")
            at_most(middle, MOST_MILLISECONDS, f"{what}, {act}: ms of CPU with the lock")


if __name__ == "__main__":
    main()
