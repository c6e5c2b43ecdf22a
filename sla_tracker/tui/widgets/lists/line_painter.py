"""Paints the lines of a list: text pieces with tones become cached strips.

The list tells what a line says and which overlay it has; where lines stand is decided in line_list.py.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.widgets.lists.sections import Section

Piece = tuple[str, str]

# Lines in the cache: a few screens full.
KEPT_STRIPS = 512
TONES: Final = (
    "overdue", "today", "week", "later", "held", "delivered", "closed", "muted", "strong", "flag", "good", "rule",
)  # fmt: skip
OVERLAYS: Final = ("cursor", "blurred", "marked", "hover")
COMPONENTS: Final = frozenset(f"line--{name}" for name in (*TONES, *OVERLAYS, "heads", "plain"))
COLOURS: Final = """
        & > .line--overdue { color: $error; text-style: bold; }
        & > .line--today { color: $warning; text-style: bold; }
        & > .line--week { color: $primary; }
        & > .line--later { color: $secondary; }
        & > .line--held { color: $hold; }
        & > .line--delivered { color: $success; }
        & > .line--closed { color: $muted; }
        & > .line--good { color: $success; }
        & > .line--muted { color: $muted; }
        & > .line--strong { text-style: bold; }
        & > .line--flag { color: $accent; }
        & > .line--rule { color: $rule; }
        & > .line--cursor { background: $cursor; }
        & > .line--blurred { background: $cursor-blurred; }
        & > .line--marked { background: $panel; }
        & > .line--hover { background: $surface; }
        & > .line--heads { background: $background; text-style: underline; }
        &:ansi > .line--cursor { background: ansi_default; text-style: reverse; }
        &:ansi > .line--blurred { background: ansi_default; text-style: underline; }
"""


class LinePainter:
    """Paints lines in the colours of a widget and caches them until discarded."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._strips: LRUCache[tuple[Hashable, ...], Strip] = LRUCache(KEPT_STRIPS)
        self._styles: dict[tuple[str, str], Style] = {}

    def row(
        self,
        key: str,
        row: object,
        cells: int,
        over: str,
        *,
        marked: bool,
        pieces: Callable[[], Iterable[Piece]],
    ) -> Strip:
        """Return a row's line: cursor and mark signs, then its pieces.

        The line is painted only if it is not cached.
        """
        kept = (key, id(row), over, marked, cells)
        strip = self._strips.get(kept)
        if strip is None:
            signs = (("▸" if over in {"cursor", "blurred"} else " ") + ("✓" if marked else " "), "flag")
            strip = self._strips[kept] = self._strip((signs, *pieces()), cells, over)
        return strip

    def heads(self, pieces: Iterable[Piece], cells: int) -> Strip:
        """Return the line of column names."""
        strip = self._strips.get(("heads", cells))
        if strip is None:
            strip = self._strips["heads", cells] = self._strip((("  ", ""), *pieces), cells, "heads")
        return strip

    def heading(self, section: Section, cells: int) -> Strip:
        """Return a section's heading line: title, number of rows, and a rule to the edge."""
        kept = (section, cells)
        strip = self._strips.get(kept)
        if strip is None:
            count = str(section.end - section.start)
            rule = "─" * max(0, cells - width(section.title) - len(count) - 4)
            strip = self._strips[kept] = self._strip(
                ((f" {section.title} ", section.tone or "strong"), (f"{count} ", "muted"), (rule, "rule")),
                cells,
            )
        return strip

    def sentence(self, said: Content, y: int, cells: int, height: int) -> Strip:
        """Return line `y` of the text shown in an empty list; its first line is strong."""
        lines = said.wrap(max(1, cells - 4)) if said else []
        top = max(0, (height - len(lines)) // 3)
        if not top <= y < top + len(lines):
            return self.blank(cells)
        text = lines[y - top].plain
        centred = " " * max(0, (cells - width(text)) // 2) + text
        return Strip([Segment(fit(centred, cells), self._style("strong" if y == top else "muted", ""))])

    def blank(self, cells: int) -> Strip:
        """Return an empty line."""
        return Strip.blank(cells, self._widget.rich_style)

    def forget_row(self, key: str, row: object, cells: int) -> None:
        """Discard the cached lines of a row in all overlays."""
        for over in (*OVERLAYS, ""):
            for marked in (False, True):
                self._strips.discard((key, id(row), over, marked, cells))

    def forget_lines(self) -> None:
        """Discard all cached lines, because words or width changed."""
        self._strips.clear()

    def forget_colours(self) -> None:
        """Discard all cached lines and styles, because colours changed."""
        self._strips.clear()
        self._styles.clear()

    def _strip(self, pieces: Iterable[Piece], cells: int, over: str = "") -> Strip:
        segments = [Segment(text, self._style(tone, over)) for text, tone in _joined(pieces)]
        return Strip(segments).adjust_cell_length(cells, self._style("", over))

    def _style(self, tone: str, over: str) -> Style:
        """Return the style of a tone under an overlay.

        Styles are cached, because the style sheet is slow.
        """
        style = self._styles.get((tone, over))
        if style is None:
            style = self._styles[tone, over] = self._composed(tone, over)
        return style

    def _composed(self, tone: str, over: str) -> Style:
        style = self._widget.rich_style
        if over:
            full = self._component(over)
            style += Style(
                bgcolor=full.bgcolor, bold=full.bold, reverse=full.reverse, underline=full.underline
            )
        if tone:
            full = self._component(tone)
            style += Style(
                color=None
                if style.reverse
                else full.color,  # reversed, the tone's colour would become the background
                bold=full.bold,
                dim=full.dim,
                reverse=full.reverse,
                underline=full.underline,
            )
        return style

    def _component(self, name: str) -> Style:
        return self._widget.get_component_rich_style(f"line--{name}", partial=True)


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join adjacent pieces of one tone, because painting costs time per piece."""
    for tone, same in groupby(pieces, key=itemgetter(1)):
        text = "".join(piece[0] for piece in same)
        if text:
            yield text, tone
