"""Checks a journal that cannot be opened, and restores a backup."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import DamagedJournal, DiskFailure
from sla_tracker.storage.journal.files import paths
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.lock import Lock
from sla_tracker.storage.journal.files.paths import JournalPaths
from sla_tracker.storage.journal.follower import Follower, failing_as
from sla_tracker.storage.journal.journal import Indexes
from sla_tracker.storage.journal.maintenance.verify import JournalFinding, verify

if TYPE_CHECKING:
    from sla_tracker.storage.journal.maintenance.backup import Unpacked


def inspect(
    folder: Path,
    *,
    indexes: Indexes,
    anchors: Iterable[tuple[int, str]] = (),
    lock_timeout: float = 30.0,
    schema: int = 1,
) -> list[JournalFinding]:
    """Check every byte of a journal and return what is damaged.

    Works even for a journal that cannot be opened, and while others write.

    Raises NoJournal, NewerSchema, LockTimeout, DiskFailure.
    """
    disk, where = Disk(), JournalPaths(folder=folder)
    with failing_as(DiskFailure, N_("The journal cannot be read: {why}")):
        try:
            manifest = paths.read_manifest(disk, where)
            follower = Follower(disk, where, manifest, indexes, writable=False, schema=schema)
        except DamagedJournal as error:
            if error.file is None:
                raise
            return [JournalFinding.of(error, error.file)]
        lock = Lock(disk, where.lock, timeout=lock_timeout, writable=False)
        try:
            return verify(follower, lock, anchors)
        finally:
            follower.close()
            lock.close()


def restore(
    source: Path,
    folder: Path,
    *,
    indexes: Indexes,
    schema: int = 1,
    room: AbstractContextManager[object] | None = None,
) -> Unpacked:
    """Restore a verified backup into an empty folder.

    Returns its last sequence and the files beside the journal. `room` is entered just before the folder gets its name.
    Raises NotEmpty, DamagedJournal, NewerSchema, DiskFailure.
    """
    from sla_tracker.storage.journal.maintenance import backup

    return backup.restore(Disk(), source, folder, indexes, schema, room=room)


def check_backup(source: Path, scratch: Path, *, indexes: Indexes, schema: int = 1) -> Unpacked:
    """Restore a backup in a scratch folder, verify it there, and remove it.

    Raises as restore does.
    """
    from sla_tracker.storage.journal.maintenance import backup

    return backup.check(Disk(), source, scratch, indexes, schema)
