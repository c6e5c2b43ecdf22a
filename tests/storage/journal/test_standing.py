"""How a writer knows that the files he holds open are still the store's, without asking for their times."""

import os
import shutil
from pathlib import Path

import pytest

from sla_tracker.storage.journal import segment
from sla_tracker.storage.journal.disk import Disk
from tests.storage.journal.stores import AT, duty, filled, opened, write

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
