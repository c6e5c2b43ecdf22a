"""What a sealing or an erasure leaves that failed or was killed half-way, and who is told what meanwhile."""

import errno
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.errors import StoreError
from sla_tracker.services.ports import Act
from sla_tracker.storage.journal import Journal, NotApplied, OutcomeUnknown, UnsyncedDisk
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.store_contract import START, an_act, an_event, put
from tests.storage.journal.stores import AT, duty, opened, signed, write

SECRET = "Zhao Min, room 4711"


class FillingDisk(UnsyncedDisk):
    """A disk that takes so many writes and syncs, and fails at the calls that are named in `broken`."""

    def __init__(self) -> None:
        self.writes_left = self.syncs_left = 1_000_000
        self.broken = frozenset[str]()

    def _fail(self, name: str) -> None:
        if name in self.broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def write(self, descriptor: int, content: bytes, offset: int) -> int:
        self.writes_left -= 1
        if self.writes_left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(descriptor, content, offset)

    def sync(self, descriptor: int) -> None:
        self.syncs_left -= 1
        if self.syncs_left < 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def truncate(self, descriptor: int, size: int) -> None:
        self._fail("truncate")
        super().truncate(descriptor, size)

    def unlink(self, path: Path) -> None:
        if path.name.endswith(".sealed"):
            self._fail("unlink")
        super().unlink(path)


@pytest.fixture
def disk() -> FillingDisk:
    return FillingDisk()


@pytest.fixture
def journal(tmp_path: Path, disk: FillingDisk) -> Iterator[Journal]:
    with closing(opened(tmp_path / "j", disk=disk)) as journal:
        write(journal, "secret", duty(1, person=SECRET))
        write(journal, "other", duty(2))
        yield journal


def seal(journal: Journal) -> None:
    with journal.transaction(**signed("seal")) as transaction:
        transaction.archive("2026-10", [("duty", "secret")])


def erase(journal: Journal) -> None:
    journal.erase([("duty", "secret")], who="officer", at=AT, reason="asked for")


def mentions(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path.name for path in files if SECRET.encode() in path.read_bytes()]


def test_a_sealing_that_fails_leaves_no_archive(tmp_path: Path, journal: Journal, disk: FillingDisk) -> None:
    disk.writes_left = 1  # the archive's
    with pytest.raises(NotApplied):
        seal(journal)
    assert list((tmp_path / "j" / "archives").iterdir()) == []
    disk.writes_left = 100
    seal(journal)
    assert journal.archives() == {"2026-10": 1}
    assert journal.verify() == []


def test_a_sealing_of_unknown_outcome_keeps_its_archive(
    tmp_path: Path, journal: Journal, disk: FillingDisk
) -> None:
    disk.syncs_left, disk.broken = 1, frozenset({"truncate"})  # the archive's
    with pytest.raises(OutcomeUnknown):
        seal(journal)
    with closing(opened(tmp_path / "j")) as again:
        assert again.archives() == {"2026-10": 1}
        assert len(list(again.read_archive("2026-10"))) == 1


def test_an_erasure_deletes_what_failed_sealings_left(
    tmp_path: Path, journal: Journal, disk: FillingDisk
) -> None:
    folder = tmp_path / "j"
    disk.writes_left, disk.broken = 1, frozenset({"unlink"})
    with pytest.raises(NotApplied):
        seal(journal)
    disk.writes_left, disk.broken = 1_000_000, frozenset()
    (left,) = (folder / "archives").iterdir()
    content = left.read_bytes()
    for name in (
        "archives/2026-09.2.sealed.part",
        "snapshot.1.part",
        "aside/00000001.7",
    ):  # of killed writers
        (folder / name).write_bytes(content)
    assert journal.verify() == []
    assert len(mentions(folder)) == 5
    erase(journal)
    assert mentions(folder) == []
    left.write_bytes(content)  # as a version left it whose erasures did not look there
    (found,) = journal.verify()
    assert (found.file, "holds what was erased" in found.sentence) == (f"archives/{left.name}", True)
    left.unlink()
    assert journal.verify() == []


@pytest.mark.parametrize("gone", [0, 3, 4096], ids=["cut", "a gap", "only its length"])
def test_a_snapshot_that_a_power_cut_tore_is_no_damage(tmp_path: Path, journal: Journal, gone: int) -> None:
    """It is written without a sync and ignored where it is torn; the full check named it as a foreign file."""
    journal.snapshot()
    file = tmp_path / "j" / "snapshot"
    content = file.read_bytes()
    file.write_bytes((bytes(gone) + content[gone:])[: len(content)] if gone else content[:5])
    assert journal.verify() == []
    file.write_bytes(b"somebody's notes")
    assert [found.file for found in journal.verify()] == ["snapshot"]


def test_an_archive_that_cannot_be_deleted_keeps_an_erasure_open(
    tmp_path: Path, journal: Journal, disk: FillingDisk
) -> None:
    (tmp_path / "j" / "archives" / "2026-09.2.sealed").write_text(SECRET)
    disk.broken = frozenset({"unlink"})
    with pytest.raises(OutcomeUnknown, match="on record and not finished"):
        erase(journal)
    disk.broken = frozenset()
    write(journal, "later", duty(3))
    assert mentions(tmp_path / "j") == []
    assert [commit.what for commit in journal.log()][-2:] == ["erasure finished", "act"]


def test_who_comes_after_an_unfinished_erasure_is_told_that_nothing_was_done(
    tmp_path: Path, journal: Journal, disk: FillingDisk
) -> None:
    disk.writes_left = 2  # the line that records it, and the room behind that
    with pytest.raises(OutcomeUnknown) as erasing:
        erase(journal)
    for _ in range(2):
        with pytest.raises(NotApplied, match="earlier erasure") as caught:
            write(journal, "note", duty(3))
        assert caught.value.sequence == erasing.value.sequence == 3
    assert journal.get("duty", "note") is None
    assert journal.get("duty", "other") is not None
    disk.writes_left = 1_000_000
    write(journal, "note", duty(3))
    assert mentions(tmp_path / "j") == []
    assert [commit.what for commit in journal.log()] == ["act", "act", "erase", "erasure finished", "act"]
    assert journal.verify() == []


def test_people_are_told_in_their_language_which_erasure_is_in_the_way(tmp_path: Path) -> None:
    disk = FillingDisk()
    with closing(TinyStore.open(tmp_path / "j", create=True)) as store:
        put(store, an_event())
        store.journal._follower.disk = disk
        store.journal._follower.segments._disk = disk
        disk.writes_left = 2
        act = Act(what="erased", by="officer", at=START)
        with pytest.raises(StoreError, match="look at sla log"):
            store.erase(act, [an_event(subject="-")])
        with pytest.raises(StoreError) as caught:
            store.write(an_act(), lambda tx: tx.put(an_event("e-2")))
        i18n.use("zh_CN")
        said = caught.value.sentence()
        assert "抹除" in said
        assert "No space" not in said
