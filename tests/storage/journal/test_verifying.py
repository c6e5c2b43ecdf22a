"""A journal is checked while others write, erase, seal, or put another journal in its place."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.storage.journal import Journal, LockTimeout, line
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.maintenance import offline
from tests.storage.journal.stores import AT, INDEXES, duty, opened, signed, write

SEGMENT_BYTES = 900
Act = Callable[[], Any]


class Interrupted(Disk):
    """Do something else before segments are read, as another process may."""

    def __init__(self) -> None:
        self.acts: dict[int, Act] = {}
        """By how many segments were read before."""
        self.segments_read = 0

    def stored_end(self, descriptor: int, offset: int) -> int:
        act = self.acts.get(self.segments_read)
        self.segments_read += 1
        if act is not None:
            act()
        return super().stored_end(descriptor, offset)


def _journals(folder: Path) -> tuple[Interrupted, Journal, Journal]:
    """Return one journal to check, on a disk of its own, and one to write meanwhile."""
    other = opened(folder, segment_bytes=SEGMENT_BYTES, lock_timeout=0.3)
    for number in range(12):
        write(other, f"d{number}", duty(number))
    assert len(_segments(folder)) > 3
    disk = Interrupted()
    checked = opened(folder, disk=disk)
    disk.segments_read = 0
    return disk, checked, other


def _segments(folder: Path) -> list[Path]:
    return sorted((folder / "segments").iterdir())


def _erase(journal: Journal, *keys: str) -> None:
    journal.erase([("duty", key) for key in keys], who="admin", at=AT, reason="asked for")


def _damage(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"number"', b'"nunber"', 1))


@pytest.mark.parametrize("read", range(4))
def test_a_writer_commits_while_a_check_is_in_its_middle(tmp_path: Path, read: int) -> None:
    disk, checked, other = _journals(tmp_path / "j")
    disk.acts[read] = lambda: [write(other, f"new{number}", duty(number)) for number in range(9)]
    assert checked.verify() == []
    assert other.sequence == 21


def test_the_command_keeps_no_writer_out_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, checked, other = _journals(tmp_path / "j")
    checked.close()
    disk = Interrupted()
    disk.acts[1] = lambda: write(other, "new", duty(1))
    monkeypatch.setattr(offline, "Disk", lambda: disk)
    assert offline.inspect(tmp_path / "j", indexes=INDEXES) == []
    assert other.sequence == 13


@pytest.mark.parametrize("read", range(4))
def test_an_erasure_meanwhile_leaves_the_verdict_right(tmp_path: Path, read: int) -> None:
    disk, checked, other = _journals(tmp_path / "j")
    disk.acts[read] = lambda: _erase(other, "d0", "d5", "d11")
    assert checked.verify() == []
    assert other.sequence == 14


@pytest.mark.parametrize("read", range(4))
def test_a_month_that_is_sealed_or_unsealed_meanwhile_is_no_damage(tmp_path: Path, read: int) -> None:
    disk, checked, other = _journals(tmp_path / "j")
    with other.transaction(**signed("seal")) as transaction:
        transaction.archive("before", [("duty", "d3"), ("duty", "d4")])

    def seal_and_unseal() -> None:
        with other.transaction(**signed("unseal")) as transaction:
            transaction.unseal("before")
        with other.transaction(**signed("seal")) as transaction:
            transaction.archive("after", [("duty", "d5")])

    disk.acts[read] = seal_and_unseal
    assert checked.verify() == []
    assert set(opened(tmp_path / "j").archives()) == {"after"}


def test_another_journal_put_in_its_place_meanwhile_is_the_one_that_is_checked(tmp_path: Path) -> None:
    disk, checked, other = _journals(tmp_path / "j")
    other.backup(tmp_path / "backup")
    write(other, "new", duty(1))

    def exchange() -> None:
        shutil.move(tmp_path / "j", tmp_path / "away")
        offline.restore(tmp_path / "backup", tmp_path / "j", indexes=INDEXES)
        _damage(_segments(tmp_path / "j")[0])

    disk.acts[2] = exchange
    (found,) = checked.verify()
    assert found.segment == 1


@pytest.mark.parametrize("read", range(4))
def test_damage_is_found_while_others_write(tmp_path: Path, read: int) -> None:
    disk, checked, other = _journals(tmp_path / "j")
    _damage(_segments(tmp_path / "j")[1])
    disk.acts[read] = lambda: write(other, "new", duty(1))
    (found,) = checked.verify()
    assert found.segment == 2


def test_damage_to_what_was_read_already_is_found(tmp_path: Path) -> None:
    disk, checked, _other = _journals(tmp_path / "j")
    disk.acts[2] = lambda: _damage(_segments(tmp_path / "j")[0])
    (found,) = checked.verify()
    assert found.segment == 1


def test_a_torn_line_that_a_writer_cuts_off_meanwhile_is_no_damage(tmp_path: Path) -> None:
    disk, checked, other = _journals(tmp_path / "j")
    with _segments(tmp_path / "j")[-1].open("r+b") as file:
        file.seek(other.last_line[2])
        file.write(line.FRONT)
    other = opened(tmp_path / "j", lock_timeout=0.3)
    disk.acts[1] = lambda: write(other, "new", duty(1))
    assert checked.verify() == []
    assert other.sequence == 13


def test_a_check_that_is_disturbed_again_and_again_keeps_writers_out_at_last(tmp_path: Path) -> None:
    disk, checked, other = _journals(tmp_path / "j")
    refused = []

    def erase() -> None:
        try:
            _erase(other, f"d{other.sequence % 12}")
        except LockTimeout:
            refused.append(True)

    disk.acts = dict.fromkeys(range(2, 100, 3), erase)
    assert checked.verify() == []
    assert refused


def test_a_part_of_a_file_that_a_killed_process_left_is_no_foreign_file(tmp_path: Path) -> None:
    _, checked, _other = _journals(tmp_path / "j")
    for name in ("deployment.json.1a2b3c4d.part", "snapshot.4711.part"):
        (tmp_path / "j" / name).touch()
    assert checked.verify() == []
    (tmp_path / "j" / "deployment.json.more").touch()
    (found,) = checked.verify()
    assert found.file == "deployment.json.more"
