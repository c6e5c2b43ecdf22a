"""Keep an image in step with the files: load it, notice what others wrote, read documents through it."""

from __future__ import annotations

import contextlib
import gc
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sla_tracker.storage.journal.errors import (
    ClosedJournal,
    DamagedJournal,
    DiskFailure,
    JournalError,
    NewerSchema,
)
from sla_tracker.storage.journal.files import snapshot
from sla_tracker.storage.journal.files.disk import Disk, write_file
from sla_tracker.storage.journal.files.lock import Identity, Lock
from sla_tracker.storage.journal.files.packed_table import Row
from sla_tracker.storage.journal.files.paths import JournalManifest, JournalPaths
from sla_tracker.storage.journal.files.segment import Piece, Segments, split
from sla_tracker.storage.journal.image import Image

LINES_BETWEEN_SNAPSHOTS = 256
SHARE_BETWEEN_SNAPSHOTS = 8
LINES_BETWEEN_LOOKS = 32
EXCHANGED = "The journal was exchanged for another one; open it again."


class failing_as:  # noqa: N801 - reads as the verb it is: with failing_as(…)
    """Let an operating system's error come out as one of ours."""

    __slots__ = ("_kind", "_sentence")

    def __init__(self, kind: type[JournalError], sentence: str) -> None:
        self._kind = kind
        self._sentence = sentence

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise self._kind(f"{self._sentence}: {error.strerror or error}") from error


