"""A large commit and a long past cost those who look at something else nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_tracker.storage.journal import DamagedJournal, Journal, follower, line
from sla_tracker.storage.journal.files import snapshot
from sla_tracker.storage.journal.files.segment import Segments
from tests.storage.journal.stores import INDEXES, duty, filled, opened, signed, write


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the lines of which every byte is checked, and those of which only the header is."""
    counted, whole, opening = [0, 0], line.decode, line.opening

    def count_whole(content: bytes) -> line.Line:
        counted[0] += 1
        return whole(content)

    def count_opening(content: bytes) -> line.Line | None:
        counted[1] += 1
        return opening(content)

    monkeypatch.setattr(line, "decode", count_whole)
    monkeypatch.setattr(line, "opening", count_opening)
    return counted


def _write_many(journal: Journal, count: int, *, state: str = "open", **others: str) -> None:
    with journal.transaction(**signed("many", **others)) as transaction:
        for number in range(count):
            transaction.put("duty", f"m{number}", duty(number, state=state, note="x" * 100))


def test_a_snapshot_follows_one_large_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "BYTES_BETWEEN_SNAPSHOTS", 20_000)
    journal = filled(tmp_path / "j", 3)
    assert not (tmp_path / "j" / "snapshot").exists()
    _write_many(journal, 300)
    image = snapshot.decode((tmp_path / "j" / "snapshot").read_bytes(), INDEXES)
    assert image is not None
    assert image.sequence == 4


def test_small_commits_on_many_documents_do_not_write_one_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes since the last one must be a share of what a snapshot takes."""
    monkeypatch.setattr(follower, "BYTES_BETWEEN_SNAPSHOTS", 100)
    journal = opened(tmp_path / "j")
    _write_many(journal, 1_000)
    before = (tmp_path / "j" / "snapshot").stat().st_ino
    write(journal, "d", duty(1))
    assert journal._follower.image.fresh_lines == 1
    assert (tmp_path / "j" / "snapshot").stat().st_ino == before


def test_whoever_opens_a_store_without_snapshot_writes_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "BYTES_BETWEEN_SNAPSHOTS", 20_000)
    _write_many(filled(tmp_path / "j", 3), 300)
    (tmp_path / "j" / "snapshot").unlink()
    opened(tmp_path / "j", read_only=True)
    assert not (tmp_path / "j" / "snapshot").exists()
    opened(tmp_path / "j")
    assert (tmp_path / "j" / "snapshot").exists()


def test_opening_after_a_large_last_line_does_not_check_all_of_it(tmp_path: Path, decoded: list[int]) -> None:
    journal = filled(tmp_path / "j", 3)
    _write_many(journal, 2_000)
    journal.snapshot()
    decoded[0] = 0
    again = opened(tmp_path / "j")
    assert (decoded[0], again.count("duty"), again.sequence) == (0, 2_003, 4)


def test_a_snapshot_does_not_fit_another_large_last_line(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 3)
    _write_many(journal, 2_000)
    journal.snapshot()
    path = tmp_path / "j" / "segments" / "00000001.journal"
    content = path.read_bytes()
    at = content.index(journal.head.encode(), content.rfind(b'{"hash"'))
    path.write_bytes(content[:at] + b"0" * 64 + content[at + 64 :])
    with pytest.raises(DamagedJournal, match="hash it claims"):
        opened(tmp_path / "j")


def test_the_history_of_one_of_thousands_does_not_decode_the_others(
    tmp_path: Path, decoded: list[int]
) -> None:
    journal = filled(tmp_path / "j", 3)
    _write_many(journal, 2_000)
    decoded[0] = 0
    assert [commit.what for commit in journal.history("m77")] == ["many"]
    assert decoded[0] == 0
    _write_many(journal, 2_000, state="closed", reason="said so")
    assert [commit.reason for commit in journal.history("m77")] == ["", "said so"]
    assert journal.version("duty", "m77", 4) is not None


def test_a_changed_header_of_a_large_line_is_named(tmp_path: Path) -> None:
    journal = filled(tmp_path / "j", 1)
    _write_many(journal, 2_000)
    path = tmp_path / "j" / "segments" / "00000001.journal"
    path.write_bytes(path.read_bytes().replace(b'"what":"many"', b'"what":"none"'))
    with pytest.raises(DamagedJournal, match="hash it claims") as error:
        journal.history("m7")
    assert (error.value.segment, error.value.file) == (1, "segments/00000001.journal")


@pytest.mark.parametrize("segment_bytes", [400, 1 << 20])
def test_the_end_of_the_log_is_read_without_decoding_the_rest(
    tmp_path: Path, decoded: list[int], segment_bytes: int
) -> None:
    journal = opened(tmp_path / "j", segment_bytes=segment_bytes)
    for number in range(300):
        write(journal, f"d{number}", duty(number), what=f"open {number}")
    whole = list(journal.log())
    decoded[:] = [0, 0]
    for since in (0, 1, 149, 150, 298, 299, 300):
        assert list(journal.log(since)) == whole[since:]
    decoded[:] = [0, 0]
    assert len(list(journal.log(295))) == 5
    assert sum(decoded) < 25


def test_who_follows_reads_the_end_of_a_large_segment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = filled(tmp_path / "j", 3)
    _write_many(journal, 2_000)
    for number in range(5):
        write(journal, f"late{number}", duty(number), what=f"late {number}")
    size, read, real = journal._follower.image.byte, [0], Segments.read

    def counted(self: Segments, number: int, byte: int, length: int) -> bytes:
        read[0] += length
        return real(self, number, byte, length)

    monkeypatch.setattr(Segments, "read", counted)
    assert [commit.what for commit in journal.log(journal.sequence - 2)] == ["late 3", "late 4"]
    assert 0 < read[0] < size / 2
    read[0] = 0
    assert list(journal.log(journal.sequence)) == []
    assert read[0] == 0
    assert [commit.sequence for commit in journal.log(2)] == [3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("damage", ["missing", "two missing"])
def test_damage_before_the_end_does_not_shift_the_log(tmp_path: Path, damage: str) -> None:
    journal = filled(tmp_path / "j", 9)
    path = tmp_path / "j" / "segments" / "00000001.journal"
    lines = path.read_bytes().rstrip(b"\0").splitlines(keepends=True)
    changed = {
        "missing": [*lines[:2], *lines[3:]],
        "two missing": lines[2:],
    }
    path.write_bytes(b"".join(changed[damage]))
    assert [commit.sequence for commit in journal.log(7)] == [8, 9]
