"""Measures four processes that write at once against the same with SQLite (WAL, synchronous FULL)."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Callable
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median

from benchmarks._limits import at_least, at_most
from benchmarks.journal_commit import INDEXES, change, document, filled
from sla_tracker.storage.journal import Journal

WRITERS, CHANGES, DOCUMENTS = 4, 200, 10_000
# A run takes a quarter of a second, and some syncs of a shared disk ten times as long as others: of seven runs the
# medians are a tenth apart from one time to the next.
RUNS = 21
Work = Callable[[int], None]
Opened = tuple[Work, Callable[[], None]]
"""The function that makes one change, and the one that closes the store."""


def _journal(folder: Path) -> Opened:
    journal = Journal.open(folder, indexes=INDEXES)
    return (lambda number: change(journal, number)), journal.close


def _sqlite(folder: Path) -> Opened:
    database = sqlite3.connect(folder / "database", timeout=60, isolation_level=None)
    database.execute("pragma synchronous=full")

    def work(number: int) -> None:
        key = f"duty-{number % 1000:08d}"
        database.execute("begin immediate")
        (text,) = database.execute("select document from duty where id = ?", (key,)).fetchone()
        known = json.loads(text)
        known["owner"] = f"person-{number}"
        database.execute("update duty set document = ? where id = ?", (json.dumps(known), key))
        database.execute("commit")

    return work, database.close


def _fill_sqlite(folder: Path) -> None:
    folder.mkdir()
    database = sqlite3.connect(folder / "database")
    database.execute("pragma journal_mode=wal")
    database.execute("create table duty (id text primary key, document text)")
    documents = ((f"duty-{number:08d}", json.dumps(document(number))) for number in range(DOCUMENTS))
    database.executemany("insert into duty values (?, ?)", documents)
    database.commit()
    database.close()


def _write(
    make: Callable[[Path], Opened],
    folder: Path,
    first: int,
    ready: Barrier,
    results: Queue[tuple[float, float, float]],
) -> None:
    work, end = make(folder)
    ready.wait()
    began = time.perf_counter()
    waits = []
    for number in range(first, first + CHANGES):
        started = time.perf_counter()
        work(number)
        waits.append(time.perf_counter() - started)
    ended = time.perf_counter()
    end()
    results.put((began, ended, max(waits)))


def _run(make: Callable[[Path], Opened], folder: Path, run: int) -> tuple[float, float]:
    """Return changes a second and the worst wait in seconds; each run writes values of its own."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(WRITERS)
    results: Queue[tuple[float, float, float]] = context.Queue()
    firsts = [(run * WRITERS + number) * CHANGES for number in range(WRITERS)]
    writers = [context.Process(target=_write, args=(make, folder, first, ready, results)) for first in firsts]
    for writer in writers:
        writer.start()
    began, ended, worst = zip(*(results.get() for _ in writers), strict=True)
    for writer in writers:
        writer.join()
    return WRITERS * CHANGES / (max(ended) - min(began)), max(worst)


def main() -> None:
    """Print the medians of the runs, in which both take turns; says which limits are missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        filled(folder / "journal", DOCUMENTS).close()
        _fill_sqlite(folder / "sqlite")
        runs = [
            (_run(_journal, folder / "journal", run), _run(_sqlite, folder / "sqlite", run))
            for run in range(RUNS)
        ]
    ours, theirs = (median(speed for speed, _ in each) for each in zip(*runs, strict=True))
    our_wait, their_wait = (median(wait for _, wait in each) for each in zip(*runs, strict=True))
    print(f"journal {ours:6.0f} changes/s, worst wait {our_wait * 1e3:6.1f} ms")
    print(f"SQLite  {theirs:6.0f} changes/s, worst wait {their_wait * 1e3:6.1f} ms")
    print(
        f"journal / SQLite  {ours / theirs:.2f} (at least 1), worst wait {our_wait / their_wait:.2f} (at most 1)"
    )
    at_least(ours / theirs, 1, "changes a second / SQLite's")
    at_most(our_wait / their_wait, 1, "worst wait / SQLite's")


if __name__ == "__main__":
    main()
