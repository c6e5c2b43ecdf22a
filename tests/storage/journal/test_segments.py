"""Damage at the border of two segments is refused with its place: no commit is written over what stands there."""

import os
import resource
from collections.abc import Callable, Container
from contextlib import closing, suppress
from pathlib import Path

import pytest

from sla_tracker.storage.journal import DamagedJournal, LockTimeout, UnsyncedDisk
from sla_tracker.storage.journal.files.segment import MOST_OPEN
from sla_tracker.storage.journal.maintenance.offline import inspect, restore
from tests.storage.journal.stores import AT, INDEXES, duty, opened, write

SEGMENT_BYTES = 1_000
LINES = 3
"""So many lines fill a segment of that length."""


def segment(folder: Path, number: int) -> Path:
    return folder / "segments" / f"{number:08d}.journal"


def made(folder: Path, commits: int) -> list[bytes]:
    """Make a journal without a snapshot and return the lines of its second segment."""
    with closing(opened(folder, segment_bytes=SEGMENT_BYTES, disk=UnsyncedDisk())) as journal:
        for number in range(commits):
            write(journal, f"d{number}", duty(number))
        assert journal.last_line[0] == -(-commits // LINES)
    return segment(folder, 2).read_bytes().rstrip(b"\0").splitlines(keepends=True)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "segments").iterdir())}


def refused(folder: Path, at_segment: int, byte: int | None) -> None:
    """Check that opening names the place and changes nothing, and that the full check finds it too."""
    before = bytes_of(folder)
    for read_only in (False, True):
        with pytest.raises(DamagedJournal) as caught:
            opened(folder, read_only=read_only)
        assert (caught.value.segment, caught.value.byte) == (at_segment, byte)
    assert bytes_of(folder) == before
    assert inspect(folder, indexes=INDEXES)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "j"


@pytest.mark.parametrize(
    ("commits", "zeroed"),
    [(5, "one byte"), (5, "a line"), (6, "a line"), (6, "a line and a byte"), (8, "a line and a byte")],
)
def test_a_damaged_beginning_of_a_segment_is_no_torn_tail(folder: Path, commits: int, zeroed: str) -> None:
    lines = made(folder, commits)
    length = {"one byte": 1, "a line": len(lines[0]), "a line and a byte": len(lines[0]) + 1}[zeroed]
    with segment(folder, 2).open("r+b") as file:
        file.write(bytes(length))
    refused(folder, 2, 0)


def test_a_torn_first_line_of_a_segment_is_set_aside(folder: Path) -> None:
    lines = made(folder, 4)
    torn = bytes(200) + lines[0][200:]
    segment(folder, 2).write_bytes(torn)
    with closing(opened(folder)) as journal:
        assert write(journal, "new", duty(9)) == 4
        assert [path.read_bytes() for path in (folder / "aside").iterdir()] == [torn]
        assert journal.verify() == []
    with closing(opened(folder)) as journal:
        assert journal.sequence == 4


def test_a_torn_first_line_needs_a_full_segment_before_it(folder: Path) -> None:
    lines = made(folder, 4)
    segment(folder, 2).write_bytes(bytes(200) + lines[0][200:])
    first = segment(folder, 1)
    first.write_bytes(b"".join(first.read_bytes().splitlines(keepends=True)[:-1]))
    refused(folder, 2, 0)


@pytest.mark.parametrize("emptied", [False, True])
def test_a_missing_segment_is_not_written_anew(folder: Path, emptied: bool) -> None:
    made(folder, 8)
    kept = segment(folder, 2).read_bytes()
    segment(folder, 2).unlink()
    if emptied:
        segment(folder, 2).touch()
    refused(folder, 2, None)
    segment(folder, 2).write_bytes(kept)
    with closing(opened(folder)) as journal:
        assert journal.sequence == 8


def test_a_segment_that_was_begun_without_a_line_is_used(folder: Path) -> None:
    made(folder, 6)
    segment(folder, 3).write_bytes(bytes(4096))
    with closing(opened(folder)) as journal:
        assert [write(journal, f"n{number}", duty(number)) for number in range(2)] == [7, 8]
        assert journal.verify() == []


