"""Reads and writes caches that nobody else can have written.

A cache may be deleted at any time. It lies in the deployment of a trial, and else in the user's own cache folder.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from sla_tracker.durable_files import replace_file

FILE_MODE = 0o600


def cache_places(folder: Path, name: str) -> tuple[Path, Path]:
    """Return the two possible paths of a deployment's cache.

    A trial's lies in the trial, others lie in the user's cache folder.
    """
    import zlib

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return folder / ".seen" / name, cache / "sla_tracker" / f"{name}-{zlib.crc32(str(folder).encode()):08x}"


def open_private(place: Path) -> int:
    """Open a cache for reading and return its descriptor.

    Raises OSError, and PermissionError if others could have written it.
    """
    # O_NONBLOCK: opening a named pipe put there would otherwise wait for its writer.
    descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if status.st_uid == os.geteuid() and stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077:
        return descriptor
    os.close(descriptor)
    raise PermissionError(str(place))


def write_private(place: Path, content: bytes) -> None:
    """Write a cache for this login only; a failure only costs speed later."""
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, content, mode=FILE_MODE, durable=False)
