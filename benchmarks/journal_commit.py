"""Measures a durable commit against a bare append, a small store, and stock TinyDB."""

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

INDEXES = {"duty": ("state", "provider", "consumer", "owner")}
AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
ROUNDS = 1000
TURN = 1  # calls of one work before the next one's turn


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


def filled(folder: Path, count: int) -> Journal:
    """Create a journal of `count` documents, with a snapshot."""
    journal = Journal.open(folder, indexes=INDEXES, create=True)
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


def _appender(path: Path) -> Callable[[int], None]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    content = b"x" * 499 + b"\n"

    def append(_: int) -> None:
        os.write(descriptor, content)
        os.fdatasync(descriptor)

    return append


def _medians(works: dict[str, Callable[[int], None]]) -> dict[str, float]:
    """Return the median seconds of each work; they take turns, so that other load affects all alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for start in range(0, ROUNDS, TURN):
        for name, work in works.items():
            for number in range(start, start + TURN):
                began = time.perf_counter()
                work(number)
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(each) for name, each in times.items()}


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
        folder = Path(name)
        small, large = filled(folder / "small", 1_000), filled(folder / "large", 100_000)
        medians = _medians(
            {
                "append": _appender(folder / "bare"),
                "small": lambda number: change(small, number),
                "large": lambda number: change(large, number),
            }
        )
        stock = _stock(folder, 50_000)
    bare, at_small, at_large = medians["append"], medians["small"], medians["large"]
    print(
        f"bare append {bare * 1e6:.0f} us, commit at 1,000 {at_small * 1e6:.0f} us, at 100,000 {at_large * 1e6:.0f} us"
    )
    print(f"at 100,000 / bare append  {at_large / bare:.2f}  (at most 1.5)")
    print(f"at 100,000 / at 1,000     {at_large / at_small:.2f}  (at most 1.2)")
    print(f"stock TinyDB at 50,000 / at 100,000  {stock / at_large:.0f}  (at least 100)")
    at_most(at_large / bare, 1.5, "a commit at 100,000 documents / a bare append")
    at_most(at_large / at_small, 1.2, "a commit at 100,000 documents / at 1,000")
    at_least(stock / at_large, 100, "a commit of stock TinyDB / ours")


if __name__ == "__main__":
    main()
