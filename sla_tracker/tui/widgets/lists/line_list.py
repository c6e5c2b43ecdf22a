"""Base of all list widgets; draws only the lines on screen.

The cost of a list thus does not grow with the number of its rows. Rows, cursor, marks, scrolling and mouse are here;
line positions are in sections.py, painting in line_painter.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import is_not
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Click, MouseMove
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from sla_tracker.errors import N_
from sla_tracker.tui.widgets.lists.line_painter import COLOURS, COMPONENTS, LinePainter
from sla_tracker.tui.widgets.lists.sections import Lines

if TYPE_CHECKING:
    from sla_tracker.tui.widgets.lists.line_painter import Piece
    from sla_tracker.tui.widgets.lists.sections import Section

Row = TypeVar("Row")

# Rows before and after the cursor that are searched first for the selected key; it rarely moves further.
NEAR = 64
# A list of fewer lines has no line to spare for the names of its columns.
LEAST_LINES_WITH_HEADS = 8


class LineList(ScrollView, Generic[Row], can_focus=True, inherit_bindings=False):
    """Shows rows in sections with a cursor and marks.

    Cursor and marks are kept by row key when rows are replaced; a row that is not shown is not marked. The names of the
    columns (`heads`) stand above the rows and do not scroll with them.

    A subclass defines a row's identity (`key_of`) and its line (`pieces`: texts whose widths add up to the width given,
    each with the name of a tone).
    """

    COMPONENT_CLASSES = set(COMPONENTS)
    DEFAULT_CSS = f"""
    LineList {{
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-background: $background;
        scrollbar-color: $rule;
        overflow-x: hidden;
        {COLOURS}
    }}
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
        """The cursor moved to another row, or its row was replaced."""

        def __init__(self, rows: Widget) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> Widget:
            """Return the list."""
            return self.rows

    class Chosen(Highlighted):
        """A row was double-clicked, which means enter."""

    class Marked(Highlighted):
        """Rows were marked or unmarked."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.rows: Sequence[Row] = ()
        self.marks: set[str] = set()
        self.empty = Content("")
        self._lines = Lines()
        self._painter = LinePainter(self)
        self._hover = -1
        self._stays = False
        self.head_lines = 0

    def key_of(self, row: Row) -> str:
        """Return a row's identity, which survives a replacement of the rows."""
        raise NotImplementedError

    def pieces(self, row: Row, cells: int) -> Iterable[Piece]:
        """Return the pieces of a row's line, together `cells` wide, each with its tone."""
        raise NotImplementedError

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns as pieces like a row's; none for no heads."""
        return ()

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
        """Replace the rows; the selected row stays selected and at its place on screen."""
        self._show(rows, sections)

    def _show(
        self, rows: Sequence[Row], sections: Iterable[Section], places: Sequence[int] | None = None
    ) -> None:
        """Replace the rows.

        With `places`, only the rows there differ from those before, and the others are not looked at.
        """
        wanted = Lines(len(rows), sections)
        if wanted.sections == self.sections and self._changed_alone(rows, places):
            self.post_message(self.Highlighted(self))
            return
        self._keep_marks_of(rows)
        before, old_rows, old_lines = self.current, self.rows, self._lines
        old_line = self.line_of(self.cursor) - self.scroll_offset.y if before is not None else 0
        self.rows = rows
        self._lines = wanted
        place = self._place_of(before, old_rows, old_lines)
        self._stays = False
        self._painter.forget_lines()
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

    def _keep_marks_of(self, rows: Sequence[Row]) -> None:
        """Unmark what is not among the rows: nobody shall act on what is not seen."""
        if self.marks and (gone := self.marks - set(map(self.key_of, rows))):
            self.marks -= gone
            self.post_message(self.Marked(self))

    def _changed_alone(self, rows: Sequence[Row], places: Sequence[int] | None) -> bool:
        """Replace rows in place if keys and order are the same; False otherwise."""
        before = self.rows
        if not rows or len(before) != len(rows):
            return False
        others = _different(before, rows) if places is None else places
        if any(self.key_of(before[place]) != self.key_of(rows[place]) for place in others):
            return False
        for place in others:
            if before[place] != rows[place]:
                self._stays = False
                self.change_row(place, rows[place])
        return True

    def change_row(self, index: int, row: Row) -> None:
        """Replace one row and repaint only its line."""
        self._forget(index)
        rows = self.rows
        self.rows = rows if isinstance(rows, list) else list(rows)
        self.rows[index] = row
        self._refresh_row(index)

    def _refresh_row(self, index: int) -> None:
        """Repaint the line on which a row stands, below the heads."""
        self.refresh_line(self.line_of(index) + self.head_lines)

    def stay_in_group(self) -> None:
        """Let the cursor stay in its group if its row leaves it at the next showing.

        Without this call it follows its row: somebody may be about to act on it.
        """
        self._stays = True

    def _place_of(self, before: Row | None, old_rows: Sequence[Row], old_lines: Lines) -> int:
        if not self.rows:
            return -1
        if before is None:
            return 0
        found = self._find(self.key_of(before))
        group, section = old_lines.section_of(self.cursor), self._lines.section_of(found)
        if group is not None and (section is None or (self._stays and section.title != group.title)):
            near = self._next_in_group(group, old_rows)
            found = near if near >= 0 else found
        return found if found >= 0 else min(max(self.cursor, 0), len(self.rows) - 1)

    def _find(self, key: str) -> int:
        """Return the place of a row, -1 if it is gone."""
        old = max(self.cursor, 0)
        near = range(max(0, old - NEAR), min(len(self.rows), old + NEAR))
        for places in (near, range(len(self.rows))):
            for place in places:
                if self.key_of(self.rows[place]) == key:
                    return place
        return -1

    def _next_in_group(self, old: Section, old_rows: Sequence[Row]) -> int:
        """Return the place of the row that followed in the group, else of the one before.

        Returns -1 for none.
        """
        group = next((section for section in self.sections if section.title == old.title), None)
        if group is None:
            return -1
        places = {self.key_of(self.rows[place]): place for place in range(group.start, group.end)}
        others = (*old_rows[self.cursor + 1 : old.end], *reversed(old_rows[old.start : self.cursor]))
        return next((places[key] for key in map(self.key_of, others) if key in places), -1)

    @property
    def sections(self) -> tuple[Section, ...]:
        """Return the sections that have rows."""
        return self._lines.sections

    @property
    def line_count(self) -> int:
        """Return the number of lines, headings included."""
        return self._lines.line_count

    def line_of(self, index: int) -> int:
        """Return a row's line, headings counted."""
        return self._lines.line_of(index)

    def _resize_lines(self) -> None:
        region = self.scrollable_content_region
        is_high = region.height >= LEAST_LINES_WITH_HEADS
        self.head_lines = int(is_high and bool(self.rows) and any(text for text, _tone in self.heads(40)))
        self.virtual_size = Size(region.width, self.line_count + self.head_lines)

    def on_resize(self) -> None:
        """Lay the lines out for the new width."""
        self._painter.forget_lines()
        self._resize_lines()
        if self.cursor >= 0:
            self._scroll_into_view()

    def notify_style_update(self) -> None:
        """Discard lines painted in other colours."""
        super().notify_style_update()
        self._painter.forget_colours()

    def repaint_rows(self) -> None:
        """Repaint all lines, because words in them changed."""
        self._painter.forget_lines()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the screen."""
        cells = self.scrollable_content_region.width
        if not self.rows:
            return self._painter.sentence(self.empty, y, cells, self.scrollable_content_region.height)
        head = self.head_lines
        if y < head:
            return self._painter.heads(self.heads(cells - 2), cells)
        section, index = self._lines.at_line(y - head + self.scroll_offset.y)
        if section is None:
            return self._painter.blank(cells)
        if index < 0:
            return self._painter.heading(section, cells)
        row = self.rows[index]
        key = self.key_of(row)
        return self._painter.row(
            key,
            row,
            cells,
            self._over(index, key),
            marked=key in self.marks,
            pieces=lambda: self.pieces(row, cells - 2),
        )

    def _over(self, index: int, key: str) -> str:
        """Return a row's overlay: cursor before mark before mouse."""
        if index == self.cursor:
            return "cursor" if self.has_focus else "blurred"
        return "marked" if key in self.marks else "hover" if index == self._hover else ""

    def watch_cursor(self, before: int, after: int) -> None:
        """Repaint the two lines concerned and post Highlighted."""
        for index in (before, after):
            if 0 <= index < len(self.rows):
                self._forget(index)
                self._refresh_row(index)
        self.post_message(self.Highlighted(self))

    def _forget(self, index: int) -> None:
        row = self.rows[index]
        self._painter.forget_row(self.key_of(row), row, self.scrollable_content_region.width)

    def _scroll_into_view(self) -> None:
        line = self.line_of(self.cursor)
        top = line - 1 if self._lines.at_line(line - 1)[1] < 0 else line
        # The heads cover the first line of the window: the line above the rows has to be in it too.
        region = Region(0, max(0, top), 1, line - max(0, top) + 1 + self.head_lines)
        self.scroll_to_region(region, animate=False, immediate=True, force=True)

    def go_to(self, index: int) -> None:
        """Move the cursor to a row (or the nearest) and scroll to it."""
        if self.rows:
            self.cursor = min(max(index, 0), len(self.rows) - 1)
            self._scroll_into_view()

    def go_to_key(self, key: str) -> bool:
        """Move the cursor to the row with this key; False when there is none."""
        for place, row in enumerate(self.rows):
            if self.key_of(row) == key:
                self.go_to(place)
                return True
        return False

    def toggle_mark(self) -> None:
        """Toggle the mark of the row under the cursor and move to the next."""
        row = self.current
        if row is None:
            return
        self._forget(self.cursor)
        self.marks ^= {self.key_of(row)}
        self._refresh_row(self.cursor)
        self.post_message(self.Marked(self))
        self.go_to(self.cursor + 1)

    def clear_marks(self) -> None:
        """Unmark everything."""
        self.unmark(self.marks)

    def unmark(self, keys: Iterable[str]) -> None:
        """Unmark the rows with these keys."""
        self.marks -= set(keys)
        self.repaint_rows()
        self.post_message(self.Marked(self))

    @property
    def page(self) -> int:
        """Return how many rows fit on a page."""
        return max(1, self.scrollable_content_region.height - 2 - self.head_lines)

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
        head = self.head_lines
        return self._lines.at_line(y - head + self.scroll_offset.y)[1] if y >= head else -1

    def on_click(self, event: Click) -> None:
        """Move the cursor to the click; a double click chooses the row.

        A click on the left edge toggles the mark.
        """
        index = self._row_at(event.y)
        if index < 0:
            return
        self.go_to(index)
        if event.x <= 1:
            self.toggle_mark()
        elif event.chain >= 2:
            self.post_message(self.Chosen(self))

    def on_mouse_move(self, event: MouseMove) -> None:
        """Highlight the row under the mouse."""
        self._hover_over(self._row_at(event.y))

    def on_leave(self) -> None:
        """Remove the highlight."""
        self._hover_over(-1)

    def _hover_over(self, index: int) -> None:
        if index == self._hover:
            return
        for place in (self._hover, index):
            if 0 <= place < len(self.rows):
                self._refresh_row(place)
        self._hover = index

    def on_focus(self) -> None:
        """Paint the cursor as focused."""
        self.repaint_rows()

    def on_blur(self) -> None:
        """Paint the cursor as unfocused."""
        self.repaint_rows()


def _different(before: Sequence[object], after: Sequence[object]) -> Sequence[int]:
    """Return the places at which two lists of one length have different objects."""
    # As bytes, without an object for each row: tens of thousands of them would start the garbage collector.
    differs = bytes(map(is_not, before, after))
    found, place = [], differs.find(True)
    while place >= 0:
        found.append(place)
        place = differs.find(True, place + 1)
    return found
