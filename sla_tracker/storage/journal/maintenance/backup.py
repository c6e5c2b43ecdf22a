"""Backs a journal up into one tar file, and restores it.

Others may write meanwhile. A backup is checked before it is restored.
"""

from __future__ import annotations

import io
import os
import re
import secrets
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path

import msgspec

from sla_tracker.errors import N_
from sla_tracker.regular_files import open_regular
from sla_tracker.storage.journal.errors import DamagedJournal, DiskFailure, NotEmpty
from sla_tracker.storage.journal.files.disk import Disk, read_exactly, write_file
from sla_tracker.storage.journal.files.lock import Lock
from sla_tracker.storage.journal.files.paths import JournalPaths, read_manifest
from sla_tracker.storage.journal.follower import Follower
from sla_tracker.storage.journal.maintenance.verify import Inspection
from sla_tracker.value_class import dataclass

MANIFEST = "manifest.json"
OTHERS = "deployment/"
"""Before the names of files that are not the journal's."""
LARGEST_MANIFEST = 64 << 20
"""Bytes."""
ATTEMPTS = 5
"""So often a backup is begun without keeping writers out, while erasures replace files under it."""
# Parts of a name begin with a letter, digit or underscore of any script, so that none is "..".
_EXPECTED = re.compile(
    r"journal\.json|segments/\d{8}\.journal|archives/[^/\0]+\.sealed|deployment(/\w[^/\0]*){1,9}", re.DOTALL
)


class BackupManifest(msgspec.Struct, frozen=True):
    """Content of a backup: its last commit, and length and SHA-256 of each file."""

    sequence: int
    head: str
    files: dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class _Found:
    """A file of the journal to keep, up to `size` bytes.

    `identity` tells it from a later one of its name; `is_growing` is the one to which lines are appended.
    """

    name: str
    path: Path
    size: int
    identity: tuple[int, ...]
    is_growing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Journal:
    """The last commit of a journal, and the files that hold it and all before."""

    sequence: int
    head: str
    files: tuple[_Found, ...]


