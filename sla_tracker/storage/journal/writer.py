"""Writes a transaction as one line durably, or undoes it completely."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from sla_tracker.errors import N_
from sla_tracker.storage.journal import line
from sla_tracker.storage.journal.document import checked_text, instant
from sla_tracker.storage.journal.errors import ArchiveExists, ClosedJournal, NotApplied, OutcomeUnknown
from sla_tracker.storage.journal.files import archive
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.image import Image, Named
from sla_tracker.storage.journal.line import Header, LineChange, Seal
from sla_tracker.storage.journal.transaction import Staged, Transaction


class Signature(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Who commits what, when, through which front end, and why."""

    who: str
    what: str
    at: str
    via: str = ""
    reason: str = ""

    @classmethod
    def of(cls, *, who: str, what: str, at: str | datetime, via: str, reason: str) -> Signature:
        """Return a signature of checked values.

        Raises RefusedDocument for text that cannot be kept, ValueError for a time without a zone.
        """
        return cls(
            who=checked_text(who, "person"),
            what=checked_text(what, "act"),
            at=instant(at),
            via=checked_text(via, "way"),
            reason=checked_text(reason, "reason"),
        )


class Writer:
    """Appends lines to the journal; the caller holds the lock exclusively."""

    def __init__(self, follower: Follower, schema: int) -> None:
        self._follower = follower
        self._schema = schema
        self.broken = False
        """True for good after an unknown outcome: only reopening the files shows what was written."""

    def check(self) -> None:
        """Raise ClosedJournal after an unknown outcome."""
        if self.broken:
            raise ClosedJournal("An earlier commit's outcome is unknown; open the journal again and look.")

    def commit(self, transaction: Transaction, signature: Signature) -> bool:
        """Write a transaction's line; return False without writing where nothing changed.

        Raises NotApplied or OutcomeUnknown.
        """
        changed, before = _changed(transaction)
        if not (changed or transaction.sealing or transaction.unsealing or transaction.even_empty):
            return False
        extra: dict[str, Any] = {"unseal": transaction.unsealing} if transaction.unsealing else {}
        if transaction.sealing is not None:
            extra["seal"] = self._seal(*transaction.sealing)
        try:
            self.append(signature, changed, extra, {**transaction.before, **before})
        except OutcomeUnknown:
            raise  # the line may stand, and then its archive is needed
        except BaseException:
            if transaction.sealing is not None:
                self._sweep()
            raise
        transaction.sequence = self._follower.image.sequence
        if transaction.unsealing:
            self._sweep()
        return True

    def _sweep(self) -> None:
        """Delete archives that no seal names.

        One that cannot be deleted now is deleted by the next sealing or erasure.
        """
        with contextlib.suppress(OSError):
            archive.sweep(self._follower)

    def _seal(self, name: str, chosen: tuple[Named, ...]) -> Seal:
        follower = self._follower
        if name in follower.image.archives:
            raise ArchiveExists("There is a sealed archive {name} already.", name=repr(name))
        self._sweep()
        try:
            digest = archive.write(follower, name, follower.image.sequence + 1, chosen)
        except OSError as error:
            raise NotApplied(N_("The archive could not be written: {why}"), why=error) from error
        return Seal(name, digest, len(chosen))

    def append(
        self,
        signature: Signature,
        changed: Staged,
        extra: Mapping[str, Any],
        before: Mapping[Named, int],
    ) -> None:
        """Write one line and apply it to the image.

        `before` has the position of the line that touched each changed document last, if any. The image then equals a
        replay of the files.

        Raises NotApplied or OutcomeUnknown.
        """
        self.check()
        image = self._follower.image
        header, payload = _prepared(image, signature, changed, before)
        if self._schema > image.schema:
            extra = {**extra, "schema": self._schema}
        if extra:
            header = msgspec.structs.replace(header, **extra)
        content, read = line.encode(header, payload, signature.reason)
        number, byte = self._end()
        try:
            self._follower.segments.append(number, byte, content)
        except BaseException as error:
            self._take_back(number, byte, error)
            raise
        with self._follower.mutex:
            # Not `image`: a thread that wrote a snapshot meanwhile has replaced it by an equal one.
            self._follower.image.take(read, number, byte, len(content))
            self._follower.recent.note(read.header)

    def _end(self) -> tuple[int, int]:
        """Return segment and byte of the next line, in a new segment if the last is full."""
        image, segments = self._follower.image, self._follower.segments
        try:
            if not image.sequence and not image.byte:
                segments.begin(image.segment)
            if image.byte < self._follower.segment_bytes:
                return image.segment, image.byte
            # A writer may have died before it synced the last line; sync it before a line in a new file follows it.
            segments.cut(image.segment, image.byte)
            segments.begin(image.segment + 1)
        except OSError as error:
            raise NotApplied(N_("No new segment could be begun: {why}"), why=error) from error
        return image.segment + 1, 0

    def _take_back(self, number: int, byte: int, error: BaseException) -> None:
        """Cut off what a failed append left.

        The sync is not retried: after a failed one the system may report success without having written the bytes.
        """
        try:
            self._follower.segments.cut(number, byte)
        except OSError as second:
            self.broken = True
            raise OutcomeUnknown(
                N_(
                    "Writing failed ({why}) and could not be taken back ({also}); open the journal again to see "
                    "whether the change stands."
                ),
                why=error,
                also=second,
                segment=number,
                byte=byte,
            ) from error
        if isinstance(error, OSError):
            raise NotApplied(N_("The disk did not take the change: {why}"), why=error) from error


def _changed(transaction: Transaction) -> tuple[Staged, dict[Named, int]]:
    """Return the staged changes that differ from what is committed.

    Returns also the position of the line that touched each of those documents last.
    """
    changed: Staged = {}
    before: dict[Named, int] = {}
    for named, content in transaction.staged.items():
        row = transaction.row(*named)
        if row is None:
            if content is None:
                continue
        elif content is not None and row.length == len(content) and transaction.committed(*named) == content:
            continue
        else:
            before[named] = row.line
        changed[named] = content
    return changed, before


def _prepared(
    image: Image, signature: Signature, changed: Staged, before: Mapping[Named, int]
) -> tuple[Header, list[bytes]]:
    changes, payload = [], []
    why = ""
    if signature.reason:
        content, why = line.entry(msgspec.json.encode(signature.reason))
        payload.append(content)
    for (table, key), document in changed.items():
        digest = ""
        if document is not None:
            content, digest = line.entry(document)
            payload.append(content)
        changes.append(LineChange(table, key, digest, before.get((table, key), 0)))
    header = Header(
        n=image.sequence + 1,
        at=signature.at,
        who=signature.who,
        what=signature.what,
        prev=image.head,
        via=signature.via,
        why=why,
        late=signature.at < image.at,
        changes=tuple(changes),
    )
    return header, payload
