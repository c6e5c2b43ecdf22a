"""Measures writing to a PostgreSQL server by 1, 4 and 16 clients, beside bare updates that commit.

Beside one UPDATE, and beside a client of a few lines that asks as many questions as a use case does: what that costs on
a machine with few processors is mostly the way from one process to the next. On this machine's disk, and as on one
whose writes take three milliseconds, as where the disk is in another machine.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import psycopg

from sla_tracker.domain.duties.event import Event
from sla_tracker.services.ports import Writing
from sla_tracker.storage.postgres import PostgresStore
from sla_tracker.testing.store_contract import an_act, an_event
from tests.storage.factories import Databases
from tests.storage.postgres_server import Server, programs, running_server

CLIENTS = (1, 4, 16)
SECONDS = 1.5
ROUNDS = 3
WARM = 20  # steps before
SLOW_DISK = 3_000
"""Microseconds that a write to the disk takes besides, on the slow one."""
LEAST_SHARE = 0.4
"""Lowest ratio to bare updates that commit, on the slow disk: by 16 clients of a row each, by 4 of one for all."""
LEAST_OF_AS_MANY = 0.15
"""Lowest ratio, by 16 clients on this machine's disk, to bare clients that ask as many questions.

A quick disk leaves nothing to wait for: what is compared then is what processors do for a change, which encodes,
decodes, makes hashes, versions and indexes, with what they do for an UPDATE of one number.
"""

Loop = Callable[[str, int], float]


def _counted(step: Callable[[], object]) -> float:
    """Return how often a second a step can be done, once connection and plans are there."""
    for _ in range(WARM):
        step()
    began, count = time.monotonic(), 0
    while (passed := time.monotonic() - began) < SECONDS:
        step()
        count += 1
    return count / passed


def bare(dsn: str, row: int) -> float:
    """Update a row and commit, as often as there is time for."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return _counted(lambda: connection.execute("UPDATE public.bare SET n = n + 1 WHERE id = %s", (row,)))


def one_row(dsn: str, _number: int) -> float:
    """Update the row that all share."""
    return bare(dsn, 0)


def as_many_questions(dsn: str, number: int) -> float:
    """Begin to read, read a row, then update the row that all share, commit, and wait for the disk."""

    def step() -> None:
        connection.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT n FROM public.bare WHERE id = 0"
        )
        connection.execute("SELECT n FROM public.bare WHERE id = %s", (number,))
        connection.execute("COMMIT; BEGIN; UPDATE public.bare SET n = n + 1 WHERE id = 0; COMMIT")

    with psycopg.connect(dsn, autocommit=True) as connection:
        return _counted(step)


def use_cases(dsn: str, number: int) -> float:
    """Read a document of one's own, change it and commit, as a use case does."""
    store, id = PostgresStore.open(dsn), f"e-{number}"

    def work(tx: Writing) -> None:
        seen = tx.get(Event, id)
        tx.put(an_event(id, subject=str(int(seen.subject) + 1 if seen else 1)))

    try:
        return _counted(lambda: store.write(an_act(), work))
    finally:
        store.close()


def a_second(loop: Loop, dsn: str, clients: int) -> float:
    """Return how often a second all clients together get through."""
    with multiprocessing.get_context("fork").Pool(clients) as pool:
        return sum(pool.starmap(loop, [(dsn, number) for number in range(clients)]))


class Rates(NamedTuple):
    """Medians over the rounds, each a second: use cases, and what they are compared with."""

    use_cases: float
    shared: float
    own: float
    as_many: float


def measured(clients: int, bare_dsn: str, dsn: str) -> Rates:
    """Return the rates of so many clients; the ways take turns, as other work on the machine comes and goes."""
    ways = ((use_cases, dsn), (one_row, bare_dsn), (bare, bare_dsn), (as_many_questions, bare_dsn))
    found = [[a_second(loop, address, clients) for loop, address in ways] for _ in range(ROUNDS)]
    return Rates(*map(statistics.median, zip(*found, strict=True)))


def use_disk(server: Server, microseconds: int) -> None:
    """Let the server wait before each write to the disk, which those that commit meanwhile share."""
    for setting, value in (("commit_delay", microseconds), ("commit_siblings", 0)):
        server.execute(f"ALTER SYSTEM SET {setting} = {value}")
    server.execute("SELECT pg_reload_conf()")


def main() -> None:
    """Print the figures; a missed limit raises."""
    if programs() is None:
        print("no programs of a PostgreSQL server: not measured")
        return
    with running_server(fsync=True) as server:
        databases = Databases(server)
        database = databases.new()
        rows = ", ".join(f"({number}, 0)" for number in range(max(CLIENTS)))
        server.execute(
            f"CREATE TABLE bare (id int PRIMARY KEY, n int); INSERT INTO bare VALUES {rows}", database
        )
        rates = dict[tuple[int, int], Rates]()
        for disk in (0, SLOW_DISK):
            use_disk(server, disk)
            print("a disk that takes 3 ms" if disk else "this machine's disk")
            for clients in CLIENTS:
                found = rates[disk, clients] = measured(
                    clients, server.dsn(database), databases.dsn(database)
                )
                show(clients, found)
    check(rates)


def show(clients: int, found: Rates) -> None:
    """Print what so many clients got through."""
    ours = found.use_cases
    print(
        f"{clients} clients: {ours:,.0f} use cases a second; bare updates of one row {found.shared:,.0f} "
        f"({ours / found.shared:.2f}), of a row each {found.own:,.0f} ({ours / found.own:.2f}), "
        f"with as many questions {found.as_many:,.0f} ({ours / found.as_many:.2f})",
        flush=True,
    )


def check(rates: Mapping[tuple[int, int], Rates]) -> None:
    """Raise AssertionError for a missed limit."""
    one, few, many = CLIENTS
    for disk in (0, SLOW_DISK):
        assert rates[disk, many].use_cases >= rates[disk, one].use_cases, f"{many} clients do less than one"
    asking = rates[0, many].use_cases / rates[0, many].as_many
    assert asking >= LEAST_OF_AS_MANY, (
        f"{asking:.2f} of {many} bare clients with as many questions, at least {LEAST_OF_AS_MANY}"
    )
    slow, all_slow = rates[SLOW_DISK, few], rates[SLOW_DISK, many]
    for clients, share in (
        (few, slow.use_cases / slow.shared),
        (many, all_slow.use_cases / all_slow.own),
    ):
        assert share >= LEAST_SHARE, (
            f"{share:.2f} of bare updates by {clients} clients, at least {LEAST_SHARE}"
        )


if __name__ == "__main__":
    main()
