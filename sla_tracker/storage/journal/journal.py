"""An append-only, hash-chained store of JSON documents: this package's public API."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from sla_tracker.errors import N_
from sla_tracker.storage.journal.document import canonical
from sla_tracker.storage.journal.errors import (
    ClosedJournal,
    DiskFailure,
    JournalError,
    NestedErasure,
    NotApplied,
    ReadOnly,
)
from sla_tracker.storage.journal.files import paths
from sla_tracker.storage.journal.files.disk import Disk
from sla_tracker.storage.journal.files.lock import Lock, Waiting
from sla_tracker.storage.journal.files.paths import SEGMENT_BYTES, JournalPaths
from sla_tracker.storage.journal.follower import Follower, failing_as
from sla_tracker.storage.journal.image import Named
from sla_tracker.storage.journal.reader import JournalReader
from sla_tracker.storage.journal.transaction import Transaction
from sla_tracker.storage.journal.writer import Signature, Writer

if TYPE_CHECKING:
    from sla_tracker.storage.journal.maintenance.backup import BackupManifest
    from sla_tracker.storage.journal.maintenance.verify import JournalFinding

Indexes = Mapping[str, tuple[str, ...]]
_LOCKING = failing_as(DiskFailure, N_("The journal cannot be locked: {why}"))


class Journal(JournalReader):
    """JSON documents by table and key, with the history of every change.

    Threads may share one. A forked child process opens its own or calls `adopt_after_fork`, as file locks belong to
    the parent's open file.
    """

    def __init__(self, follower: Follower, lock: Lock, *, schema: int) -> None:
        super().__init__(follower, lock)
        self._writer = Writer(follower, schema)
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
        with failing_as(DiskFailure, N_("The journal in {folder} cannot be opened: {why}"), folder=folder):
            if folder.exists():
                paths.check(calls, folder)
            lock = Lock(calls, where.lock, timeout=lock_timeout, writable=not read_only, waiting=waiting)
            if create and not read_only and not where.manifest.exists():
                _make(calls, where, lock, segment_bytes)
            manifest = paths.read_manifest(calls, where)
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

    def transaction(
        self, *, who: str, what: str, at: str | datetime, via: str = "", reason: str = ""
    ) -> AbstractContextManager[Transaction]:
        """Start a transaction that excludes other writers and ends in at most one line.

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
                with failing_as(NotApplied, N_("The change could not be made: {why}")):
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
            raise ReadOnly(N_("The journal was opened for reading only."))

    def _catch_up(self, signature: Signature) -> None:
        """Apply lines of other writers, cut off a torn tail, finish an open erasure."""
        follower, held = self._follower, self._lock.identity
        with failing_as(NotApplied, N_("The journal cannot be brought up to date: {why}")):
            if follower.is_behind(held):
                follower.follow(held)
            follower.cut_torn_tail()
        follower.check_schema()
        if follower.image.erasing:
            from sla_tracker.storage.journal.maintenance import erase

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
        from sla_tracker.storage.journal.maintenance import erase

        signature = Signature.of(who=who, what=what, at=at, via=via, reason=reason)
        fresh = {named: canonical(document) for named, document in (replacements or {}).items()}
        named = tuple(dict.fromkeys([*selection, *fresh]))
        self._check_may_write()
        with _LOCKING, self._lock.exclusive():
            if self._transaction is not None:
                raise NestedErasure("An erasure cannot be part of a transaction; end that first.")
            self._catch_up(signature)
            with failing_as(NotApplied, N_("Nothing was erased: {why}")):
                erase.erase(self._follower, self._writer, signature, named, dict(fresh))
            self._follower.replace_snapshot()
            return self.sequence - 1

    def verify(self, anchors: Iterable[tuple[int, str]] = ()) -> list[JournalFinding]:
        """Check every byte: chain, documents, snapshot, archives, checkpoints.

        Writers go on meanwhile. `anchors` are the checkpoints: sequence and hash of commits, kept elsewhere. Raises
        LockTimeout, DiskFailure.
        """
        from sla_tracker.storage.journal.maintenance.verify import verify

        with self._reading_files():
            return verify(self._follower, self._lock, anchors)

    def snapshot(self) -> None:
        """Write a snapshot now, for example after a long import.

        Raises LockTimeout, DamagedJournal, DiskFailure; the journal works without one.
        """
        with self._reading_files():
            self._follower.make_snapshot(self._lock)

    def backup(self, target: Path, others: Mapping[str, bytes] | None = None) -> BackupManifest:
        """Write the whole journal into one new file while writers go on.

        `others` are files kept beside it, by name. Raises NotEmpty, DiskFailure, DamagedJournal.
        """
        from sla_tracker.storage.journal.maintenance.backup import backup

        with self._reading_files():
            return backup(self._follower, self._lock, target, others)

    def _check_process(self) -> None:
        if os.getpid() != self._process:
            raise ClosedJournal("A forked process opens its own journal or adopts its parent's.")

    def adopt_after_fork(self) -> None:
        """Make a journal that the parent opened this child process's own.

        Process, lock and files are renewed, and no lock is taken. The parent must have had one thread and no open
        transaction. Nothing is read: the image stays as the parent loaded it and follows at the next `refresh`. Raises
        ClosedJournal, DiskFailure.
        """
        self._check_open()
        if self._process == os.getpid():
            return
        if self._transaction is not None:
            raise ClosedJournal("The process was forked inside a transaction, which stays its parent's.")
        with failing_as(DiskFailure, N_("The journal cannot be read: {why}")):
            # The lock has forgotten the parent's open file by itself (register_at_fork) and opens its own when taken.
            self._follower.adopt_after_fork()
        self._process = os.getpid()

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
                paths.create(disk, where, segment_bytes)
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
