"""How a writer knows that the files he holds open are still the store's, without asking for their times."""

import errno
import os
import shutil
from pathlib import Path

import pytest

from sla_tracker.storage.journal import ClosedJournal, DamagedJournal, DiskFailure, OutcomeUnknown
from sla_tracker.storage.journal.files import segment
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.maintenance import offline
from sla_tracker.storage.journal.maintenance.offline import restore
from tests.storage.journal.stores import AT, INDEXES, duty, filled, opened, write

SECRET = "Zhao Min, room 4711"


class Looking(Disk):
    """Remember which names were looked at."""

    def __init__(self) -> None:
        self.names_looked_at: list[str] = []

    def status(self, path: Path) -> os.stat_result:
        self.names_looked_at.append(path.name)
        return super().status(path)

    def status_of(self, descriptor: int) -> os.stat_result:
        self.names_looked_at.append(f"open file {descriptor}")
        return super().status_of(descriptor)


def test_a_writer_in_a_row_makes_no_stat_of_the_segment(tmp_path: Path) -> None:
    disk = Looking()
    journal = filled(tmp_path / "j", 2, disk=disk)
    disk.names_looked_at.clear()
    for number in range(10):
        write(journal, "d0", duty(number + 100))
    assert set(disk.names_looked_at) == {"lock"}


def test_a_writer_that_follows_others_makes_no_stat_of_the_segment(tmp_path: Path) -> None:
    disk = Looking()
    journal, other = filled(tmp_path / "j", 2, disk=disk), opened(tmp_path / "j")
    disk.names_looked_at.clear()
    for number in range(10):
        write(other, "d0", duty(number + 100))
        write(journal, "d1", duty(number + 100))
    assert set(disk.names_looked_at) == {"lock"}
    assert journal.sequence == 22


@pytest.mark.parametrize("segment_bytes", [400, 1_300, 1 << 20])
@pytest.mark.parametrize("rounds", [1, 3])
def test_a_writer_with_open_files_goes_on_after_others_erasures(
    tmp_path: Path, segment_bytes: int, rounds: int
) -> None:
    journal = opened(tmp_path / "j", segment_bytes=segment_bytes)
    other = opened(tmp_path / "j")
    for number in range(rounds):
        write(journal, f"secret {number}", duty(1, note=f"{SECRET} {number}"))
        write(journal, "kept", duty(number))
    assert journal.history("secret 0")
    for number in range(rounds):
        other.erase([("duty", f"secret {number}")], who="admin", at=AT, reason="asked for")
    write(journal, "after", duty(9))
    assert journal.get("duty", "secret 0") is None
    assert journal.version("duty", "secret 0", 1) is None
    assert other.refresh() == journal.sequence
    again = opened(tmp_path / "j")
    assert again.keys("duty") == ["after", "kept"]
    assert again.verify() == journal.verify() == []
    assert not any(SECRET.encode() in path.read_bytes() for path in (tmp_path / "j").rglob("*.journal"))


class Full(Disk):
    """Have no room for a segment that is written anew, as long as `full`."""

    full = True

    def replace(self, source: Path, target: Path) -> None:
        if self.full and target.suffix == ".journal":
            raise OSError(errno.ENOSPC, "No space left on device")
        super().replace(source, target)


@pytest.mark.parametrize("by_ourselves", [True, False])
def test_a_writer_looks_by_name_while_an_erasure_is_unfinished(tmp_path: Path, by_ourselves: bool) -> None:
    disk = Full()
    eraser, other = opened(tmp_path / "j", disk=disk), opened(tmp_path / "j")
    journal = eraser if by_ourselves else opened(tmp_path / "j")
    write(journal, "secret", duty(1, note=SECRET))
    write(journal, "kept", duty(2))
    with pytest.raises(OutcomeUnknown):
        eraser.erase([("duty", "secret")], who="admin", at=AT, reason="asked for")
    disk.full = False
    assert journal.refresh() == 3
    # This finishes the erasure first, and so exchanges the file that `journal` has open.
    write(
        other, "acknowledged", duty(2)
    )  # finishes the erasure first, and exchanges the file that `journal` has open
    write(journal, "after", duty(3))
    assert opened(tmp_path / "j").keys("duty") == ["acknowledged", "after", "kept"]
    assert journal.verify() == []


