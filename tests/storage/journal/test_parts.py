"""Lines, packed tables, places, locks: what the larger tests do not reach."""

import os
import random
import signal
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.storage.journal import DamagedJournal, LockTimeout, NetworkFolder, SharedLock
from sla_tracker.storage.journal import line as lines
from sla_tracker.storage.journal.document import instant
from sla_tracker.storage.journal.files import paths as places
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.lock import Lock, holder_of
from sla_tracker.storage.journal.files.packed_table import PackedTable, Placed, Row, Strings, columns_of, pack
from sla_tracker.storage.journal.line import Header, LineChange


def _line() -> bytes:
    reason, why = lines.entry(b'"because"')
    document, digest = lines.entry(b'{"a":1}')
    changes = (LineChange("duty", "d1", digest, 0), LineChange("duty", "d2", "", 77))
    header = Header(
        n=1,
        at=instant("2026-11-20T06:00:00Z"),
        who="w",
        what="x",
        prev=lines.GENESIS,
        why=why,
        changes=changes,
    )
    return lines.encode(header, [reason, document], "because")[0]


def test_a_line_comes_back() -> None:
    read = lines.decode(_line())
    assert (read.reason, read.document("duty", "d1"), read.document("duty", "d2")) == (
        "because",
        b'{"a":1}',
        None,
    )
    assert (read.before("duty", "d2"), read.before("duty", "d3")) == (77, None)
    (entry,) = read.entries
    assert _line()[entry.offset : entry.offset + 7] == b'{"a":1}'


def test_a_writer_knows_its_line_without_reading_it_again() -> None:
    reason, why = lines.entry(b'"because"')
    document, digest = lines.entry('{"单":"装饰单"}'.encode())
    other, its_digest = lines.entry(b"{}")
    changes = (
        LineChange("duty", "d1", digest, 0),
        LineChange("duty", "d2", "", 77),
        LineChange("duty", "d3", its_digest, 5),
    )
    for why_there, payload in ((why, [reason, document, other]), ("", [document, other])):
        header = Header(
            n=9, at="2026", who="王", what="x", prev=lines.GENESIS, why=why_there, changes=changes
        )
        content, known = lines.encode(header, payload, "because" if why_there else "")
        assert known == lines.decode(content)


@given(strings=st.sets(st.binary(max_size=3), max_size=200), others=st.lists(st.binary(max_size=3)))
def test_packed_strings_are_found_where_they_are(strings: set[bytes], others: list[bytes]) -> None:
    ordered = sorted(strings)
    starts, blob = Strings.pack(ordered)
    packed = Strings(memoryview(starts), memoryview(blob))
    for wanted in [*ordered, *others]:
        assert packed.find(wanted) == (ordered.index(wanted) if wanted in strings else -1)


def test_every_changed_bit_of_a_line_is_seen() -> None:
    content = _line()
    for place in range(len(content)):
        for bit in range(8):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            with pytest.raises(DamagedJournal):
                lines.decode(bytes(changed))


def test_a_blank_line_has_its_length_and_its_hash() -> None:
    content = _line()
    blank = lines.blank(content, frozenset({("duty", "d1")}))
    read = lines.decode(blank)
    assert len(blank) == len(content)
    assert b"because" not in blank
    assert (read.hash, read.reason_blank, read.entries[0].blank) == (lines.decode(content).hash, True, True)
    assert lines.blank(content, frozenset({("duty", "other")})) == content


@given(strings=st.sets(st.text("ab1", max_size=6)), texts=st.lists(st.text("ab1", max_size=5), max_size=8))
def test_packed_strings_are_found_by_their_ends(strings: set[str], texts: list[str]) -> None:
    """All strings are searched together: what lies across two of them is no string's end."""
    ordered = sorted(strings)
    starts, blob = Strings.pack([string.encode() for string in ordered])
    packed = Strings(memoryview(starts), memoryview(blob))
    for text in texts:
        wanted = [
            number
            for number, string in enumerate(ordered)
            if text and (string.startswith(text) or string.endswith(text))
        ]
        assert list(packed.bounded_by(text.encode())) == wanted


def test_packed_tables_find_what_dicts_find() -> None:
    chance = random.Random(5)
    rows = {
        f"键{number:04d}": Placed(
            f"键{number:04d}",
            Row(1 << 32 | number, number, number * 7 % 2**32, number),
            (b'"%d"' % chance.randrange(5), b'"%d"' % chance.randrange(300)),
        )
        for number in chance.sample(range(10_000), 500)
    }
    fields = ("few", "many")
    sections = {
        name: memoryview(content) for name, content in pack(columns_of(fields, rows.values())).items()
    }
    table = PackedTable(fields, sections)
    assert sorted(table.rows()) == sorted(rows.values())
    assert [table.row(table.find(key)) for key in rows] == [placed.row for placed in rows.values()]
    assert table.find("absent") == -1
    for number, field in enumerate(fields):
        for value in {placed.values[number] for placed in rows.values()}:
            found = {table.key(ordinal) for ordinal in table.matching({field: [value]})}
            assert found == {key for key, placed in rows.items() if placed.values[number] == value}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2026-11-20T14:00:00+08:00", "2026-11-20T06:00:00.000000Z"),
        ("2026-11-20T06:00:00.5Z", "2026-11-20T06:00:00.500000Z"),
        ("0800-01-01T00:00:00Z", "0800-01-01T00:00:00.000000Z"),
    ],
)
def test_instants_have_one_form_that_sorts(given: str, kept: str) -> None:
    assert instant(given) == kept


