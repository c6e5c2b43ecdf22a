"""Backs a journal up into one tar file while others write, and restores it after checking it."""

from __future__ import annotations

import io
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from sla_tracker.storage.journal.errors import DamagedJournal, DiskFailure, NotEmpty
from sla_tracker.storage.journal.files.disk import Disk, read_exactly, write_file
from sla_tracker.storage.journal.files.lock import Lock
from sla_tracker.storage.journal.files.paths import JournalPaths, found
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.maintenance.verify import Inspection

MANIFEST = "manifest.json"
_EXPECTED = re.compile(r"journal\.json|segments/\d{8}\.journal|archives/[^/\0]+\.sealed")


class BackupManifest(msgspec.Struct, frozen=True):
    """Content of a backup: its last commit, and length and SHA-256 of each file."""

    sequence: int
    head: str
    files: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Held:
    name: str
    descriptor: int
    size: int


def backup(follower: Follower, lock: Lock, target: Path) -> BackupManifest:
    """Write a backup file and return its manifest.

    The lock is held only while the files are opened: bytes before the recorded end never change in an open file, as
    lines are only appended and an erasure writes new files.
    Raises DiskFailure, NotEmpty where `target` exists.
    """
    if target.exists():
        raise NotEmpty(f"{target} exists already; name another file.")
    with lock.shared():
        follower.follow()
        sequence, head = follower.image.sequence, follower.image.head
        held = list(_hold(follower))
    part = target.with_name(target.name + ".part")
    try:
        files = {each.name: (each.size, _digest(follower.disk, each)) for each in held}
        manifest = BackupManifest(sequence=sequence, head=head, files=files)
        part.unlink(missing_ok=True)
        with (
            open(part, "xb", opener=_for_its_owner) as stream,
            tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            _add(tar, MANIFEST, msgspec.json.encode(manifest))
            for each in held:
                _add(tar, each.name, read_exactly(follower.disk, each.descriptor, each.size, 0))
        _make_durable(follower.disk, part, target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DiskFailure(f"The backup could not be written: {error.strerror or error}") from error
    finally:
        for each in held:
            follower.disk.close(each.descriptor)
    return manifest


def _for_its_owner(path: str, flags: int) -> int:
    """Open a file readable only by its owner, whatever the umask: it holds all data."""
    return os.open(path, flags, 0o600)


def _hold(follower: Follower) -> Iterator[_Held]:
    disk, place, image = follower.disk, follower.place, follower.image
    paths = [place.manifest]
    paths += [place.segment(number) for number in follower.segments.numbers() if number <= image.segment]
    paths += [place.archive(name, seal.sequence) for name, seal in sorted(image.archives.items())]
    for path in paths:
        descriptor = disk.open(path, os.O_RDONLY)
        size = image.byte if path == place.segment(image.segment) else disk.status_of(descriptor).st_size
        yield _Held(place.relative(path), descriptor, size)


def _digest(disk: Disk, held: _Held) -> str:
    return sha256(read_exactly(disk, held.descriptor, held.size, 0)).hexdigest()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o660
    tar.addfile(member, io.BytesIO(content))


def _make_durable(disk: Disk, part: Path, target: Path) -> None:
    descriptor = disk.open(part, os.O_RDWR)
    try:
        disk.sync(descriptor)
    finally:
        disk.close(descriptor)
    disk.replace(part, target)
    disk.sync_folder(target.absolute().parent)


def restore(disk: Disk, source: Path, folder: Path, indexes: Mapping[str, tuple[str, ...]]) -> BackupManifest:
    """Unpack a backup beside `folder`, verify it, then rename it to `folder`.

    Raises NotEmpty where `folder` holds something, DamagedJournal where the backup is not whole, DiskFailure.
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotEmpty(f"{folder} is not empty; restore into an empty place.")
    temporary = JournalPaths(folder=folder.absolute().with_name(folder.name + ".restoring"))
    with _unpacking(temporary):
        manifest = _unpack(disk, source, temporary)
        _verify(disk, temporary, manifest, indexes)
        if folder.exists():
            folder.rmdir()
        disk.replace(temporary.folder, folder)
        disk.sync_folder(folder.absolute().parent)
    return manifest


@contextmanager
def _unpacking(temporary: JournalPaths) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DiskFailure(f"The backup could not be unpacked: {error.strerror or error}") from error
    except tarfile.TarError as error:
        raise DamagedJournal(f"The backup cannot be read: {error}") from error
    finally:
        if temporary.folder.exists():
            _remove(temporary.folder)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
    folder.rmdir()


def _unpack(disk: Disk, source: Path, temporary: JournalPaths) -> BackupManifest:
    """Unpack only regular files with names of a journal: a foreign tar file may hold anything."""
    for folder in (temporary.folder, temporary.segments, temporary.archives, temporary.aside):
        disk.mkdir(folder)
    write_file(
        disk, temporary.lock, [], durable=False
    )  # the first process to open it may not be allowed to write
    manifest: BackupManifest | None = None
    seen = set()
    with tarfile.open(source, "r:") as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isreg() else None
            content = stream.read() if stream is not None else b""
            if manifest is None:
                manifest = _manifest(member.name, content)
                continue
            known = manifest.files.get(member.name)
            if known != (len(content), sha256(content).hexdigest()) or not _EXPECTED.fullmatch(member.name):
                raise DamagedJournal(
                    "A file in the backup is not the one that was put there.", file=member.name
                )
            write_file(disk, temporary.folder / member.name, [content], durable=True)
            seen.add(member.name)
    if manifest is None or seen != set(manifest.files):
        raise DamagedJournal("The backup lacks files.")
    return manifest


def _manifest(name: str, content: bytes) -> BackupManifest:
    try:
        if name == MANIFEST:
            return msgspec.json.decode(content, type=BackupManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    raise DamagedJournal("The file is not a backup of a journal.", file=name)


def _verify(
    disk: Disk, temporary: JournalPaths, manifest: BackupManifest, indexes: Mapping[str, tuple[str, ...]]
) -> None:
    follower = Follower(disk, temporary, found(disk, temporary), indexes, writable=False)
    try:
        anchors = [(manifest.sequence, manifest.head)] if manifest.sequence else []
        findings = Inspection(follower, anchors).run()
    finally:
        follower.close()
    if findings:
        first = findings[0]
        raise DamagedJournal(
            first.sentence, file=first.file, segment=first.segment, byte=first.byte, sequence=first.sequence
        )
