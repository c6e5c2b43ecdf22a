"""Damage a store in every way that comes to mind: nothing may be altered silently, nothing may end in a traceback."""

import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_tracker.storage.journal import Journal, JournalError
from sla_tracker.storage.journal.maintenance.offline import inspect
from sla_tracker.storage.journal.maintenance.verify import JournalFinding
from tests.faults import scenario
from tests.storage.journal.stores import AT, INDEXES, duty, opened, signed

Contents = dict[tuple[str, str], bytes]
Damage = Callable[[Path, random.Random], None]


def _flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def _overwrite(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = chance.randrange(len(content))
    length = min(chance.randrange(1, 200), len(content) - start)
    content[start : start + length] = chance.choice([bytes(length), chance.randbytes(length)])
    path.write_bytes(content)


def _cut(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))])


def _cut_out(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    start = chance.randrange(len(content))
    path.write_bytes(content[:start] + content[start + chance.randrange(1, 300) :])


def _lines(change: Callable[[list[bytes], random.Random], None]) -> Damage:
    def damage(path: Path, chance: random.Random) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        change(lines, chance)
        path.write_bytes(b"".join(lines))

    return damage


def _swap(lines: list[bytes], chance: random.Random) -> None:
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]


def _repeat(lines: list[bytes], chance: random.Random) -> None:
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))


def _drop(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines))]


def _cut_lines(lines: list[bytes], chance: random.Random) -> None:
    del lines[chance.randrange(len(lines)) :]


def _remove(path: Path, chance: random.Random) -> None:
    path.unlink()


KINDS: dict[str, Damage] = {
    "bit": _flip,
    "bytes": _overwrite,
    "cut": _cut,
    "cut out": _cut_out,
    "swapped": _lines(_swap),
    "repeated": _lines(_repeat),
    "dropped": _lines(_drop),
    "cut at a line": _lines(_cut_lines),
    "removed": _remove,
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Live through a scenario, then go on past the snapshot."""
    folder = tmp_path_factory.mktemp("damage") / "store"
    journal = opened(folder, segment_bytes=scenario.SEGMENT_BYTES)
    for _, step in scenario.steps(8):
        step(journal)
    for number in range(3):
        with journal.transaction(**signed(f"late {number}")) as transaction:
            transaction.put("note", f"late-{number}", duty(number))
    journal.close()
    return folder


def _contents(journal: Journal) -> Contents:
    live = {
        (table, key): document
        for table in journal.tables()
        for key, document in zip(journal.keys(table), journal.find(table), strict=True)
    }
    sealed = {(table, key): document for table, key, document in journal.read_archive("2026-10")}
    return {**live, **sealed}


def _look(folder: Path) -> tuple[Contents | None, list[str], int]:
    """Return everything that can be read, live, sealed and past, or None where an error says that it cannot."""
    try:
        journal = Journal.open(folder, indexes=INDEXES)
        try:
            past = [f"{commit.hash} {commit.what} {commit.reason}" for commit in journal.log()]
            return _contents(journal), past, journal.sequence
        finally:
            journal.close()
    except JournalError:
        return None, [], 0


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")


def _verdict(folder: Path, truth: tuple[Contents | None, list[str], int], anchor: tuple[int, str]) -> str:
    """Say how the damage came out; "silently altered" is the one that must not occur."""
    findings = _findings(folder, anchor)
    seen = _look(folder)
    if seen[0] is None:
        return "refused" if findings else "refused, and verify finds nothing"
    if seen == truth:
        return "found" if findings else "harmless"
    return "found, and shown as far as it goes" if findings else "silently altered"


def _findings(folder: Path, anchor: tuple[int, str]) -> list[JournalFinding] | list[str]:
    try:
        return inspect(folder, indexes=INDEXES, anchors=[anchor])
    except JournalError as error:
        return [str(error)]


def test_no_damaged_store_is_silently_altered(
    store: Path, tmp_path: Path, effort: Callable[[int, int], int]
) -> None:
    chance = random.Random(3)
    journal = opened(store)
    anchor = (journal.sequence, journal.head)
    journal.close()
    truth = _look(store)
    assert truth[0] is not None
    outcomes: Counter[str] = Counter()
    for number in range(effort(270, 10_000)):
        kind = sorted(KINDS)[number % len(KINDS)]
        target = tmp_path / "damaged"
        shutil.copytree(store, target)
        path = chance.choice(_files(target))
        KINDS[kind](path, chance)
        verdict = _verdict(target, truth, anchor)
        outcomes[verdict] += 1
        assert verdict not in {"silently altered", "refused, and verify finds nothing"}, (
            f"{number}: {kind} in {path}"
        )
        shutil.rmtree(target)
    assert outcomes["refused"] > outcomes.total() // 3
    assert outcomes["found, and shown as far as it goes"] >= 1


def test_a_snapshot_of_another_time_or_place(store: Path, tmp_path: Path) -> None:
    truth = _look(store)
    other = opened(tmp_path / "other")
    with other.transaction(who="somebody", what="else", at=AT) as transaction:
        transaction.put("duty", "left", duty(99))
    other.snapshot()
    other.close()
    target = tmp_path / "store"
    shutil.copytree(store, target)
    shutil.copy(tmp_path / "other" / "snapshot", target / "snapshot")
    assert _look(target) == truth
