"""Wraps mixed Chinese and Western text.

Chinese may break anywhere except before closing punctuation and between a number and its unit.
"""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content

from sla_tracker.services.guide import pieces

NEVER_FIRST = frozenset("，。、；：？！）》」』】〉”’…%℃·,.;:?!)]}")
NEVER_LAST = frozenset("（《「『【〈“‘([{")


def wrapped(content: Content, cells: int) -> list[Content]:
    """Return the lines of a content, each at most `cells` wide."""
    found: list[Content] = []
    for line in content.split("\n", allow_blank=True):
        cuts = breaks(line.plain, max(2, cells))
        first, *rest = line.divide(cuts)
        found.append(first.rstrip() if rest else first)
        found.extend(_without_margin(part) for part in rest)
    return found or [Content("")]


def _without_margin(line: Content) -> Content:
    return line[len(line.plain) - len(line.plain.lstrip(" ")) :].rstrip()


def breaks(text: str, cells: int) -> list[int]:
    """Return the offsets at which lines end."""
    cuts: list[int] = []
    start = used = 0
    good = -1
    for place, char in enumerate(text):
        wide = cell_len(char)
        if place > start and _may_break(text, place):
            good = place
        if char != " " and used + wide > cells and place > start:
            start = good if good > start else place
            cuts.append(start)
            used = cell_len(text[start:place].lstrip(" "))
            good = -1
        if used or char != " " or not cuts:
            used += wide
    return cuts


def _may_break(text: str, place: int) -> bool:
    before, after = text[place - 1], text[place]
    if after in NEVER_FIRST or before in NEVER_LAST or after == " ":
        return False
    if before == " " and cell_len(after) == 2 and text[place - 2 : place - 1].isdecimal():
        return False  # a number stays with its unit: 2 天后
    return before == " " or cell_len(before) == 2 or cell_len(after) == 2


def from_guide(text: str) -> Content:
    """Return a guide with headings and emphasis in bold, other Markdown unchanged."""
    return Content("").join(
        Content.styled(piece, "bold") if stressed else Content(piece) for piece, stressed in pieces(text)
    )
