"""Measures copying a store: from and to a journal, and a PostgreSQL server where installed."""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import UTC, date, datetime
from pathlib import Path

from benchmarks._limits import at_most, not_measured
from benchmarks.opening import NOW, played
from sla_tracker.services.ports import Store
from sla_tracker.storage import transfer
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.tinydb import TinyStore

SINCE = {"four months": date(2026, 8, 1), "two years": date(2024, 12, 1)}
MOST_READING = 8
"""Highest ratio of reading all changes with their documents to reading the changes alone."""
MOST_GROWTH = 2.0
"""Highest ratio of the time for a document with two years of history to that with four months."""


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def moved(what: str, source: Store, target: Store, documents: int) -> float:
    """Copy a store, print the speed, and return the seconds for each document."""
    seconds = timed(lambda: transfer.migrate(source, target, now=datetime.now(UTC)))
    print(f"  {what}: {documents / seconds:,.0f} documents a second")
    return seconds / documents


def measured(folder: Path, since: date, servers: ExitStack) -> tuple[float, float]:
    """Return the ratio of both readings, and the seconds to copy a document from the journal."""
    changes = played(folder / "played", since)
    with closing(TinyStore.open(folder / "played" / "store", read_only=True)) as store:
        documents = sum(len(values) for _, values in store.revisions())
        print(f"{changes:,} changes, {documents:,} documents")
        bare = min(timed(lambda: sum(1 for _ in store.changes())) for _ in range(3))
        reading = min(timed(lambda: sum(1 for _ in store.revisions())) for _ in range(3))
        print(
            f"  reading every document: {reading / bare:.1f} bare walks over the lines (at most {MOST_READING})"
        )
        memory = MemoryStore()
        out = moved("journal to memory", store, memory, documents)
        with closing(TinyStore.open(folder / "back", create=True)) as back:
            moved("memory to journal, each change synced", memory, back, documents)
        with_server(store, documents, servers)
    return reading / bare, out


def with_server(store: Store, documents: int, servers: ExitStack) -> None:
    """Copy to a temporary server and back, if one can be started."""
    from tests.storage.factories import Databases
    from tests.storage.postgres_server import programs, running_server

    if programs() is None:
        not_measured("moving to and from a server, whose programs are not there")
        return
    databases = Databases(servers.enter_context(running_server()))
    with closing(databases.store(databases.new())) as server:
        moved("journal to server", store, server, documents)
        moved("server to memory", server, MemoryStore(), documents)


def main() -> None:
    """Print the figures, and which limits are missed."""
    os.environ["SLA_NOW"] = NOW
    found = {}
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        for which, since in SINCE.items():
            found[which] = measured(Path(name) / which, since, servers)
    (_, short), (reading, long) = found.values()
    print(
        f"a document with two years of history beside four months: {long / short:.2f} (at most {MOST_GROWTH})"
    )
    at_most(reading, MOST_READING, "reading what each change left / a bare walk over the lines")
    at_most(long / short, MOST_GROWTH, "moving a document, two years of history / four months")


if __name__ == "__main__":
    main()
