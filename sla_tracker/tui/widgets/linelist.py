"""A list that draws only the lines on screen, however many rows it holds; the base of every list in the terminal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.content import Content
from textual.events import Click, MouseMove
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from sla_tracker.errors import N_
from sla_tracker.tui.content import fit, width

Row = TypeVar("Row")
Piece = tuple[str, str]

NEAR = 64


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of rows under one heading; without a title it has no heading line."""

    title: str
    start: int
    end: int
    tone: str = ""


class LineList(ScrollView, Generic[Row], can_focus=True):
    """Shows rows in sections with a cursor and marks; rows keep their identity when they are replaced.

    A subclass says what identifies a row (`key_of`) and how its line looks (`pieces`: texts whose widths add up to
    the width it is given, each with the name of a tone).
    """

    TONES: ClassVar[tuple[str, ...]] = (
        "overdue", "today", "week", "later", "held", "delivered", "closed", "muted", "strong", "flag", "good", "rule",
    )  # fmt: skip
    COMPONENT_CLASSES = {
        f"line--{name}" for name in (*TONES, "plain", "cursor", "blurred", "marked", "hover")
    }
    DEFAULT_CSS = """
    LineList {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $panel;
        overflow-x: hidden;
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
        & > .line--rule { color: $panel; }
        & > .line--cursor { background: $cursor; }
        & > .line--blurred { background: $cursor-blurred; }
        & > .line--marked { background: $panel; }
        & > .line--hover { background: $surface; }
        &:ansi > .line--cursor { background: ansi_default; text-style: reverse; }
        &:ansi > .line--blurred { background: ansi_default; text-style: underline; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "up", N_("Up"), id="list.up", show=False),
        Binding("down,j", "down", N_("Down"), id="list.down", show=False),
        Binding("pageup,ctrl+b", "page_up", N_("Page up"), id="list.page_up", show=False),
        Binding("pagedown", "page_down", N_("Page down"), id="list.page_down", show=False),
        Binding("home,g", "first", N_("First row"), id="list.first", show=False),
        Binding("end,G", "last", N_("Last row"), id="list.last", show=False),
    ]

    cursor: reactive[int] = reactive(-1, repaint=False, always_update=False)

    class Highlighted(Message):
        """The cursor went to another row, or the row under it was replaced."""

        def __init__(self, rows: Widget) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Widget:
            """Return the list the cursor moved in."""
            return self.rows

    class Chosen(Highlighted):
        """A row was clicked twice: what enter does, is meant."""

    class Marked(Highlighted):
        """Rows were marked or unmarked."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.rows: Sequence[Row] = ()
        self.sections: tuple[Section, ...] = ()
        self.marks: set[str] = set()
        self.empty = Content("")
        self._heads: list[int] = []
        self._hover = -1
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(512)
        self._styles: dict[tuple[str, str], Style] = {}

    def key_of(self, row: Row) -> str:
        """Return what identifies a row when its list is replaced."""
        raise NotImplementedError

    def pieces(self, row: Row, cells: int) -> Iterable[Piece]:
        """Return the pieces of a row's line, together `cells` wide, each with its tone."""
        raise NotImplementedError

    @property
    def current(self) -> Row | None:
        """Return the row under the cursor, or None."""
        return self.rows[self.cursor] if 0 <= self.cursor < len(self.rows) else None

    def marked_rows(self) -> list[Row]:
        """Return the marked rows in order, else the one under the cursor."""
        if self.marks:
            return [row for row in self.rows if self.key_of(row) in self.marks]
        return [] if self.current is None else [self.current]

    def show(self, rows: Sequence[Row], sections: Iterable[Section] = ()) -> None:
        """Replace the rows; the selected row stays selected, and on the line of the screen where it was."""
        wanted = tuple(section for section in sections if section.end > section.start)
        if not wanted and rows:
            wanted = (Section("", 0, len(rows)),)
        if wanted == self.sections and self._changed_alone(rows):
            self.post_message(self.Highlighted(self))
            return
        before = self.current
        old_line = self.line_of(self.cursor) - self.scroll_offset.y if before is not None else 0
        self.rows = rows
        self.sections = wanted
        self._lay_lines()
        place = self._place_of(before)
        self._strips.clear()
        self._resize_lines()
        moved = place != self.cursor
        self.cursor = place
        if before is not None and place >= 0 and self.key_of(before) == self.key_of(rows[place]):
            self.scroll_to(
                y=max(0, self.line_of(place) - old_line), animate=False, immediate=True, force=True
            )
        elif moved and place >= 0:
            self._scroll_into_view()
        if not moved:
            self.post_message(self.Highlighted(self))
        self.refresh()

    def _changed_alone(self, rows: Sequence[Row]) -> bool:
        """Change rows in place when they are the same ones in the same order; False when they are not."""
        pairs = list(zip(self.rows, rows, strict=False))
        if (
            not rows
            or len(self.rows) != len(rows)
            or any(self.key_of(old) != self.key_of(new) for old, new in pairs)
        ):
            return False
        for place, (old, new) in enumerate(pairs):
            if old != new:
                self.change_row(place, new)
        return True

    def change_row(self, index: int, row: Row) -> None:
        """Replace one row by its newer self, and paint its line alone."""
        self._forget(index)
        rows = self.rows
        self.rows = rows if isinstance(rows, list) else list(rows)
        self.rows[index] = row
        self.refresh_line(self.line_of(index))

    def _lay_lines(self) -> None:
        self._heads = []
        headings = 0
        for section in self.sections:
            headings += bool(section.title)
            self._heads.append(headings)

    def _place_of(self, before: Row | None) -> int:
        if not self.rows:
            return -1
        if before is None:
            return 0
        key, old = self.key_of(before), max(self.cursor, 0)
        near = range(max(0, old - NEAR), min(len(self.rows), old + NEAR))
        for places in (near, range(len(self.rows))):
            for place in places:
                if self.key_of(self.rows[place]) == key:
                    return place
        return min(old, len(self.rows) - 1)

    def line_of(self, index: int) -> int:
        """Return the line on which a row stands, headings counted."""
        section = bisect_right([section.start for section in self.sections], index) - 1
        return index + (self._heads[section] if section >= 0 else 0)

    def at_line(self, line: int) -> tuple[Section | None, int]:
        """Return the section and the row of a line; -1 for its heading, None where nothing is."""
        for section, headings in zip(self.sections, self._heads, strict=True):
            if line < section.end + headings:
                first = section.start + headings
                return section, line - headings if line >= first else -1
        return None, -1

    @property
    def line_count(self) -> int:
        """Return the number of lines, headings included."""
        return len(self.rows) + (self._heads[-1] if self._heads else 0)

    def _resize_lines(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self.line_count)

    def on_resize(self) -> None:
        """Lay the lines out for the new width."""
        self._strips.clear()
        self._resize_lines()
        if self.cursor >= 0:
            self._scroll_into_view()

    def notify_style_update(self) -> None:
        """Forget lines painted in other colours."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def repaint_rows(self) -> None:
        """Paint everything on screen anew, because the words in it changed."""
        self._strips.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        cells = self.scrollable_content_region.width
        if not self.rows:
            return self._empty_line(y, cells)
        section, index = self.at_line(y + self.scroll_offset.y)
        if section is None:
            return Strip.blank(cells, self.rich_style)
        if index < 0:
            return self._painted(("", section), cells, lambda: self._heading(section, cells), "")
        row = self.rows[index]
        key = self.key_of(row)
        over = (
            "cursor" if index == self.cursor and self.has_focus else "blurred" if index == self.cursor else ""
        )
        over = over or ("marked" if key in self.marks else "hover" if index == self._hover else "")
        return self._painted(
            (key, row, over, key in self.marks), cells, lambda: self._row(index, row, key, cells), over
        )

    def _painted(
        self, cache_key: tuple[object, ...], cells: int, paint: Callable[[], Iterable[Piece]], over: str
    ) -> Strip:
        cache_key = (*(id(part) if not isinstance(part, str | bool) else part for part in cache_key), cells)
        strip = self._strips.get(cache_key)
        if strip is None:
            segments = [Segment(text, self._style(tone, over)) for text, tone in _joined(paint())]
            strip = Strip(segments).adjust_cell_length(cells, self._style("", over))
            self._strips[cache_key] = strip
        return strip

    def _style(self, tone: str, over: str) -> Style:
        """Return the style of a tone under the cursor, a mark or the mouse; asked of the stylesheet once."""
        style = self._styles.get((tone, over))
        if style is None:
            style = self.rich_style
            if over:
                full = self.get_component_rich_style(f"line--{over}", partial=True)
                style += Style(
                    bgcolor=full.bgcolor, bold=full.bold, reverse=full.reverse, underline=full.underline
                )
            if tone:
                full = self.get_component_rich_style(f"line--{tone}", partial=True)
                style += Style(
                    color=None
                    if style.reverse
                    else full.color,  # reversed, each tone would be another ground
                    bold=full.bold,
                    dim=full.dim,
                    reverse=full.reverse,
                    underline=full.underline,
                )
            self._styles[tone, over] = style
        return style

    def _row(self, index: int, row: Row, key: str, cells: int) -> Iterable[Piece]:
        yield "▸" if index == self.cursor else " ", "flag"
        yield "✓" if key in self.marks else " ", "flag"
        yield from self.pieces(row, cells - 2)

    def _heading(self, section: Section, cells: int) -> Iterable[Piece]:
        count = str(section.end - section.start)
        yield f" {section.title} ", section.tone or "strong"
        yield f"{count} ", "muted"
        yield "─" * max(0, cells - width(section.title) - len(count) - 4), "rule"

    def _empty_line(self, y: int, cells: int) -> Strip:
        lines = self.empty.wrap(max(1, cells - 4)) if self.empty else []
        top = max(0, (self.scrollable_content_region.height - len(lines)) // 3)
        if not top <= y < top + len(lines):
            return Strip.blank(cells, self.rich_style)
        text = lines[y - top].plain
        margin = max(0, (cells - width(text)) // 2)
        return Strip(
            [Segment(fit(" " * margin + text, cells), self._style("strong" if y == top else "muted", ""))]
        )

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint the two lines concerned and tell."""
        for index in (before, after):
            if 0 <= index < len(self.rows):
                self._forget(index)
                self.refresh_line(self.line_of(index))
        self.post_message(self.Highlighted(self))

    def _forget(self, index: int) -> None:
        cells = self.scrollable_content_region.width
        row = self.rows[index]
        key = self.key_of(row)
        for over in ("cursor", "blurred", "marked", "hover", ""):
            self._strips.discard((key, id(row), over, key in self.marks, cells))

    def _scroll_into_view(self) -> None:
        line = self.line_of(self.cursor)
        top = line - 1 if self.at_line(line - 1)[1] < 0 else line
        region = Region(0, max(0, top), 1, line - max(0, top) + 1)
        self.scroll_to_region(region, animate=False, immediate=True, force=True)

    def go_to(self, index: int) -> None:
        """Put the cursor on a row, or the nearest there is, and bring it into view."""
        if self.rows:
            self.cursor = min(max(index, 0), len(self.rows) - 1)
            self._scroll_into_view()

    def go_to_key(self, key: str) -> bool:
        """Put the cursor on the row of that key; False when there is none."""
        for place, row in enumerate(self.rows):
            if self.key_of(row) == key:
                self.go_to(place)
                return True
        return False

    def toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor and go on to the next."""
        row = self.current
        if row is None:
            return
        self._forget(self.cursor)
        self.marks ^= {self.key_of(row)}
        self.refresh_line(self.line_of(self.cursor))
        self.post_message(self.Marked(self))
        self.go_to(self.cursor + 1)

    def clear_marks(self) -> None:
        """Unmark everything."""
        self.marks.clear()
        self.repaint_rows()
        self.post_message(self.Marked(self))

    @property
    def page(self) -> int:
        """Return how many rows a page holds."""
        return max(1, self.scrollable_content_region.height - 2)

    def action_up(self) -> None:
        """Go up one row."""
        self.go_to(self.cursor - 1)

    def action_down(self) -> None:
        """Go down one row."""
        self.go_to(self.cursor + 1)

    def action_page_up(self) -> None:
        """Go up one page."""
        self.go_to(self.cursor - self.page)

    def action_page_down(self) -> None:
        """Go down one page."""
        self.go_to(self.cursor + self.page)

    def action_first(self) -> None:
        """Go to the first row."""
        self.go_to(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.go_to(len(self.rows) - 1)

    def _row_at(self, y: int) -> int:
        return self.at_line(y + self.scroll_offset.y)[1]

    def on_click(self, event: Click) -> None:
        """Put the cursor where the mouse clicked; a click on the edge marks, a second one chooses."""
        index = self._row_at(event.y)
        if index < 0:
            return
        self.go_to(index)
        if event.x <= 1:
            self.toggle_mark()
        elif event.chain >= 2:
            self.post_message(self.Chosen(self))

    def on_mouse_move(self, event: MouseMove) -> None:
        """Light up the row under the mouse."""
        self._hover_over(self._row_at(event.y))

    def on_leave(self) -> None:
        """Put the light out."""
        self._hover_over(-1)

    def _hover_over(self, index: int) -> None:
        if index == self._hover:
            return
        for place in (self._hover, index):
            if 0 <= place < len(self.rows):
                self.refresh_line(self.line_of(place))
        self._hover = index

    def on_focus(self) -> None:
        """Show the cursor as the one that keys move."""
        self.repaint_rows()

    def on_blur(self) -> None:
        """Show the cursor as resting."""
        self.repaint_rows()


def _joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Join neighbours of one tone: everything after costs by the piece."""
    for tone, same in groupby(pieces, key=itemgetter(1)):
        text = "".join(piece[0] for piece in same)
        if text:
            yield text, tone
