"""Stores JSON documents in an append-only, hash-chained journal.

The package knows no domain type.
"""

from sla_tracker.storage.journal.document import Value
from sla_tracker.storage.journal.errors import (
    ArchiveExists,
    ClosedJournal,
    DamagedArchive,
    DamagedJournal,
    DiskFailure,
    JournalError,
    LockTimeout,
    NestedErasure,
    NetworkFolder,
    NewerSchema,
    NoJournal,
    NotApplied,
    NotEmpty,
    NoTransaction,
    OutcomeUnknown,
    ReadOnly,
    RefusedDocument,
    SharedLock,
    UnindexedField,
    UnknownArchive,
    UnsafeFolder,
)
from sla_tracker.storage.journal.files.disk import UnsyncedDisk
from sla_tracker.storage.journal.files.paths import JournalPaths, only_readable
from sla_tracker.storage.journal.history import Commit, Touched
from sla_tracker.storage.journal.journal import Journal
from sla_tracker.storage.journal.transaction import Transaction

__all__ = [
    "ArchiveExists",
    "ClosedJournal",
    "Commit",
    "DamagedArchive",
    "DamagedJournal",
    "DiskFailure",
    "Journal",
    "JournalError",
    "JournalPaths",
    "LockTimeout",
    "NestedErasure",
    "NetworkFolder",
    "NewerSchema",
    "NoJournal",
    "NoTransaction",
    "NotApplied",
    "NotEmpty",
    "OutcomeUnknown",
    "ReadOnly",
    "RefusedDocument",
    "SharedLock",
    "Touched",
    "Transaction",
    "UnindexedField",
    "UnknownArchive",
    "UnsafeFolder",
    "UnsyncedDisk",
    "Value",
    "only_readable",
]
