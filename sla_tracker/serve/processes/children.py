"""Forks processes, and collects those that have ended."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator


def fork_with_line() -> tuple[int, socket.socket, socket.socket]:
    """Fork; return the child's id, 0 in the child, and both ends of a line to it.

    Raises OSError where the system allows no other process or line: that is no reason to end the present ones.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        return os.fork(), ours, theirs
    except OSError:
        ours.close()
        theirs.close()
        raise


def ended_children() -> Iterator[tuple[int, int]]:
    """Yield process id and exit code of each child that has ended; waits for none.

    The code is negative for a signal. A child that was yielded is collected: its id may become another one's.
    """
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)
