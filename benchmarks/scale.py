"""Plays a working day of a company of 10,000 people from costs that were measured, and prints what docs/scale.md says.

Nothing is put under load: acts, readings, terminals and reminders of a day pass through a queueing model of one host
(`_queueing`). `python -m benchmarks.scale write` writes the tables into the page and its Chinese twin.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import accumulate
from math import ceil
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks._limits import at_most
from benchmarks._queueing import Job, Simulation, Station, quantile

HOUR, MINUTE, MS = 3600.0, 60.0, 1e-3
PROCESSORS = 16  # of the host that the page plays the company of 10,000 on
PEAK = (9 * HOUR, 9 * HOUR + 10 * MINUTE)
# Shares of a day's acts: nine o'clock brings a tenth of them within ten minutes.
PARTS = (
    (8.0, 9.0, 8),
    (9.0, 9 + 1 / 6, 10),
    (9 + 1 / 6, 10.0, 15),
    (10.0, 12.0, 25),
    (12.0, 14.0, 7),
    (14.0, 17.0, 25),
    (17.0, 18.0, 10),
)
WORKDAYS_A_YEAR = 250
MOST_P99_SECONDS, MOST_LOCK_USE = 1.0, 0.05  # at nine o'clock, on the host of the page
MOST_OFF = 4.0  # times what the page reckons with: a busy machine takes twice as long


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Seconds of a processor, seconds, and bytes, as measured; the page says where each comes from."""

    command_reads: float = 63 * MS
    command_acts: float = 65 * MS
    fork: float = 7 * MS  # of it in the one process that forks for all callers
    terminal_opens: float = 330 * MS
    terminal_reads: float = 18 * MS
    row_changes: float = 14 * MS
    looks_at_others: float = 2 * MS
    pause: float = 0.8  # between two looks
    idle_share: float = 0.0005
    act: float = 0.8 * MS
    decides: float = 0.5 * MS  # of it, while it holds the lock
    syncs: float = 0.25 * MS
    plans_reminder: float = 0.76 * MS
    plans_under_lock: float = 12 * MS  # for a batch
    batch: int = 100
    opens_monthly: float = 0.8 * MS  # a duty that is due once a month, under the lock
    opens_daily: float = 3.9 * MS  # a duty that is due every workday, under the lock
    terminal_bytes: int = 26_000_000
    live_bytes: int = 757
    change_bytes: int = 2_300
    duty_bytes: int = 2_800  # of a duty that a night opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company and its day: people, departments, acts, and readings for each act.

    A quarter of the people have a terminal open, the others call commands; a fifth of all acts and readings are calls.
    """

    people: int = 10_000
    departments: int = 300
    acts: int = 40_000
    more_before_noon: int = 0  # acts on a month's first day
    reminders: int = 2_000  # due at nine
    readings: int = 3
    open_share: float = 0.25
    called_share: float = 0.2
    live_days: int = 25  # days of which duties are live; four acts make one duty
    recurring: int = 30  # obligations of a department

    @property
    def terminals(self) -> int:
        """Return how many terminals are open at once."""
        return round(self.people * self.open_share)

    @property
    def opened_at_night(self) -> int:
        """Return the duties that one night opens when everything recurring is due."""
        return self.departments * self.recurring


USUAL = Company()
FIRST = replace(USUAL, more_before_noon=18_000, reminders=11_000)
MEDIUM = Company(people=1_000, departments=30, acts=4_000, reminders=200)
SMALL = Company(people=200, departments=10, acts=800, reminders=40)
LARGE = Company(people=3_000, departments=90, acts=12_000, reminders=600)


class Waits(NamedTuple):
    """The seconds that one kind of call took, sorted, in the day and at nine o'clock."""

    day: list[float]
    peak: list[float]


@dataclass(slots=True)
class Day:
    """What was seen of a day: seconds by kind of call, use of the lock and of the processors."""

    company: Company
    processors: int
    lock_use_at_peak: float = 0.0
    processors_busy_at_peak: float = 0.0
    seconds: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def note(self, kind: str, arrived: float, left: float) -> None:
        """Keep how long one call took, by when it came."""
        self.seconds.setdefault(kind, []).append((arrived, left - arrived))

    def waits(self, kind: str) -> Waits:
        """Return what calls of a kind took."""
        known = self.seconds.get(kind, [])
        peak = sorted(taken for at, taken in known if PEAK[0] <= at < PEAK[1])
        return Waits(sorted(taken for _at, taken in known), peak)


