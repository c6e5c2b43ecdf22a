"""Disks that fail, stop, or remember, call by call."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from sla_tracker.storage.journal.files.disk import Disk

FAILING = frozenset(
    {"open", "read", "write", "sync", "sync_folder", "truncate", "replace", "unlink", "names"}
)


class HastyDisk(Disk):
    """Leave out the syncs: they matter to power cuts, which powercut.py plays through, and cost most of the time."""

    def sync(self, descriptor: int) -> None:
        return

    def sync_folder(self, path: Path) -> None:
        return


class WatchedDisk(HastyDisk):
    """Tell `before` the name of each call that is about to be made; what it raises is what the call raises."""

    def __init__(self, before: Callable[[str], None]) -> None:
        self.before = before

    def open(self, path: Path, flags: int) -> int:
        self.before("open")
        return super().open(path, flags)

    def read(self, descriptor: int, size: int, offset: int) -> bytes:
        self.before("read")
        return super().read(descriptor, size, offset)

    def write(self, descriptor: int, content: bytes, offset: int) -> int:
        self.before("write")
        # Half a write at a time: what is interrupted in between is torn.
        return super().write(descriptor, content[: max(len(content) // 2, 1)], offset)

    def sync(self, descriptor: int) -> None:
        self.before("sync")
        super().sync(descriptor)

    def sync_folder(self, path: Path) -> None:
        self.before("sync_folder")
        super().sync_folder(path)

    def truncate(self, descriptor: int, size: int) -> None:
        self.before("truncate")
        super().truncate(descriptor, size)

    def replace(self, source: Path, target: Path) -> None:
        self.before("replace")
        super().replace(source, target)

    def unlink(self, path: Path) -> None:
        self.before("unlink")
        super().unlink(path)

    def mkdir(self, path: Path) -> None:
        self.before("mkdir")
        super().mkdir(path)

    def names(self, path: Path) -> list[str]:
        self.before("names")
        return super().names(path)

    def flock(self, descriptor: int, operation: int) -> None:
        self.before("flock")
        super().flock(descriptor, operation)


class FailAt:
    """Fail the n-th call of one name, and with `for_good` all calls of the names in `for_good` from there on."""

    def __init__(self, name: str, number: int, error: int, for_good: frozenset[str] = frozenset()) -> None:
        self._name = name
        self._left = number
        self._error = error
        self._for_good = for_good
        self.fired = 0

    def __call__(self, name: str) -> None:
        if self.fired and name in self._for_good:
            self._fail()
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                self._fail()

    def _fail(self) -> None:
        self.fired += 1
        raise OSError(self._error, os.strerror(self._error))


class KillAt:
    """Kill this process before its n-th call."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self, name: str) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
