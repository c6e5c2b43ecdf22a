"""Reads and writes the numbered segment files that hold the lines."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sla_tracker.errors import N_
from sla_tracker.storage.journal import line
from sla_tracker.storage.journal.errors import DamagedJournal
from sla_tracker.storage.journal.files.disk import Disk, create, read_exactly, write_all
from sla_tracker.storage.journal.files.lock import Identity
from sla_tracker.storage.journal.files.paths import SEGMENT_NAME, JournalPaths
from sla_tracker.storage.journal.line import Line

LINE_GUESS = 4096
"""Bytes of the first read of a line; a longer line takes further reads."""
LAST_GUESS = 64 << 10
"""Bytes of the first read of a segment's last lines."""
ROOM_BYTES = 128 << 10
"""NUL bytes are preallocated up to a multiple of this, as a sync of a growing file is slower (see `append`)."""
LARGEST_SEGMENT = 2 << 30
"""Bytes; a full segment takes one more commit, and nobody wrote one of this size."""
MOST_OPEN = 64
"""Segment files that are open at once: a long history has more than a process may open files."""
SECONDS_BETWEEN_LOOKS = 1.0
"""Seconds for which a writer relies on its open segment file without a stat (see `standing`)."""


def position(segment: int, byte: int) -> int:
    """Return segment and byte as one number; 0 means none, as segments count from 1."""
    return segment << 32 | byte


def split(place: int) -> tuple[int, int]:
    """Return segment and byte of a position."""
    return place >> 32, place & 0xFFFFFFFF


class Piece(NamedTuple):
    """The bytes of one line; `whole` is False at the end of a file without a newline."""

    byte: int
    content: bytes
    whole: bool


class Standing(NamedTuple):
    """A segment file's length in bytes, and whether it replaced the one we have open."""

    length: int
    replaced: bool


