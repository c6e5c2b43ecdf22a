"""An append-only, hash-chained store of JSON documents.

The public API of this package.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from sla_tracker.storage.journal import history
from sla_tracker.storage.journal.document import canonical
from sla_tracker.storage.journal.errors import (
    ClosedJournal,
    DamagedArchive,
    DiskFailure,
    JournalError,
    NestedErasure,
    NotApplied,
    ReadOnly,
)
from sla_tracker.storage.journal.files import archive, paths
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.lock import Lock, Waiting
from sla_tracker.storage.journal.files.paths import SEGMENT_BYTES, JournalPaths
from sla_tracker.storage.journal.files.segment import split
from sla_tracker.storage.journal.follower import Follower, failing_as
from sla_tracker.storage.journal.history import Commit, Revision
from sla_tracker.storage.journal.image import Named
from sla_tracker.storage.journal.maintenance import erase
from sla_tracker.storage.journal.maintenance.verify import Inspection, JournalFinding
from sla_tracker.storage.journal.transaction import Transaction, Wanted
from sla_tracker.storage.journal.writer import Signature, Writer

if TYPE_CHECKING:
    from sla_tracker.storage.journal.maintenance.backup import BackupManifest

Indexes = Mapping[str, tuple[str, ...]]
Result = TypeVar("Result")
_LOCKING = failing_as(DiskFailure, "The journal cannot be locked")


class Journal:
    """JSON documents by table and key, with the history of every change.

    Threads may share one. A forked child process opens its own or calls `adopt_after_fork`, as file locks belong to
    the parent's open file.
    """

    def __init__(self, follower: Follower, lock: Lock, *, schema: int) -> None:
        self._follower = follower
        self._lock = lock
        self._writer = Writer(follower, schema)
        self._closed = False
        self._process = os.getpid()
        self._transaction: Transaction | None = None
        """Set and read only by the thread that holds the lock exclusively."""

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        indexes: Indexes,
        read_only: bool = False,
        create: bool = False,
        lock_timeout: float = 30.0,
        schema: int = 1,
        segment_bytes: int = SEGMENT_BYTES,
        disk: Disk | None = None,
        waiting: Waiting | None = None,
    ) -> Journal:
        """Open a journal; `indexes` names for each table the fields to search by.

        `waiting` is called with the name of the process that holds the lock, once that takes longer than two seconds.
        `schema` counts the generations of documents that this program knows; `segment_bytes` matters only on creation.
        Raises NoJournal, DamagedJournal, NewerSchema, UnsafeFolder, NetworkFolder, LockTimeout, DiskFailure.
        """
        calls, where = disk or Disk(), JournalPaths(folder=folder)
        with failing_as(DiskFailure, f"The journal in {folder} cannot be opened"):
            if folder.exists():
                paths.check(calls, folder)
            lock = Lock(calls, where.lock, timeout=lock_timeout, writable=not read_only, waiting=waiting)
            if create and not read_only and not where.manifest.exists():
                _make(calls, where, lock, segment_bytes)
            manifest = paths.found(calls, where)
            follower = Follower(calls, where, manifest, indexes, writable=not read_only, schema=schema)
            journal = cls(follower, lock, schema=schema)
            try:
                with lock.shared():
                    follower.load()
                follower.check_schema()
                # Whoever wrote much may have died before the snapshot, and a restored store has none.
                if not read_only:
                    journal._update_snapshot()
            except BaseException:
                journal.close()
                raise
        return journal

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

        Zeros in an empty journal.
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

        Costs one stat and one byte if they wrote nothing.

        Raises DamagedJournal, ClosedJournal where another journal replaced it, NewerSchema, LockTimeout, DiskFailure.
        """
        self._check_open()
        with failing_as(DiskFailure, "The journal cannot be read"):
            if self._follower.behind():
                with self._lock.shared():
                    self._follower.follow()
                    self._follower.check_schema()
                if self._follower.snapshot_due():
                    self._follower.update_snapshot(self._lock, may_write=False)
        return self.sequence

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
        return sorted(name for name, table in self._follower.image.tables.items() if len(table))

    def reading(self) -> Transaction:
        """Return a read-only transaction on the committed documents."""
        self._check_open()
        reader = Transaction(self._follower)
        reader.end()
        return reader

    def transaction(
        self, *, who: str, what: str, at: str | datetime, via: str = "", reason: str = ""
    ) -> AbstractContextManager[Transaction]:
        """Start a transaction that excludes other writers.

        Its end writes at most one line.

        Inside another one of the same thread it is a part of that: undone alone if it raises, written and signed with
        the outer one. Raises LockTimeout, ReadOnly, NotApplied, OutcomeUnknown, DamagedJournal, DiskFailure.
        """
        return _Block(self, Signature.of(who=who, what=what, at=at, via=via, reason=reason))

    def _begin(self, signature: Signature) -> Transaction:
        """Start a transaction; the caller holds the lock exclusively."""
        transaction = Transaction(self._follower)
        self._catch_up(signature)
        self._transaction = transaction
        return transaction

    def _end(self, transaction: Transaction, signature: Signature, *, keep: bool) -> None:
        """End a transaction; with `keep`, write its line."""
        try:
            if keep:
                self._check_process()
                with failing_as(NotApplied, "The change could not be made"):
                    self._writer.commit(transaction, signature)
        finally:
            self._transaction = None
            transaction.end()

    @contextmanager
    def exclude_writers(self) -> Iterator[None]:
        """Keep writers out for the block while readers go on; raises LockTimeout."""
        self._check_open()
        self._check_process()
        holding = self._lock.shared()
        with _LOCKING:
            holding.__enter__()
        try:
            yield
        finally:
            holding.__exit__()

    def _check_may_write(self) -> None:
        self._check_open()
        self._check_process()
        self._writer.check()
        if self.read_only:
            raise ReadOnly("The journal was opened for reading only.")

    def _catch_up(self, signature: Signature) -> None:
        """Apply lines of other writers, cut off a torn tail, finish an open erasure."""
        follower, held = self._follower, self._lock.identity
        with failing_as(NotApplied, "The journal cannot be brought up to date"):
            if follower.behind(held):
                follower.follow(held)
            follower.set_aside()
        follower.check_schema()
        if follower.image.erasing:
            erase.finish(follower, self._writer, signature)

    def _update_snapshot(self) -> None:
        """Load or write a snapshot if one is due.

        Errors are left to the next call: the commit just made is valid and must not be reported as failed.
        """
        if self._follower.snapshot_due():
            with contextlib.suppress(JournalError, OSError):
                self._follower.update_snapshot(self._lock)

    @property
    def current(self) -> Transaction | None:
        """The open transaction of this thread, or None."""
        return self._transaction if self._lock.held_here() else None

    def history(self, key: str, table: str | None = None, *, archive: str = "") -> list[Commit]:
        """Return the commits that touched a document, oldest first.

        Only a removed document needs a search through all segments. `archive` names the archive that an archived one
        lies in, so that no other is opened.

        Raises DamagedJournal, DiskFailure.
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

        Erased documents are left out.

        Raises DamagedJournal, DiskFailure.
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

    def erase(
        self,
        selection: Iterable[Named],
        *,
        who: str,
        at: str | datetime,
        reason: str,
        what: str = "erase",
        via: str = "",
        replacements: Mapping[Named, bytes | Mapping[str, Any]] | None = None,
    ) -> int:
        """Erase documents from the whole history, and return the recording sequence.

        Live ones are removed, or replaced by what `replacements` gives for them. The chain still verifies. Backups
        taken before keep what they hold. Raises NestedErasure, NotApplied, OutcomeUnknown.
        """
        signature = Signature.of(who=who, what=what, at=at, via=via, reason=reason)
        fresh = {named: canonical(document) for named, document in (replacements or {}).items()}
        named = tuple(dict.fromkeys([*selection, *fresh]))
        self._check_may_write()
        with _LOCKING, self._lock.exclusive():
            if self._transaction is not None:
                raise NestedErasure("An erasure cannot be part of a transaction; end that first.")
            self._catch_up(signature)
            with failing_as(NotApplied, "Nothing was erased"):
                erase.erase(self._follower, self._writer, signature, named, dict(fresh))
            self._follower.picture()
            return self.sequence - 1

    def verify(self, anchors: Iterable[tuple[int, str]] = ()) -> list[JournalFinding]:
        """Check every byte: chain, documents, snapshot, archives, checkpoints.

        `anchors` are the checkpoints: sequence and hash of commits, kept elsewhere. Raises LockTimeout, DiskFailure.
        """
        with self._reading_files(), self._lock.shared():
            return Inspection(self._follower, anchors).run()

    def snapshot(self) -> None:
        """Write a snapshot now, for example after a long import.

        Raises LockTimeout, DamagedJournal, DiskFailure; the journal works without one.
        """
        with self._reading_files():
            self._follower.make_snapshot(self._lock)

    def backup(self, target: Path, others: Mapping[str, bytes] | None = None) -> BackupManifest:
        """Write the whole journal into one new file while writers go on.

        `others` are files kept beside it, by name.

        Raises NotEmpty, DiskFailure, DamagedJournal.
        """
        from sla_tracker.storage.journal.maintenance.backup import backup

        with self._reading_files():
            return backup(self._follower, self._lock, target, others)

    def _read_archives(self, read: Callable[[], Result]) -> Result:
        """Run a read that opens archives.

        Runs it again if an archive was unsealed and deleted meanwhile.
        """
        with self._reading_files():
            try:
                return read()
            except DamagedArchive:
                if not self._follower.behind():
                    raise
            self.refresh()
            return read()

    @contextmanager
    def _reading_files(self) -> Iterator[None]:
        self._check_open()
        with failing_as(DiskFailure, "The journal cannot be read"):
            yield

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedJournal("The journal is closed.")

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise ClosedJournal("A forked process opens its own journal or adopts its parent's.")

    def adopt_after_fork(self) -> None:
        """Make a journal that the parent opened this child process's own.

        Renews process, lock and files, and takes no lock.

        The parent must have had one thread and no open transaction. Costs no reading: the image stays as the parent
        loaded it and follows at the next `refresh`. Raises ClosedJournal, DiskFailure.
        """
        self._check_open()
        if self._process == os.getpid():
            return
        if self._transaction is not None:
            raise ClosedJournal("The process was forked inside a transaction, which stays its parent's.")
        with failing_as(DiskFailure, "The journal cannot be read"):
            # The lock has forgotten the parent's open file by itself (register_at_fork) and opens its own when taken.
            self._follower.adopt_after_fork()
        self._process = os.getpid()

    def folders(self) -> tuple[Path, ...]:
        """Return the folders in which something is written with each commit, or when another store takes the place."""
        return self._follower.place.folder, self._follower.place.segments

    def descriptors(self) -> frozenset[int]:
        """Return the open descriptors, for a child that closes all others.

        The lock opens its own when taken.
        """
        return self._follower.segments.descriptors()

    def refresh_if_free(self) -> bool:
        """Load what others wrote unless a writer is at work.

        Never waits and starts no thread.

        Returns whether everything was loaded. For a process that forks others and must not stand still.
        """
        self._check_open()
        with failing_as(DiskFailure, "The journal cannot be read"):
            if not self._follower.behind():
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

    def close(self) -> None:
        """Close the files; further calls raise ClosedJournal."""
        self._closed = True
        self._follower.close()
        self._lock.close()


def _make(disk: Disk, where: JournalPaths, lock: Lock, segment_bytes: int) -> None:
    """Create a journal, unless another process just did."""
    with contextlib.suppress(FileExistsError):
        disk.mkdir(where.folder)
    try:
        with lock.exclusive():
            if not where.manifest.exists():
                paths.made(disk, where, segment_bytes)
    finally:
        lock.close()


class _Block:
    """Context manager of `Journal.transaction`.

    A class, as a generator-based one would cost every commit as much time as hashing its line.
    """

    __slots__ = ("_holding", "_journal", "_part", "_signature", "_transaction")

    def __init__(self, journal: Journal, signature: Signature) -> None:
        self._journal = journal
        self._signature = signature
        self._part: AbstractContextManager[Transaction] | None = None

    def __enter__(self) -> Transaction:
        journal = self._journal
        journal._check_may_write()
        self._holding = journal._lock.exclusive()
        with _LOCKING:
            self._holding.__enter__()
        try:
            if journal._transaction is None:
                self._transaction = journal._begin(self._signature)
                return self._transaction
            self._part = journal._transaction.part()
            return self._part.__enter__()
        except BaseException:
            self._holding.__exit__()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        journal = self._journal
        try:
            if self._part is not None:
                self._part.__exit__(kind, error, trace)
                return
            journal._end(self._transaction, self._signature, keep=error is None)
        finally:
            self._holding.__exit__()
        if error is None:
            journal._update_snapshot()
