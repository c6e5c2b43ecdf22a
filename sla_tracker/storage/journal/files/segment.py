"""The numbered files that hold the lines, and positions within them."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sla_tracker.storage.journal import line
from sla_tracker.storage.journal.errors import DamagedJournal
from sla_tracker.storage.journal.files.disk import Disk, create, read_exactly, write_all
from sla_tracker.storage.journal.files.lock import Identity
from sla_tracker.storage.journal.files.paths import SEGMENT_NAME, JournalPaths
from sla_tracker.storage.journal.line import Line

LINE_GUESS = 4096
ROOM_BYTES = 128 << 10
SECONDS_BETWEEN_LOOKS = 1.0


def position(segment: int, byte: int) -> int:
    """Return a segment and a byte in it as one number; 0 is nowhere, since segments count from 1."""
    return segment << 32 | byte


def split(place: int) -> tuple[int, int]:
    """Return the segment and the byte of a position."""
    return place >> 32, place & 0xFFFFFFFF


class Piece(NamedTuple):
    """A line as it lies in a segment; `whole` is False for bytes at the end that no newline closes."""

    byte: int
    content: bytes
    whole: bool


class Standing(NamedTuple):
    """How a segment's file stands: its length in bytes, and whether it is another than the one we hold open."""

    length: int
    replaced: bool


