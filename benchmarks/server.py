"""Measures writing to a PostgreSQL server by 1, 4 and 16 clients, beside bare updates that commit.

Beside one UPDATE, and beside a client of a few lines that asks as many questions as a use case does: what that costs on
a machine with few processors is mostly the way from one process to the next.
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
from tests.storage.postgres_server import programs, running_server

CLIENTS = (1, 4, 16)
SECONDS = 1.5
ROUNDS = 5
WARM = 20  # steps before
LEAST_SHARE = 0.4
"""Lowest ratio, by 4 clients, to bare updates of one row that all share: numbers without a gap need one."""
LEAST_OF_AS_MANY = 0.15
"""Lowest ratio, by 16 clients, to bare clients that ask as many questions.

0.4 of bare updates is not reached on two processors: these are busy then with 16 programs that encode and decode, and
with what the server does for each change, hashes, versions and indexes.
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


def main() -> None:
    """Print the figures; a missed limit raises."""
    if programs() is None:
        print("no programs of a PostgreSQL server: not measured")
        return
    rates = dict[int, Rates]()
    with running_server(fsync=True) as server:
        databases = Databases(server)
        database = databases.new()
        rows = ", ".join(f"({number}, 0)" for number in range(max(CLIENTS)))
        server.execute(
            f"CREATE TABLE bare (id int PRIMARY KEY, n int); INSERT INTO bare VALUES {rows}", database
        )
        for clients in CLIENTS:
            found = rates[clients] = measured(clients, server.dsn(database), databases.dsn(database))
            ours = found.use_cases
            print(
                f"{clients} clients: {ours:,.0f} use cases a second; bare updates of one row {found.shared:,.0f} "
                f"({ours / found.shared:.2f}), of a row each {found.own:,.0f} ({ours / found.own:.2f}), "
                f"with as many questions {found.as_many:,.0f} ({ours / found.as_many:.2f})"
            )
    check(rates)


def check(rates: Mapping[int, Rates]) -> None:
    """Raise AssertionError for a missed limit."""
    one, few, many = (rates[clients] for clients in CLIENTS)
    share, asking = few.use_cases / few.shared, many.use_cases / many.as_many
    assert share >= LEAST_SHARE, (
        f"{share:.2f} of bare updates by {CLIENTS[1]} clients, at least {LEAST_SHARE}"
    )
    assert many.use_cases >= one.use_cases, f"{CLIENTS[-1]} clients do less than one"
    assert asking >= LEAST_OF_AS_MANY, (
        f"{asking:.2f} of {CLIENTS[-1]} bare clients with as many questions, at least {LEAST_OF_AS_MANY}"
    )


if __name__ == "__main__":
    main()
