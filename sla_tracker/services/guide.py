"""Reads the few marks of Markdown that a guide uses, for screens and commands alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARKS = re.compile(r"\*\*(.+?)\*\*|^(#+ .*)$|^([-*] )", re.MULTILINE)


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the guide piece by piece, saying of each whether it is stressed; all other marks stay as they are."""
    end = 0
    for mark in _MARKS.finditer(text):
        if mark.start() > end:
            yield text[end : mark.start()], False
        stressed = mark[1] or (mark[2] or "").lstrip("# ")
        yield (stressed, True) if stressed else ("· ", False)
        end = mark.end()
    if end < len(text):
        yield text[end:], False
