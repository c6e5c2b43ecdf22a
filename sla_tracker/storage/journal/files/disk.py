"""Wraps the system calls on a journal's files, and a few loops around them."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

from sla_tracker import durable_files
from sla_tracker.regular_files import TOO_LARGE, open_regular

FILE_MODE = 0o660
# Set-group-ID: new files get the folder's group, so that all members can write them.
FOLDER_MODE = 0o2770
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""On macOS fsync reaches only the drive's cache; this command reaches the disk."""


class Disk:
    """Calls the file system, with one method for each system call.

    Tests can thus count calls and make any of them fail.
    """

    def open(self, path: Path, flags: int) -> int:
        """Open a regular file without following a symbolic link.

        Child processes do not inherit it.
        """
        return open_regular(path, flags | os.O_NOFOLLOW, FILE_MODE)

    def close(self, descriptor: int) -> None:
        """Close a descriptor."""
        os.close(descriptor)

    def chmod(self, descriptor: int, mode: int) -> None:
        """Set permissions, which the umask may have reduced on creation."""
        os.fchmod(descriptor, mode)

    def read(self, descriptor: int, size: int, offset: int) -> bytes:
        """Read up to `size` bytes at `offset`."""
        return os.pread(descriptor, size, offset)

    def write(self, descriptor: int, content: bytes, offset: int) -> int:
        """Write at `offset`, perhaps only a part; return how many bytes."""
        return os.pwrite(descriptor, content, offset)

    def sync(self, descriptor: int) -> None:
        """Sync a file's content and size to the disk."""
        if _FULL_SYNC is not None:
            fcntl.fcntl(descriptor, _FULL_SYNC)
        else:
            os.fdatasync(descriptor)

    def sync_folder(self, path: Path) -> None:
        """Sync a folder's file names to the disk."""
        durable_files.sync_folder(path)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file to `size` bytes."""
        os.ftruncate(descriptor, size)

    def replace(self, source: Path, target: Path) -> None:
        """Rename a file over another one atomically."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Delete a file."""
        path.unlink()

    def mkdir(self, path: Path) -> None:
        """Create a folder with FOLDER_MODE."""
        path.mkdir()
        path.chmod(FOLDER_MODE)

    def names(self, path: Path) -> list[str]:
        """Return the names in a folder."""
        return os.listdir(path)

    def status(self, path: Path) -> os.stat_result:
        """Return the status of a path without following a symbolic link."""
        return os.lstat(path)

    def status_of(self, descriptor: int) -> os.stat_result:
        """Return the status of an open file."""
        return os.fstat(descriptor)

    def stored_end(self, descriptor: int, offset: int) -> int:
        """Return the offset after the last byte that is stored from `offset` on.

        Holes of a file read as NUL. Returns the file's length where the system cannot tell.
        """
        size = os.lseek(descriptor, 0, os.SEEK_END)
        end = offset
        try:
            while end < size:
                end = os.lseek(descriptor, os.lseek(descriptor, end, os.SEEK_DATA), os.SEEK_HOLE)
        except OSError as error:
            return end if error.errno == errno.ENXIO else size
        except AttributeError:  # no SEEK_DATA
            return size
        return end

    def length(self, descriptor: int) -> int:
        """Return the length of an open file in bytes, without a stat.

        `Segments.standing` says why.
        """
        return os.lseek(descriptor, 0, os.SEEK_END)

    def flock(self, descriptor: int, operation: int) -> None:
        """Take or release a lock on an open file."""
        fcntl.flock(descriptor, operation)


class UnsyncedDisk(Disk):
    """A disk without syncs, for a journal that is thrown away."""

    def sync(self, descriptor: int) -> None:
        """Do nothing."""

    def sync_folder(self, path: Path) -> None:
        """Do nothing."""


def create(disk: Disk, path: Path, flags: int = os.O_RDWR | os.O_EXCL) -> int:
    """Create a group-writable file; without O_EXCL, open one created meanwhile."""
    descriptor = disk.open(path, flags | os.O_CREAT)
    try:
        if disk.status_of(descriptor).st_mode & 0o777 != FILE_MODE:
            disk.chmod(descriptor, FILE_MODE)
    except BaseException:
        disk.close(descriptor)
        raise
    return descriptor


def write_all(disk: Disk, descriptor: int, content: bytes, offset: int) -> None:
    """Write everything, repeating the call after partial writes."""
    done = disk.write(descriptor, content, offset)
    while done < len(content):
        written = disk.write(descriptor, content[done:], offset + done)
        if written <= 0:
            raise OSError("the disk took no more bytes")
        done += written


def read_exactly(disk: Disk, descriptor: int, size: int, offset: int) -> bytes:
    """Return `size` bytes from `offset`, fewer only at the end of the file."""
    content = disk.read(descriptor, size, offset)
    if len(content) == size or not content:
        return content
    parts = [content]
    have = len(content)
    while have < size and content:
        content = disk.read(descriptor, size - have, offset + have)
        parts.append(content)
        have += len(content)
    return b"".join(parts)


def read_file(disk: Disk, path: Path, *, largest: int | None = None) -> bytes:
    """Return the content of a file.

    Raises OSError where it is larger than so many bytes.
    """
    descriptor = disk.open(path, os.O_RDONLY)
    try:
        size = disk.status_of(descriptor).st_size
        if largest is not None and size > largest:
            raise OSError(errno.EFBIG, TOO_LARGE, str(path))
        return read_exactly(disk, descriptor, size, 0)
    finally:
        disk.close(descriptor)


def write_file(
    disk: Disk, path: Path, parts: Iterable[bytes], *, durable: bool, part: Path | None = None
) -> None:
    """Write a file atomically: under a temporary name, then renamed.

    A file that is not `durable` is not synced and may be torn after a power cut: its reader must detect that.
    """
    temporary = part or path.with_name(path.name + ".part")
    with contextlib.suppress(FileNotFoundError):
        disk.unlink(temporary)
    descriptor = create(disk, temporary)
    try:
        offset = 0
        for content in parts:
            write_all(disk, descriptor, content, offset)
            offset += len(content)
        if durable:
            disk.sync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.unlink(temporary)
        raise
    finally:
        disk.close(descriptor)
    disk.replace(temporary, path)
    if durable:
        disk.sync_folder(path.parent)
