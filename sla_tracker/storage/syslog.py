"""Writes to the local system log, which belongs to root: an anchor there outlives whoever may write the store."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

NAME = "sla_tracker"
USER_INFO = 1 * 8 + 6
"""Facility user, severity informational (RFC 3164, 4.1.1)."""
PATIENCE = 0.2


def write(place: Path, message: str) -> None:
    """Send a line to the socket of the system log; raises OSError where nobody listens or takes it at once."""
    with _connected(place) as channel:
        channel.send(f"<{USER_INFO}>{NAME}[{os.getpid()}]: {message}".encode())


def check(place: Path) -> None:
    """Raise OSError unless somebody listens at the socket; sends nothing."""
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
