"""Measures a durable commit against a bare append, a small store, and stock TinyDB.

On this machine's disk, and on one as the limit was set on, where a bare append takes 0.15 ms: beside a quicker disk it
is the processor that is measured. There each sync waits as much longer as the append lacks.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinydb import TinyDB

from benchmarks._limits import at_least, at_most
from sla_tracker.storage.journal import Journal
from sla_tracker.storage.journal.document import decoded
from sla_tracker.storage.journal.files.disk import Disk

INDEXES = {"duty": ("state", "provider", "consumer", "owner")}
AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
ROUNDS = 7  # of which the middle one counts: a machine may be slow for seconds at a time
TURNS = 400  # calls of each work in a round
APPEND_SECONDS = 150e-6
"""What a bare append takes on the disk on which the limit was set."""


class WaitingDisk(Disk):
    """A disk whose syncs take some seconds longer."""

    longer = 0.0

    def sync(self, descriptor: int) -> None:
        """Sync, then wait in a loop; a sleep would take longer than the wait."""
        super().sync(descriptor)
        until = time.perf_counter() + self.longer
        while time.perf_counter() < until:
            pass


def document(number: int) -> dict[str, Any]:
    """Return a document of about 500 bytes."""
    return {
        "id": f"duty-{number:08d}",
        "state": "done" if number % 10 else "open",
        "provider": f"department-{number % 12}",
        "consumer": "finance",
        "owner": f"person-{number % 60}",
        "due_at": "2026-11-25T10:00:00Z",
        "note": "装饰单" * 40,
    }


def filled(folder: Path, count: int, disk: Disk | None = None) -> Journal:
    """Create a journal of `count` documents, with a snapshot."""
    journal = Journal.open(folder, indexes=INDEXES, create=True, disk=disk)
    for start in range(0, count, 1000):
        with journal.transaction(who="import", what="import", at=AT) as transaction:
            for number in range(start, min(start + 1000, count)):
                transaction.put("duty", f"duty-{number:08d}", document(number))
    journal.snapshot()
    return journal


def change(journal: Journal, number: int) -> None:
    """Read a document, change it and commit."""
    key = f"duty-{number % 1000:08d}"
    with journal.transaction(who="wang.fang", what="deliver", at=AT, via="cli") as transaction:
        known = decoded(transaction.get("duty", key) or b"{}")
        known["owner"] = f"person-{number}"
        transaction.put("duty", key, known)


def _appender(path: Path, disk: Disk) -> Callable[[int], None]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    content = b"x" * 499 + b"\n"

    def append(_: int) -> None:
        os.write(descriptor, content)
        disk.sync(descriptor)

    return append


def _medians(works: dict[str, Callable[[int], None]], first: int) -> dict[str, float]:
    """Return the median seconds of each work; they take turns, so that other load affects all alike.

    Numbers begin at `first`: a document that is put as it was is no commit.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(first, first + TURNS):
        for name, work in works.items():
            began = time.perf_counter()
            work(number)
            times[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in times.items()}


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    """Return the round whose ratio of a commit to an append is the middle one."""
    return sorted(rounds, key=lambda medians: medians["large"] / medians["append"])[len(rounds) // 2]


def _stock(folder: Path, count: int) -> float:
    path = folder / "stock.json"
    path.write_text(
        json.dumps({"_default": {str(n + 1): document(n) for n in range(count)}}), encoding="utf-8"
    )
    tables = TinyDB(path)
    times = []
    for number in range(3):
        began = time.perf_counter()
        tables.update({"owner": f"person-{number}"}, doc_ids=[number + 1])
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    """Print the figures, and which limits are missed."""
    with tempfile.TemporaryDirectory() as name:
        folder, disk = Path(name), WaitingDisk()
        small, large = filled(folder / "small", 1_000, disk), filled(folder / "large", 100_000, disk)
        works = {
            "append": _appender(folder / "bare", disk),
            "small": lambda number: change(small, number),
            "large": lambda number: change(large, number),
        }
        on_this_disk, on_that_disk = [], []
        for number in range(0, 2 * ROUNDS * TURNS, 2 * TURNS):
            disk.longer = 0.0
            on_this_disk.append(_medians(works, number))
            disk.longer = max(APPEND_SECONDS - on_this_disk[-1]["append"], 0)
            on_that_disk.append(_medians(works, number + TURNS))
        quick, medians = _middle(on_this_disk), _middle(on_that_disk)
        stock = _stock(folder, 50_000)
    for where, times in (("this machine's disk", quick), ("a disk that takes 0.15 ms", medians)):
        us = {name: seconds * 1e6 for name, seconds in times.items()}
        print(
            f"{where}: bare append {us['append']:.0f} us, commit at 1,000 {us['small']:.0f} us, "
            f"at 100,000 {us['large']:.0f} us, {us['large'] / us['append']:.2f} of the append"
        )
    bare, at_small, at_large = medians["append"], medians["small"], medians["large"]
    print(f"at 100,000 / bare append  {at_large / bare:.2f}  (at most 1.5)")
    print(f"at 100,000 / at 1,000     {at_large / at_small:.2f}  (at most 1.2)")
    print(f"stock TinyDB at 50,000 / at 100,000  {stock / quick['large']:.0f}  (at least 100)")
    at_most(at_large / bare, 1.5, "a commit at 100,000 documents / a bare append")
    at_most(at_large / at_small, 1.2, "a commit at 100,000 documents / at 1,000")
    at_least(stock / quick["large"], 100, "a commit of stock TinyDB / ours")


if __name__ == "__main__":
    main()
