"""Converts text into Textual content: cleaned, free of markup, measured in cells."""

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
    """Return one cleaned line in one style; `$name` in a style is a theme colour."""
    return Content.styled(clean(text), style) if style else Content(clean(text))


def several(text: str, style: str = "") -> Content:
    """Return cleaned text that keeps its line breaks."""
    return Content.styled(clean(text, lines=True), style)


def declared(text: Text | None, style: str = "") -> Content:
    """Return a plugin's text in the reader's language."""
    return Content.styled(text_of(text), style)


def lines(*content: Content) -> Content:
    """Join contents vertically."""
    return Content("\n").join(content)


def row(*content: Content) -> Content:
    """Join contents horizontally."""
    return Content("").join(content)


def width(text: str) -> int:
    """Return how many cells a text takes; a Chinese character takes two."""
    return cell_len(text)


# Cached because lists fit the same texts at every repaint.
@lru_cache(maxsize=8192)
def fit(text: str, cells: int) -> str:
    """Return the text in exactly `cells` cells: padded, or cut with an ellipsis."""
    if cells <= 0:
        return ""
    if cell_len(text) <= cells:
        return set_cell_size(text, cells)
    return set_cell_size(set_cell_size(text, cells - 1).rstrip() + ELLIPSIS, cells)


def right(text: str, cells: int) -> str:
    """Return the text in exactly `cells` cells, aligned right."""
    missing = cells - cell_len(text)
    return " " * missing + text if missing >= 0 else fit(text, cells)
