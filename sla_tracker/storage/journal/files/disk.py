"""The system calls through which a journal touches its files, and the few loops around them."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

FILE_MODE = 0o660
FOLDER_MODE = 0o2770
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)
"""On macOS fsync stops at the drive's cache."""


class Disk:
    """Call the operating system, one method a call, so that a test can count calls and make any of them fail."""

    def open(self, path: Path, flags: int) -> int:
        """Open without following a link and without leaking into child processes."""
        return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)

    def close(self, descriptor: int) -> None:
        """Give a descriptor back."""
        os.close(descriptor)

    def chmod(self, descriptor: int, mode: int) -> None:
        """Set permissions that the process's umask took away."""
        os.fchmod(descriptor, mode)

    def read(self, descriptor: int, size: int, offset: int) -> bytes:
        """Read up to `size` bytes at `offset`."""
        return os.pread(descriptor, size, offset)

    def write(self, descriptor: int, content: bytes, offset: int) -> int:
        """Write at `offset`, perhaps less than asked for; return how much."""
        return os.pwrite(descriptor, content, offset)

    def sync(self, descriptor: int) -> None:
        """Bring a file's content and size to the disk."""
        if _FULL_SYNC is not None:
            fcntl.fcntl(descriptor, _FULL_SYNC)
        else:
            os.fdatasync(descriptor)

    def sync_folder(self, path: Path) -> None:
        """Bring a folder's names to the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut a file to `size` bytes."""
        os.ftruncate(descriptor, size)

    def replace(self, source: Path, target: Path) -> None:
        """Give a file another's name, at once and for everybody."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def mkdir(self, path: Path) -> None:
        """Make a folder that its group may write and that hands its group on."""
        path.mkdir()
        path.chmod(FOLDER_MODE)

    def names(self, path: Path) -> list[str]:
        """List a folder."""
        return os.listdir(path)

    def status(self, path: Path) -> os.stat_result:
        """Look at a name without following a link."""
        return os.lstat(path)

    def status_of(self, descriptor: int) -> os.stat_result:
        """Look at an open file."""
        return os.fstat(descriptor)

    def length(self, descriptor: int) -> int:
        """Return how long an open file is, without a stat."""
        return os.lseek(descriptor, 0, os.SEEK_END)

    def flock(self, descriptor: int, operation: int) -> None:
        """Take or give back a lock on an open file."""
        fcntl.flock(descriptor, operation)


def create(disk: Disk, path: Path, flags: int = os.O_RDWR | os.O_EXCL) -> int:
    """Open a new file that the folder's group may write; without O_EXCL, also one that another has just made."""
    descriptor = disk.open(path, flags | os.O_CREAT)
    try:
        if disk.status_of(descriptor).st_mode & 0o777 != FILE_MODE:
            disk.chmod(descriptor, FILE_MODE)
    except BaseException:
        disk.close(descriptor)
        raise
    return descriptor


def write_all(disk: Disk, descriptor: int, content: bytes, offset: int) -> None:
    """Write everything; a write may do less than it was asked to."""
    done = disk.write(descriptor, content, offset)
    while done < len(content):
        written = disk.write(descriptor, content[done:], offset + done)
        if written <= 0:
            raise OSError("the disk took no more bytes")
        done += written


def read_exactly(disk: Disk, descriptor: int, size: int, offset: int) -> bytes:
    """Read `size` bytes at `offset`; fewer come back only where the file ends."""
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


def read_file(disk: Disk, path: Path) -> bytes:
    """Read a whole file."""
    descriptor = disk.open(path, os.O_RDONLY)
    try:
        return read_exactly(disk, descriptor, disk.status_of(descriptor).st_size, 0)
    finally:
        disk.close(descriptor)


def write_file(
    disk: Disk, path: Path, parts: Iterable[bytes], *, durable: bool, part: Path | None = None
) -> None:
    """Write a whole file under a passing name and then give it its own: readers see the old file or the new one.

    A file that is not `durable` may come back torn after a power cut: its reader must be able to tell.
    """
    passing = part or path.with_name(path.name + ".part")
    with contextlib.suppress(FileNotFoundError):
        disk.unlink(passing)
    descriptor = create(disk, passing)
    try:
        offset = 0
        for content in parts:
            write_all(disk, descriptor, content, offset)
            offset += len(content)
        if durable:
            disk.sync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.unlink(passing)
        raise
    finally:
        disk.close(descriptor)
    disk.replace(passing, path)
    if durable:
        disk.sync_folder(path.parent)
