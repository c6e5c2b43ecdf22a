"""Reads and writes caches that nobody else can have written.

A cache may be deleted at any time. It lies in the deployment of a trial, and else in the user's own cache folder.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

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
    temporary = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE
        )
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        temporary.replace(place)
    except OSError:
        # On a file system without writing even the deletion of a file that is not there is an error.
        with suppress(OSError):
            temporary.unlink()
