"""Reads and writes the snapshot of the image, which spares reading the journal.

A snapshot names the segment, byte and hash of its last line. A snapshot that is torn, old, of another format, or does
not match the journal is ignored: only the journal counts.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from sla_tracker.storage.journal import line
from sla_tracker.storage.journal.document import Fields
from sla_tracker.storage.journal.errors import DamagedJournal
from sla_tracker.storage.journal.files.disk import Disk, create, read_exactly, write_file
from sla_tracker.storage.journal.files.packed_table import PackedTable, Sections, pack
from sla_tracker.storage.journal.files.paths import JournalPaths
from sla_tracker.storage.journal.files.segment import LINE_GUESS, Segments, split
from sla_tracker.storage.journal.image import Image, Sealed, TableImage

_KIND = b"journal snapshot "
_MAGIC = _KIND + b"1\n"
LONGEST_CHECKED = 64 << 10
"""Bytes of a last line up to which it is checked as a whole when a snapshot is loaded."""
_PART = r"snapshot\.(\d+)\.part"


class _Head(msgspec.Struct, frozen=True):
    byteorder: str
    sequence: int
    head: str
    at: str
    schema: int
    segment: int
    byte: int
    last: int
    indexes: dict[str, tuple[str, ...]]
    archives: dict[str, Sealed]
    erasing: dict[int, tuple[tuple[str, str], ...]]
    tables: dict[str, dict[str, tuple[int, int]]]
    """Offset and length in the body of each section, by table."""


def encode(image: Image) -> bytes:
    """Return an image as the bytes of a snapshot."""
    tables: dict[str, dict[str, tuple[int, int]]] = {}
    body: list[bytes] = []
    size = 0
    for name, table in image.tables.items():
        tables[name] = {}
        for section, content in pack(table.columns()).items():
            tables[name][section] = (size, len(content))
            body.append(content)
            size += len(content)
    head = msgspec.json.encode(
        _Head(
            byteorder=sys.byteorder,
            sequence=image.sequence,
            head=image.head,
            at=image.at,
            schema=image.schema,
            segment=image.segment,
            byte=image.byte,
            last=image.last,
            indexes=image.indexes,
            archives=image.archives,
            erasing=image.erasing,
            tables=tables,
        )
    )
    rest = b"".join((len(head).to_bytes(8, "little"), head, *body))
    return _MAGIC + zlib.crc32(rest).to_bytes(4, "little") + rest


def decode(content: bytes, indexes: Mapping[str, tuple[str, ...]]) -> Image | None:
    """Return the image of a snapshot; None where it is damaged or has other indexes."""
    check = int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + 4], "little")
    rest = memoryview(content)[len(_MAGIC) + 4 :]
    if not content.startswith(_MAGIC) or zlib.crc32(rest) != check:
        return None
    length = int.from_bytes(rest[:8], "little")
    try:
        head = msgspec.json.decode(rest[8 : 8 + length], type=_Head)
    except msgspec.MsgspecError:
        return None
    if head.byteorder != sys.byteorder or head.indexes != dict(indexes):
        return None
    return _image(head, rest[8 + length :])


def _image(head: _Head, body: memoryview) -> Image:
    image = Image(head.indexes)
    for name, spans in head.tables.items():
        fields = head.indexes.get(name, ())
        sections: Sections = {section: body[start : start + size] for section, (start, size) in spans.items()}
        image.tables[name] = TableImage(Fields(fields), PackedTable(fields, sections))
    image.sequence, image.head, image.at = head.sequence, head.head, head.at
    image.schema = head.schema
    image.segment, image.byte, image.last = head.segment, head.byte, head.last
    image.archives, image.erasing = dict(head.archives), dict(head.erasing)
    return image


def load(
    disk: Disk, place: JournalPaths, segments: Segments, indexes: Mapping[str, tuple[str, ...]]
) -> Image | None:
    """Return the image of the snapshot file; None where none matches the journal."""
    content = read(disk, place)
    image = decode(content, indexes) if content is not None else None
    return image if image is not None and fits(image, segments) else None


def read(disk: Disk, place: JournalPaths) -> bytes | None:
    """Return the bytes of the snapshot file, or None.

    None without a file, and for a file that is no snapshot, whatever its length.
    """
    try:
        descriptor = disk.open(place.snapshot, os.O_RDONLY)
    except OSError:
        return None
    try:
        size = disk.stored_end(descriptor, 0)
        begins = disk.read(descriptor, len(_MAGIC), 0)
        if begins != _MAGIC or size != disk.length(descriptor):
            return None
        return read_exactly(disk, descriptor, size, 0)
    except OSError:
        return None
    finally:
        disk.close(descriptor)


def begins(disk: Disk, place: JournalPaths) -> bool:
    """Return whether the file begins as a snapshot does.

    The snapshot may be one of another version, or one that a power cut left in part: missing bytes are NUL, or at its
    end.
    """
    descriptor = disk.open(place.snapshot, os.O_RDONLY)
    try:
        found = disk.read(descriptor, len(_KIND), 0)
        return all(byte in {0, wanted} for byte, wanted in zip(found, _KIND, strict=False))
    finally:
        disk.close(descriptor)


def fits(image: Image, segments: Segments) -> bool:
    """Return whether the last line of the image is in the journal at its position.

    A long line is not checked as a whole: each opening would pay for it until the next snapshot.
    """
    number, byte = split(image.last)
    if not (image.sequence and number == image.segment and byte < image.byte):
        return False
    try:
        if segments.read(number, image.byte - 1, 1) != b"\n":
            return False
        if image.byte - byte > LONGEST_CHECKED:
            return line.claims(segments.read(number, byte, LINE_GUESS), image.head, image.sequence)
        last = segments.line(image.last)
    except (DamagedJournal, OSError):
        return False
    return last.hash == image.head and last.header.n == image.sequence


@contextmanager
def sole_writer(disk: Disk, place: JournalPaths) -> Iterator[bool]:
    """Yield whether this process is the only one writing a snapshot.

    All writers find a snapshot due at the same commit; the lock lets one of them write it and does not block.
    """
    try:
        descriptor = create(disk, place.snapshot_lock, os.O_RDWR)
    except OSError:
        yield True
        return
    try:
        disk.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        yield False
    else:
        yield True
    finally:
        disk.close(descriptor)


def is_copy(name: str) -> bool:
    """Return whether a file of the journal's folder is the snapshot or a part of one."""
    return name == "snapshot" or re.fullmatch(_PART, name) is not None


def save(disk: Disk, place: JournalPaths, content: bytes) -> None:
    """Write the snapshot file; without a sync, as a torn one is detected and ignored.

    Raises OSError; the caller goes on without.
    """
    _sweep(disk, place)
    part = place.snapshot.with_name(f"snapshot.{os.getpid()}.part")
    write_file(disk, place.snapshot, [content], durable=False, part=part)


def _sweep(disk: Disk, place: JournalPaths) -> None:
    """Delete temporary files of processes that died while writing a snapshot."""
    for name in disk.names(place.folder):
        match = re.fullmatch(_PART, name)
        if match and not _alive(int(match[1])):
            with contextlib.suppress(FileNotFoundError):
                disk.unlink(place.folder / name)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
