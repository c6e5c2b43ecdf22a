"""Reads a journal: its documents as they are and were, its commits, its archives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sla_tracker.errors import N_
from sla_tracker.storage.journal import history
from sla_tracker.storage.journal.errors import ClosedJournal, DamagedArchive, DiskFailure
from sla_tracker.storage.journal.files import archive
from sla_tracker.storage.journal.files.lock import Lock
from sla_tracker.storage.journal.files.segment import split
from sla_tracker.storage.journal.follower import Follower, failing_as
from sla_tracker.storage.journal.history import Commit, Revision
from sla_tracker.storage.journal.image import Named
from sla_tracker.storage.journal.transaction import Transaction, Wanted

Result = TypeVar("Result")


class JournalReader:
    """The reading half of a journal.

    What it reads is as the last refresh or transaction found it.
    """

    def __init__(self, follower: Follower, lock: Lock) -> None:
        self._follower = follower
        self._lock = lock
        self._closed = False

    @property
    def sequence(self) -> int:
        """The sequence number of the last loaded commit; 0 in an empty journal."""
        return self._follower.image.sequence

    @property
    def head(self) -> str:
        """The hash of the last loaded commit."""
        return self._follower.image.head

    @property
    def last_line(self) -> tuple[int, int, int]:
        """Segment of the last loaded line, and the bytes where it begins and ends.

        All are 0 in an empty journal.
        """
        image = self._follower.image
        number, begins = split(image.last)
        return number, begins, image.byte if image.last else 0

    @property
    def schema(self) -> int:
        """The highest document schema written to this journal; 0 in an empty one."""
        return self._follower.image.schema

    @property
    def read_only(self) -> bool:
        """Whether the journal is open for reading only."""
        return not self._follower.writable

    @property
    def snapshot_failure(self) -> OSError | None:
        """Why the last snapshot failed, or None.

        Without a snapshot, opening is slower and nothing is lost.
        """
        return self._follower.snapshot_failure

    def refresh(self) -> int:
        """Load what others wrote, and return the sequence.

        Costs one stat and one byte if they wrote nothing. Raises DamagedJournal, ClosedJournal where another journal
        replaced it, NewerSchema, LockTimeout, DiskFailure.
        """
        self._check_open()
        with failing_as(DiskFailure, N_("The journal cannot be read: {why}")):
            if self._follower.is_behind():
                with self._lock.shared():
                    self._follower.follow()
                    self._follower.check_schema()
                if self._follower.snapshot_due():
                    self._follower.update_snapshot(self._lock, may_write=False)
        return self.sequence

    def refresh_if_free(self) -> bool:
        """Load what others wrote unless a writer is at work; return if all was loaded.

        It never waits and starts no thread, for a process that forks others and must not stand still.
        """
        self._check_open()
        with failing_as(DiskFailure, N_("The journal cannot be read: {why}")):
            if not self._follower.is_behind():
                return True
            mutex = self._lock.enter_if_free()
            if mutex is None:
                return False
            try:
                self._follower.follow()
                self._follower.check_schema()
            finally:
                self._lock.leave(mutex)
        return True

    def touched(self, since: int) -> frozenset[Named] | None:
        """Return table and key of what the loaded commits after a sequence wrote.

        None where these commits are not remembered any more. Reads no file.
        """
        return self._follower.touched(since)

    def get(self, table: str, key: str) -> bytes | None:
        """Return a live document's JSON, or None.

        Raises DamagedJournal, DiskFailure.
        """
        return self.reading().get(table, key)

    def find(self, table: str, **where: Wanted) -> Iterator[bytes]:
        """Yield the live documents whose indexed fields equal the values, by key.

        A tuple of values means "one of"; without any field, all. Raises UnindexedField, DamagedJournal, DiskFailure.
        """
        return self.reading().find(table, **where)

    def keys(self, table: str, **where: Wanted) -> list[str]:
        """Return the keys of the documents that `find` yields."""
        return self.reading().keys(table, **where)

    def count(self, table: str, **where: Wanted) -> int:
        """Return how many documents `find` yields."""
        return len(self._follower.image.table(table)) if not where else len(self.keys(table, **where))

    def tables(self) -> list[str]:
        """Return the names of the tables that hold live documents."""
        with self._follower.mutex:  # another thread may be applying a commit
            return sorted(name for name, table in self._follower.image.tables.items() if len(table))

    def reading(self) -> Transaction:
        """Return a read-only transaction on the committed documents."""
        self._check_open()
        reader = Transaction(self._follower)
        reader.end()
        return reader

    def history(self, key: str, table: str | None = None, *, archive: str = "") -> list[Commit]:
        """Return the commits that touched a document, oldest first.

        Only a removed document needs a search through all segments. `archive` names the archive that an archived one
        lies in, so that no other is opened. Raises DamagedJournal, DiskFailure.
        """
        return self._read_archives(lambda: history.history(self._follower, key, table, archive))

    def version(self, table: str, key: str, sequence: int) -> bytes | None:
        """Return a document as of a commit, or None.

        None where it did not exist or was erased since.

        Raises DamagedJournal, DiskFailure.
        """
        return self._read_archives(lambda: history.version(self._follower, table, key, sequence))

    def log(self, since: int = 0) -> Iterator[Commit]:
        """Yield the commits after a sequence, oldest first.

        Raises DamagedJournal, DiskFailure.
        """
        with self._reading_files():
            yield from history.log(self._follower, since)

    def revisions(self, since: int = 0) -> Iterator[tuple[Commit, list[Revision]]]:
        """Yield the commits after a sequence, each with the documents it wrote.

        Erased documents are left out. Raises DamagedJournal, DiskFailure.
        """
        with self._reading_files():
            yield from history.revisions(self._follower, since)

    def archives(self) -> dict[str, int]:
        """Return the number of documents in each sealed archive, by name."""
        return {name: seal.count for name, seal in self._follower.image.archives.items()}

    def read_archive(self, name: str) -> Iterator[tuple[str, str, bytes]]:
        """Yield table, key and JSON of an archive's documents, unless erased.

        The seal is checked first. Raises UnknownArchive, DamagedArchive, DiskFailure.
        """
        for each in self._read_archives(lambda: archive.read(self._follower, name)):
            if each.document is not None:
                yield each.table, each.key, each.document

    def folders(self) -> tuple[Path, ...]:
        """Return the folders in which commits write; also a store that replaces this one."""
        return self._follower.place.folder, self._follower.place.segments

    def descriptors(self) -> frozenset[int]:
        """Return the open descriptors, for a child that closes all others.

        The lock's descriptor is not among them: it is opened when the lock is taken.
        """
        return self._follower.segments.descriptors()

    def _read_archives(self, read: Callable[[], Result]) -> Result:
        """Run a read that opens archives.

        Runs it again if an archive was unsealed and deleted meanwhile.
        """
        with self._reading_files():
            try:
                return read()
            except DamagedArchive:
                if not self._follower.is_behind():
                    raise
            self.refresh()
            return read()

    @contextmanager
    def _reading_files(self) -> Iterator[None]:
        self._check_open()
        with failing_as(DiskFailure, N_("The journal cannot be read: {why}")):
            yield

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedJournal("The journal is closed.")
