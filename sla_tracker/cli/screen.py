"""Says whether somebody sits at a terminal, and whether it can be drawn on."""

from __future__ import annotations

import sys


def is_there() -> bool:
    """Say whether somebody can be asked: keys can be read and questions seen; stdout may go elsewhere."""
    streams = (sys.stdin, sys.stderr)  # None where a stream was closed
    return all(stream is not None and stream.isatty() for stream in streams)


def can_draw() -> bool:
    """Say whether the terminal can be opened: stdout, by which it is measured, must not go into a file either."""
    return is_there() and sys.stdout is not None and sys.stdout.isatty()