class Segments:
    """Read, extend and cut the segment files of one journal; the caller holds the lock that each needs."""

    def __init__(self, disk: Disk, place: JournalPaths, *, writable: bool) -> None:
        self._disk = disk
        self._place = place
        self._flags = os.O_RDWR if writable else os.O_RDONLY
        self._open: dict[int, int] = {}
        self._identities: dict[int, Identity] = {}
        self._paths: dict[int, Path] = {}
        self._room_until = 0
        """How long the segment that is written to was when it was last looked at."""
        self._looked_under: Identity | None = None
        self._looks_until = 0.0
        """Under which lock a writer last looked at a segment's name, and until when that will do."""

    def numbers(self) -> list[int]:
        """List the segments there are."""
        found = (SEGMENT_NAME.fullmatch(name) for name in self._disk.names(self._place.segments))
        return sorted(int(match[1]) for match in found if match)

    def standing(self, number: int, held: Identity | None = None) -> Standing | None:
        """Look at a segment, None where there is none; `held` tells which lock the caller holds alone.

        After a stat, Linux (6.13 and later) gives the next write a time of its own, and the sync brings the inode to
        the disk as well. So who is about to write asks the file he holds open, and looks at its name once a second:
        others give that name to another file only for an erasure, which a line announces.
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
        """Tell a writer in a row that nobody wrote at `byte`; False says only that he has to look closer."""
        descriptor = self._open.get(number) if self._looked_lately(held) else None
        return descriptor is not None and self._disk.read(descriptor, 1, byte) == b"\0"

    def _path(self, number: int) -> Path:
        path = self._paths.get(number)
        if path is None:
            path = self._paths[number] = self._place.segment(number)
        return path

    def descriptor(self, number: int) -> int:
        """Return the open file of a segment."""
        descriptor = self._open.get(number)
        if descriptor is None:
            descriptor = self._keep(number, self._disk.open(self._place.segment(number), self._flags))
        return descriptor

    def _keep(self, number: int, descriptor: int) -> int:
        self._open[number] = descriptor
        status = self._disk.status_of(descriptor)
        self._identities[number] = status.st_ino, status.st_dev
        return descriptor

    def forget(self) -> None:
        """Close all files, because others may have taken their places."""
        descriptors, self._open = self._open, {}
        self._room_until = 0
        for descriptor in descriptors.values():
            self._disk.close(descriptor)

    def begin(self, number: int) -> None:
        """Make a segment, its name on the disk before anything is in it.

        One that was begun before will do; a first line whose beginning a power cut took is cut away.
        """
        self._room_until = 0
        if number not in self._open:
            self._keep(number, create(self._disk, self._place.segment(number), os.O_RDWR))
        if self._disk.status_of(self._open[number]).st_size > 0:
            self.cut(number, 0)
        self._disk.sync_folder(self._place.segments)

    def append(self, number: int, byte: int, content: bytes) -> None:
        """Write a line at the end of a segment and bring it to the disk; an OSError may leave a torn line.

        NUL bytes go ahead of the lines: a sync of a file that has grown costs a file system several times as much.
        """
        descriptor = self.descriptor(number)
        write_all(self._disk, descriptor, content, byte)
        end = byte + len(content)
        if self._room_until <= end:
            size = self._disk.length(descriptor)
            if size == end:
                with contextlib.suppress(OSError):  # without room ahead the next line costs more, that is all
                    write_all(self._disk, descriptor, bytes(ROOM_BYTES - end % ROOM_BYTES), end)
            self._room_until = size
        self._disk.sync(descriptor)

    def begun(self, number: int, byte: int) -> bool:
        """Tell whether anything was written at `byte`; within the room ahead there is nothing but NUL bytes."""
        return self.read(number, byte, 1) not in {b"", b"\0"}

    def cut(self, number: int, byte: int) -> None:
        """Cut a segment and bring its size to the disk, or a taken-back line could return after a power cut."""
        descriptor = self.descriptor(number)
        self._room_until = 0
        self._disk.truncate(descriptor, byte)
        self._disk.sync(descriptor)

    def read(self, number: int, byte: int, length: int) -> bytes:
        """Read bytes of a segment; fewer come back only where it ends.

        Raises DamagedJournal where the segment is missing.
        """
        try:
            return read_exactly(self._disk, self.descriptor(number), length, byte)
        except FileNotFoundError:
            raise DamagedJournal(
                "A segment is missing; take it from a backup.",
                file=self._place.relative(self._place.segment(number)),
                segment=number,
            ) from None

    def pieces(self, number: int, byte: int = 0, *, end: int | None = None) -> Iterator[Piece]:
        """Yield the lines from `byte` on, without the room ahead."""
        stop = self._disk.status_of(self.descriptor(number)).st_size if end is None else end
        yield from _pieces(_disk_full(self.read(number, byte, max(stop - byte, 0))), byte)

    def fresh(self, number: int, byte: int) -> Iterator[Piece]:
        """Yield the lines from `byte` up to the room ahead, which is not read: what lies behind it is nobody's work."""
        content, size = b"", LINE_GUESS
        while True:
            part = self.read(number, byte + len(content), size)
            content += part
            if len(part) < size or part.endswith(b"\0"):
                break
            size *= 8
        yield from _pieces(_disk_full(content), byte)

    def line(self, place: int) -> Line:
        """Read and check the line at a position.

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
                raise self.named(DamagedJournal("A line that is referred to is not there."), number, byte)
            size *= 8

    def decoded(self, content: bytes, number: int, byte: int) -> Line:
        """Check a line, and say where it stands if it is damaged."""
        try:
            return line.decode(content)
        except DamagedJournal as error:
            raise self.named(error, number, byte) from None

    def named(
        self, error: DamagedJournal, number: int, byte: int, sequence: int | None = None
    ) -> DamagedJournal:
        """Say where an error is."""
        error.file = self._place.relative(self._place.segment(number))
        error.segment, error.byte = number, byte
        error.sequence = sequence if sequence is not None else error.sequence
        return error


def _disk_full(content: bytes) -> bytes:
    """Leave out the NUL bytes at the end; where only they follow the last line, which is usual, this is quick."""
    end = content.rfind(b"\n") + 1
    rest = content[end:]
    return content[:end] if rest == bytes(len(rest)) else content.rstrip(b"\0")


def _pieces(content: bytes, byte: int) -> Iterator[Piece]:
    """Cut what was read from `byte` on at its newlines."""
    start = 0
    while start < len(content):
        found = content.find(b"\n", start)
        stop = len(content) if found < 0 else found + 1
        yield Piece(byte + start, content[start:stop], found >= 0)
        start = stop
