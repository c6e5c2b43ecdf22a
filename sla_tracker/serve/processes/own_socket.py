"""Listens at a place of the file system, if nobody else does.

Its socket is removed in the end.
"""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sla_tracker.errors import N_, ConfigError, Refused

BACKLOG = 128
NOBODY_LISTENS = frozenset({errno.ECONNREFUSED, errno.ENOENT})

_FileMark = tuple[int, int, int]


@contextmanager
def listening_at(place: str) -> Iterator[socket.socket]:
    """Yield a socket that listens at a place, and remove it from there afterwards.

    Raises Refused where somebody listens already, ConfigError where nobody can.

    A socket that another service made there meanwhile stays: its callers would not be heard any more.
    """
    try:
        _clear(place)
        listening = _bound(place)
    except OSError as error:
        raise ConfigError(
            N_("Nobody can be heard at {place}: {reason}"), place=place, reason=error
        ) from error
    own = _mark_of(place)
    try:
        yield listening
    finally:
        with suppress(OSError):
            if _mark_of(place) == own:
                Path(place).unlink()


def somebody_listens(place: str) -> bool:
    """Return whether a process listens at a place, be it too busy to answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        return asking.connect_ex(place) not in NOBODY_LISTENS


def _clear(place: str) -> None:
    """Remove a socket that nobody listens at any more.

    Raises Refused where somebody does. What is no socket stays, and nothing can be bound there.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(Path(place).lstat().st_mode):
            return
        if somebody_listens(place):
            raise Refused(
                N_(
                    "Another service listens at {place} already, so this one does not start. Stop that one first, or "
                    "give each its own socket and its own service file (--service-file)."
                ),
                place=place,
            )
        Path(place).unlink()


def _bound(place: str) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o111)
    try:
        listening.bind(place)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening


def _mark_of(place: str) -> _FileMark | None:
    """Return what tells a socket's file from a later one at its place.

    That one may have got its inode.
    """
    try:
        status = Path(place).lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns
