"""Checks every byte of a journal and reports what is damaged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from sla_tracker.storage.journal.errors import DamagedJournal
from sla_tracker.storage.journal.files import archive, snapshot
from sla_tracker.storage.journal.files.disk import read_file
from sla_tracker.storage.journal.files.packed_table import Placed
from sla_tracker.storage.journal.files.segment import Piece, Segments
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.image import Image
from sla_tracker.storage.journal.line import encoded_key
from sla_tracker.storage.journal.maintenance import foreign
from sla_tracker.value_class import dataclass

MOST_FINDINGS = 100
"""Number of findings after which the replay of lines stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFinding:
    """One damage and its place; a part of the place that is not known is None."""

    sentence: str
    file: str
    segment: int | None = None
    byte: int | None = None
    sequence: int | None = None

    @classmethod
    def of(cls, error: DamagedJournal, file: str) -> JournalFinding:
        """Return the finding of an error; `file` is used where the error names none."""
        return cls(
            sentence=error.sentence,
            file=error.file or file,
            segment=error.segment,
            byte=error.byte,
            sequence=error.sequence,
        )


class Inspection:
    """Checks a journal by replaying it from its first line.

    It opens the files anew.
    """

    def __init__(self, follower: Follower, anchors: Iterable[tuple[int, str]]) -> None:
        self._follower = follower
        self._segments = Segments(follower.disk, follower.place, writable=False)
        self._anchors: dict[int, set[str]] = {}
        for sequence, head in anchors:
            self._anchors.setdefault(sequence, set()).add(head)
        self._image = Image(follower.image.indexes)
        self._snapshot_image = self._read_snapshot()
        self.findings: list[JournalFinding] = []

    def run(self) -> list[JournalFinding]:
        """Return the findings in the order of the files.

        The caller holds the lock, at least shared.
        """
        try:
            for number, piece, last in self._pieces():
                if len(self.findings) >= MOST_FINDINGS:
                    break
                self._check_piece(number, piece, last=last)
        finally:
            self._segments.forget()
        problem = self._image.unexplained()
        if problem is not None:
            self._find(problem)
        self._check_end()
        self._check_archives()
        for error in foreign.foreign_files(self._follower.disk, self._follower.place):
            self._find(error)
        return self.findings

    def _find(self, error: DamagedJournal) -> None:
        self.findings.append(JournalFinding.of(error, "segments"))

    def _pieces(self) -> Iterator[tuple[int, Piece, bool]]:
        segments = self._segments
        numbers = segments.numbers()
        for expected, number in enumerate(numbers, start=1):
            if number != expected:
                self._find(segments.missing(expected))
                return
            pieces = list(segments.pieces(number))
            end = pieces[-1].byte + len(pieces[-1].content) if pieces else 0
            if segments.surplus(number, end):
                problem = DamagedJournal("The file is longer than sla makes it.")
                self._find(segments.named(problem, number, end))
            for index, piece in enumerate(pieces):
                yield number, piece, number == numbers[-1] and index == len(pieces) - 1

    def _check_piece(self, number: int, piece: Piece, *, last: bool) -> None:
        image, segments = self._image, self._segments
        if last and (not piece.whole or b"\0" in piece.content):
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
                    "The journal was rewritten: an anchor names another hash.", sequence=sequence
                )
                self._find(self._segments.named(problem, number, byte))

    def _check_end(self) -> None:
        """Find a missing end of the journal.

        The chain alone cannot show that lines after it were cut off.
        """
        image = self._image
        known = [("an anchor knows", sequence) for sequence in sorted(self._anchors) if sequence]
        if self._snapshot_image is not None and self._snapshot_image.sequence > image.sequence:
            known.append(("the snapshot knows", self._snapshot_image.sequence))
        for who, sequence in known:
            problem = DamagedJournal(f"The journal ends before a commit that {who}.", sequence=sequence)
            self._find(self._segments.named(problem, image.segment, image.byte))

    def _read_snapshot(self) -> Image | None:
        content = snapshot.read(self._follower.disk, self._follower.place)
        return snapshot.decode(content, self._follower.image.indexes) if content is not None else None

    def _compare(self, snapshot_image: Image) -> None:
        """Find a snapshot that is intact but differs from the journal."""
        if snapshot_image.head != self._image.head or _contents(snapshot_image) != _contents(self._image):
            self.findings.append(
                JournalFinding(
                    sentence="The snapshot does not show what the journal says; delete it.",
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
                self.findings.append(JournalFinding.of(error, "archives"))
                continue
            if any(
                each.document is None and (each.table, each.key) not in self._image.erased for each in stored
            ):
                sentence = "An archived document is blank and no erasure on record says so."
                path = follower.place.archive(name, seal.sequence)
                self.findings.append(
                    JournalFinding(
                        sentence=sentence, file=follower.place.relative(path), sequence=seal.sequence
                    )
                )
        for path in archive.unsealed(follower.disk, follower.place, self._image):
            if self._holds_erased(path):
                sentence = "An archive that belongs to no sealed month holds what was erased; delete it."
                self.findings.append(JournalFinding(sentence=sentence, file=follower.place.relative(path)))

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


def _contents(image: Image) -> dict[str, list[Placed]]:
    return {name: sorted(table.rows()) for name, table in image.tables.items() if len(table)}
