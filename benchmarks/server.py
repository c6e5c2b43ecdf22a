"""Measures writing to a PostgreSQL server by 1, 4 and 16 clients, beside bare updates that commit.

Beside one UPDATE, and beside a client of a few lines that asks as many questions as a use case does: what that costs on
a machine with few processors is mostly the way from one process to the next. On this machine's disk, and as on one
whose writes take three milliseconds, as where the disk is in another machine: there bare updates do 300, 620 and 2,500
a second with 1, 4 and 16 clients, as on the disk from which the limit comes (332, 842 and 2,235). For that strace holds
each fdatasync of the server. The server's own commit_delay would let commits join a write that has begun, which no disk
does, and nearly double what bare updates get.
"""

import gc
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing.synchronize import Barrier
from shutil import which
from typing import NamedTuple

import psycopg

from benchmarks._limits import at_least, not_measured
from sla_tracker.domain.duties.event import Event
from sla_tracker.services.ports import Writing
from sla_tracker.storage.postgres import PostgresStore
from sla_tracker.testing.store_contract import an_act, an_event
from tests.storage.factories import Databases
from tests.storage.postgres_server import Server, programs, running_server

CLIENTS = (1, 4, 16)
SECONDS = 2
ROUNDS = 3
WARM = 20  # steps before
LONGEST_START = 60  # seconds; a client that fails does not let the others wait for ever
SLOW_DISK = [
    *("strace", "--follow-forks", "--seccomp-bpf", "--quiet=all", "--output=/dev/null", "--trace=fdatasync"),
    *("--signal=none", "--inject=fdatasync:delay_enter=2850"),
]
"""What runs a server as on the slow disk: each write to it takes 2.85 ms more."""
BUFFERS = "128MB"  # what PostgreSQL has where nobody set anything
LEAST_SHARE = 0.4
"""Lowest ratio to bare updates of a row each that commit, on the slow disk."""
LEAST_OF_AS_MANY = 0.15
"""Lowest ratio, by 16 clients on this machine's disk, to bare clients that ask as many questions.

A quick disk leaves nothing to wait for: what is compared then is what processors do for a change, which encodes,
decodes, makes hashes, versions and indexes, with what they do for an UPDATE of one number.
"""

Ready = Callable[[], object]
_barrier: Barrier
Loop = Callable[[str, int, Ready], float]


def _counted(step: Callable[[], object], ready: Ready) -> float:
    """Return how often a second a step can be done, once all clients have their connections and plans."""
    for _ in range(WARM):
        step()
    ready()
    began, count = time.monotonic(), 0
    while (passed := time.monotonic() - began) < SECONDS:
        step()
        count += 1
    return count / passed


def bare(dsn: str, row: int, ready: Ready) -> float:
    """Update a row and commit, as often as there is time for."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return _counted(
            lambda: connection.execute("UPDATE public.bare SET n = n + 1 WHERE id = %s", (row,)), ready
        )


def one_row(dsn: str, _number: int, ready: Ready) -> float:
    """Update the row that all share."""
    return bare(dsn, 0, ready)


def as_many_questions(dsn: str, number: int, ready: Ready) -> float:
    """Begin to read, read a row, then update the row that all share, commit, and wait for the disk."""

    def step() -> None:
        connection.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT n FROM public.bare WHERE id = 0"
        )
        connection.execute("SELECT n FROM public.bare WHERE id = %s", (number,))
        connection.execute("COMMIT; BEGIN; UPDATE public.bare SET n = n + 1 WHERE id = 0; COMMIT")

    with psycopg.connect(dsn, autocommit=True) as connection:
        return _counted(step, ready)


def use_cases(dsn: str, number: int, ready: Ready) -> float:
    """Read a document of one's own, change it and commit, as a use case does."""
    store, id = PostgresStore.open(dsn), f"e-{number}"

    def work(tx: Writing) -> None:
        seen = tx.get(Event, id)
        tx.put(an_event(id, subject=str(int(seen.subject) + 1 if seen else 1)))

    try:
        return _counted(lambda: store.write(an_act(), work), ready)
    finally:
        store.close()


def a_second(loop: Loop, dsn: str, clients: int) -> float:
    """Return how often a second all clients together get through."""
    # As the service does before it forks: the garbage collector then skips all that is loaded.
    gc.freeze()
    fork = multiprocessing.get_context("fork")
    barrier = fork.Barrier(clients)
    with ProcessPoolExecutor(clients, fork, initializer=_share, initargs=(barrier,)) as pool:
        return sum(pool.map(_client, repeat(loop), repeat(dsn), range(clients)))


def _share(barrier: Barrier) -> None:
    """Keep what the clients of a measurement wait at, in a process of theirs."""
    global _barrier  # noqa: PLW0603 - a process has one
    _barrier = barrier


def _client(loop: Loop, dsn: str, number: int) -> float:
    return loop(dsn, number, lambda: _barrier.wait(LONGEST_START))


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


def on_server(server: Server) -> dict[int, Rates]:
    """Return the rates on a server, by the number of clients."""
    databases = Databases(server)
    database = databases.new()
    rows = ", ".join(f"({number}, 0)" for number in range(max(CLIENTS)))
    server.execute(f"CREATE TABLE bare (id int PRIMARY KEY, n int); INSERT INTO bare VALUES {rows}", database)
    rates = dict[int, Rates]()
    for clients in CLIENTS:
        rates[clients] = measured(clients, server.dsn(database), databases.dsn(database))
        show(clients, rates[clients])
    return rates


def main() -> None:
    """Print the figures and the limits that are missed."""
    if programs() is None:
        not_measured("no programs of a PostgreSQL server")
        return
    print("this machine's disk")
    with running_server(fsync=True, buffers=BUFFERS) as server:
        quick = on_server(server)
    check_quick(quick)
    if which(SLOW_DISK[0]) is None:
        not_measured("a slow disk, without strace")
        return
    print("a disk that takes 3 ms")
    with running_server(fsync=True, buffers=BUFFERS, under=SLOW_DISK) as server:
        slow = on_server(server)
    check_slow(slow)


def show(clients: int, found: Rates) -> None:
    """Print what so many clients got through."""
    ours = found.use_cases
    print(
        f"{clients} clients: {ours:,.0f} use cases a second; bare updates of one row {found.shared:,.0f} "
        f"({ours / found.shared:.2f}), of a row each {found.own:,.0f} ({ours / found.own:.2f}), "
        f"with as many questions {found.as_many:,.0f} ({ours / found.as_many:.2f})",
        flush=True,
    )


def check_quick(rates: Mapping[int, Rates]) -> None:
    """Say which limits are missed on this machine's disk."""
    check_many(rates)
    many = rates[max(CLIENTS)]
    at_least(
        many.use_cases / many.as_many,
        LEAST_OF_AS_MANY,
        f"of {max(CLIENTS)} bare clients with as many questions",
    )


def check_slow(rates: Mapping[int, Rates]) -> None:
    """Say which limits are missed on the slow disk."""
    check_many(rates)
    for clients, found in rates.items():
        at_least(found.use_cases / found.own, LEAST_SHARE, f"of bare updates by {clients} clients, 3 ms")


def check_many(rates: Mapping[int, Rates]) -> None:
    """Say whether many clients together get through less than one."""
    one, many = rates[min(CLIENTS)].use_cases, rates[max(CLIENTS)].use_cases
    at_least(many / one, 1, f"{max(CLIENTS)} clients, of one")


if __name__ == "__main__":
    main()
