"""What one who has the journal open makes of others who write, erase and make snapshots at the same time."""

import fcntl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sla_tracker.storage.journal import DiskFailure, Journal, OutcomeUnknown, UnknownArchive, follower
from sla_tracker.storage.journal.files import snapshot
from sla_tracker.storage.journal.files.disk import Disk
from tests.storage.journal.stores import AT, INDEXES, duty, filled, opened, signed, write


class Meanwhile(Disk):
    """Let somebody act just before a file of that name takes its place, or just after the lock is given back."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self.act: Callable[[], object] | None = None

    def acted(self) -> bool:
        """Tell whether it came to that."""
        return self.act is None

    def _now(self) -> None:
        act, self.act = self.act, None
        if act is not None:
            act()

    def replace(self, source: Path, target: Path) -> None:
        if self._name and target.name.startswith(self._name):
            self._now()
        super().replace(source, target)

    def flock(self, descriptor: int, operation: int) -> None:
        super().flock(descriptor, operation)
        if operation == fcntl.LOCK_UN and not self._name:
            self._now()


def _erase(journal: Journal, *keys: str) -> None:
    journal.erase([("duty", key) for key in keys], who="admin", at=AT, reason="asked for")


def _fail() -> None:
    raise OSError("no more")


def test_of_many_who_make_a_journal_at_once_each_has_it(tmp_path: Path) -> None:
    for round_ in range(20):
        folder = tmp_path / f"j{round_}"
        with ThreadPoolExecutor(4) as pool:
            journals = list(pool.map(lambda _, folder=folder: opened(folder), range(4)))
            assert sorted(pool.map(lambda each: write(each, f"d{id(each)}", duty(1)), journals)) == [
                1,
                2,
                3,
                4,
            ]
        assert journals[0].verify() == []


def test_a_folder_that_is_away_is_an_error_of_ours(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    (tmp_path / "j").rename(tmp_path / "away")
    with pytest.raises(DiskFailure, match="cannot be locked"):
        write(journal, "d1", duty(1))
    with pytest.raises(DiskFailure, match="cannot be locked"):
        _erase(journal, "d0")
    with pytest.raises(DiskFailure, match="cannot be locked"), journal.exclude_writers():
        pass
    (tmp_path / "away").rename(tmp_path / "j")
    assert write(journal, "d1", duty(1)) == 2


def test_verifying_looks_at_the_files_that_have_the_names_now(tmp_path: Path) -> None:
    journal, other = filled(tmp_path / "j", 3), opened(tmp_path / "j")
    _erase(other, "d1")
    assert journal.verify() == []
    path = tmp_path / "j" / "segments" / "00000001.journal"
    path.write_bytes(path.read_bytes().replace(b"open 2", b"open 7"))
    assert journal.verify()[0].sequence == 3


def test_an_unfinished_erasure_is_no_damage(tmp_path: Path) -> None:
    disk = Meanwhile("a.")
    journal = filled(tmp_path / "j", 2, disk=disk)
    with journal.transaction(**signed("seal")) as transaction:
        transaction.archive("a", [("duty", "d1")])
    journal.snapshot()
    disk.act = _fail
    with pytest.raises(OutcomeUnknown):
        _erase(journal, "d0", "d1")
    assert opened(tmp_path / "j", read_only=True).verify() == []


def test_an_archive_that_others_unsealed_is_not_missing(tmp_path: Path) -> None:
    journal, other = filled(tmp_path / "j", 2), opened(tmp_path / "j")
    with journal.transaction(**signed("seal")) as transaction:
        transaction.archive("a", [("duty", "d0"), ("duty", "d1")])
    other.refresh()
    with journal.transaction(**signed("unseal")) as transaction:
        transaction.unseal("a")
    assert [commit.what for commit in other.history("d0")] == ["open 0", "seal", "unseal"]
    with journal.transaction(**signed("seal")) as transaction:
        transaction.archive("b", [("duty", "d0")])
    other.refresh()
    with journal.transaction(**signed("unseal")) as transaction:
        transaction.unseal("b")
    with pytest.raises(UnknownArchive):
        list(other.read_archive("b"))


def test_a_snapshot_made_during_an_erasure_does_not_keep_what_was_erased(tmp_path: Path) -> None:
    disk = Meanwhile("snapshot")
    journal, other = filled(tmp_path / "j", 2, disk=disk), opened(tmp_path / "j")
    write(journal, "d0", duty(0, state="of Zhao Min"))
    disk.act = lambda: _erase(other, "d0")
    journal.snapshot()
    content = (tmp_path / "j" / "snapshot").read_bytes()
    image = snapshot.decode(content, INDEXES)
    assert disk.acted()
    assert image is not None
    assert b"of Zhao Min" not in content
    assert image.sequence == other.sequence == 5
    assert journal.verify() == []


def test_a_commit_that_stands_is_not_called_failed_because_of_the_snapshot_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "LINES_BETWEEN_SNAPSHOTS", 1)
    disk = Meanwhile()
    other = filled(tmp_path / "j", 1)
    journal = opened(tmp_path / "j", disk=disk, lock_timeout=0.05)
    other.snapshot()
    holding = other._lock.exclusive()
    disk.act = holding.__enter__
    write(journal, "d1", duty(1))
    assert disk.acted()
    holding.__exit__()
    assert opened(tmp_path / "j").keys("duty") == journal.keys("duty") == ["d0", "d1"]


def test_a_commit_has_its_number_also_when_a_thread_makes_a_snapshot_meanwhile(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    over = threading.Event()

    def picture() -> None:
        while not over.wait(0.0005):
            journal._follower.replace_snapshot()

    thread = threading.Thread(target=picture)
    thread.start()
    try:
        assert [write(journal, "d0", duty(number)) for number in range(2, 202)] == list(range(2, 202))
    finally:
        over.set()
        thread.join()


def test_a_thread_reads_on_while_another_one_erases(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", segment_bytes=400)
    for number in range(12):
        write(journal, f"d{number}", duty(number))

    def erase() -> None:
        for number in range(11):
            _erase(journal, f"d{number}")

    thread = threading.Thread(target=erase)
    thread.start()
    while thread.is_alive():
        assert all(journal.find("duty"))
    thread.join()
    assert journal.keys("duty") == ["d11"]
