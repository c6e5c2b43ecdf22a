"""Parses the Markdown that guides use: bold, headings and lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARKS = r"(?m)\*\*(.+?)\*\*|^(#+ .*)$|^([-*] )"


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the pieces of a guide, each with whether it is stressed.

    Bold text and headings are stressed, and list marks become `·`. All other Markdown stays as typed.
    """
    end = 0
    for mark in re.finditer(_MARKS, text):
        if mark.start() > end:
            yield text[end : mark.start()], False
        stressed = mark[1] or (mark[2] or "").lstrip("# ")
        yield (stressed, True) if stressed else ("· ", False)
        end = mark.end()
    if end < len(text):
        yield text[end:], False