@pytest.mark.parametrize("acts_since", [0, 1, 2, 3])
def test_nobody_goes_on_writing_into_a_backup_that_was_restored_under_him(
    tmp_path: Path, acts_since: int
) -> None:
    journal, reader = filled(tmp_path / "j", 2), opened(tmp_path / "j")
    journal.backup(tmp_path / "backup")
    write(journal, "lost", duty(2))
    write(journal, "lost", duty(3))
    assert reader.refresh() == 4
    (tmp_path / "j").rename(tmp_path / "before")
    offline.restore(tmp_path / "backup", tmp_path / "j", indexes=INDEXES)
    restored = opened(tmp_path / "j")
    for number in range(acts_since):
        write(restored, "kept", duty(number))
    for _ in range(2):
        with pytest.raises(ClosedJournal, match="exchanged"):
            write(journal, "stray", duty(9))
        with pytest.raises(ClosedJournal, match="exchanged"):
            reader.refresh()
    write(restored, "after", duty(9))
    assert "stray" not in restored.keys("duty")
    assert restored.verify() == opened(tmp_path / "j").verify() == []


class Remounted(Disk):
    """Show every name on another device than it was, once `remounted`, and with the same inode: disks look alike."""

    remounted = False

    def status(self, path: Path) -> os.stat_result:
        shown = list(super().status(path))
        shown[2] += self.remounted
        return os.stat_result(shown)


def test_a_file_of_the_same_number_on_another_disk_is_another_file(tmp_path: Path) -> None:
    disk = Remounted()
    place = filled(tmp_path / "j", 1)._follower.place
    segments = segment.Segments(disk, place, writable=False)
    assert segments.read(1, 0, 1) == b"{"
    for remounted in (False, True):
        disk.remounted = remounted
        standing = segments.standing(1)
        assert standing is not None
        assert standing.replaced == remounted
    segments.forget()


def test_a_segment_that_somebody_put_in_the_place_of_ours_is_written_to_once_we_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segment, "SECONDS_BETWEEN_LOOKS", 0.0)
    journal = filled(tmp_path / "j", 2)
    ours = tmp_path / "j" / "segments" / "00000001.journal"
    shutil.copy2(ours, tmp_path / "copy")
    (tmp_path / "copy").replace(ours)
    write(journal, "after", duty(9))
    assert opened(tmp_path / "j").keys("duty") == ["after", "d0", "d1"]


def test_a_folder_in_the_place_of_ours_is_written_to_at_once(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 2)
    shutil.copytree(tmp_path / "j", tmp_path / "copy")
    (tmp_path / "j").rename(tmp_path / "old")
    (tmp_path / "copy").rename(tmp_path / "j")
    write(journal, "after", duty(9))
    assert opened(tmp_path / "j").keys("duty") == ["after", "d0", "d1"]
    assert opened(tmp_path / "old").keys("duty") == ["d0", "d1"]


def test_a_last_segment_that_a_restored_backup_lacks_is_no_damage(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", segment_bytes=400)
    write(journal, "d0", duty(0))
    journal.backup(tmp_path / "early")
    for number in range(1, 8):
        write(journal, f"d{number}", duty(number))
    reader = opened(tmp_path / "j", read_only=True)
    shutil.rmtree(tmp_path / "j")
    with pytest.raises(DiskFailure):
        reader.refresh()
    restore(tmp_path / "early", tmp_path / "j", indexes=INDEXES)
    for one in (reader.refresh, journal.refresh, lambda: write(journal, "lost", duty(9))):
        with pytest.raises(ClosedJournal, match="exchanged"):
            one()
    assert opened(tmp_path / "j").keys("duty") == ["d0"]


def test_a_last_segment_that_somebody_took_away_is_damage(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 2)
    (tmp_path / "j" / "segments" / "00000001.journal").unlink()
    with pytest.raises(DamagedJournal, match="last segment has gone"):
        journal.refresh()
