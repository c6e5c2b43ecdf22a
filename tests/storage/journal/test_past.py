"""History, archives, erasure, verification, backup."""

import json
from pathlib import Path

import pytest

from sla_tracker.storage.journal import (
    ArchiveExists,
    DamagedArchive,
    DamagedJournal,
    NestedErasure,
    NotEmpty,
    RefusedDocument,
    UnknownArchive,
    line,
)
from sla_tracker.storage.journal.maintenance.offline import inspect, restore
from tests.storage.journal.stores import AT, INDEXES, duty, filled, opened, signed, write


def test_history_and_versions(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    write(journal, "d1", duty(1, state="done"), what="deliver", reason="以此为证", via="tui")
    journal.snapshot()
    journal = opened(tmp_path / "j")
    assert [(commit.sequence, commit.what, commit.reason) for commit in journal.history("d1")] == [
        (2, "open 1", ""),
        (4, "deliver", "以此为证"),
    ]
    states = [journal.version("duty", "d1", sequence) for sequence in (1, 2, 3, 4)]
    assert [json.loads(each)["state"] if each else None for each in states] == [None, "open", "open", "done"]
    assert journal.history("unheard of") == []


def test_the_log_begins_where_it_is_asked_to(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", segment_bytes=900)
    for number in range(12):
        write(journal, f"d{number}", duty(number), what=f"open {number}")
    assert [commit.what for commit in journal.log(since=9)] == ["open 9", "open 10", "open 11"]
    assert [commit.sequence for commit in journal.log()] == list(range(1, 13))
    assert list(journal.log(since=12)) == []


def test_a_removed_documents_history_is_found(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 2)
    with journal.transaction(**signed("remove")) as transaction:
        transaction.remove("duty", "d0")
    assert [commit.what for commit in journal.history("d0")] == ["open 0", "remove"]
    assert journal.version("duty", "d0", 2) is not None
    assert journal.version("duty", "d0", 3) is None


def test_archived_documents_leave_and_can_be_read_and_come_back(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 4)
    with journal.transaction(**signed("close")) as transaction:
        transaction.archive("2026-10", [("duty", "d0"), ("duty", "d1")])
    assert journal.keys("duty") == ["d2", "d3"]
    journal = opened(tmp_path / "j")
    assert journal.archives() == {"2026-10": 2}
    assert [(key, json.loads(text)["number"]) for _, key, text in journal.read_archive("2026-10")] == [
        ("d0", 0),
        ("d1", 1),
    ]
    assert [commit.what for commit in journal.history("d0")] == ["open 0", "close"]
    with journal.transaction(**signed("reopen")) as transaction:
        transaction.unseal("2026-10")
    assert journal.keys("duty") == ["d0", "d1", "d2", "d3"]
    assert journal.archives() == {}
    assert [commit.what for commit in journal.history("d0")] == ["open 0", "close", "reopen"]
    assert journal.verify() == []


def test_what_cannot_be_archived(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    with journal.transaction(**signed()) as transaction:
        for name, key in (("../x", "d0"), (".x", "d0"), ("x", "none")):
            with pytest.raises(RefusedDocument):
                transaction.archive(name, [("duty", key)])
        transaction.archive("x", [("duty", "d0")])
        with pytest.raises(RefusedDocument):
            transaction.archive("y", [("duty", "d1")])
    with pytest.raises(ArchiveExists), journal.transaction(**signed()) as transaction:
        transaction.archive("x", [("duty", "d1")])
    with pytest.raises(UnknownArchive):
        list(journal.read_archive("y"))


def test_a_damaged_archive_is_refused_and_found(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 2)
    with journal.transaction(**signed()) as transaction:
        transaction.archive("2026-10", [("duty", "d0")])
    (path,) = (tmp_path / "j" / "archives").iterdir()
    path.write_bytes(path.read_bytes().replace(b"open", b"done"))
    with pytest.raises(DamagedArchive) as caught:
        list(journal.read_archive("2026-10"))
    assert caught.value.file == f"archives/{path.name}"
    assert [finding.file for finding in journal.verify()] == [f"archives/{path.name}"]
    path.unlink()
    with pytest.raises(DamagedArchive):
        list(journal.read_archive("2026-10"))


def _mentioned(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_erasing_leaves_no_trace_and_the_chain_verifies(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j", segment_bytes=1000)
    write(journal, "d0", duty(0, person="王芳"), reason="王芳 asked")
    write(journal, "d1", duty(1, person="王芳"))
    write(journal, "d0", duty(0, state="done", person="王芳"))
    with journal.transaction(**signed("close")) as transaction:
        transaction.archive("2026-10", [("duty", "d1")])
    journal.snapshot()
    assert len(_mentioned(tmp_path / "j", "王芳")) >= 2
    heads = [commit.hash for commit in journal.log()]
    sequence = journal.erase(
        [("duty", "d0"), ("duty", "d1")],
        who="officer",
        at=AT,
        reason="request 7",
        replacements={("duty", "d0"): duty(0, state="done", person="")},
    )
    assert sequence == 5
    assert _mentioned(tmp_path / "j", "王芳") == []
    assert [commit.hash for commit in journal.log()][:4] == heads
    for again in (journal, opened(tmp_path / "j")):
        assert again.verify(enumerate(heads, start=1)) == []
        assert json.loads(again.get("duty", "d0") or b"")["person"] == ""
        assert list(again.read_archive("2026-10")) == []
        assert again.version("duty", "d0", 3) is None
        assert again.history("d0")[0].reason_erased
        assert [commit.erased for commit in again.log(since=4)] == [(("duty", "d0"), ("duty", "d1")), ()]
    (tmp_path / "j" / "snapshot").unlink()
    assert opened(tmp_path / "j").count("duty") == 1


def test_a_follower_survives_an_erasure(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    other = opened(tmp_path / "j", read_only=True)
    list(other.find("duty"))
    journal.erase([("duty", "d1")], who="officer", at=AT, reason="asked for")
    other.refresh()
    assert other.keys("duty") == ["d0", "d2"]
    assert len(list(other.find("duty"))) == 2


def test_a_reader_that_looks_late_finds_nothing_rather_than_damage(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    journal.snapshot()
    other = opened(tmp_path / "j", read_only=True)
    other._follower.segments.forget()
    journal.erase([("duty", "d1")], who="officer", at=AT, reason="asked for")
    assert other.get("duty", "d1") is None
    assert other.get("duty", "d2") is not None


def test_an_erasure_is_no_part_of_a_transaction(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    with journal.transaction(**signed()), pytest.raises(NestedErasure):
        journal.erase([("duty", "d0")], who="officer", at=AT, reason="asked for")


def test_a_blank_that_no_erasure_explains_is_damage(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    journal.close()
    segment = tmp_path / "j" / "segments" / "00000001.journal"
    segment.write_bytes(line.blank(segment.read_bytes().rstrip(b"\0"), frozenset({("duty", "d0")})))
    with pytest.raises(DamagedJournal, match="no erasure"):
        opened(tmp_path / "j")
    assert "no erasure" in inspect(tmp_path / "j", indexes=INDEXES)[0].sentence


def test_anchors_show_a_cut_tail_and_a_rewritten_past(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    good = (3, journal.head)
    assert journal.verify([good]) == []
    (rewritten,) = journal.verify([(2, "0" * 64)])
    assert (rewritten.segment, rewritten.sequence) == (1, 2)
    journal.close()
    segment = tmp_path / "j" / "segments" / "00000001.journal"
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:2]))
    (cut,) = opened(tmp_path / "j").verify([good])
    assert (cut.byte, cut.sequence) == (len(lines[0]) + len(lines[1]), 3)


def test_a_snapshot_that_lies_is_found(tmp_path: Path) -> None:
    filled(tmp_path / "one", 2).snapshot()
    journal = filled(tmp_path / "two", 2)
    (tmp_path / "two" / "snapshot").write_bytes((tmp_path / "one" / "snapshot").read_bytes())
    assert [finding.file for finding in journal.verify()] == ["snapshot"]
    assert opened(tmp_path / "two").head == journal.head


def test_backup_and_restore(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    with journal.transaction(**signed()) as transaction:
        transaction.archive("2026-10", [("duty", "d0")])
    journal.backup(tmp_path / "backup.tar")
    write(journal, "later", duty(9))
    with pytest.raises(NotEmpty):
        journal.backup(tmp_path / "backup.tar")
    assert restore(tmp_path / "backup.tar", tmp_path / "k", indexes=INDEXES).sequence == 4
    again = opened(tmp_path / "k")
    assert again.keys("duty") == ["d1", "d2"]
    assert again.archives() == {"2026-10": 1}
    assert write(again, "more", duty(8)) == 5
    with pytest.raises(NotEmpty):
        restore(tmp_path / "backup.tar", tmp_path / "k", indexes=INDEXES)


def test_a_damaged_backup_restores_nothing(tmp_path: Path) -> None:
    filled(tmp_path / "j", 3).backup(tmp_path / "backup.tar")
    content = (tmp_path / "backup.tar").read_bytes()
    for number in range(0, len(content), 97):
        damaged = bytearray(content)
        damaged[number] ^= 1
        (tmp_path / "damaged.tar").write_bytes(damaged)
        try:
            assert restore(tmp_path / "damaged.tar", tmp_path / f"k{number}", indexes=INDEXES).sequence == 3
        except DamagedJournal:
            assert not (tmp_path / f"k{number}").exists()
            continue
        assert opened(tmp_path / f"k{number}").count("duty") == 3
    assert not list(tmp_path.glob("*.restoring"))
