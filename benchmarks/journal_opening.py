"""Measures opening a journal (long history, many documents, no snapshot) and memory per document."""

import gc
import statistics
import tempfile
import time
import tracemalloc
from pathlib import Path

import orjson

from benchmarks._limits import at_most
from benchmarks.journal_commit import AT, INDEXES, document, filled
from sla_tracker.storage.journal import Journal, UnsyncedDisk


def _create_history(folder: Path, commits: int, live: int = 1_000) -> None:
    journal = Journal.open(folder, indexes=INDEXES, create=True, disk=UnsyncedDisk())
    for number in range(commits):
        with journal.transaction(who="wang.fang", what="deliver", at=AT) as transaction:
            transaction.put("duty", f"duty-{number % live:08d}", document(number))
    journal.close()


def _opening(folder: Path, times: int = 25) -> float:
    """Return the median seconds of opening a journal and finding one person's open documents."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        journal = Journal.open(folder, indexes=INDEXES, read_only=True)
        list(journal.find("duty", owner="person-1", state="open"))
        took.append(time.perf_counter() - began)
        journal.close()
    return statistics.median(took)


def _replay(folder: Path) -> tuple[float, float]:
    """Return the seconds of a replay without a snapshot, and of orjson over the same lines."""
    (folder / "snapshot").unlink()
    began = time.perf_counter()
    Journal.open(folder, indexes=INDEXES, read_only=True).close()
    ours = time.perf_counter() - began
    gc.collect()
    began = time.perf_counter()
    lines = [
        orjson.loads(line)
        for path in sorted((folder / "segments").iterdir())
        for line in path.read_bytes().rstrip(b"\0").splitlines()
    ]
    theirs = time.perf_counter() - began
    assert len(lines) == 100_000
    return ours, theirs


def _bytes_per_document(folder: Path, live: int, *, replayed: bool) -> float:
    """Return the memory in bytes that an open journal takes for each live document."""
    if replayed:
        (folder / "snapshot").unlink()
    tracemalloc.start()
    journal = Journal.open(folder, indexes=INDEXES, read_only=True)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert journal.count("duty") == live
    return held / live


def main() -> None:
    """Print the figures, and which limits are missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _create_history(folder / "short", 1_000)
        _create_history(folder / "long", 100_000)
        filled(folder / "many", 50_000).close()
        short, long, many = (_opening(folder / each) for each in ("short", "long", "many"))
        packed = _bytes_per_document(folder / "many", 50_000, replayed=False)
        fresh = _bytes_per_document(folder / "many", 50_000, replayed=True)
        ours, theirs = _replay(folder / "long")
    for what, seconds in (("1,000 commits", short), ("100,000 commits", long), ("50,000 live", many)):
        print(f"opening and reading, {what:16}{seconds * 1e3:6.2f} ms")
    print(f"100,000 commits / 1,000 commits  {long / short:.2f} (at most 1.5)")
    print(f"replay {ours:.2f} s, orjson {theirs:.2f} s, ratio {ours / theirs:.2f} (at most 3)")
    print(
        f"memory of a live document: {packed:.0f} bytes from a snapshot, {fresh:.0f} from a replay (at most 3,000)"
    )
    at_most(long / short, 1.5, "opening after 100,000 commits / after 1,000")
    at_most(ours / theirs, 3, "a replay / orjson over the same lines")
    at_most(max(packed, fresh), 3_000, "bytes of memory of a live document")


if __name__ == "__main__":
    main()
