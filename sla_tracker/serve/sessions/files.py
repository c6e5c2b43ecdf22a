"""Reads and writes files of a caller, and prints for the caller.

The client opens them with the caller's rights; the session only asks.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sla_tracker.serve import client
from sla_tracker.serve.sessions.conversation import PRINT_SECONDS, Conversation

MOST_PRINTED = 1 << 20  # bytes


class RelayedFiles:
    """CallerFiles of a session: each file is opened by the client, as the caller.

    What is written is complete in a spool file of the service first, so that no slow or full disk of a caller can keep
    the store's lock.
    """

    def __init__(self, conversation: Conversation, spool: Path) -> None:
        self._conversation = conversation
        self._spool = spool

    def read(self, path: str) -> BinaryIO:
        """Open a file that the caller named among the arguments."""
        _number, _place, descriptor = self._opened(client.READING, path)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        return os.fdopen(descriptor, "rb")

    def write(self, path: str, content: bytes, *, replace: bool = False) -> str:
        """Write a new file and return its absolute path at the caller."""
        number, place, descriptor = self._opened(client.REPLACING if replace else client.CREATING, path)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
        except OSError:
            self._conversation.tell(client.DISCARD, number)
            raise
        return place

    @contextmanager
    def new_file(self, path: str) -> Iterator[BinaryIO]:
        """Yield a spool file, and copy it to the caller's new file when it is complete."""
        with tempfile.TemporaryFile(dir=self._spool) as spooled:
            yield spooled
            spooled.seek(0)
            number, _place, descriptor = self._opened(client.CREATING_PRIVATELY, path)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    shutil.copyfileobj(spooled, stream)
            except OSError:
                self._conversation.tell(client.DISCARD, number)
                raise

    def print_text(self, content: bytes) -> tuple[int, str]:
        """Let the client send a text to the printer command."""
        if len(content) > MOST_PRINTED:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        answer = self._conversation.ask(client.PRINT, content, seconds=PRINT_SECONDS)
        code, output = (*answer.fields, b"", b"")[:2]
        return (int(code) if code.isdigit() else 1), output.decode("utf-8", "replace")

    def _opened(self, mode: bytes, path: str) -> tuple[bytes, str, int]:
        """Return number, absolute path and descriptor of a file the client opened.

        Raises OSError.
        """
        if "\0" in path or not path:
            raise ValueError(path)
        answer = self._conversation.ask(client.OPEN, mode, path.encode("utf-8", "surrogateescape"))
        code, place = (*answer.fields, b"", b"")[:2]
        shown = place.decode("utf-8", "replace")
        if code == b"0" and len(answer.descriptors) == 1:
            return answer.number, shown, answer.descriptors[0]
        for descriptor in answer.descriptors:
            os.close(descriptor)
        number = int(code) if code.isdigit() and int(code) else errno.EIO
        raise OSError(number, os.strerror(number), shown or path)
