"""Measures writing to a PostgreSQL server by 1, 4 and 16 clients, beside bare updates that commit."""

import multiprocessing
import time
from collections.abc import Callable

import psycopg

from sla_tracker.domain.duties.event import Event
from sla_tracker.services.ports import Writing
from sla_tracker.storage.postgres import PostgresStore
from sla_tracker.testing.store_contract import an_act, an_event
from tests.storage.factories import Databases
from tests.storage.postgres_server import programs, running_server

CLIENTS = (1, 4, 16)
SECONDS = 5.0
LEAST_SHARE, BY = 0.4, 4
"""Lowest ratio, by so many clients, to bare updates of one row that all share: numbers without a gap need one.

By 16 clients the figure is printed and has no limit: the row goes from one waiting backend to the next, and on a
machine with few processors each of them first has to get one.
"""

Loop = Callable[[str, int], float]


def _counted(step: Callable[[], object]) -> float:
    """Return how often a second a step can be done."""
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


def main() -> None:
    """Print the figures; a missed limit raises."""
    if programs() is None:
        print("no programs of a PostgreSQL server: not measured")
        return
    shares = dict[int, float]()
    with running_server(fsync=True) as server:
        databases = Databases(server)
        database = databases.new()
        rows = ", ".join(f"({number}, 0)" for number in range(max(CLIENTS)))
        server.execute(
            f"CREATE TABLE bare (id int PRIMARY KEY, n int); INSERT INTO bare VALUES {rows}", database
        )
        for clients in CLIENTS:
            own = a_second(bare, server.dsn(database), clients)
            shared = a_second(one_row, server.dsn(database), clients)
            ours = a_second(use_cases, databases.dsn(database), clients)
            share = shares[clients] = ours / shared
            print(
                f"{clients} clients: {ours:,.0f} use cases a second; bare updates of one row {shared:,.0f} "
                f"({share:.2f}), of a row each {own:,.0f} ({ours / own:.2f})"
            )
    share = shares[BY]
    assert share >= LEAST_SHARE, (
        f"{share:.2f} of bare updates of one row by {BY} clients, at least {LEAST_SHARE}"
    )


if __name__ == "__main__":
    main()
