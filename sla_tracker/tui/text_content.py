"""Turns text into what widgets take: cleaned, never read as markup, as wide as its cells."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from sla_tracker.domain.clean import clean
from sla_tracker.wording.duties import text_of

if TYPE_CHECKING:
    from sla_tracker.domain.text import Text

ELLIPSIS = "…"


def plain(text: str, style: str = "") -> Content:
    """Return one cleaned line, in one style; `$name` in a style is a colour of the theme."""
    return Content.styled(clean(text), style) if style else Content(clean(text))


def several(text: str, style: str = "") -> Content:
    """Return cleaned text that keeps its line ends."""
    return Content.styled(clean(text, lines=True), style)


def declared(text: Text | None, style: str = "") -> Content:
    """Return a plugin's text in the reader's language."""
    return Content.styled(text_of(text), style)


def lines(*content: Content) -> Content:
    """Return contents below each other."""
    return Content("\n").join(content)


def row(*content: Content) -> Content:
    """Return contents beside each other."""
    return Content("").join(content)


def width(text: str) -> int:
    """Return how many cells a text takes; Chinese takes two a character."""
    return cell_len(text)


@lru_cache(maxsize=8192)
def fit(text: str, cells: int) -> str:
    """Return the text in exactly so many cells: padded, or cut with an ellipsis."""
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(set_cell_size(text, cells - 1).rstrip() + ELLIPSIS, cells)


def right(text: str, cells: int) -> str:
    """Return the text in exactly so many cells, at the right."""
    missing = cells - cell_len(text)
    return " " * missing + text if missing >= 0 else fit(text, cells)
