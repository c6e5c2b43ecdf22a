"""Says whether somebody sits at a terminal."""

from __future__ import annotations

import sys


def is_there() -> bool:
    """Say whether there is a terminal to read keys from and to draw on; stdout may go elsewhere."""
    streams = (sys.stdin, sys.stderr)  # None where a stream was closed
    return all(stream is not None and stream.isatty() for stream in streams)
