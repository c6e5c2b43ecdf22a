"""Keeps one process's image of the journal up to date with the files.

Documents are read through this image.
"""

from __future__ import annotations

import contextlib
import gc
import os
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import (
    ClosedJournal,
    DamagedJournal,
    DiskFailure,
    JournalError,
)
from sla_tracker.storage.journal.files import snapshot
from sla_tracker.storage.journal.files.disk import Disk, write_file
from sla_tracker.storage.journal.files.lock import Identity, Lock
from sla_tracker.storage.journal.files.packed_table import Row
from sla_tracker.storage.journal.files.paths import JournalManifest, JournalPaths
from sla_tracker.storage.journal.files.segment import Piece, Segments, split
from sla_tracker.storage.journal.image import Image, Named
from sla_tracker.storage.journal.line import holds_line
from sla_tracker.storage.journal.recent import RecentCommits

# A snapshot is written after both: this many lines, and one line for every so many live documents. So the cost of
# writing one (it grows with the live documents) stays a small part of each commit (docs/performance.md).
LINES_BETWEEN_SNAPSHOTS = 256
SHARE_BETWEEN_SNAPSHOTS = 8
# Or after both: this many bytes of lines, and so many for each live document. A few large commits are as slow to
# replay as many small ones. For each document, lines of the second number cost who writes them some 20 µs, a row of the
# snapshot costs 2 to 3 µs, and to replay them costs everybody who opens the journal 2 µs.
BYTES_BETWEEN_SNAPSHOTS = 1 << 20
BYTES_BETWEEN_BY_DOCUMENT = 192
# Lines to wait before checking again, when another process is already writing the snapshot.
LINES_BETWEEN_LOOKS = 32
EXCHANGED = N_("The journal was exchanged for another one; open it again.")


class failing_as:  # noqa: N801 - reads as a verb: with failing_as(…)
    """Context manager that turns an OSError into a journal error of the given class.

    The OSError is the value `why` of the message.
    """

    __slots__ = ("_kind", "_message", "_values")

    def __init__(self, kind: type[JournalError], message: str, **values: object) -> None:
        self._kind = kind
        self._message = message
        self._values = values

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            name = os.path.basename(os.fsdecode(error.filename)) if error.filename else None
            failure = self._kind(self._message, file=name, why=error)
            failure.values.update(self._values)
            raise failure from error


