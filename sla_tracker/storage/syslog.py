"""Writes checkpoints to the system log, which users of the store cannot change."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

NAME = "sla_tracker"
"""The program's name in each log line."""
USER_INFO = 1 * 8 + 6
"""Facility user, severity informational (RFC 3164, 4.1.1)."""
PATIENCE = 0.2
"""Seconds to wait for the socket."""


def write(place: Path, message: str) -> None:
    """Send a line to the system log's socket.

    Raises OSError where it is not taken in time.
    """
    with _connected(place) as channel:
        channel.send(f"<{USER_INFO}>{NAME}[{os.getpid()}]: {message}".encode())


def check(place: Path) -> None:
    """Raise OSError unless the socket accepts a connection; sends nothing."""
    _connected(place).close()


def _connected(place: Path) -> socket.socket:
    if not hasattr(socket, "AF_UNIX"):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.settimeout(PATIENCE)
    try:
        channel.connect(os.fsencode(place))
    except BaseException:
        channel.close()
        raise
    return channel
