"""Tells whether this process has a terminal to prompt on or draw on."""

from __future__ import annotations

import sys


def is_there() -> bool:
    """Return whether prompts can be answered: stdin and stderr are terminals.

    stdout may be redirected.
    """
    streams = (sys.stdin, sys.stderr)  # None where a stream was closed
    return all(stream is not None and stream.isatty() for stream in streams)


def can_draw() -> bool:
    """Return whether the full-screen terminal can run: stdout is a terminal too.

    Its size is read from stdout.
    """
    return is_there() and sys.stdout is not None and sys.stdout.isatty()