@pytest.mark.parametrize("there", [2, 3])
def test_a_running_writer_cuts_no_segment_that_holds_a_line(folder: Path, there: int) -> None:
    lines = made(folder, 6)
    segment(folder, 2).unlink()
    with closing(opened(folder)) as journal:
        # The first byte is all that a writer looks at in each transaction.
        segment(folder, there).write_bytes(b"\0" + b"".join(lines)[1:])
        before = bytes_of(folder)
        for _ in range(2):
            with pytest.raises(DamagedJournal) as caught:
                write(journal, "new", duty(9))
            assert caught.value.segment == 2
        assert bytes_of(folder) == before
        assert journal.sequence == 3


@pytest.mark.parametrize("damage", ["a line of NUL", "another newline"])
def test_a_tail_that_holds_a_whole_line_is_not_torn(folder: Path, damage: str) -> None:
    lines = made(folder, 6)
    if damage == "a line of NUL":
        lines[1] = bytes(len(lines[1]))
    else:
        lines[2] = lines[2][:-1] + b"x"
    segment(folder, 2).write_bytes(b"".join(lines))
    byte = len(lines[0]) if damage == "a line of NUL" else len(lines[0]) + len(lines[1])
    refused(folder, 2, byte)


def test_a_backup_names_a_segment_that_is_missing(folder: Path, tmp_path: Path) -> None:
    made(folder, 8)
    with closing(opened(folder)) as journal:
        segment(folder, 2).unlink()
        with pytest.raises(DamagedJournal) as caught:
            journal.backup(tmp_path / "backup")
    assert caught.value.segment == 2
    assert not (tmp_path / "backup").exists()


def test_a_long_history_needs_few_open_files(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", segment_bytes=300)
    count = 2 * MOST_OPEN
    for number in range(count):
        write(journal, f"d{number}", duty(number))
    journal.close()
    (tmp_path / "j" / "snapshot").unlink(missing_ok=True)
    journal = opened(tmp_path / "j", segment_bytes=300)
    for _again in range(2):
        assert len(list(journal.log())) == journal.sequence
        assert [journal.get("duty", f"d{number}") is not None for number in range(count)] == [True] * count
        assert len(journal.descriptors()) <= MOST_OPEN
        write(journal, "more", duty(1))
        journal.erase([("duty", "more")], who="admin", at=AT, reason="asked for")
    assert journal.verify() == []
    journal.close()


def test_a_backup_of_a_long_journal_needs_few_open_files(tmp_path: Path) -> None:
    count = 3 * MOST_OPEN
    journal = opened(tmp_path / "j", segment_bytes=300)
    for number in range(count):
        write(journal, f"d{number}", duty(number))
    journal.close()
    journal = opened(tmp_path / "j", segment_bytes=300)
    assert len(list((tmp_path / "j" / "segments").iterdir())) > 2 * MOST_OPEN
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    there = os.dup(0)
    os.close(there)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (there + MOST_OPEN, before[1]))
        journal.backup(tmp_path / "backup")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    journal.close()
    assert restore(tmp_path / "backup", tmp_path / "k", indexes=INDEXES).sequence == count


class ErasingDisk(UnsyncedDisk):
    """A disk on which somebody erases at certain readings of a segment."""

    def __init__(self, erase: Callable[[], None]) -> None:
        super().__init__()
        self.erase, self.opened = erase, 0
        self.at: Container[int] = ()

    def open(self, path: Path, flags: int) -> int:
        if path.suffix == ".journal":
            self.opened += 1
            if self.opened in self.at:
                self.erase()
        return super().open(path, flags)


@pytest.mark.parametrize("at", [{1}, {3}, {7}, {10}, range(1, 10_000)])
def test_a_backup_during_an_erasure_is_of_one_moment(tmp_path: Path, at: Container[int]) -> None:
    with closing(opened(tmp_path / "j", segment_bytes=300)) as writer:
        for number in range(12):
            write(writer, f"d{number}", duty(number))
    erased = iter(range(12))

    def erase() -> None:
        with closing(opened(tmp_path / "j", lock_timeout=0.01)) as other, suppress(LockTimeout):
            if (number := next(erased, None)) is not None:
                other.erase([("duty", f"d{number}")], who="admin", at=AT, reason="asked for")

    disk = ErasingDisk(erase)
    with closing(opened(tmp_path / "j", disk=disk)) as journal:
        disk.opened, disk.at = 0, at
        journal.backup(tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "k", indexes=INDEXES)
    with closing(opened(tmp_path / "k")) as again:
        assert again.verify() == []
