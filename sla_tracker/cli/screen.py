"""Says whether somebody sits at a terminal."""

from __future__ import annotations

import sys


def is_there() -> bool:
    """Say whether there is a terminal to read keys from and to draw on; stdout may go elsewhere."""
    return sys.stdin.isatty() and sys.stderr.isatty()
