"""Reads and writes sealed archives.

Their documents were moved to a file whose digest the journal records.

A file is a first line `{"archive":…,"sequence":…,"count":…}` and then one line for each document,
`[table,key,digest,position of its last line,["salt",document]]`. The seal's digest runs over everything but the
payloads, whose own digests it covers; so a document can be blanked and the seal still holds.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Raw

from sla_tracker.digests import sha256
from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import DamagedArchive, UnknownArchive
from sla_tracker.storage.journal.files.disk import Disk, read_file, write_file
from sla_tracker.storage.journal.files.packed_table import Row
from sla_tracker.storage.journal.files.paths import JournalPaths
from sla_tracker.storage.journal.files.segment import split
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.image import Image, Named, Sealed
from sla_tracker.storage.journal.line import SALT_LENGTH, blanked
from sla_tracker.value_class import dataclass

_BEFORE_VALUE = SALT_LENGTH + 4


class _First(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    archive: str
    sequence: int
    count: int


class _Stored(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    table: str
    key: str
    digest: str
    line: int
    payload: Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """A document in an archive; `document` is None where it was erased."""

    table: str
    key: str
    line: int
    """Position of the line that changed it last."""
    document: bytes | None


def write(follower: Follower, name: str, sequence: int, chosen: tuple[Named, ...]) -> str:
    """Write an archive file and return its digest, to which the sealing commit refers.

    Raises OSError, DamagedJournal.
    """
    digest = sha256()
    parts = [msgspec.json.encode(_First(archive=name, sequence=sequence, count=len(chosen))) + b"\n"]
    digest.update(parts[0])
    for table, key in chosen:
        row = follower.image.row(table, key)
        if row is not None:
            front, payload = _entry(follower, table, key, row)
            digest.update(front)
            parts.append(front + payload + b"]\n")
    write_file(follower.disk, follower.place.archive(name, sequence), [b"".join(parts)], durable=True)
    return digest.hexdigest()


def _entry(follower: Follower, table: str, key: str, row: Row) -> tuple[bytes, bytes]:
    document = follower.document(table, key, row)
    number, byte = split(row.place)
    with follower.mutex:
        salt = follower.segments.read(number, byte - _BEFORE_VALUE, _BEFORE_VALUE)
    payload = b"".join((salt, document or b"", b"]"))
    return _front(table, key, sha256(payload).hexdigest(), row.line), payload


def _front(table: str, key: str, digest: str, place: int) -> bytes:
    return msgspec.json.encode((table, key, digest, place))[:-1] + b","


def unsealed(disk: Disk, place: JournalPaths, image: Image) -> list[Path]:
    """Return the archive files that no seal names: unsealed, or their commit failed."""
    known = {place.archive(name, sealed.sequence).name for name, sealed in image.archives.items()}
    return [place.archives / name for name in sorted(disk.names(place.archives)) if name not in known]


def sweep(follower: Follower) -> None:
    """Delete the archive files that no seal names, and sync that.

    Raises OSError. The caller holds the lock exclusively and has loaded all lines.
    """
    files = unsealed(follower.disk, follower.place, follower.image)
    for file in files:
        follower.disk.unlink(file)
    if files:
        follower.disk.sync_folder(follower.place.archives)


def sealed(follower: Follower, name: str) -> Sealed:
    """Return the recorded seal of an archive.

    Raises UnknownArchive.
    """
    known = follower.image.archives.get(name)
    if known is None:
        raise UnknownArchive("There is no sealed archive {name}.", name=repr(name))
    return known


def read(follower: Follower, name: str, *, key: str | None = None) -> list[Archived]:
    """Return the documents of an archive after checking all of it.

    With `key`, returns only the documents of that key; an archive whose bytes lack the key is not decoded. Raises
    UnknownArchive, DamagedArchive.
    """
    return opened(follower.disk, follower.place, name, sealed(follower, name), key=key)


def opened(
    disk: Disk, place: JournalPaths, name: str, seal: Sealed, *, key: str | None = None
) -> list[Archived]:
    """Return the documents of the archive with this seal.

    Raises DamagedArchive.
    """
    content = _content(disk, place, name, seal)
    if key is not None and msgspec.json.encode(key) not in content:
        return []
    file = place.relative(place.archive(name, seal.sequence))
    return [stored for stored in _checked(content, seal, file) if key in {None, stored.key}]


def _content(disk: Disk, place: JournalPaths, name: str, seal: Sealed) -> bytes:
    path = place.archive(name, seal.sequence)
    try:
        return read_file(disk, path)
    except FileNotFoundError:
        raise DamagedArchive(
            N_("The sealed archive {name} is missing; take it from a backup."),
            name=repr(name),
            file=place.relative(path),
            sequence=seal.sequence,
        ) from None


def _checked(content: bytes, seal: Sealed, file: str) -> list[Archived]:
    """Return the documents after checking the seal over all of them."""
    found: list[Archived] = []
    digest = sha256()
    byte = 0
    for number, piece in enumerate(content.splitlines(keepends=True)):
        try:
            front = piece if number == 0 else _take(piece, found)
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
            raise DamagedArchive(
                N_("A sealed archive is not as it was sealed: {why}"),
                why=error,
                file=file,
                byte=byte,
                sequence=seal.sequence,
            ) from None
        digest.update(front)
        byte += len(piece)
    if digest.hexdigest() != seal.digest or len(found) != seal.count:
        raise DamagedArchive(
            N_("A sealed archive does not have the digest it was sealed with."), file=file, byte=0
        )
    return found


def _take(piece: bytes, found: list[Archived]) -> bytes:
    stored = msgspec.json.decode(piece, type=_Stored)
    payload = bytes(stored.payload)
    front = _front(stored.table, stored.key, stored.digest, stored.line)
    if piece != front + payload + b"]\n":
        raise ValueError("an entry does not have the shape it was written in")
    whole = sha256(payload).hexdigest() == stored.digest
    if not whole and payload != blanked(payload):
        raise ValueError("a document does not have its digest")
    document = payload[_BEFORE_VALUE:-1] if whole else None
    found.append(Archived(table=stored.table, key=stored.key, line=stored.line, document=document))
    return front


def blank(follower: Follower, name: str, erased: frozenset[Named]) -> None:
    """Overwrite the named documents in an archive file, if it holds any."""
    seal = sealed(follower, name)
    content = _content(follower.disk, follower.place, name, seal)
    pieces = content.splitlines(keepends=True)
    changed = False
    for number, piece in enumerate(pieces[1:], start=1):
        stored = msgspec.json.decode(piece, type=_Stored)
        if (stored.table, stored.key) in erased:
            payload = bytes(stored.payload)
            pieces[number] = piece[: -len(payload) - 2] + blanked(payload) + b"]\n"
            changed = changed or pieces[number] != piece
    if changed:
        write_file(follower.disk, follower.place.archive(name, seal.sequence), pieces, durable=True)