class Host:
    """One host: processors, the process that forks, the lock of the store; and the jobs that its callers are."""

    def __init__(self, company: Company, processors: int, costs: Costs, chance: Random) -> None:
        self.simulation = Simulation()
        self.following = following_at_peak(company, costs)
        # What open terminals take to follow others is left out of the queue, as much as at nine o'clock all day.
        self.processors = Station(self.simulation, max(1, processors - ceil(self.following)))
        self.forking, self.lock = Station(self.simulation), Station(self.simulation)
        self.day = Day(company, processors)
        self._costs, self._chance = costs, chance

    def _work(self, seconds: float) -> Iterator[float | Station]:
        yield self.processors
        yield seconds
        self.processors.give()

    def _commit(self, under_lock: float, sync: float) -> Iterator[float | Station]:
        arrived = self.simulation.now
        yield self.lock
        self.day.note("lock", arrived, self.simulation.now)
        yield from self._work(under_lock)
        yield sync
        self.lock.give()

    def reads(self, at: float, *, called: bool) -> Job:
        """Read something, by a command or in a terminal."""
        costs = self._costs
        if called:
            yield self.forking
            yield costs.fork
            self.forking.give()
            yield from self._work(costs.command_reads - costs.fork)
        else:
            yield from self._work(costs.terminal_reads)
        self.day.note("called reading" if called else "reading", at, self.simulation.now)

    def acts(self, at: float, *, called: bool) -> Job:
        """Commit an act, by a command or in a terminal, and see it."""
        costs = self._costs
        # Acts differ: a note decides in less, an event that opens duties in more.
        under_lock = self._chance.expovariate(1 / costs.decides)
        if called:
            yield self.forking
            yield costs.fork
            self.forking.give()
            yield from self._work(costs.command_acts - costs.fork)
            yield from self._commit(under_lock, costs.syncs)
        else:
            yield from self._commit(under_lock, costs.syncs)
            yield from self._work(costs.row_changes)
        self.day.note("called act" if called else "act", at, self.simulation.now)

    def opens(self, at: float) -> Job:
        """Open a terminal."""
        yield self.forking
        yield self._costs.fork
        self.forking.give()
        yield from self._work(self._costs.terminal_opens - self._costs.fork)
        self.day.note("opening", at, self.simulation.now)

    def plans(self, count: int) -> Job:
        """Plan reminders in batches, as the service does once they are due."""
        costs = self._costs
        for _batch in range(0, count, costs.batch):
            yield from self._work(costs.batch * costs.plans_reminder - costs.plans_under_lock)
            yield from self._commit(costs.plans_under_lock, 8 * costs.syncs)

    def watches(self) -> Job:
        """Measure how much the lock and the processors are used in the ten minutes from nine."""
        before = self.lock.busy(), self.processors.busy()
        yield PEAK[1] - PEAK[0]
        span = PEAK[1] - PEAK[0]
        self.day.lock_use_at_peak = (self.lock.busy() - before[0]) / span
        self.day.processors_busy_at_peak = (self.processors.busy() - before[1]) / span + self.following


def times(count: int, chance: Random, parts: Sequence[tuple[float, float, int]] = PARTS) -> list[float]:
    """Return so many times of a day, in seconds since midnight, sorted."""
    sums = list(accumulate(share for _from, _to, share in parts))
    found = []
    for start, end, _share in chance.choices(parts, cum_weights=sums, k=count):
        found.append(HOUR * (start + (end - start) * chance.random()))
    return sorted(found)


def acts_a_second(company: Company) -> float:
    """Return the acts a second that are expected in the ten minutes from nine o'clock on."""
    share = next(share for start, _end, share in PARTS if start * HOUR == PEAK[0])
    return company.acts * share / 100 / (PEAK[1] - PEAK[0]) + company.more_before_noon / (3 * HOUR)


def following_at_peak(company: Company, costs: Costs) -> float:
    """Return the processors that open terminals take at nine o'clock to follow what others commit."""
    looks = min(acts_a_second(company), 1 / costs.pause)
    return company.terminals * (costs.idle_share + looks * costs.looks_at_others)


@cache
def a_day(company: Company, processors: int, *, until: float = 24 * HOUR) -> Day:
    """Play one day, or its part before a time; the same arguments give the same day."""
    chance = Random(f"{company.people}/{company.acts}/{company.more_before_noon}")
    host = Host(company, processors, Costs(), chance)
    acts = times(company.acts, chance) + times(company.more_before_noon, chance, ((9.0, 12.0, 1),))
    for at in filter(until.__gt__, acts):
        host.simulation.start(at, host.acts(at, called=chance.random() < company.called_share))
    for at in filter(until.__gt__, times(company.acts * company.readings, chance)):
        host.simulation.start(at, host.reads(at, called=chance.random() < company.called_share))
    for at in times(
        company.terminals, chance, ((8.5, 8.75, 2), (8.75, 9 + 1 / 12, 7), (9 + 1 / 12, 10.0, 1))
    ):
        host.simulation.start(at, host.opens(at))
    host.simulation.start(PEAK[0], host.plans(company.reminders))
    host.simulation.start(PEAK[0], host.watches())
    host.simulation.run()
    return host.day