class _Replaced(Exception):
    """Raised where an erasure or an unsealing replaced a file that was found before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """The last commit of a backup, and by name the files that it keeps beside."""

    sequence: int
    others: Mapping[str, bytes]


def backup(
    follower: Follower, lock: Lock, target: Path, others: Mapping[str, bytes] | None = None
) -> BackupManifest:
    """Write a backup file and return its manifest.

    The lock is held only while the files are looked up: bytes before the recorded end never change in a file, as lines
    are only appended and an erasure writes new files. Where one did, the backup is begun anew, at last with the lock
    held. One file is open at a time: of a long journal, all would be too many. `others` are files of the deployment by
    name, kept too. Raises DiskFailure, NotEmpty where `target` exists.
    """
    if os.path.lexists(target):
        raise NotEmpty(N_("{target} exists already; name another file."), target=target)
    beside = {OTHERS + name: content for name, content in (others or {}).items()}
    for _attempt in range(ATTEMPTS):
        with lock.shared():
            found = _looked_up(follower)
        try:
            return _write(follower.disk, target, found, beside)
        except _Replaced:
            continue
    with lock.shared():
        return _write(follower.disk, target, _looked_up(follower), beside)


def _write(disk: Disk, target: Path, journal: _Journal, beside: Mapping[str, bytes]) -> BackupManifest:
    # A name of its own: a file of that name may be somebody else's, or what a killed backup left.
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        files = {each.name: (each.size, sha256(_content(disk, each)).hexdigest()) for each in journal.files}
        files |= {name: (len(content), sha256(content).hexdigest()) for name, content in beside.items()}
        manifest = BackupManifest(sequence=journal.sequence, head=journal.head, files=files)
        with (
            open(part, "xb", opener=_for_its_owner) as stream,
            tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            _add(tar, MANIFEST, msgspec.json.encode(manifest))
            for each in journal.files:
                content = _content(disk, each)
                if sha256(content).hexdigest() != files[each.name][1]:
                    raise _Replaced
                _add(tar, each.name, content)
            for name, content in beside.items():
                _add(tar, name, content)
        _make_durable(disk, part, target)
    except OSError as error:
        raise DiskFailure(N_("The backup could not be written: {why}"), why=error) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _for_its_owner(path: str, flags: int) -> int:
    """Open a file readable only by its owner, whatever the umask: it holds all data."""
    return os.open(path, flags, 0o600)


def _looked_up(follower: Follower) -> _Journal:
    """Return the last commit of a journal and its files; the caller holds the lock."""
    follower.follow()
    return _Journal(
        sequence=follower.image.sequence, head=follower.image.head, files=tuple(_files_of(follower))
    )


def _files_of(follower: Follower) -> Iterator[_Found]:
    disk, place, image = follower.disk, follower.place, follower.image
    paths = [place.manifest]
    numbers = follower.segments.numbers()
    for number in range(1, image.segment + 1 if image.sequence else 1):
        if number not in numbers:
            raise follower.segments.missing(number)
        paths.append(place.segment(number))
    paths += [place.archive(name, seal.sequence) for name, seal in sorted(image.archives.items())]
    for path in paths:
        status, is_last = disk.status(path), path == place.segment(image.segment)
        size = image.byte if is_last else status.st_size
        identity = _identity(status, is_growing=is_last)
        yield _Found(place.relative(path), path, size, identity, is_growing=is_last)


def _content(disk: Disk, found: _Found) -> bytes:
    """Return the bytes of a file up to its recorded end.

    Raises _Replaced where another file has its name now.
    """
    try:
        descriptor = disk.open(found.path, os.O_RDONLY)
    except FileNotFoundError:
        raise _Replaced from None
    try:
        if _identity(disk.status_of(descriptor), is_growing=found.is_growing) != found.identity:
            raise _Replaced
        return read_exactly(disk, descriptor, found.size, 0)
    finally:
        disk.close(descriptor)


def _identity(status: os.stat_result, *, is_growing: bool) -> tuple[int, ...]:
    """Return values by which two files of the same name differ.

    A file system may give a new file the number of one that was deleted; nobody can set the time of the last change,
    which stays what it was unless lines are appended.
    """
    return status.st_ino, status.st_dev, 0 if is_growing else status.st_ctime_ns


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
    try:
        os.link(part, target)  # unlike a rename, it replaces no file that came meanwhile
    except FileExistsError:
        raise NotEmpty(N_("{target} exists already; name another file."), target=target) from None
    except OSError:  # a file system without hard links
        disk.replace(part, target)
    disk.sync_folder(target.absolute().parent)


def restore(
    disk: Disk,
    source: Path,
    folder: Path,
    indexes: Mapping[str, tuple[str, ...]],
    schema: int,
    *,
    room: AbstractContextManager[object] | None = None,
) -> Unpacked:
    """Unpack a backup beside `folder`, verify it, then rename it to `folder`.

    `room` is entered just before the renaming, to move away what may be replaced. Raises NotEmpty where `folder` holds
    something then, DamagedJournal where the backup is not whole, NewerSchema, DiskFailure.
    """
    with (
        _unpacked(disk, source, folder.absolute(), indexes, schema) as (temporary, unpacked),
        room or nullcontext(),
    ):
        if folder.exists() and any(folder.iterdir()):
            raise NotEmpty(N_("{folder} is not empty; restore into an empty place."), folder=folder)
        if folder.exists():
            folder.rmdir()
        disk.replace(temporary, folder)
        disk.sync_folder(folder.absolute().parent)
    return unpacked


def check(
    disk: Disk, source: Path, scratch: Path, indexes: Mapping[str, tuple[str, ...]], schema: int
) -> Unpacked:
    """Restore a backup into a new folder in `scratch`, verify it there, and remove it.

    Raises the errors of `restore`.
    """
    with _unpacked(disk, source, scratch.absolute() / "checked", indexes, schema) as (_, unpacked):
        return unpacked


@contextmanager
def _unpacked(
    disk: Disk, source: Path, folder: Path, indexes: Mapping[str, tuple[str, ...]], schema: int
) -> Iterator[tuple[Path, Unpacked]]:
    """Yield a new folder with a verified backup, and what else was in it.

    The folder is made beside `folder` and removed afterwards. Nobody else uses its name: of two who restore at once,
    each removes only what is his.
    """
    temporary = JournalPaths(folder=folder.with_name(f"{folder.name}.{secrets.token_hex(4)}.restoring"))
    try:
        disk.mkdir(temporary.folder)
        manifest, others = _unpack(disk, source, temporary)
        _verify(disk, temporary, manifest, indexes, schema)
        yield temporary.folder, Unpacked(sequence=manifest.sequence, others=others)
    except OSError as error:
        raise DiskFailure(N_("The backup could not be unpacked: {why}"), why=error) from error
    except tarfile.TarError as error:
        raise DamagedJournal(N_("This is no backup, or its copy was cut off.")) from error
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


def _unpack(disk: Disk, source: Path, temporary: JournalPaths) -> tuple[BackupManifest, Mapping[str, bytes]]:
    """Unpack only regular files with names of a journal; a tar may hold anything.

    Returns the manifest, and the content of the files beside the journal, which are written nowhere.
    """
    for folder in (temporary.segments, temporary.archives, temporary.aside):
        disk.mkdir(folder)
    write_file(
        disk, temporary.lock, [], durable=False
    )  # the first process to open it may not be allowed to write
    manifest: BackupManifest | None = None
    seen = set()
    others: dict[str, bytes] = {}
    with os.fdopen(open_regular(source), "rb") as file, tarfile.open(fileobj=file, mode="r:") as tar:
        for member in tar:
            # A length that nobody promised is not read: a sparse file may claim any.
            promised = LARGEST_MANIFEST if manifest is None else manifest.files.get(member.name, (0, ""))[0]
            stream = tar.extractfile(member) if member.isreg() and member.size <= promised else None
            content = stream.read() if stream is not None else b""
            if manifest is None:
                manifest = _manifest(member.name, content)
                continue
            known = manifest.files.get(member.name)
            if known != (len(content), sha256(content).hexdigest()) or not _EXPECTED.fullmatch(member.name):
                raise DamagedJournal(
                    N_("A file in the backup is not the one that was put there."), file=member.name
                )
            if member.name.startswith(OTHERS):
                others[member.name.removeprefix(OTHERS)] = content
            else:
                write_file(disk, temporary.folder / member.name, [content], durable=True)
            seen.add(member.name)
    if manifest is None or seen != set(manifest.files):
        raise DamagedJournal(N_("The backup lacks files."))
    return manifest, others


def _manifest(name: str, content: bytes) -> BackupManifest:
    try:
        if name == MANIFEST:
            return msgspec.json.decode(content, type=BackupManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    raise DamagedJournal(N_("The file is not a backup of a journal."), file=name)


def _verify(
    disk: Disk,
    temporary: JournalPaths,
    manifest: BackupManifest,
    indexes: Mapping[str, tuple[str, ...]],
    schema: int,
) -> None:
    follower = Follower(
        disk, temporary, read_manifest(disk, temporary), indexes, writable=False, schema=schema
    )
    try:
        anchors = [(manifest.sequence, manifest.head)] if manifest.sequence else []
        findings = Inspection(follower, anchors).run()
    finally:
        follower.close()
    if findings:
        raise findings[0].error()