class Follower:
    """The image of a journal in one process: loads it, follows lines, reads documents.

    `mutex` guards the image against other threads of this process; other processes are kept out by the file lock
    (files/lock.py), which callers take.
    """

    def __init__(
        self,
        disk: Disk,
        place: JournalPaths,
        manifest: JournalManifest,
        indexes: Mapping[str, tuple[str, ...]],
        *,
        writable: bool,
        schema: int,
    ) -> None:
        self.disk = disk
        self.place = place
        self.segment_bytes = manifest.segment_bytes
        self.writable = writable
        self._schema = schema
        self.mutex = threading.RLock()
        self.segments = Segments(disk, place, writable=writable)
        self._manifest = self._manifest_identity()
        self.image = Image(indexes)
        self.recent = RecentCommits()
        self.snapshot_failure: OSError | None = None
        """Why the last snapshot could not be written, or None; without one, opening is slower."""
        self._snapshot_inode = 0
        self._not_before = 0
        """Lines since the snapshot below which none is tried, while another process writes one."""
        self._torn: Piece | None = None

    def load(self) -> None:
        """Load the snapshot and the lines after it, or all lines; leave a torn tail alone.

        Raises DamagedJournal. The caller holds the lock, at least shared.
        """
        with self.mutex, _gc_disabled():
            self._snapshot_inode = self._inode_of_snapshot()
            self._not_before = 0
            image = snapshot.load(self.disk, self.place, self.segments, self.image.indexes)
            self.image = image or Image(self.image.indexes)
            self.follow(to_the_end=True)
            self._check_no_later_segments()

    def is_behind(self, held: Identity | None = None) -> bool:
        """Return whether others wrote since the last look, by one stat and one byte.

        A writer passes the exclusive lock it holds, which spares it the stat. Raises DamagedJournal where the journal
        has become shorter.
        """
        # Without the mutex, a thread that commits between stat and comparison makes the file look cut short.
        with self.mutex:
            return self._is_behind(held)

    def _is_behind(self, held: Identity | None) -> bool:
        image, held = self.image, self._while_no_erasure(held)
        if not self._is_full() and self.segments.untouched(image.segment, image.byte, held):
            return False
        standing = self.segments.standing(image.segment, held)
        if standing is None:
            if image.sequence:
                raise self._missing_segment_error()
            return False
        if standing.replaced:
            return True
        if standing.length < image.byte:
            raise self._at_end(DamagedJournal(N_("The journal has become shorter.")))
        if self._is_full() and self._continues():
            return True
        return standing.length > image.byte and self.segments.begun(image.segment, image.byte)

    def _while_no_erasure(self, held: Identity | None) -> Identity | None:
        """Return the lock, or None while an erasure is open.

        While it is open, file names must be checked with a stat: an erasure replaces segment files, and no line
        announces that before it is finished.
        """
        return None if self.image.erasing else held

    def _at_end(self, error: DamagedJournal) -> DamagedJournal:
        return self.segments.named(error, self.image.segment, self.image.byte, self.image.sequence)

    def _is_full(self) -> bool:
        """Return whether writers begin the next segment by now."""
        return self.image.byte >= self.segment_bytes

    def _continues(self, *, to_the_end: bool = False) -> bool:
        """Return whether the next segment holds a line.

        With `to_the_end` its whole content counts: damage or a power cut may have left NUL bytes at its beginning.
        """
        number = self.image.segment + 1
        following = self.segments.standing(number)
        if following is None or not following.length:
            return False
        return self.segments.begun(number, 0) or (to_the_end and any(self.segments.pieces(number)))

    def follow(self, held: Identity | None = None, *, to_the_end: bool = False) -> None:
        """Apply the new lines to the image and remember a torn tail, if there is one.

        With `to_the_end` the preallocated NUL bytes are searched too: after a power cut data may stand behind a gap.
        Raises DamagedJournal; ClosedJournal where another journal replaced this one. The caller holds the lock, at
        least shared.
        """
        with self.mutex:
            standing = self.segments.standing(self.image.segment, self._while_no_erasure(held))
            self._torn = None
            if standing is None:
                self._check_no_segments()
                return
            if standing.replaced:
                self._check_same_journal()
                self.segments.forget()
            self._torn = self._follow_segment(to_the_end=to_the_end)
            while (
                self._torn is None
                and (to_the_end or self._is_full())
                and self._continues(to_the_end=to_the_end)
            ):
                self._follow_next_segment(to_the_end=to_the_end)
            problem = self.image.unexplained()
            if problem is not None:
                raise self.segments.named(problem, self.image.segment, self.image.byte)

    def _missing_segment_error(self) -> JournalError:
        """Return the error for a missing last segment: damage, or another journal.

        Raises OSError where the whole folder is gone.
        """
        if self._manifest_identity() != self._manifest:
            return ClosedJournal(EXCHANGED)
        return self._at_end(DamagedJournal(N_("The journal's last segment has gone.")))

    def _manifest_identity(self) -> tuple[int, int, int]:
        """Return what identifies journal.json.

        Contains the mtime, as a deleted file's inode is used again.
        """
        file = self.disk.status(self.place.manifest)
        return file.st_dev, file.st_ino, file.st_mtime_ns

    def _check_same_journal(self) -> None:
        """Raise ClosedJournal where the new files lack our last line.

        They lack it when an older backup was restored.
        """
        if not self.image.sequence:
            return
        fresh_segments = Segments(self.disk, self.place, writable=False)
        try:
            same_journal = fresh_segments.line(self.image.last).hash == self.image.head
        except DamagedJournal:
            same_journal = False
        finally:
            fresh_segments.forget()
        if not same_journal:
            raise ClosedJournal(EXCHANGED)

    def _check_no_segments(self) -> None:
        """Raise DamagedJournal where the first segment is missing.

        An empty journal has no segment at all.
        """
        if self.image.sequence or self.segments.numbers():
            raise self._at_end(self.segments.missing(self.image.segment))

    def _check_no_later_segments(self) -> None:
        """Raise DamagedJournal where a segment follows that no line leads to.

        The next one may stand there without a line: its writer died, or the disk was full.
        """
        number = self.image.segment + 1
        if any(later > number for later in self.segments.numbers()):
            raise self.segments.missing(number)

    def _follow_next_segment(self, *, to_the_end: bool) -> None:
        """Apply the lines of the next segment.

        Where the segment before is not full, its end is missing, and a bad first line of this one is not a torn line.
        """
        full, number = self._is_full(), self.image.segment + 1
        self.image.segment, self.image.byte = number, 0
        self._torn = self._follow_segment(to_the_end=to_the_end)
        if self._torn is not None and not full and not self._torn.byte:
            self._take(self._torn, number)

    def _follow_segment(self, *, to_the_end: bool) -> Piece | None:
        """Apply a segment's lines, and return the torn tail or None.

        An erasure replaces segment files, perhaps also the one read here. So after a line that opens or closes an
        erasure all files are closed, and the rest is read from the file that has the name now.
        """
        erasures = self.image.erasures
        torn = self._follow_file(to_the_end=to_the_end)
        while erasures != self.image.erasures:
            erasures = self.image.erasures
            self.segments.forget()
            torn = self._follow_file(to_the_end=to_the_end)
        return torn

    def _follow_file(self, *, to_the_end: bool) -> Piece | None:
        number, lines = self.image.segment, self.segments.pieces if to_the_end else self.segments.fresh
        torn = None
        for piece in lines(number, self.image.byte):
            if torn is not None:
                self._take(torn, number)  # torn but not last, so it is damage: this raises the error
            torn = piece if not piece.whole or b"\0" in piece.content else None
            if torn is None:
                self._take(piece, number)
        # A torn line is a part of the last one. With a whole line in or behind it, it is damage: this raises the error.
        if torn is not None and (holds_line(torn.content) or self._continues(to_the_end=to_the_end)):
            self._take(torn, number)
        return torn

    def _take(self, piece: Piece, number: int) -> None:
        try:
            line = self.segments.decoded(piece.content, number, piece.byte)
        except DamagedJournal:
            self.check_newer(self.image, piece.content)
            raise
        try:
            self.image.take(line, number, piece.byte, len(piece.content))
        except DamagedJournal as error:
            raise self.segments.named(error, number, piece.byte, error.sequence or line.header.n) from None
        self.recent.note(line.header)

    def touched(self, since: int) -> frozenset[Named] | None:
        """Return table and key of what the commits after one wrote.

        None where they are not remembered.
        """
        with self.mutex:  # another thread may be noting a commit
            return self.recent.after(since, self.image.sequence)

    def cut_torn_tail(self) -> None:
        """Cut off the torn tail of a writer that died; it was never acknowledged.

        The caller holds the lock exclusively.
        """
        torn, number = self._torn, self.image.segment
        if torn is None:
            return
        aside = self.place.aside / f"{number:08d}.{torn.byte}"
        # The copy is only for inspection: a full disk must not prevent the repair.
        with contextlib.suppress(OSError):
            write_file(self.disk, aside, [torn.content], durable=False)
        self.segments.cut(number, torn.byte)
        self._torn = None

    def document(self, table: str, key: str, row: Row) -> bytes | None:
        """Return a document after checking its CRC; None where it was removed meanwhile.

        Raises DamagedJournal.
        """
        with self.mutex:
            number, byte = split(row.place)
            try:
                content = self.segments.read(number, byte, row.length)
            except OSError as error:
                raise DiskFailure(N_("A document cannot be read: {why}"), why=error) from error
            if zlib.crc32(content) == row.check:
                return content
            # Blanked entries begin like this (line.blanked), so this is an erasure that is not loaded yet, no damage.
            erased_meanwhile = content.startswith(b'".') and self.is_behind()
            if self.image.row(table, key) != row or erased_meanwhile:
                return None
        raise self.segments.named(
            DamagedJournal(N_("The document {key} cannot be read as it was written."), key=key), number, byte
        )

    def check_schema(self) -> None:
        """Raise NewerSchema where a newer program wrote documents."""
        self.check_newer(self.image)

    def check_newer(self, image: Image, following: bytes = b"") -> None:
        """Raise NewerSchema where a newer program wrote the lines.

        The lines of an image are checked, or the line that is `following`.
        """
        image.check_schema(self._schema, following)

    def snapshot_due(self) -> bool:
        """Return whether enough lines or bytes were written since the last snapshot."""
        image = self.image
        if image.fresh_lines < self._not_before:
            return False
        many, much = (
            image.fresh_lines >= LINES_BETWEEN_SNAPSHOTS,
            image.fresh_bytes >= BYTES_BETWEEN_SNAPSHOTS,
        )
        if not (many or much):
            return False
        live = image.live()
        return (many and image.fresh_lines >= live // SHARE_BETWEEN_SNAPSHOTS) or (
            much and image.fresh_bytes >= live * BYTES_BETWEEN_BY_DOCUMENT
        )

    def update_snapshot(self, lock: Lock, *, may_write: bool = True) -> None:
        """Load a newer snapshot of another process, or write one.

        The caller holds no lock.
        """
        if self._inode_of_snapshot() != self._snapshot_inode:
            with lock.shared():
                self.load()
        elif self.writable and may_write:
            with snapshot.sole_writer(self.disk, self.place) as sole:
                if sole:
                    self.make_snapshot(lock)
                else:
                    self._not_before = self.image.fresh_lines + LINES_BETWEEN_LOOKS

    def make_snapshot(self, lock: Lock) -> None:
        """Write a snapshot while others write; again if an erasure came meanwhile.

        A snapshot holds values of indexed fields, so one from before the erasure must not stay.
        """
        self.replace_snapshot()
        with lock.shared():
            self.follow()
            if self.image.erasures:
                self.replace_snapshot()

    def replace_snapshot(self) -> None:
        """Write a snapshot and continue with the image decoded from it.

        The decoded image takes less memory.
        """
        with self.mutex, _gc_disabled():
            content = snapshot.encode(self.image)
            try:
                snapshot.save(self.disk, self.place, content)
            except OSError as error:  # without one, opening is slower and nothing is lost
                self.snapshot_failure = error
            else:
                self.snapshot_failure = None
                self._snapshot_inode = self._inode_of_snapshot()
            self.image = snapshot.decode(content, self.image.indexes) or self.image
            self.image.fresh_lines = self.image.fresh_bytes = self._not_before = 0

    def _inode_of_snapshot(self) -> int:
        try:
            return self.disk.status(self.place.snapshot).st_ino
        except OSError:
            return 0

    def adopt_after_fork(self) -> None:
        """Take files and a mutex of this process's own, in a forked child.

        No other thread may have used the image at the fork.
        """
        self.mutex = threading.RLock()
        self.segments.open_anew()

    def close(self) -> None:
        """Close the files."""
        with self.mutex:
            self.segments.forget()


@contextmanager
def _gc_disabled() -> Iterator[None]:
    """Disable the garbage collector for a block.

    Loading creates thousands of objects that all stay alive; each collection would walk through them for nothing.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