def memory_bytes(company: Company, costs: Costs = Costs()) -> int:
    """Return the memory of open terminals and of the live duties, which they share."""
    live = company.acts // 4 * company.live_days
    return company.terminals * costs.terminal_bytes + live * costs.live_bytes


def disk_bytes_a_year(company: Company, costs: Costs = Costs()) -> int:
    """Return what a year adds to the journal: acts, first days of months, reminders planned and sent."""
    first = replace(FIRST, people=company.people)
    share = company.acts / USUAL.acts
    acts = company.acts * WORKDAYS_A_YEAR + round(12 * first.more_before_noon * share)
    reminders = 2 * company.reminders * WORKDAYS_A_YEAR
    return (acts + reminders) * costs.change_bytes


@cache
def a_head(held: float, rate: float, heads: int = 1, acts: int = 20_000) -> tuple[list[float], float]:
    """Return sorted waits for the head row of a chain and the use of the busiest, for acts at random times."""
    chance, simulation = Random(f"{held}/{rate}/{heads}"), Simulation()
    rows = [Station(simulation) for _ in range(heads)]
    waits: list[float] = []

    def act(row: Station) -> Job:
        arrived = simulation.now
        yield row
        waits.append(simulation.now - arrived)
        yield held
        row.give()

    at = 0.0
    for _act in range(acts):
        at += chance.expovariate(rate)
        simulation.start(at, act(chance.choice(rows)))
    simulation.run()
    return sorted(waits), max(row.busy() for row in rows) / simulation.now


def measured(rounds: int = 200) -> dict[str, float]:
    """Return what an act costs here and now: seconds of a processor, and bytes of its line in the journal."""
    from benchmarks.journal_commit import AT  # importing the program takes longer than the simulation
    from sla_tracker.services.duties import operations
    from sla_tracker.services.ports import Act, Writing
    from sla_tracker.storage.tinydb import TinyStore
    from sla_tracker.testing.company import a_context, a_duty, an_actor

    def fill(tx: Writing) -> None:
        for number in range(rounds):
            tx.put(a_duty(id=f"01932f00-0000-7000-8000-{number:012x}"))

    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore.open(Path(folder) / "store", create=True)
        store.write(Act(what="kept", by="benchmark", at=AT), fill)
        context = a_context(store=store, now="2026-11-19 09:00")
        actor, before = an_actor(context, "wang.fang"), _written(store.journal.folders())
        began = time.process_time()
        for number in range(rounds):
            operations.take(context, actor, f"01932f00-0000-7000-8000-{number:012x}")
        taken = time.process_time() - began
        size = _written(store.journal.folders()) - before
        store.close()
    return {"act": taken / rounds, "change_bytes": size / rounds}


def _written(folders: Sequence[Path]) -> int:
    """Return the bytes of a journal's lines; room that is on the disk already holds none."""
    files = {path for folder in folders for path in folder.glob("*.journal")}
    return sum(len(path.read_bytes().rstrip(b"\0")) for path in files)


def main() -> None:
    """Print the tables, and check what they promise and that the costs are those of this program."""
    from benchmarks._scale_tables import PAGES, tables, with_tables

    for name, table in tables("en").items():
        print(f"-- {name}\n{table}")
    costs = Costs()
    for name, value in measured().items():
        kept = getattr(costs, name)
        print(f"{name}: measured {value:.3g}, reckoned with {kept:.3g}")
        at_most(value / kept, MOST_OFF, f"{name}, measured / what the page reckons with")
    for company in (USUAL, FIRST):
        day = a_day(company, PROCESSORS)
        last = quantile(day.waits("called act").peak, 0.99)
        print(f"at nine: p99 of a command {last:.3f} s, lock in use {day.lock_use_at_peak:.1%}")
        at_most(
            last, MOST_P99_SECONDS, "seconds that the slowest of a hundred commands waits at nine o'clock"
        )
        at_most(day.lock_use_at_peak, MOST_LOCK_USE, "share of nine o'clock in which the lock is held")
    for language, path in PAGES.items():
        page = path.read_text(encoding="utf-8")
        assert page == with_tables(page, tables(language)), f"{path.name} shows other figures"


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        from benchmarks._scale_tables import write

        write()
    else:
        main()
