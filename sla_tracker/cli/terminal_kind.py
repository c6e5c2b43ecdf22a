"""Tells which terminals draw, and which can only print."""

from __future__ import annotations

import os

# Values of TERM.
_PRINTING_ONLY = frozenset({"", "dumb", "unknown"})


def prints_only() -> bool:
    """Return whether the terminal shows control sequences instead of obeying them.

    Consoles of editors and of automatic runs are such terminals, and name themselves so.
    """
    return os.name == "posix" and os.environ.get("TERM", "") in _PRINTING_ONLY
