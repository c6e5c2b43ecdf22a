"""Erases documents from the history, and records who did so and why.

First a line records what is to be erased. Then the snapshot and archives that no seal names are deleted, and segments
and sealed archives rewritten one by one, each atomically and with the same length: payloads are overwritten. At last a
line records that it is done. After a crash in between, the next writer finishes the erasure.
"""

from __future__ import annotations

import contextlib

import msgspec

from sla_tracker.errors import N_
from sla_tracker.storage.journal import line
from sla_tracker.storage.journal.errors import NotApplied, OutcomeUnknown
from sla_tracker.storage.journal.files import archive, snapshot
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
    opened = follower.image.sequence
    try:
        _carry_out(follower, writer, signature, opened)
    except (OSError, NotApplied) as error:
        raise OutcomeUnknown(
            N_("The erasure is on record and not finished: {why}; the next writer finishes it."),
            why=error,
            sequence=opened,
        ) from error


def finish(follower: Follower, writer: Writer, signature: Signature) -> None:
    """Carry out every erasure that is recorded and not finished.

    A writer calls it who comes to change something else. Raises NotApplied after a disk error, because that change was
    not tried.
    """
    for opened in sorted(follower.image.erasing):
        try:
            _carry_out(follower, writer, signature, opened)
        except (OSError, NotApplied, OutcomeUnknown) as error:
            raise NotApplied(
                N_("An earlier erasure is on record and must be finished first: {why}"),
                why=error,
                sequence=opened,
            ) from error


def _carry_out(follower: Follower, writer: Writer, signature: Signature, opened: int) -> None:
    """Carry out the erasure that a commit opened, and record that it is done.

    Raises OSError, NotApplied, OutcomeUnknown; the next writer continues.
    """
    erased = frozenset(follower.image.erasing[opened])
    _drop_copies(follower)  # first: the old snapshot does not match the overwritten lines
    _blank_segments(follower, erased, opened)
    for name in follower.image.archives:
        archive.blank(follower, name, erased)
    closing = msgspec.structs.replace(signature, what=FINISHED, reason="")
    writer.append(closing, {}, {"erased": opened}, {})


def _blank_segments(follower: Follower, erased: frozenset[Named], opened: int) -> None:
    """Rewrite the segments that hold older lines of these documents."""
    keys = [line.encoded_key(key) for _, key in erased]
    for number in follower.segments.numbers():
        with follower.mutex:
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
    """Delete files that may hold copies.

    They are the snapshot (index values), also a part of one, torn tails, and archives whose sealing failed.
    """
    disk, place = follower.disk, follower.place
    for name in disk.names(place.folder):
        if snapshot.is_copy(name):
            with contextlib.suppress(FileNotFoundError):  # another process has just written that part
                disk.unlink(place.folder / name)
    for name in disk.names(place.aside):
        disk.unlink(place.aside / name)
    disk.sync_folder(place.folder)
    disk.sync_folder(place.aside)
    archive.sweep(follower)
