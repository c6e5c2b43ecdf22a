"""A forked child adopts the journal that its parent opened, with a process, a lock and files of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sla_tracker.storage.journal import Journal
from tests.storage.journal.stores import duty, filled, opened, write

# A program of its own: the tests' process has several threads, and such a one should not fork.
BEGINNING = """
import os, sys
from pathlib import Path
from sla_tracker.storage.journal import ClosedJournal, LockTimeout
from tests.storage.journal.stores import duty, opened, signed, write

journal = opened(Path(sys.argv[1]), lock_timeout=0.2)

def in_child(work):
    child = os.fork()
    if not child:
        done = 1
        try:
            done = work() or 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(done)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def _run(folder: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-c", BEGINNING + program, folder],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return filled(tmp_path / "store", 3)


def test_children_write_one_after_the_other_and_the_parent_sees_it(tmp_path: Path, journal: Journal) -> None:
    _run(
        tmp_path / "store",
        """
for number in range(4):
    def work():
        journal.adopt_after_fork()
        write(journal, f"child{number}", duty(number))
    assert in_child(work) == 0
    assert journal.refresh() == 4 + number
write(journal, "parent", duty(9))
""",
    )
    assert journal.refresh() == 8
    assert {"child0", "child3", "parent"} <= set(journal.keys("duty"))
    assert journal.verify() == []


def test_a_child_that_does_not_adopt_it_cannot_write(tmp_path: Path, journal: Journal) -> None:
    _run(
        tmp_path / "store",
        """
def work():
    try:
        write(journal, "x", duty(1))
    except ClosedJournal:
        return 3
assert in_child(work) == 3
""",
    )
    assert journal.refresh() == 3


def test_the_lock_of_a_child_is_its_own(tmp_path: Path, journal: Journal) -> None:
    """The parent cannot write while the child does, and can when the child was killed."""
    _run(
        tmp_path / "store",
        """
import signal
write(journal, "taken", duty(0))
inside, outside = os.pipe()
child = os.fork()
if not child:
    journal.adopt_after_fork()
    with journal.transaction(**signed()):
        os.write(outside, b"x")
        signal.pause()
os.read(inside, 1)
try:
    write(journal, "x", duty(1))
except LockTimeout:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    write(journal, "x", duty(1))
else:
    sys.exit("the child's lock did not hold")
""",
    )
    assert journal.refresh() == 5


def test_the_files_of_a_child_are_opened_anew(tmp_path: Path, journal: Journal) -> None:
    """Descriptors of the parent point to the same open file; the child's do not."""
    _run(
        tmp_path / "store",
        """
list(journal.find("duty"))
parents = dict(journal._follower.segments._open)
assert parents
def work():
    journal.adopt_after_fork()
    list(journal.find("duty"))
    for number, descriptor in journal._follower.segments._open.items():
        os.lseek(descriptor, 7, os.SEEK_SET)
assert in_child(work) == 0
assert all(os.lseek(each, 0, os.SEEK_CUR) != 7 for each in parents.values())
""",
    )


def test_a_transaction_of_the_parent_is_not_adopted(tmp_path: Path, journal: Journal) -> None:
    _run(
        tmp_path / "store",
        """
def work():
    try:
        journal.adopt_after_fork()
    except ClosedJournal:
        return 3
with journal.transaction(**signed()) as transaction:
    transaction.put("duty", "own", duty(1))
    assert in_child(work) == 3
""",
    )
    assert journal.refresh() == 4
    assert "own" in journal.keys("duty")


def test_a_child_sees_that_an_erasure_replaced_the_files(tmp_path: Path, journal: Journal) -> None:
    _run(
        tmp_path / "store",
        """
list(journal.find("duty"))
other = opened(Path(sys.argv[1]))
def work():
    other.adopt_after_fork()
    other.erase([("duty", "d1")], who="admin", at="2026-11-20T06:00:00+00:00", reason="asked for")
    journal.adopt_after_fork()
    assert journal.refresh() == 5
    assert journal.keys("duty") == ["d0", "d2"]
    write(journal, "after", duty(1))
assert in_child(work) == 0
assert journal.refresh() == 6
""",
    )
    assert journal.refresh() == 6
    assert journal.verify() == []


def test_adopting_ones_own_journal_changes_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path / "own")
    journal.adopt_after_fork()
    assert write(journal, "d", duty(1)) == 1
