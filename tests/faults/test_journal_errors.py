"""The n-th system call of a kind fails, for every n until the run passes untouched."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_tracker.storage.journal import ClosedJournal, JournalError, OutcomeUnknown
from tests.faults import scenario
from tests.faults.disks import FAILING, FailAt, WatchedDisk

UNDO = frozenset({"sync", "truncate"})


def _live(folder: Path, disk: WatchedDisk) -> tuple[set[str], set[str]]:
    """Run the scenario, trying each step again once; return what was acknowledged and what was refused in the end."""
    acknowledged: set[str] = set()
    refused: set[str] = set()
    journal = None
    for name, step in scenario.steps():
        for _ in range(2):
            try:
                journal = journal or scenario.begin(folder, disk)
                step(journal)
            except OutcomeUnknown:
                refused.discard(name)
                journal = None
                break
            except ClosedJournal:
                journal = None
            except JournalError:
                refused.add(name)
            else:
                acknowledged.add(name)
                refused.discard(name)
                break
    return acknowledged - {""}, refused - {""}


@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EINTR], ids=errno.errorcode.get)
@pytest.mark.parametrize("name", sorted(FAILING))
def test_one_failing_call(tmp_path: Path, name: str, error: int, effort: Callable[[int, int], int]) -> None:
    stride = effort(3, 1)
    fired = 0
    for number in range(1, 10_000, stride):
        fail = FailAt(name, number, error)
        folder = tmp_path / str(number)
        acknowledged, refused = _live(folder, WatchedDisk(fail))
        assert scenario.complaints(folder, acknowledged, refused) == [], f"{name} number {number}"
        if not fail.fired:
            assert len(acknowledged) == len([step for step, _ in scenario.steps() if step])
            break
        fired += 1
    assert fired >= 1


@pytest.mark.parametrize("name", ["sync", "write"])
def test_a_disk_that_fails_for_good(tmp_path: Path, name: str, effort: Callable[[int, int], int]) -> None:
    """What cannot be taken back either must be called unknown, and nothing else may be."""
    fired = unknown = 0
    for number in range(1, 10_000, effort(2, 1)):
        fail = FailAt(name, number, errno.EIO, for_good=UNDO)
        folder = tmp_path / str(number)
        acknowledged, refused = _live(folder, WatchedDisk(fail))
        assert scenario.complaints(folder, acknowledged, refused) == [], f"{name} number {number}"
        unknown += len([step for step, _ in scenario.steps() if step]) > len(acknowledged | refused)
        if not fail.fired:
            break
        fired += 1
    assert fired >= 1
    assert unknown >= 1
