import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from sla_tracker.storage.journal import (
    ClosedJournal,
    DamagedJournal,
    Journal,
    LockTimeout,
    NewerSchema,
    NoJournal,
    NotEmpty,
    NoTransaction,
    ReadOnly,
    RefusedDocument,
    Transaction,
    UnindexedField,
    UnsafeFolder,
)
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.packed_table import Row
from sla_tracker.storage.journal.image import TableImage, Where
from tests.storage.journal.stores import AT, INDEXES, duty, filled, opened, signed, write


def test_what_is_put_is_got_in_another_opening(tmp_path: Path) -> None:
    write(opened(tmp_path / "j"), "a", duty(1, note="装饰单"))
    document = opened(tmp_path / "j", read_only=True).get("duty", "a")
    assert document is not None
    assert json.loads(document) == duty(1, note="装饰单")


def test_nothing_is_written_when_nothing_changes(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    assert write(journal, "d0", duty(0)) == 1
    with journal.transaction(**signed()) as transaction:
        transaction.put("duty", "new", duty(7))
        transaction.remove("duty", "new")
    assert journal.sequence == 1


def _put_and_fail(transaction: Transaction) -> None:
    transaction.put("duty", "d0", duty(9))
    transaction.put("duty", "d1", b"no JSON")


def test_an_exception_takes_everything_back(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    with pytest.raises(RefusedDocument), journal.transaction(**signed()) as transaction:
        _put_and_fail(transaction)
    assert journal.sequence == 1
    assert [json.loads(each)["number"] for each in journal.find("duty")] == [0]


def test_a_transaction_sees_its_own_writes(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 4)
    with journal.transaction(**signed()) as transaction:
        transaction.put("duty", "d1", duty(1, state="done"))
        transaction.put("duty", "d9", duty(9))
        transaction.remove("duty", "d0")
        assert transaction.keys("duty", state="open") == ["d2", "d3", "d9"]
        assert journal.keys("duty", state="open") == ["d0", "d1", "d2", "d3"]
    assert journal.keys("duty", state="open") == ["d2", "d3", "d9"]


def test_a_transaction_within_one_is_a_part_of_it(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    with journal.transaction(**signed("outer")) as outer:
        outer.put("duty", "kept", duty(1))
        with pytest.raises(RefusedDocument), journal.transaction(**signed("inner")) as inner:
            _put_and_fail(inner)
    assert journal.keys("duty") == ["kept"]
    assert [commit.what for commit in journal.log()] == ["outer"]


def test_a_change_after_the_transaction_is_refused(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    with journal.transaction(**signed()) as transaction:
        pass
    with pytest.raises(NoTransaction):
        transaction.put("duty", "late", duty(1))


@pytest.mark.parametrize("has_snapshot", [False, True])
def test_documents_are_found_by_their_indexed_fields(tmp_path: Path, *, has_snapshot: bool) -> None:
    journal = filled(tmp_path / "j", 9)
    if has_snapshot:
        journal.snapshot()
    write(journal, "d4", duty(4, state="done"))
    assert journal.keys("duty", provider="department-1", state="open") == ["d1", "d7"]
    assert journal.keys("duty", state=("done", "missed")) == ["d4"]
    assert journal.keys("duty", state=None) == []
    assert journal.count("duty") == 9
    assert journal.count("duty", provider=("department-0", "department-2")) == 6
    with pytest.raises(UnindexedField):
        journal.keys("duty", number=1)


def test_a_missing_field_counts_as_null(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    write(journal, "a", {"provider": None})
    write(journal, "b", {})
    assert journal.keys("duty", provider=None, state=None) == ["a", "b"]


@pytest.mark.parametrize(
    "document",
    [
        {"a": float("nan")},
        {"a": float("inf")},
        {1: "a"},
        {"a": "\ud800"},
        {"a": {1, 2}},
        {"a": (1, 2)},
        {"a": "nul\0"},
        b"[1]",
        b"{",
        b'{"a": "\xff"}',
    ],
    ids=str,
)
def test_a_document_that_would_come_back_changed_is_refused(tmp_path: Path, document: object) -> None:
    journal = opened(tmp_path / "j")
    with pytest.raises(RefusedDocument), journal.transaction(**signed()) as transaction:
        transaction.put("duty", "a", document)  # type: ignore[arg-type]
    assert journal.sequence == 0


def test_a_backslash_before_u0000_is_no_nul(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    assert write(journal, "a", {"text": "\\u0000"}) == 1


@pytest.mark.parametrize("key", ["", "a\nb", "x" * 201])
def test_an_ill_key_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(RefusedDocument), opened(tmp_path / "j").transaction(**signed()) as transaction:
        transaction.put("duty", key, {})


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    with (
        pytest.raises(ValueError, match="zone"),
        journal.transaction(**signed() | {"at": "2026-11-20T06:00:00"}),
    ):
        pass


def test_a_clock_that_went_back_is_flagged_not_refused(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    with journal.transaction(**signed() | {"at": "2026-11-19T00:00:00+08:00"}) as transaction:
        transaction.put("duty", "early", duty(1))
    assert [commit.clock_went_back for commit in journal.log()] == [False, True]


def test_a_journal_opened_for_reading_refuses_to_write(tmp_path: Path) -> None:
    filled(tmp_path / "j", 1).close()
    journal = opened(tmp_path / "j", read_only=True)
    with pytest.raises(ReadOnly), journal.transaction(**signed()):
        pass
    with pytest.raises(NoJournal):
        opened(tmp_path / "other", read_only=True)


def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    journal.close()
    with pytest.raises(ClosedJournal):
        journal.get("duty", "d0")


def test_a_follower_sees_what_others_write(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 2)
    other = opened(tmp_path / "j", read_only=True)
    write(journal, "d2", duty(2))
    assert other.count("duty") == 2
    assert other.refresh() == 3
    assert other.count("duty") == 3


def test_refreshing_costs_a_stat_when_nothing_happened(tmp_path: Path) -> None:
    filled(tmp_path / "j", 2).close()
    calls = []

    class Counting(Disk):
        def status(self, path: Path) -> os.stat_result:
            calls.append("stat")
            return super().status(path)

        def read(self, descriptor: int, size: int, offset: int) -> bytes:
            calls.append(f"read {size}")
            return super().read(descriptor, size, offset)

        def open(self, path: Path, flags: int) -> int:
            calls.append("open")
            return super().open(path, flags)

    journal = opened(tmp_path / "j", read_only=True, disk=Counting())
    calls.clear()
    journal.refresh()
    assert calls == ["stat", "read 1"]


def test_segments_roll_and_followers_follow(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", segment_bytes=1000)
    other = opened(tmp_path / "j", read_only=True)
    for number in range(20):
        write(journal, f"d{number}", duty(number))
        assert other.refresh() == number + 1
    assert len(list((tmp_path / "j" / "segments").iterdir())) > 5
    assert opened(tmp_path / "j").count("duty") == 20
    assert journal.verify() == []


def test_a_journal_that_became_shorter_is_noticed(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    segment = tmp_path / "j" / "segments" / "00000001.journal"
    os.truncate(segment, 700)
    with pytest.raises(DamagedJournal) as caught:
        journal.refresh()
    assert (caught.value.segment, caught.value.sequence) == (1, 3)


def test_a_torn_tail_is_set_aside_and_work_goes_on(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 2)
    journal.close()
    segment = tmp_path / "j" / "segments" / "00000001.journal"
    content = segment.read_bytes().rstrip(b"\0")
    segment.write_bytes(content + b'{"hash":"12')
    journal = opened(tmp_path / "j")
    assert write(journal, "d2", duty(2)) == 3
    assert [path.read_bytes() for path in (tmp_path / "j" / "aside").iterdir()] == [b'{"hash":"12']
    assert journal.verify() == []


def test_a_damaged_line_names_its_place(tmp_path: Path) -> None:
    filled(tmp_path / "j", 4).close()
    segment = tmp_path / "j" / "segments" / "00000001.journal"
    lines = segment.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"open", b"0pen", 1)
    segment.write_bytes(b"".join(lines))
    with pytest.raises(DamagedJournal) as caught:
        opened(tmp_path / "j")
    assert caught.value.file == "segments/00000001.journal"
    assert caught.value.byte == len(lines[0]) + len(lines[1])


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    old = filled(folder, 1)
    new = opened(folder, schema=2)
    assert new.schema == 1
    write(new, "new", duty(2))
    assert new.schema == 2
    with pytest.raises(NewerSchema):
        old.refresh()
    with pytest.raises(NewerSchema):
        opened(folder, schema=1)


def test_folders_and_modes(tmp_path: Path) -> None:
    filled(tmp_path / "j", 1).snapshot()
    assert (tmp_path / "j").stat().st_mode & 0o7777 == 0o2770
    files = [path for path in (tmp_path / "j").rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {path.stat().st_mode & 0o777 for path in files} == {0o660}


def test_a_folder_that_anybody_may_write_is_refused(tmp_path: Path) -> None:
    filled(tmp_path / "j", 1).close()
    (tmp_path / "j").chmod(0o777)
    with pytest.raises(UnsafeFolder, match="chmod o-w"):
        opened(tmp_path / "j")


def test_segments_without_a_manifest_are_not_taken_over(tmp_path: Path) -> None:
    filled(tmp_path / "j", 1).close()
    (tmp_path / "j" / "journal.json").unlink()
    with pytest.raises(NotEmpty):
        opened(tmp_path / "j")


def test_a_second_thread_waits_and_a_timeout_says_for_whom(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    journal.close()
    journal = opened(tmp_path / "j", lock_timeout=0.2)
    other = opened(tmp_path / "j", lock_timeout=0.2)
    told: list[str] = []

    def compete(rival: object) -> None:
        try:
            write(rival, "x", duty(5))  # type: ignore[arg-type]
        except LockTimeout as error:
            told.append(error.holder)

    with journal.transaction(**signed()) as transaction:
        transaction.put("duty", "y", duty(6))
        for rival in (journal, other):
            thread = threading.Thread(target=compete, args=(rival,))
            thread.start()
            thread.join()
    assert told[0] == "another thread of this process"
    assert told[1].startswith(f"process {os.getpid()} (")
    assert write(other, "z", duty(7)) == 3


def test_threads_do_not_join_each_others_transactions(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")

    def add() -> None:
        for _ in range(25):
            with journal.transaction(**signed()) as transaction:
                document = transaction.get("note", "sum")
                number = json.loads(document)["number"] if document is not None else 0
                transaction.put("note", "sum", {"number": number + 1})

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert journal.get("note", "sum") == b'{"number":100}'


def test_the_snapshot_is_made_when_due_and_others_start_from_it(tmp_path: Path) -> None:
    journal, other = opened(tmp_path / "j"), opened(tmp_path / "j")
    for number in range(300):
        with journal.transaction(who="w", what="add", at=AT) as transaction:
            transaction.put("duty", f"d{number % 7}", duty(number))
    assert (tmp_path / "j" / "snapshot").exists()
    assert other.refresh() == 300
    assert list(other.find("duty")) == list(journal.find("duty"))
    assert opened(tmp_path / "j", indexes=INDEXES | {"other": ("x",)}).count("duty") == 7


class CommittingBetween(Disk):
    """Let another thread commit right after a segment was looked at, before anybody compares."""

    journal: Journal | None = None

    def status(self, path: Path) -> os.stat_result:
        try:
            return super().status(path)
        finally:
            journal, self.journal = self.journal, None
            if journal is not None:
                other = threading.Thread(target=write, args=(journal, "between", duty(1)))
                other.start()
                other.join(0.3)


def test_a_commit_of_another_thread_does_not_look_like_a_cut(tmp_path: Path) -> None:
    disk = CommittingBetween()
    journal = opened(tmp_path / "store", disk=disk)
    disk.journal = journal
    journal.refresh()
    until = time.monotonic() + 10
    while journal.refresh() < 1 and time.monotonic() < until:
        time.sleep(0.01)
    assert journal.sequence == 1


def test_a_commit_of_another_thread_waits_for_a_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = filled(tmp_path / "store", 3)
    commit = threading.Thread(target=write, args=(journal, "late", duty(9)))
    search = TableImage.matching

    def while_others_commit(image: TableImage, where: Where) -> list[tuple[str, Row]]:
        commit.start()
        commit.join(0.3)  # without the mutex it has ended by now, and a loop over rows would fail
        return search(image, where)

    with monkeypatch.context() as patched:
        patched.setattr(TableImage, "matching", while_others_commit)
        assert journal.keys("duty") == ["d0", "d1", "d2"]
    commit.join()
    assert journal.keys("duty") == ["d0", "d1", "d2", "late"]


def test_a_part_that_fails_leaves_no_link_to_an_archive(tmp_path: Path) -> None:
    journal = opened(tmp_path / "store")
    write(journal, "k", duty(1), "made")
    with journal.transaction(**signed("sealed")) as transaction:
        transaction.archive("2026-11", [("duty", "k")])
    with journal.transaction(**signed("outer")) as transaction:
        with suppress(KeyError), journal.transaction(**signed("inner")) as part:
            part.unseal("2026-11")
            raise KeyError
        transaction.put("duty", "k", duty(2))
    assert [commit.what for commit in journal.history("k")] == ["outer"]
