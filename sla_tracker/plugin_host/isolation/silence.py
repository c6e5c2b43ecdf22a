"""Keeps what plugins print away from stdout, which is for the program's own data."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress

LONGEST_PRINTED = 300  # characters that are kept
STDOUT = 1


class Printed(io.StringIO):
    """Keeps the beginning of what is printed."""

    def write(self, text: str) -> int:
        """Keep as much of the text as there is room for.

        Returns the whole length, so that nobody tries again.
        """
        super().write(text[: max(0, LONGEST_PRINTED - self.tell())])
        return len(text)


@contextmanager
def silenced() -> Iterator[Printed]:
    """Keep prints in the body away from stdout and yield what was printed.

    Prints of programs that the body starts are kept away, too. Used in the main thread only: elsewhere the terminal
    runs, which draws on stderr and has taken stdout already.
    """
    printed = Printed()
    if threading.current_thread() is not threading.main_thread():
        yield printed
        return
    with redirect_stdout(printed), _nowhere():
        yield printed


@contextmanager
def _nowhere() -> Iterator[None]:
    """Point the descriptor of stdout to nowhere for the body."""
    try:
        kept = os.dup(STDOUT)
    except OSError:  # stdout is closed
        yield
        return
    try:
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY | getattr(os, "O_CLOEXEC", 0))
            os.dup2(nowhere, STDOUT)
            os.close(nowhere)
        yield
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)
