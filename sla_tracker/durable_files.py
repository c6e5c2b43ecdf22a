"""Writes files whole or not at all, and so that they survive a power cut."""

from __future__ import annotations

import errno
import os
from pathlib import Path

PRIVATE = 0o600
"""Mode of a file that is not whole yet."""
NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})
"""Errors of a folder that cannot be synced here: its file system has no such call, or we may not read it."""


def sync_folder(folder: Path) -> None:
    """Sync a folder's file names to the disk; raises OSError."""
    _sync(folder, os.O_DIRECTORY)


def replace_durably(part: Path, target: Path) -> None:
    """Give a file written under another name its own, synced to the disk.

    It replaces an older one. Without the first sync a power cut may leave an empty file under the name, without the
    last one the older file. Raises OSError.
    """
    _sync(part, os.O_NOFOLLOW)
    part.replace(target)
    _keep_names(target.parent)


def replace_file(
    path: Path,
    content: bytes,
    *,
    mode: int,
    owner: int | None = None,
    anew: bool = False,
    durable: bool = True,
) -> None:
    """Write a file through a temporary one beside it; raises OSError.

    Root gives the new file to the owner of what it stands for. `anew` raises FileExistsError rather than replace one.
    One that is not `durable` may be lost or empty after a power cut, and costs no wait for the disk.
    """
    # Not by tempfile, whose import takes longer than the writing of a small file at the end of a command.
    part = path.with_name(f".{path.name}.{os.urandom(4).hex()}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            os.fchmod(stream.fileno(), mode)
            if owner is not None and os.getuid() == 0:
                os.fchown(stream.fileno(), owner, -1)
        if anew:
            _sync(part, os.O_NOFOLLOW)
            path.hardlink_to(part)
            _keep_names(path.parent)
        elif not durable:
            part.replace(path)
        else:
            replace_durably(part, path)
    finally:
        part.unlink(missing_ok=True)


def _sync(path: Path, kind: int) -> None:
    """Sync what stands at a path.

    `kind` is the flag of open(2) that refuses what the caller does not mean.
    """
    descriptor = os.open(path, os.O_RDONLY | kind | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _keep_names(folder: Path) -> None:
    """Sync a folder whose file is written already, as far as the system can."""
    try:
        sync_folder(folder)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise
