"""Errors of the journal; each says what is wrong, where, and what to do.

Messages that people may meet are marked for translation. The journal itself says them in English.
"""

from __future__ import annotations

from collections.abc import Mapping


class JournalError(Exception):
    """Base of all journal errors: a message, its values, and the place if known.

    `file` is a path relative to the journal's folder; `segment`, `byte`, `sequence` are None where they do not apply.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        segment: int | None = None,
        byte: int | None = None,
        sequence: int | None = None,
        **values: object,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.values = values
        self.file = file
        self.segment = segment
        self.byte = byte
        self.sequence = sequence

    @property
    def sentence(self) -> str:
        """The message in English with its values."""
        return sentence_of(self.message, self.values)

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


def sentence_of(message: str, values: Mapping[str, object]) -> str:
    """Return a message in English with its values, of which a cause may be an error."""
    return message.format_map({name: _in_english(value) for name, value in values.items()})


def _in_english(value: object) -> str:
    if isinstance(value, JournalError):
        return value.sentence
    return (isinstance(value, OSError) and value.strerror) or str(value)


class NoJournal(JournalError):
    """The folder holds no journal."""


class NotEmpty(JournalError):
    """A journal cannot be created or restored in a folder that is not empty."""


class UnsafeFolder(JournalError):
    """The folder is writable by every user of the machine."""


class NetworkFolder(JournalError):
    """The folder is on a network file system, whose locks and syncs are unreliable."""


class DamagedJournal(JournalError):
    """A part of the journal differs from what was written."""


class DamagedArchive(DamagedJournal):
    """A sealed archive is missing or differs from what was sealed."""


class NewerSchema(JournalError):
    """A newer version of the program wrote this journal."""


class ReadOnly(JournalError):
    """A change was attempted on a journal that is open for reading only."""


class ClosedJournal(JournalError):
    """The journal cannot be used any more.

    It was closed, its last outcome is unknown, or another journal replaced it.
    """


class NoTransaction(JournalError):
    """A change was attempted outside a transaction."""


class NestedErasure(JournalError):
    """An erasure was attempted inside a transaction."""


class LockTimeout(JournalError):
    """Another process or thread held the lock too long; `holder` names it if known."""

    def __init__(self, message: str, holder: str, *, seconds: str = "") -> None:
        super().__init__(message, holder=holder, seconds=seconds)
        self.holder = holder


class SharedLock(JournalError):
    """A change was attempted by the thread that keeps writers out."""


class DiskFailure(JournalError):
    """The operating system could not read the journal's files; nothing was changed."""


class NotApplied(JournalError):
    """A commit failed and was undone completely; it may be repeated."""


class OutcomeUnknown(JournalError):
    """A commit failed and could not be undone; only reopening shows whether it counts."""


class RefusedDocument(JournalError):
    """A document or name cannot be stored without being changed."""


class UnindexedField(JournalError):
    """A search names a field that has no index."""


class UnknownArchive(JournalError):
    """No sealed archive has this name."""


class ArchiveExists(JournalError):
    """A sealed archive of this name exists already."""
