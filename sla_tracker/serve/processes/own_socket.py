"""Listens at a place of the file system, if nobody else does.

The socket is removed in the end.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sla_tracker.errors import N_, ConfigError, Refused

BACKLOG = 128
NOBODY_LISTENS = frozenset({errno.ECONNREFUSED, errno.ENOENT})

LOCK_ENDING = ".lock"
"""Of the file beside a socket that is locked while the socket is made or removed; it is never deleted."""
LOCK_SECONDS, PAUSE_SECONDS = 5.0, 0.01
"""How long one waits for that lock, which is held for moments only, and between two tries."""
SERVICE_LISTENS = N_(
    "Another service listens at {place} already, so this one does not start. Stop that one first, or "
    "give each its own socket and its own service file (--service-file)."
)

_FileMark = tuple[int, int, int]


@contextmanager
def listening_at(place: str, *, refusal: str = SERVICE_LISTENS) -> Iterator[socket.socket]:
    """Yield a socket that listens at a place, and remove it from there afterwards.

    Raises Refused with `refusal` where somebody listens already, ConfigError where nobody can. Of several that start at
    once, one listens.

    A socket that another process made there meanwhile stays: its callers would not be heard any more.
    """
    try:
        with _locked(place):
            _clear(place, refusal)
            listening = _bound(place)
            own = _mark_of(place)
    except OSError as error:
        raise ConfigError(
            N_("Nobody can be heard at {place}: {reason}"), place=place, reason=error
        ) from error
    try:
        yield listening
    finally:
        with suppress(OSError), _locked(place):
            if _mark_of(place) == own:
                Path(place).unlink()


@contextmanager
def _locked(place: str) -> Iterator[None]:
    """Keep out whoever makes or removes a socket at the same place; raises OSError.

    Without the lock, one process takes the other's socket for left behind: it is bound there a moment before somebody
    listens.
    """
    descriptor = os.open(place + LOCK_ENDING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def somebody_listens(place: str) -> bool:
    """Return whether a process listens at a place, be it too busy to answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        return asking.connect_ex(place) not in NOBODY_LISTENS


def _clear(place: str, refusal: str) -> None:
    """Remove a socket that nobody listens at any more.

    Raises Refused where somebody does. What is no socket stays, and nothing can be bound there.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(Path(place).lstat().st_mode):
            return
        if somebody_listens(place):
            raise Refused(refusal, place=place)
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

    The inode alone does not: the later file may have got the same one.
    """
    try:
        status = Path(place).lstat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_mtime_ns
