"""Checks every byte of a journal and reports what is damaged."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import DamagedJournal, sentence_of
from sla_tracker.storage.journal.files import archive, snapshot
from sla_tracker.storage.journal.files.disk import Disk, read_file
from sla_tracker.storage.journal.files.lock import Identity, Lock
from sla_tracker.storage.journal.files.packed_table import Placed
from sla_tracker.storage.journal.files.segment import Piece, Segments
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.image import Image
from sla_tracker.storage.journal.line import encoded_key
from sla_tracker.storage.journal.maintenance import foreign
from sla_tracker.value_class import dataclass

MOST_FINDINGS = 100
"""Number of findings after which the replay of lines stops."""
CHECKS_WITHOUT_LOCK = 3
"""How often a check is tried while writers go on, before they are kept out for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFinding:
    """One damage and its place; a part of the place that is not known is None."""

    message: str
    file: str
    segment: int | None = None
    byte: int | None = None
    sequence: int | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The message in English with its values."""
        return sentence_of(self.message, self.values)

    def error(self) -> DamagedJournal:
        """Return the finding as an error."""
        return DamagedJournal(
            self.message,
            file=self.file,
            segment=self.segment,
            byte=self.byte,
            sequence=self.sequence,
            **self.values,
        )

    @classmethod
    def of(cls, error: DamagedJournal, file: str) -> JournalFinding:
        """Return the finding of an error; `file` is used where the error names none."""
        return cls(
            message=error.message,
            values=error.values,
            file=error.file or file,
            segment=error.segment,
            byte=error.byte,
            sequence=error.sequence,
        )


ANCHOR_KNOWS = N_("The journal ends before a commit that an anchor knows.")
SNAPSHOT_KNOWS = N_("The journal ends before a commit that the snapshot knows.")


class _FileMark(NamedTuple):
    """What tells a file from another one of its name, and whether it was written."""

    file: Identity
    length: int
    changed_ns: int


_MISSING = _FileMark((0, 0), 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """The files of a journal at one moment."""

    manifest: _FileMark
    segments: Mapping[int, _FileMark]
    archives: Mapping[str, _FileMark]

    def replaced(self, now: _Standing) -> bool:
        """Return whether other files have the names of these segments and of the manifest.

        The last segment is written all the time, the ones before it never again.
        """
        if now.manifest != self.manifest:
            return True
        last = max(self.segments, default=0)
        for number, mark in self.segments.items():
            there = now.segments.get(number, _MISSING)
            if there.file != mark.file or (number != last and there != mark):
                return True
        return False


def _mark_of(disk: Disk, path: Path) -> _FileMark:
    try:
        status = disk.status(path)
    except FileNotFoundError:
        return _MISSING
    return _FileMark((status.st_ino, status.st_dev), status.st_size, status.st_mtime_ns)


def verify(follower: Follower, lock: Lock, anchors: Iterable[tuple[int, str]] = ()) -> list[JournalFinding]:
    """Check every byte of a journal while writers go on, and return the findings.

    The lock is held while the present state is noted, and again for the lines written meanwhile. Where files changed
    in another way, the check is repeated, at last with the lock held throughout. Raises LockTimeout, OSError.
    """
    known = tuple(anchors)
    for _ in range(CHECKS_WITHOUT_LOCK):
        with lock.shared():
            inspection = Inspection(follower, known)
        inspection.check_noted()
        with lock.shared():
            findings = inspection.finished()
        if findings is not None:
            return findings
    with lock.shared():
        return Inspection(follower, known).run()


class Inspection:
    """Checks a journal by replaying it from its first line.

    The files are opened anew. The caller holds the lock, at least shared, except for `check_noted`.
    """

    def __init__(self, follower: Follower, anchors: Iterable[tuple[int, str]]) -> None:
        self._follower = follower
        self._segments = Segments(follower.disk, follower.place, writable=False)
        self._anchors: dict[int, set[str]] = {}
        for sequence, head in anchors:
            self._anchors.setdefault(sequence, set()).add(head)
        self._image = Image(follower.image.indexes)
        self._snapshot_image = self._read_snapshot()
        self._next = 1, 0
        """Segment and byte from which lines are not checked yet."""
        self._gap = False
        """Whether a segment is missing, so that no later one can be checked."""
        self._archive_findings: list[JournalFinding] = []
        self._noted = self._standing()
        self.findings: list[JournalFinding] = []

    def run(self) -> list[JournalFinding]:
        """Return the findings in the order of the files."""
        self._check_lines(self._segments.numbers(), to_the_end=True)
        self._check_archives()
        return self._all_findings()

    def check_noted(self) -> None:
        """Check what was there when the lock was held, without the lock.

        A torn end is left to `finished`: the next writer cuts it off.
        """
        # Where a backup was restored meanwhile, files are missing: `finished` sees that they are others now.
        with contextlib.suppress(FileNotFoundError):
            self._check_lines(sorted(self._noted.segments), to_the_end=False)
            self._check_archives()

    def finished(self) -> list[JournalFinding] | None:
        """Check the lines written since `check_noted`, and return all findings.

        None where files changed in another way, so that the check must be repeated. With findings, any change counts:
        what looks like damage may have been a file that was just being written.
        """
        if self._noted.replaced(self._standing()):
            return None
        image, before = self._image, (self._image.erasures, dict(self._image.archives))
        checked = image.sequence
        self._check_lines(self._segments.numbers(), to_the_end=True)
        if before != (image.erasures, image.archives):
            return None
        findings = self._all_findings()
        if findings and (image.sequence > checked or self._standing() != self._noted):
            return None
        return findings

    def _all_findings(self) -> list[JournalFinding]:
        problem = self._image.unexplained()
        if problem is not None:
            self._find(problem)
        self._check_end()
        self.findings += self._archive_findings
        self._check_unsealed()
        for error in foreign.foreign_files(self._follower.disk, self._follower.place):
            self._find(error)
        return self.findings

    def _standing(self) -> _Standing:
        follower = self._follower
        disk, place = follower.disk, follower.place
        return _Standing(
            manifest=_mark_of(disk, place.manifest),
            segments={number: _mark_of(disk, place.segment(number)) for number in self._segments.numbers()},
            archives={name: _mark_of(disk, place.archives / name) for name in disk.names(place.archives)},
        )

    def _find(self, error: DamagedJournal) -> None:
        self.findings.append(JournalFinding.of(error, "segments"))

    def _check_lines(self, numbers: list[int], *, to_the_end: bool) -> None:
        """Check the lines of these segments that are not checked yet.

        With `to_the_end`, the end of the last segment is checked, too.
        """
        if len(self.findings) >= MOST_FINDINGS:
            return
        try:
            for number, piece, last in self._pieces(numbers, to_the_end=to_the_end):
                if len(self.findings) >= MOST_FINDINGS:
                    break
                self._check_piece(number, piece, last=last)
        finally:
            self._segments.forget()

    def _pieces(self, numbers: list[int], *, to_the_end: bool) -> Iterator[tuple[int, Piece, bool]]:
        segments = self._segments
        first, byte = self._next
        for expected, number in enumerate((each for each in numbers if each >= first), start=first):
            if self._gap or number != expected:
                if not self._gap:
                    self._find(segments.missing(expected))
                self._gap = True
                return
            written = number == numbers[-1]
            pieces = list(segments.pieces(number, byte))
            if written and not to_the_end and pieces and _is_torn(pieces[-1]):
                pieces.pop()
            end = pieces[-1].byte + len(pieces[-1].content) if pieces else byte
            if (to_the_end or not written) and segments.surplus(number, end):
                problem = DamagedJournal(N_("The file is longer than sla makes it."))
                self._find(segments.named(problem, number, end))
            for index, piece in enumerate(pieces):
                yield number, piece, written and index == len(pieces) - 1
            segments.forget()  # a journal may have more segments than a process may open files
            self._next = (number, end) if written else (number + 1, 0)
            byte = 0

    def _check_piece(self, number: int, piece: Piece, *, last: bool) -> None:
        image, segments = self._image, self._segments
        if last and _is_torn(piece):
            if not foreign.is_torn_line(piece):
                self._find(segments.surplus_bytes(number, piece.byte))
            return  # a torn tail is no damage: the next writer cuts it off
        try:
            line = segments.decoded(piece.content, number, piece.byte)
        except DamagedJournal as error:
            self._follower.check_newer(image, piece.content)
            self._find(segments.named(error, number, piece.byte, image.sequence + 1))
            image.sequence, image.head = image.sequence + 1, ""
            return
        header = line.header
        if not image.head:  # the previous line was damaged: continue with the hash that this line names
            image.sequence, image.head = header.n - 1, header.prev
        try:
            image.take(line, number, piece.byte, len(piece.content))
        except DamagedJournal as error:
            self._find(segments.named(error, number, piece.byte, header.n))
            image.sequence, image.head = header.n, line.hash
        self._follower.check_newer(image)
        self._check_anchors(line.header.n, line.hash, number, piece.byte)
        if self._snapshot_image is not None and self._snapshot_image.sequence == header.n:
            self._compare(self._snapshot_image)

    def _check_anchors(self, sequence: int, head: str, number: int, byte: int) -> None:
        for anchored in self._anchors.pop(sequence, ()):
            if anchored != head:
                problem = DamagedJournal(
                    N_("The journal was rewritten: an anchor names another hash."), sequence=sequence
                )
                self._find(self._segments.named(problem, number, byte))

    def _check_end(self) -> None:
        """Find a missing end of the journal.

        The chain alone cannot show that lines after it were cut off.
        """
        image = self._image
        known = [(ANCHOR_KNOWS, sequence) for sequence in sorted(self._anchors) if sequence]
        if self._snapshot_image is not None and self._snapshot_image.sequence > image.sequence:
            known.append((SNAPSHOT_KNOWS, self._snapshot_image.sequence))
        for message, sequence in known:
            problem = DamagedJournal(message, sequence=sequence)
            self._find(self._segments.named(problem, image.segment, image.byte))

    def _read_snapshot(self) -> Image | None:
        content = snapshot.read(self._follower.disk, self._follower.place)
        return snapshot.decode(content, self._follower.image.indexes) if content is not None else None

    def _compare(self, snapshot_image: Image) -> None:
        """Find a snapshot that is intact but differs from the journal."""
        if snapshot_image.head != self._image.head or _contents(snapshot_image) != _contents(self._image):
            self.findings.append(
                JournalFinding(
                    message=N_("The snapshot does not show what the journal says; delete it."),
                    file=self._follower.place.snapshot.name,
                    sequence=snapshot_image.sequence,
                )
            )

    def _check_archives(self) -> None:
        follower = self._follower
        for name, seal in self._image.archives.items():
            try:
                stored = archive.opened(follower.disk, follower.place, name, seal)
            except DamagedJournal as error:
                self._archive_findings.append(JournalFinding.of(error, "archives"))
                continue
            if any(
                each.document is None and (each.table, each.key) not in self._image.erased for each in stored
            ):
                message = N_("An archived document is blank and no erasure on record says so.")
                path = follower.place.archive(name, seal.sequence)
                self._archive_findings.append(
                    JournalFinding(
                        message=message, file=follower.place.relative(path), sequence=seal.sequence
                    )
                )

    def _check_unsealed(self) -> None:
        follower = self._follower
        for path in archive.unsealed(follower.disk, follower.place, self._image):
            if self._holds_erased(path):
                message = N_("An archive that belongs to no sealed month holds what was erased; delete it.")
                self.findings.append(JournalFinding(message=message, file=follower.place.relative(path)))

    def _holds_erased(self, path: Path) -> bool:
        """Return whether a file that no seal names holds an erased document.

        A sealing that failed leaves such a file.
        """
        try:
            content = read_file(self._follower.disk, path)
        except FileNotFoundError:  # another process has deleted it meanwhile
            return False
        being_erased = chain.from_iterable(self._image.erasing.values())
        return any(encoded_key(key) in content for _, key in self._image.erased.difference(being_erased))


def _is_torn(piece: Piece) -> bool:
    """Return whether a writer that died may have left a segment's last bytes."""
    return not piece.whole or b"\0" in piece.content


def _contents(image: Image) -> dict[str, list[Placed]]:
    return {name: sorted(table.rows()) for name, table in image.tables.items() if len(table)}