MOUNTS = """22 1 254:1 / / rw,relatime - ext4 /dev/vda rw
40 22 0:55 / {share} rw,relatime - nfs4 server:/share rw
41 22 0:56 / {share}/inner rw,relatime - tmpfs tmpfs rw
a line that is none
"""


def test_file_systems_are_told_apart(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS.format(share=tmp_path))
    unknown = os.makedev(9, 9)
    assert places.filesystem_of(Path("/"), os.makedev(254, 1), mounts) == "ext4"
    assert places.filesystem_of(tmp_path / "x", unknown, mounts) == "nfs4"
    assert places.filesystem_of(tmp_path / "inner", unknown, mounts) == "tmpfs"
    assert places.filesystem_of(tmp_path, unknown, tmp_path / "absent") == ""


def test_a_network_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "filesystem_of", lambda folder, device: "nfs4")
    with pytest.raises(NetworkFolder, match="nfs4"):
        places.check(Disk(), tmp_path)


def _lock(path: Path, timeout: float) -> Lock:
    return Lock(Disk(), path, timeout=timeout, writable=True)


def test_readers_share_and_writers_do_not(tmp_path: Path) -> None:
    one, other = _lock(tmp_path / "lock", 0.1), _lock(tmp_path / "lock", 0.1)
    with one.shared(), other.shared():
        pass
    with one.exclusive(), one.exclusive(), one.shared(), pytest.raises(LockTimeout), other.shared():
        pass
    with other.exclusive():
        assert other.held_here()
    assert not other.held_here()


def test_who_keeps_writers_out_does_not_write(tmp_path: Path) -> None:
    """Both would wait for each other; one that went on without waiting wrote at the same time as the other."""
    one, other = _lock(tmp_path / "lock", 0.1), _lock(tmp_path / "lock", 0.1)
    with one.shared(), other.shared():
        for lock in (one, other):
            with pytest.raises(SharedLock), lock.exclusive():
                pass
    # Before a wait is given up below: its thread may still take the lock for a moment, to give it back.
    mutex = one.enter_if_free()
    assert mutex is not None
    with pytest.raises(SharedLock), one.exclusive():
        pass
    one.leave(mutex)
    with one.shared():
        with pytest.raises(SharedLock), one.exclusive():
            pass
        with pytest.raises(LockTimeout), other.exclusive():
            pass
    with one.exclusive(), one.shared(), one.exclusive(), pytest.raises(LockTimeout), other.shared():
        pass
    for lock in (one, other):
        lock.close()


def test_who_waits_gets_the_lock_when_it_is_given_back(tmp_path: Path) -> None:
    one, other = _lock(tmp_path / "lock", 5), _lock(tmp_path / "lock", 5)
    order = []

    def wait() -> None:
        with other.exclusive():
            order.append("second")

    waiting = threading.Thread(target=wait)
    with one.exclusive():
        waiting.start()
        time.sleep(0.05)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]


def test_an_abandoned_wait_does_not_hold_the_lock_later(tmp_path: Path) -> None:
    one, other = _lock(tmp_path / "lock", 5), _lock(tmp_path / "lock", 0.05)
    with one.exclusive(), pytest.raises(LockTimeout), other.exclusive():
        pass
    time.sleep(0.05)
    with one.exclusive():
        pass
    with other.exclusive():
        pass


def test_an_abandoned_wait_leaves_no_lock_to_a_child_that_was_forked_meanwhile(tmp_path: Path) -> None:
    one, other = _lock(tmp_path / "lock", 5), _lock(tmp_path / "lock", 0.05)
    with other.exclusive():
        childs = os.dup(other._descriptor or -1)
    with one.exclusive(), pytest.raises(LockTimeout), other.exclusive():
        pass
    time.sleep(0.1)
    with _lock(tmp_path / "lock", 1).exclusive():
        os.close(childs)


def test_a_signal_ends_a_wait_and_leaves_the_lock_to_others(tmp_path: Path) -> None:
    one, other = _lock(tmp_path / "lock", 5), _lock(tmp_path / "lock", 5)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    handler = signal.signal(signal.SIGALRM, interrupt)
    try:
        with one.exclusive():
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt), other.exclusive():
                pass
    finally:
        signal.signal(signal.SIGALRM, handler)
    time.sleep(0.1)  # for whoever would take it now and never give it back
    with _lock(tmp_path / "lock", 1).exclusive():
        pass


def test_a_lock_file_that_was_replaced_is_locked_anew(tmp_path: Path) -> None:
    one, other = _lock(tmp_path / "lock", 0.1), _lock(tmp_path / "lock", 0.1)
    with one.exclusive():
        pass
    (tmp_path / "lock").unlink()
    with other.exclusive(), pytest.raises(LockTimeout), one.exclusive():
        pass


def test_a_lock_is_no_link_to_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"), _lock(tmp_path / "lock", 0.1).exclusive():
        pass


def test_a_holder_nobody_tells_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    status = (tmp_path / "file").stat()
    assert holder_of(status, tmp_path / "absent") == "another process"
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    (tmp_path / "locks").write_text(f"1: FLOCK  ADVISORY  WRITE 999999999 {device}:{status.st_ino} 0 EOF\n")
    assert holder_of(status, tmp_path / "locks") == "process 999999999"
