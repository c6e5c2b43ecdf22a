"""Tells by inotify that files of a store were written.

With it an open terminal need not look again and again.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

# linux/inotify.h
IN_MODIFY, IN_MOVED_TO, IN_CREATE, IN_DELETE = 0x2, 0x80, 0x100, 0x200
IN_CLOEXEC, IN_NONBLOCK = os.O_CLOEXEC, os.O_NONBLOCK
READ_BYTES = 65536


class WrittenFiles:
    """Becomes readable when a file in one of the folders is written, made or replaced."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        """Return the descriptor of inotify."""
        return self._descriptor

    def take(self) -> bool:
        """Take the events that have come; what they say is what the store says better."""
        try:
            while os.read(self._descriptor, READ_BYTES):
                continue
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._descriptor)


def written_files(folders: Iterable[Path]) -> WrittenFiles | None:
    """Return what tells of writing in the folders.

    None where the system has no inotify, or no more of it for this login.
    """
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.inotify_init1(IN_CLOEXEC | IN_NONBLOCK)
    if descriptor < 0:
        return None
    events = IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE
    for folder in folders:
        if library.inotify_add_watch(descriptor, os.fsencode(folder), events) < 0:
            os.close(descriptor)
            return None
    return WrittenFiles(descriptor)
