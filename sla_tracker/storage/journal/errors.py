"""What can go wrong with a journal; each error says what, where, and what to do."""

from __future__ import annotations


class JournalError(Exception):
    """Say what is wrong with a journal, and where as far as it is known.

    `file` is a path relative to the journal's folder; `segment`, `byte`, `sequence` are None where they do not apply.
    """

    def __init__(
        self,
        sentence: str,
        *,
        file: str | None = None,
        segment: int | None = None,
        byte: int | None = None,
        sequence: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.file = file
        self.segment = segment
        self.byte = byte
        self.sequence = sequence

    def __str__(self) -> str:
        named = [
            f"{name} {value}"
            for name, value in (
                ("file", self.file),
                ("segment", self.segment),
                ("byte", self.byte),
                ("sequence", self.sequence),
            )
            if value is not None
        ]
        return f"{self.sentence} ({', '.join(named)})" if named else self.sentence


class NoJournal(JournalError):
    """The folder holds no journal."""


class NotEmpty(JournalError):
    """A journal is to be created or restored where something already is."""


class UnsafeFolder(JournalError):
    """The folder may be written by anybody."""


class NetworkFolder(JournalError):
    """The folder lies on a network file system, whose locks and syncs cannot be relied on."""


class DamagedJournal(JournalError):
    """Something in the journal is not as it was written."""


class DamagedArchive(DamagedJournal):
    """A sealed archive is missing or is not as it was sealed."""


class NewerSchema(JournalError):
    """A newer program wrote this journal."""


class ReadOnly(JournalError):
    """A change was asked of a journal that was opened for reading only."""


class ClosedJournal(JournalError):
    """The journal was closed, by its owner or after an unknown outcome, or another one lies in its place."""


class NoTransaction(JournalError):
    """A change was asked for outside a transaction."""


class NestedErasure(JournalError):
    """An erasure was asked for inside a transaction."""


class LockTimeout(JournalError):
    """Somebody else held the journal for too long; `holder` says who, as far as it is known."""

    def __init__(self, sentence: str, holder: str) -> None:
        super().__init__(sentence)
        self.holder = holder


class DiskFailure(JournalError):
    """The operating system could not read the journal's files; nothing was changed."""


class NotApplied(JournalError):
    """A commit failed and left no trace; it may be repeated."""


class OutcomeUnknown(JournalError):
    """A commit failed and could not be taken back; only reopening tells whether it stands."""


class RefusedDocument(JournalError):
    """A document or name would not come back from the journal as it went in."""


class UnindexedField(JournalError):
    """A search names a field that has no index."""


class UnknownArchive(JournalError):
    """No sealed archive has this name."""


class ArchiveExists(JournalError):
    """A sealed archive of this name exists already."""