class Follower:
    """One process's view of a journal.

    `mutex` keeps the image whole among threads; which process may touch the files is the lock's affair.
    """

    def __init__(
        self,
        disk: Disk,
        place: JournalPaths,
        manifest: JournalManifest,
        indexes: Mapping[str, tuple[str, ...]],
        *,
        writable: bool,
    ) -> None:
        self.disk = disk
        self.place = place
        self.segment_bytes = manifest.segment_bytes
        self.writable = writable
        self.mutex = threading.RLock()
        self.segments = Segments(disk, place, writable=writable)
        self._manifest = self._looked_at_manifest()
        self.image = Image(indexes)
        self.snapshot_failure: OSError | None = None
        """Why the last snapshot could not be written; opening stays slower until one can."""
        self._snapshot_inode = 0
        self._not_before = 0
        """How many lines since the snapshot are worth another look, while somebody else is making one."""
        self._torn: Piece | None = None

    def load(self) -> None:
        """Take the snapshot and the lines after it, or all lines; a torn tail is left where it is.

        Raises DamagedJournal. The caller holds the lock, at least shared.
        """
        with self.mutex, _no_collector():
            self._snapshot_inode = self._inode_of_snapshot()
            self._not_before = 0
            image = snapshot.load(self.disk, self.place, self.segments, self.image.indexes)
            self.image = image or Image(self.image.indexes)
            self.follow(to_the_end=True)

    def behind(self, held: Identity | None = None) -> bool:
        """Tell whether somebody wrote since we looked; costs one stat and the reading of one byte.

        A writer gives the lock that he holds alone, and is spared the stat. Raises DamagedJournal where the journal has
        become shorter.
        """
        # Otherwise a thread that commits between the look and the comparison makes the file look cut.
        with self.mutex:
            return self._is_behind(held)

    def _is_behind(self, held: Identity | None) -> bool:
        image, held = self.image, self._while_no_erasure(held)
        if not self._is_full() and self.segments.untouched(image.segment, image.byte, held):
            return False
        standing = self.segments.standing(image.segment, held)
        if standing is None:
            if image.sequence:
                raise self._missing()
            return False
        if standing.replaced:
            return True
        if standing.length < image.byte:
            raise self._at_end(DamagedJournal("The journal has become shorter."))
        if self._is_full() and self._continues():
            return True
        return standing.length > image.byte and self.segments.begun(image.segment, image.byte)

    def _while_no_erasure(self, held: Identity | None) -> Identity | None:
        """Return the lock, or None, so that names are looked at: no line announces the files of an open erasure."""
        return None if self.image.erasing else held

    def _at_end(self, error: DamagedJournal) -> DamagedJournal:
        return self.segments.named(error, self.image.segment, self.image.byte, self.image.sequence)

    def _is_full(self) -> bool:
        """Tell whether writers begin another segment by now."""
        return self.image.byte >= self.segment_bytes

    def _continues(self) -> bool:
        following = self.segments.standing(self.image.segment + 1)
        return (
            following is not None and following.length > 0 and self.segments.begun(self.image.segment + 1, 0)
        )

    def follow(self, held: Identity | None = None, *, to_the_end: bool = False) -> None:
        """Take in the lines that are new; keep the torn tail, if there is one, in mind.

        With `to_the_end` the room ahead is looked through too: after a power cut something may stand behind a gap.
        Raises DamagedJournal; ClosedJournal where it is another one. The caller holds the lock, at least shared.
        """
        with self.mutex:
            standing = self.segments.standing(self.image.segment, self._while_no_erasure(held))
            self._torn = None
            if standing is None:
                self._nothing_before()
                return
            if standing.replaced:
                self._check_kin()
                self.segments.forget()
            self._torn = self._follow_segment(to_the_end)
            while self._torn is None and (to_the_end or self._is_full()) and self._continues():
                self.image.segment, self.image.byte = self.image.segment + 1, 0
                self._torn = self._follow_segment(to_the_end)
            problem = self.image.unexplained()
            if problem is not None:
                raise self.segments.named(problem, self.image.segment, self.image.byte)

    def _missing(self) -> JournalError:
        """Return what to say where the last segment is not there; the folder may be away, or another one.

        Raises OSError where it is away.
        """
        if self._looked_at_manifest() != self._manifest:
            return ClosedJournal(EXCHANGED)
        return self._at_end(DamagedJournal("The journal's last segment has gone."))

    def _looked_at_manifest(self) -> tuple[int, int, int]:
        """Return what tells this journal's charter from one written later; a deleted file's inode is used again."""
        file = self.disk.status(self.place.manifest)
        return file.st_dev, file.st_ino, file.st_mtime_ns

    def _check_kin(self) -> None:
        """Refuse new files that lack the line we know last: a backup was restored, and what we know is not in it."""
        if not self.image.sequence:
            return
        theirs = Segments(self.disk, self.place, writable=False)
        try:
            kin = theirs.line(self.image.last).hash == self.image.head
        except DamagedJournal:
            kin = False
        finally:
            theirs.forget()
        if not kin:
            raise ClosedJournal(EXCHANGED)

    def _nothing_before(self) -> None:
        """Refuse a journal that lacks its beginning: an empty one has no segment at all."""
        if self.image.sequence or self.segments.numbers():
            raise self._at_end(DamagedJournal("A segment is missing; take it from a backup."))

    def _follow_segment(self, to_the_end: bool) -> Piece | None:
        """Take in a segment's lines, and return the torn tail.

        Where a line says that something is or was erased, other files may have taken the names of those we hold open,
        this one's too: what follows that line is read from the file that has the name now.
        """
        erasures = self.image.erasures
        torn = self._follow_file(to_the_end)
        while erasures != self.image.erasures:
            erasures = self.image.erasures
            self.segments.forget()
            torn = self._follow_file(to_the_end)
        return torn

    def _follow_file(self, to_the_end: bool) -> Piece | None:
        number, lines = self.image.segment, self.segments.pieces if to_the_end else self.segments.fresh
        torn = None
        for piece in lines(number, self.image.byte):
            if torn is not None:
                self._take(torn, number)  # it was not the last: this says what is wrong with it
            torn = piece if not piece.whole or b"\0" in piece.content else None
            if torn is None:
                self._take(piece, number)
        if torn is not None and self._continues():
            self._take(torn, number)
        return torn

    def _take(self, piece: Piece, number: int) -> None:
        line = self.segments.decoded(piece.content, number, piece.byte)
        try:
            self.image.take(line, number, piece.byte, len(piece.content))
        except DamagedJournal as error:
            raise self.segments.named(error, number, piece.byte, error.sequence or line.header.n) from None

    def set_aside(self) -> None:
        """Cut off what a writer left that died; nobody was told that it stands. The caller holds the lock alone."""
        torn, number = self._torn, self.image.segment
        if torn is None:
            return
        aside = self.place.aside / f"{number:08d}.{torn.byte}"
        # A keepsake: a full disk must not keep the journal from being repaired.
        with contextlib.suppress(OSError):
            write_file(self.disk, aside, [torn.content], durable=False)
        self.segments.cut(number, torn.byte)
        self._torn = None

    def document(self, table: str, key: str, row: Row) -> bytes | None:
        """Read a document and check it; None where it went while we were looking.

        Raises DamagedJournal.
        """
        with self.mutex:
            number, byte = split(row.place)
            try:
                content = self.segments.read(number, byte, row.length)
            except OSError as error:
                raise DiskFailure(f"A document cannot be read: {error.strerror or error}") from error
            if zlib.crc32(content) == row.check:
                return content
            erased_meanwhile = content.startswith(b'".') and self.behind()
            if self.image.row(table, key) != row or erased_meanwhile:
                return None
        raise self.segments.named(
            DamagedJournal(f"The document {key} cannot be read as it was written."), number, byte
        )

    def check_schema(self, known: int) -> None:
        """Raise NewerSchema where a program with later documents wrote."""
        if self.image.schema > known:
            raise NewerSchema(
                f"A newer program wrote this journal (schema {self.image.schema}, this one knows {known}); upgrade.",
                sequence=self.image.sequence,
            )

    def snapshot_due(self) -> bool:
        """Tell whether reading the lines since the snapshot has come to cost too much."""
        fresh = self.image.fresh_lines
        if fresh < max(LINES_BETWEEN_SNAPSHOTS, self._not_before):
            return False
        return fresh >= self.image.live() // SHARE_BETWEEN_SNAPSHOTS

    def settle(self, lock: Lock, *, may_write: bool = True) -> None:
        """Start again from a newer snapshot of somebody else's, or make one; the caller does not hold the lock."""
        if self._inode_of_snapshot() != self._snapshot_inode:
            with lock.shared():
                self.load()
        elif self.writable and may_write:
            with snapshot.sole_maker(self.disk, self.place) as sole:
                if sole:
                    self.rest(lock)
                else:
                    self._not_before = self.image.fresh_lines + LINES_BETWEEN_LOOKS

    def rest(self, lock: Lock) -> None:
        """Make a snapshot while others write, and another one if an erasure came meanwhile: it holds index values."""
        self.picture()
        with lock.shared():
            self.follow()
            if self.image.erasures:
                self.picture()

    def picture(self) -> None:
        """Write a snapshot, and rest the image on it."""
        with self.mutex, _no_collector():
            content = snapshot.encode(self.image)
            try:
                snapshot.save(self.disk, self.place, content)
            except OSError as error:  # without one, opening is slower and nothing is lost
                self.snapshot_failure = error
            else:
                self.snapshot_failure = None
                self._snapshot_inode = self._inode_of_snapshot()
            self.image = snapshot.decode(content, self.image.indexes) or self.image
            self.image.fresh_lines = self._not_before = 0

    def _inode_of_snapshot(self) -> int:
        try:
            return self.disk.status(self.place.snapshot).st_ino
        except OSError:
            return 0

    def close(self) -> None:
        """Close the files."""
        with self.mutex:
            self.segments.forget()


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep the collector from walking through thousands of new objects, none of which is garbage."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
