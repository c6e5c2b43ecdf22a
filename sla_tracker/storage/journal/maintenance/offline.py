"""Checks a journal that cannot be opened, and restores a backup."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sla_tracker.storage.journal.errors import DiskFailure, JournalError
from sla_tracker.storage.journal.files import paths
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.lock import Lock
from sla_tracker.storage.journal.files.paths import JournalPaths
from sla_tracker.storage.journal.follower import Follower, failing_as
from sla_tracker.storage.journal.journal import Indexes
from sla_tracker.storage.journal.maintenance.verify import Inspection, JournalFinding


def inspect(
    folder: Path, *, indexes: Indexes, anchors: Iterable[tuple[int, str]] = (), lock_timeout: float = 30.0
) -> list[JournalFinding]:
    """Check every byte of a journal, even one that cannot be opened; return what is damaged.

    Raises NoJournal, LockTimeout, DiskFailure.
    """
    disk, where = Disk(), JournalPaths(folder=folder)
    with failing_as(DiskFailure, "The journal cannot be read"):
        try:
            follower = Follower(disk, where, paths.found(disk, where), indexes, writable=False)
        except JournalError as error:
            if error.file is None:
                raise
            return [JournalFinding(sentence=error.sentence, file=error.file)]
        lock = Lock(disk, where.lock, timeout=lock_timeout, writable=False)
        try:
            with lock.shared():
                return Inspection(follower, anchors).run()
        finally:
            follower.close()
            lock.close()


def restore(source: Path, folder: Path, *, indexes: Indexes) -> int:
    """Restore a verified backup into an empty folder; return its last sequence.

    Raises NotEmpty, DamagedJournal, DiskFailure.
    """
    from sla_tracker.storage.journal.maintenance import backup

    return backup.restore(Disk(), source, folder, indexes).sequence
