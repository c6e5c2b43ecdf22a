"""Erases documents from the history.

Overwrites their payloads and records who and why.

First a line records what is to be erased, then the snapshot is deleted and segments and archives are rewritten one by
one, each atomically and with the same length, then a line records that it is done. After a crash in between, the next
writer finishes the erasure.
"""

from __future__ import annotations

import contextlib

import msgspec

from sla_tracker.storage.journal import line
from sla_tracker.storage.journal.errors import NotApplied, OutcomeUnknown
from sla_tracker.storage.journal.files import archive
from sla_tracker.storage.journal.files.disk import write_file
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.image import Named
from sla_tracker.storage.journal.transaction import Staged
from sla_tracker.storage.journal.writer import Signature, Writer

FINISHED = "erasure finished"
"""The action in the closing line; it is signed by the writer that finished the erasure."""


def erase(
    follower: Follower, writer: Writer, signature: Signature, named: tuple[Named, ...], replacements: Staged
) -> None:
    """Record an erasure, which removes or replaces live documents, and carry it out.

    The caller holds the lock exclusively. Raises NotApplied where nothing happened; OutcomeUnknown where it is recorded
    and not finished.
    """
    rows = {each: follower.image.row(*each) for each in named}
    changed = {each: replacements.get(each) for each in named if each in replacements or rows[each]}
    before = {each: row.line for each, row in rows.items() if row}
    writer.append(signature, changed, {"erase": named}, before)
    finish(follower, writer, signature)


def finish(follower: Follower, writer: Writer, signature: Signature) -> None:
    """Carry out every erasure that is recorded and not finished.

    Raises OutcomeUnknown after a disk error; the next writer continues.
    """
    for opened, named in sorted(follower.image.erasing.items()):
        erased = frozenset(named)
        try:
            _drop_copies(follower)  # first: the old snapshot does not match the overwritten lines
            _blank_segments(follower, erased, opened)
            for name in follower.image.archives:
                archive.blank(follower, name, erased)
            closing = msgspec.structs.replace(signature, what=FINISHED, reason="")
            writer.append(closing, {}, {"erased": opened}, {})
        except (OSError, NotApplied) as error:
            raise OutcomeUnknown(
                f"The erasure is on record and not finished: {error}; the next writer finishes it.",
                sequence=opened,
            ) from error


def _blank_segments(follower: Follower, erased: frozenset[Named], opened: int) -> None:
    """Rewrite the segments that hold older lines of these documents."""
    keys = [line.encoded_key(key) for _, key in erased]
    for number in follower.segments.numbers():
        pieces = [piece.content for piece in follower.segments.pieces(number)]
        changed = False
        for index, content in enumerate(pieces):
            if any(key in content for key in keys):
                pieces[index] = _blanked(content, erased, opened)
                changed = changed or pieces[index] != content
        if changed:
            write_file(follower.disk, follower.place.segment(number), pieces, durable=True)
            with follower.mutex:
                follower.segments.forget()


def _blanked(content: bytes, erased: frozenset[Named], opened: int) -> bytes:
    return line.blank(content, erased) if line.decode(content).header.n < opened else content


def _drop_copies(follower: Follower) -> None:
    """Delete files that may hold copies: the snapshot (index values) and torn tails."""
    with contextlib.suppress(FileNotFoundError):
        follower.disk.unlink(follower.place.snapshot)
    for name in follower.disk.names(follower.place.aside):
        follower.disk.unlink(follower.place.aside / name)
    follower.disk.sync_folder(follower.place.folder)
    follower.disk.sync_folder(follower.place.aside)
