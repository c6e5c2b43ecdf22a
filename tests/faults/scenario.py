"""One life of a journal in named steps, and what must be true of what is left of it afterwards."""

import json
from collections.abc import Callable
from pathlib import Path

from sla_tracker.storage.journal import Journal
from sla_tracker.storage.journal.files.disk import Disk
from tests.faults.disks import HastyDisk
from tests.storage.journal.stores import duty, opened, signed

SEGMENT_BYTES = 3000
SECRET = "王芳-131-2222-3333"

Step = Callable[[Journal], None]


def _pair(number: int) -> Step:
    """Write two documents in one commit: half a commit would leave them different."""

    def step(journal: Journal) -> None:
        with journal.transaction(**signed(f"pair {number}", reason=f"because {number}")) as transaction:
            transaction.put("duty", "left", duty(number))
            transaction.put("duty", "right", duty(number))
            transaction.put("duty", f"own-{number}", duty(number, person=SECRET if number == 1 else "nobody"))

    return step


def _seal(journal: Journal) -> None:
    with journal.transaction(**signed("seal")) as transaction:
        transaction.archive("2026-10", [("duty", "own-2"), ("duty", "own-3")])


def _picture(journal: Journal) -> None:
    journal.snapshot()


def _erase(journal: Journal) -> None:
    journal.erase(
        [("duty", "own-1"), ("duty", "own-2")], who="officer", at="2026-11-21T00:00:00Z", reason="asked for"
    )


def steps(pairs: int = 4) -> list[tuple[str, Step]]:
    """Return the steps by the names that their commits carry; a snapshot has no commit."""
    life = [(f"pair {number}", _pair(number)) for number in range(pairs)]
    life += [("seal", _seal), ("", _picture), (f"pair {pairs}", _pair(pairs)), ("erase", _erase)]
    life += [(f"pair {pairs + 1}", _pair(pairs + 1))]
    return life


def begin(folder: Path, disk: Disk) -> Journal:
    """Open the journal of a scenario."""
    return opened(folder, segment_bytes=SEGMENT_BYTES, disk=disk)


def complaints(folder: Path, acknowledged: set[str], refused: set[str]) -> list[str]:
    """Return what is wrong with what is left: lost, half, resurrected, unreadable, or unusable."""
    if not (folder / "journal.json").exists():
        return ["lost everything"] if acknowledged else []
    journal = opened(folder, disk=HastyDisk())
    try:
        return _contents(folder, journal, acknowledged, refused)
    finally:
        journal.close()


def _contents(folder: Path, journal: Journal, acknowledged: set[str], refused: set[str]) -> list[str]:
    found = []
    with journal.transaction(**signed("usable")) as transaction:
        transaction.put("note", "usable", {"count": journal.sequence})
    named = {commit.what for commit in journal.log()}
    found += [f"lost: {what}" for what in sorted(acknowledged - named)]
    found += [f"refused, and yet there: {what}" for what in sorted(refused & named)]
    found += [f"finding: {finding}" for finding in journal.verify()]
    left, right = journal.get("duty", "left"), journal.get("duty", "right")
    if left != right:
        found.append("half a commit")
    pairs = [what for what in named if what.startswith("pair ")]
    if pairs and (left is None or json.loads(left)["number"] != max(int(what.split()[1]) for what in pairs)):
        found.append("the last commit does not show")
    if "seal" in named and len({key for _, key, _ in journal.read_archive("2026-10")} | {"own-2"}) != 2:
        found.append("the archive lacks documents")
    if "erase" in named and _mentions(folder):
        found.append("an erased document is still there")
    return found


def _mentions(folder: Path) -> bool:
    return any(SECRET.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
