"""Paths of a journal's files, its manifest, and checks of its folder."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path

import msgspec

from sla_tracker.errors import N_
from sla_tracker.storage.journal.errors import (
    DamagedJournal,
    NetworkFolder,
    NewerSchema,
    NoJournal,
    NotEmpty,
    UnsafeFolder,
)
from sla_tracker.storage.journal.files.disk import Disk, read_file, write_file
from sla_tracker.value_class import dataclass

FORMAT = 1
"""Version of the file format, written to journal.json."""
LARGEST_MANIFEST = 4096
"""Most bytes of journal.json."""
SEGMENT_BYTES = 8 << 20
"""Length in bytes from which a segment is full; the line that passes it still fits."""
SEGMENT_NAME = r"(\d{8})\.journal"
NETWORK_KINDS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "afs",
        "9p",
        "ceph",
        "glusterfs",
        "fuse.sshfs",
        "fuse.glusterfs",
        "ncpfs",
    }
)


class _AnyManifest(msgspec.Struct, frozen=True):
    """As much of journal.json as each version must understand."""

    format: int


class JournalManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Content of journal.json: file format and segment size, written once."""

    format: int
    segment_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPaths:
    """The paths of a journal's files."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """The manifest; a folder with this file is a journal."""
        return self.folder / "journal.json"

    @property
    def lock(self) -> Path:
        """The lock file; it is never deleted."""
        return self.folder / "lock"

    @property
    def segments(self) -> Path:
        """The folder of the segment files, which hold the lines."""
        return self.folder / "segments"

    @property
    def snapshot(self) -> Path:
        """The snapshot of the image; it may be deleted at any time."""
        return self.folder / "snapshot"

    @property
    def snapshot_lock(self) -> Path:
        """The lock file of the process that writes a snapshot."""
        return self.folder / "snapshot.lock"

    @property
    def archives(self) -> Path:
        """The folder of sealed archives."""
        return self.folder / "archives"

    @property
    def aside(self) -> Path:
        """The folder of copies of torn tails that were cut off."""
        return self.folder / "aside"

    def segment(self, number: int) -> Path:
        """Return the file of one segment."""
        return self.segments / f"{number:08d}.journal"

    def archive(self, name: str, sequence: int) -> Path:
        """Return the file of one archive, sealed by the commit of that sequence."""
        return self.archives / f"{name}.{sequence}.sealed"

    def relative(self, path: Path) -> str:
        """Return a path relative to the journal's folder, as errors name it."""
        return str(path.relative_to(self.folder))


def read_manifest(disk: Disk, place: JournalPaths) -> JournalManifest:
    """Return the manifest of an existing journal.

    Raises NoJournal, DamagedJournal, or NewerSchema where a later format wrote it.
    """
    try:
        content = read_file(disk, place.manifest, largest=LARGEST_MANIFEST)
    except FileNotFoundError:
        raise NoJournal(N_("There is no journal in {folder}."), folder=place.folder) from None
    try:
        # The format comes first: what a later one has besides is nothing that this program can judge.
        if msgspec.json.decode(content, type=_AnyManifest).format > FORMAT:
            raise NewerSchema(
                N_("A newer program wrote this journal; upgrade this one."), file=place.manifest.name
            )
        return msgspec.json.decode(content, type=JournalManifest)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise DamagedJournal(
            N_("The journal's manifest cannot be read; take it from a backup."), file=place.manifest.name
        ) from None


def create(disk: Disk, place: JournalPaths, segment_bytes: int) -> None:
    """Create the folders, then the manifest.

    A partial creation has no manifest and is therefore repeated. Raises NotEmpty where the folder holds segments
    without a manifest: they would be taken for this journal's.
    """
    for folder in (place.folder, place.segments, place.archives, place.aside):
        with contextlib.suppress(FileExistsError):
            disk.mkdir(folder)
    if any(re.fullmatch(SEGMENT_NAME, name) for name in disk.names(place.segments)):
        raise NotEmpty(
            N_("{folder} holds segments and no journal.json; take it from a backup."), folder=place.folder
        )
    disk.sync_folder(place.folder.absolute().parent)
    manifest = JournalManifest(format=FORMAT, segment_bytes=segment_bytes)
    write_file(disk, place.manifest, [msgspec.json.encode(manifest) + b"\n"], durable=True)


def only_readable(folder: Path) -> bool:
    """Return whether this login may read but not write the journal; False without one."""
    place = JournalPaths(folder=folder)
    written = (place.folder, place.segments, place.lock)
    return os.access(place.manifest, os.R_OK) and not all(os.access(path, os.W_OK) for path in written)


def check(disk: Disk, folder: Path) -> None:
    """Check that the folder is not world-writable or on a network file system.

    Raises UnsafeFolder or NetworkFolder.
    """
    status = os.stat(folder) if folder.is_symlink() else disk.status(folder)
    if stat.S_IMODE(status.st_mode) & stat.S_IWOTH:
        raise UnsafeFolder(N_("Everybody may write to {folder}; run: chmod o-w {folder}"), folder=folder)
    kind = filesystem_of(folder, status.st_dev)
    if kind in NETWORK_KINDS:
        raise NetworkFolder(
            N_(
                "{folder} is on a network file system ({kind}), where locks and syncs cannot be relied on; use a local "
                "disk, or a database server for several machines."
            ),
            folder=folder,
            kind=kind,
        )


def filesystem_of(folder: Path, device: int, mounts: Path = Path("/proc/self/mountinfo")) -> str:
    """Return the type of the file system that holds a folder, "" if unknown."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    resolved = str(folder.resolve())
    longest, kind = "", ""
    for line in lines:
        left, _, right = line.partition(" - ")
        fields = left.split()
        if not right or len(fields) < 5:
            continue
        if fields[2] == wanted:
            return right.split()[0]
        point = fields[4].rstrip("/") + "/"
        if (resolved + "/").startswith(point) and len(point) > len(longest):
            longest, kind = point, right.split()[0]
    return kind
