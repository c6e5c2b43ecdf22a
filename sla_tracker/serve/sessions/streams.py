"""A session's standard streams over the caller's descriptors.

Programs that read a terminal run on a pty.
"""

from __future__ import annotations

import codecs
import fcntl
import io
import os
import pty
import stat
import struct
import sys
import termios
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from sla_tracker.serve import client
from sla_tracker.serve.sessions.conversation import Conversation
from sla_tracker.serve.sessions.interrupts import Interrupts
from sla_tracker.serve.wire import BadRequest, CallRequest

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

INPUT, OUTPUT, ERRORS = range(client.STREAMS)
LEAST_CELLS, MOST_CELLS = 1, 500  # lines and columns of a terminal


class Keys(io.FileIO):
    """What the caller types on the session's pty.

    Any interrupt ends waiting for it.
    """

    def __init__(self, descriptor: int, interrupts: Interrupts) -> None:
        super().__init__(descriptor, "r", closefd=False)
        self._interrupts = interrupts

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what was typed, once something was."""
        self._interrupts.wait_to_read(self.fileno())
        return super().readinto(buffer)


class CallersTerminal(io.TextIOBase):
    """Standard input of a caller who sits at a terminal.

    The first read moves the session to a pty. Until then nothing of the session reads what the caller types, so that
    keys typed ahead stay the shell's.
    """

    def __init__(self, move: Callable[[], None], interrupts: Interrupts, encoding: str) -> None:
        self._move = move
        self._interrupts = interrupts
        self._encoding = encoding
        self._stream: TextIO | None = None

    def _moved(self) -> TextIO:
        if self._stream is None:
            self._move()
            self._stream = _text_reader(Keys(INPUT, self._interrupts), self._encoding)
        return self._stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Return the caller's encoding."""
        return self._encoding

    @property
    def buffer(self) -> Any:
        """Return the stream of bytes below."""
        return self._moved().buffer

    def isatty(self) -> bool:
        """Return that a person can answer."""
        return True

    def fileno(self) -> int:
        """Return the descriptor: the null device until the session moved to its pty."""
        return INPUT

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        """Read one line that the caller types."""
        return self._moved().readline(-1 if size is None else size)

    def read(self, size: int | None = -1, /) -> str:
        """Read what the caller types."""
        return self._moved().read(-1 if size is None else size)


class Streams:
    """The three streams of a session."""

    def __init__(
        self,
        request: CallRequest,
        descriptors: list[int],
        conversation: Conversation,
        interrupts: Interrupts,
    ) -> None:
        self._request = request
        self._conversation = conversation
        self._interrupts = interrupts
        self._is_moved = False
        self._encoding = _known_encoding(request.encoding)
        if any(stat.S_ISDIR(os.fstat(descriptor).st_mode) for descriptor in descriptors):
            raise BadRequest("a stream is a folder")
        for place, descriptor in enumerate(descriptors):
            os.dup2(descriptor, place, inheritable=True)
        for descriptor in descriptors:
            if descriptor >= client.STREAMS:
                os.close(descriptor)

    @property
    def can_ask(self) -> bool:
        """Return whether the caller sees what is asked, and can answer."""
        return self._request.terminals[INPUT] and self._request.terminals[ERRORS]

    def open(self) -> None:
        """Make the streams of this process anew over the caller's descriptors."""
        if self._request.terminals[INPUT]:
            sys.stdin = CallersTerminal(self.move_to_pty, self._interrupts, self._encoding)
        else:
            sys.stdin = _text_stream(INPUT, "r", self._encoding)
        self._open_outputs()

    def _open_outputs(self) -> None:
        sys.stdout = _text_stream(OUTPUT, "w", self._encoding)
        sys.stderr = _text_stream(ERRORS, "w", self._encoding, line_buffering=True)
        # Textual draws on the streams that the interpreter began with.
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[assignment, misc]

    def move_to_pty(self) -> None:
        """Put a new pty, which the client relays, in the place of the caller's terminal.

        Raises OSError where the client does not relay it.
        """
        if self._is_moved:
            return
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        master, slave = pty.openpty()
        # Before the client passes keys on: a Ctrl+C on a terminal that controls nobody would be lost.
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        try:
            fields = self._conversation.ask(client.TERMINAL, descriptor=master).fields
        finally:
            os.close(master)
        lines, columns = (_cells(field) for field in (*fields, b"", b"")[:2])
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))
        modes = termios.tcgetattr(slave)
        modes[0] |= getattr(termios, "IUTF8", 0o40000)  # so that a backspace takes a whole Chinese character
        termios.tcsetattr(slave, termios.TCSANOW, modes)
        for place in range(client.STREAMS):
            if self._request.terminals[place]:
                os.dup2(slave, place, inheritable=True)
        os.close(slave)
        self._is_moved = True
        sys.__stdin__ = _text_stream(INPUT, "r", self._encoding)  # type: ignore[assignment, misc]
        self._open_outputs()

    def draw_on_pty(self) -> None:
        """Move to a pty for the full-screen program, which reads descriptor 0 itself."""
        self.move_to_pty()
        self._interrupts.give_back()
        sys.stdin = _text_stream(INPUT, "r", self._encoding)


def _text_stream(descriptor: int, mode: str, encoding: str, *, line_buffering: bool = False) -> TextIO:
    raw = io.FileIO(descriptor, mode, closefd=False)
    if mode == "r":
        return _text_reader(raw, encoding)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=encoding,
        errors="replace",
        line_buffering=line_buffering or raw.isatty(),
    )


def _text_reader(raw: io.FileIO, encoding: str) -> TextIO:
    return io.TextIOWrapper(io.BufferedReader(raw), encoding=encoding, errors="surrogateescape")


def _known_encoding(name: str) -> str:
    """Return the caller's text encoding, UTF-8 for one that is none."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return "utf-8"
    try:
        if found._is_text_encoding and "a中\n".encode(name, "replace"):
            return found.name
    except (UnicodeError, LookupError, ValueError):
        pass  # such as "undefined", which has a place for no letter
    return "utf-8"


def _cells(field: bytes) -> int:
    return (
        min(max(int(field), LEAST_CELLS), MOST_CELLS) if field.isdigit() and len(field) < 9 else LEAST_CELLS
    )