class Segments:
    """The segment files of one journal; the caller holds the lock that a method needs.

    Threads read one at a time, under the follower's mutex: reading one file may close another. The last segment stays
    open, so that its writer needs no mutex.
    """

    def __init__(self, disk: Disk, place: JournalPaths, *, writable: bool) -> None:
        self._disk = disk
        self._place = place
        self._flags = os.O_RDWR if writable else os.O_RDONLY
        self._open: dict[int, int] = {}
        self._identities: dict[int, Identity] = {}
        self._paths: dict[int, Path] = {}
        self._measured_length = 0
        """Length in bytes of the segment being written, NUL bytes included, when last measured."""
        self._looked_under: Identity | None = None
        self._looks_until = 0.0
        """The lock under which a writer last checked a segment's path, and until when (monotonic) that counts."""

    def numbers(self) -> list[int]:
        """Return the numbers of the existing segments, in order."""
        found = (re.fullmatch(SEGMENT_NAME, name) for name in self._disk.names(self._place.segments))
        return sorted(int(match[1]) for match in found if match)

    def standing(self, number: int, held: Identity | None = None) -> Standing | None:
        """Return the state of a segment, None where there is none.

        `held` is the lock that the caller holds exclusively. After a stat, Linux (6.13 and later) gives the next write
        a new timestamp, and the sync must write the inode too. So a writer measures its open file and checks the path
        only once a second: others replace that file only for an erasure, which a line announces.
        """
        if self._looked_lately(held) and number in self._open:
            return Standing(self._disk.length(self._open[number]), replaced=False)
        now = time.monotonic()
        try:
            status = self._disk.status(self._path(number))
        except FileNotFoundError:
            return None
        there = status.st_ino, status.st_dev
        replaced = self._identities.get(number, there) != there
        if held is not None and not replaced:
            self._looked_under, self._looks_until = held, now + SECONDS_BETWEEN_LOOKS
        return Standing(status.st_size, replaced)

    def _looked_lately(self, held: Identity | None) -> bool:
        return held is not None and held == self._looked_under and time.monotonic() < self._looks_until

    def untouched(self, number: int, byte: int, held: Identity | None) -> bool:
        """Return whether it is certain that nothing was written at `byte`.

        Returns False where a stat has to tell. True only for a writer that looked lately: one read of a preallocated
        NUL byte is enough for it.
        """
        descriptor = self._open.get(number) if self._looked_lately(held) else None
        return descriptor is not None and self._disk.read(descriptor, 1, byte) == b"\0"

    def _path(self, number: int) -> Path:
        path = self._paths.get(number)
        if path is None:
            path = self._paths[number] = self._place.segment(number)
        return path

    def descriptor(self, number: int) -> int:
        """Return the descriptor of a segment, opening it if needed."""
        descriptor = self._open.get(number)
        if descriptor is None:
            descriptor = self._keep(number, self._disk.open(self._place.segment(number), self._flags))
        return descriptor

    def _to_read(self, number: int) -> int:
        """Return the descriptor of a segment, closing another one if too many are open."""
        if number not in self._open and len(self._open) >= MOST_OPEN:
            there = list(self._open)
            oldest = next(each for each in there if each != max(there))
            self._disk.close(self._open.pop(oldest))
        return self.descriptor(number)

    def _keep(self, number: int, descriptor: int) -> int:
        self._open[number] = descriptor
        status = self._disk.status_of(descriptor)
        self._identities[number] = status.st_ino, status.st_dev
        return descriptor

    def forget(self) -> None:
        """Close all files, because others may have replaced them."""
        descriptors, self._open = self._open, {}
        self._measured_length = 0
        for descriptor in descriptors.values():
            self._disk.close(descriptor)

    def descriptors(self) -> frozenset[int]:
        """Return the descriptors of the open files."""
        return frozenset(self._open.values())

    def open_anew(self) -> None:
        """Open all open files again, as a forked child must not share its parent's.

        Where another file has the name now, the identity of the old one is kept: the next look then finds it replaced.
        """
        numbers = list(self._open)
        self.forget()
        self._looked_under, self._looks_until = None, 0.0
        for number in numbers:
            with contextlib.suppress(FileNotFoundError):
                self._open[number] = self._disk.open(self._path(number), self._flags)

    def begin(self, number: int) -> None:
        """Create a segment file and sync its name before anything is written.

        An existing one is used; NUL bytes in it, left by a power cut, are cut off. Raises DamagedJournal where it
        holds anything else, or a later one stands there: whoever wrote those had commits that are not loaded.
        """
        self._measured_length = 0
        if any(later > number for later in self.numbers()):
            raise self.missing(number)
        if number not in self._open:
            self._keep(number, create(self._disk, self._place.segment(number), os.O_RDWR))
        if self._disk.status_of(self._open[number]).st_size > 0:
            for piece in self.pieces(number):
                raise self.surplus_bytes(number, piece.byte)
            self.cut(number, 0)
        self._disk.sync_folder(self._place.segments)

    def append(self, number: int, byte: int, content: bytes) -> None:
        """Write a line at the end of a segment and sync it.

        An OSError may leave a torn line. NUL bytes are preallocated behind the line: a sync of a file that has grown
        costs several times as much.
        """
        descriptor = self.descriptor(number)
        write_all(self._disk, descriptor, content, byte)
        end = byte + len(content)
        if self._measured_length <= end:
            size = self._disk.length(descriptor)
            if size == end:
                with contextlib.suppress(OSError):  # without preallocated bytes the next line is only slower
                    write_all(self._disk, descriptor, bytes(ROOM_BYTES - end % ROOM_BYTES), end)
            self._measured_length = size
        self._disk.sync(descriptor)

    def begun(self, number: int, byte: int) -> bool:
        """Return whether anything but preallocated NUL was written at `byte`."""
        return self.read(number, byte, 1) not in {b"", b"\0"}

    def cut(self, number: int, byte: int) -> None:
        """Truncate a segment and sync it.

        Without the sync, an undone line could return after a power cut.
        """
        descriptor = self.descriptor(number)
        self._measured_length = 0
        self._disk.truncate(descriptor, byte)
        self._disk.sync(descriptor)

    def read(self, number: int, byte: int, length: int) -> bytes:
        """Return bytes of a segment, fewer only at its end.

        Raises DamagedJournal where the segment is missing.
        """
        try:
            return read_exactly(self._disk, self._to_read(number), length, byte)
        except FileNotFoundError:
            raise self.missing(number) from None

    def missing(self, number: int) -> DamagedJournal:
        """Return the error for a segment that is not there."""
        file = self._place.relative(self._place.segment(number))
        return DamagedJournal(N_("A segment is missing; take it from a backup."), file=file, segment=number)

    def surplus_bytes(self, number: int, byte: int) -> DamagedJournal:
        """Return the error for bytes that no writer leaves behind the last line."""
        problem = DamagedJournal(N_("Bytes stand behind the last line that sla did not write."))
        return self.named(problem, number, byte)

    def pieces(self, number: int, byte: int = 0, *, end: int | None = None) -> Iterator[Piece]:
        """Yield the lines from `byte` on, without the preallocated NUL bytes at the end."""
        stop = self._stop(number, byte) if end is None else end
        yield from _pieces(_without_trailing_nul(self.read(number, byte, max(stop - byte, 0))), byte)

    def last_pieces(self, number: int, end: int, count: int) -> list[Piece]:
        """Return the last `count` lines before `end`; fewer where the segment has fewer."""
        size = LAST_GUESS
        while True:
            begin = max(end - size, 0)
            content = self.read(number, begin, end - begin)
            # One more than wanted: the first of them may be the end of a line that begins before.
            if begin == 0 or content.count(b"\n") > count:
                return list(_pieces(_without_trailing_nul(content), begin))[-count:]
            size *= 8

    def _stop(self, number: int, byte: int) -> int:
        """Return where a segment's bytes end.

        Holes at its end are not read, as a sparse file can claim any length.

        Raises DamagedJournal for more bytes than a segment can hold.
        """
        stop = self._disk.stored_end(self._to_read(number), byte)
        if stop - byte > LARGEST_SEGMENT:
            raise self.named(
                DamagedJournal(N_("A segment is larger than any that sla writes.")), number, byte
            )
        return stop

    def surplus(self, number: int, byte: int) -> int:
        """Return how many bytes a segment has beyond its preallocated room.

        That room begins after the segment's last line.
        """
        size = self._disk.status_of(self.descriptor(number)).st_size
        return max(size - (byte - byte % ROOM_BYTES + ROOM_BYTES), 0)

    def fresh(self, number: int, byte: int) -> Iterator[Piece]:
        """Yield the lines from `byte` on.

        Reads only up to the first preallocated NUL bytes.
        """
        content, size = b"", LINE_GUESS
        while True:
            part = self.read(number, byte + len(content), size)
            content += part
            if len(part) < size or part.endswith(b"\0"):
                break
            size *= 8
        yield from _pieces(_without_trailing_nul(content), byte)

    def line(self, place: int) -> Line:
        """Return the checked line at a position.

        Raises DamagedJournal with the place.
        """
        number, byte = split(place)
        size = LINE_GUESS
        while True:
            content = self.read(number, byte, size)
            found = content.find(b"\n")
            if found >= 0:
                return self.decoded(content[: found + 1], number, byte)
            if len(content) < size:
                raise self.named(DamagedJournal(N_("A line that is referred to is not there.")), number, byte)
            size *= 8

    def header(self, place: int) -> Line:
        """Return the line at a position with its reason, without its documents.

        The documents stay out only as far as that spares reading them.

        Who looks at one duty of a commit of thousands need not check all others. Raises DamagedJournal with the place.
        """
        number, byte = split(place)
        size = LINE_GUESS
        while True:
            content = self.read(number, byte, size)
            found = self.opened(content, number, byte)
            if found is not None:
                return self.line(place) if found.header.why else found
            if len(content) < size:
                return self.line(place)
            size *= 8

    def opened(self, content: bytes, number: int, byte: int) -> Line | None:
        """Return a line without its reason and documents from its first bytes.

        None where they are too few.

        Raises DamagedJournal with its place.
        """
        try:
            return line.opening(content)
        except DamagedJournal as error:
            raise self.named(error, number, byte) from None

    def decoded(self, content: bytes, number: int, byte: int) -> Line:
        """Return a checked line; raises DamagedJournal with its place."""
        try:
            return line.decode(content)
        except DamagedJournal as error:
            raise self.named(error, number, byte) from None

    def named(
        self, error: DamagedJournal, number: int, byte: int, sequence: int | None = None
    ) -> DamagedJournal:
        """Return an error with the file and place added."""
        error.file = self._place.relative(self._place.segment(number))
        error.segment, error.byte = number, byte
        error.sequence = sequence if sequence is not None else error.sequence
        return error


def _without_trailing_nul(content: bytes) -> bytes:
    """Return content without the NUL bytes at the end.

    Comparing is faster than rstrip for the usual case.
    """
    end = content.rfind(b"\n") + 1
    rest = content[end:]
    return content[:end] if rest == bytes(len(rest)) else content.rstrip(b"\0")


def _pieces(content: bytes, byte: int) -> Iterator[Piece]:
    """Yield the lines of what was read from `byte` on."""
    start = 0
    while start < len(content):
        found = content.find(b"\n", start)
        stop = len(content) if found < 0 else found + 1
        yield Piece(byte + start, content[start:stop], found >= 0)
        start = stop
