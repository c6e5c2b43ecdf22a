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
class _Held:
    name: str
    descriptor: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """The last commit of a backup, and by name the files that it keeps beside."""

    sequence: int
    others: Mapping[str, bytes]


def backup(
    follower: Follower, lock: Lock, target: Path, others: Mapping[str, bytes] | None = None
) -> BackupManifest:
    """Write a backup file and return its manifest.

    The lock is held only while the files are opened: bytes before the recorded end never change in an open file, as
    lines are only appended and an erasure writes new files. `others` are files of the deployment by name, kept too.
    Raises DiskFailure, NotEmpty where `target` exists.
    """
    if os.path.lexists(target):
        raise NotEmpty(N_("{target} exists already; name another file."), target=target)
    beside = {OTHERS + name: content for name, content in (others or {}).items()}
    with lock.shared():
        follower.follow()
        sequence, head = follower.image.sequence, follower.image.head
        held = list(_hold(follower))
    # A name of its own: a file of that name may be somebody else's, or what a killed backup left.
    part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
    try:
        files = {each.name: (each.size, _digest(follower.disk, each)) for each in held}
        files |= {name: (len(content), sha256(content).hexdigest()) for name, content in beside.items()}
        manifest = BackupManifest(sequence=sequence, head=head, files=files)
        with (
            open(part, "xb", opener=_for_its_owner) as stream,
            tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            _add(tar, MANIFEST, msgspec.json.encode(manifest))
            for each in held:
                _add(tar, each.name, read_exactly(follower.disk, each.descriptor, each.size, 0))
            for name, content in beside.items():
                _add(tar, name, content)
        _make_durable(follower.disk, part, target)
    except OSError as error:
        raise DiskFailure(N_("The backup could not be written: {why}"), why=error) from error
    finally:
        part.unlink(missing_ok=True)
        for each in held:
            follower.disk.close(each.descriptor)
    return manifest


def _for_its_owner(path: str, flags: int) -> int:
    """Open a file readable only by its owner, whatever the umask: it holds all data."""
    return os.open(path, flags, 0o600)


def _hold(follower: Follower) -> Iterator[_Held]:
    disk, place, image = follower.disk, follower.place, follower.image
    paths = [place.manifest]
    numbers = follower.segments.numbers()
    for number in range(1, image.segment + 1 if image.sequence else 1):
        if number not in numbers:
            raise follower.segments.missing(number)
        paths.append(place.segment(number))
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
