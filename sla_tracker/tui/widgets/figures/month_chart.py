"""The last months of a cell as upright bars with the target as a line.

A click opens a month's rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import fit, lines, plain, right, row
from sla_tracker.tui.widgets.figures.figure_list import FigureLine
from sla_tracker.tui.widgets.figures.signs import STYLES

AXIS_CELLS = 6  # of the scale at the left
NARROWEST_BAR, WIDEST_BAR = 4, 9  # cells of a month
WITH_RATES = 8  # cells from which the rate stands below a bar
FEWEST_ROWS, MOST_ROWS = 5, 12  # lines of the bars
BESIDE = 4  # lines of heading, floor, signs and months
EIGHTHS = " ▁▂▃▄▅▆▇█"
TARGETS = "▁┄▔"  # the target in the lower, middle and upper third of a line
DOTTED = "░"
THICKEST = 5  # cells of a bar


class MonthChart(Widget):
    """Draws the months where there is room; the list beside says the same in lines."""

    DEFAULT_CSS = """
    MonthChart { width: 1fr; height: 1fr; text-wrap: nowrap; padding: 1 1 0 1; background: $background; }
    """

    class Chosen(Message):
        """A month's bar was clicked."""

        def __init__(self, line: FigureLine) -> None:
            super().__init__()
            self.line = line

    def __init__(self) -> None:
        super().__init__(id="month-chart")
        self._months: Sequence[FigureLine] = ()

    def show(self, figures: Sequence[FigureLine]) -> None:
        """Show those of the lines that are months, oldest first.

        Fewer than two months make no chart.
        """
        months = [line for line in figures if line.month]
        self._months = months[::-1] if len(months) > 1 else ()
        self.refresh()

    @property
    def _cells(self) -> int:
        """Return the cells of a month; 0 where it does not fit."""
        room = (self.content_size.width - AXIS_CELLS) // max(1, len(self._months))
        return min(room, WIDEST_BAR) if self._months and room >= NARROWEST_BAR else 0

    def render(self) -> Content:
        """Return heading, bars, signs and months."""
        rows = min(self.content_size.height - BESIDE, MOST_ROWS)
        if not self._cells or rows < FEWEST_ROWS:
            return Content("")
        return lines(*self._lines(self._cells, rows))

    def _lines(self, cells: int, rows: int) -> Iterator[Content]:
        yield plain(_("On time by month; the line is the target"), "$primary")
        for place in reversed(range(rows)):
            scale = "100 %" if place == rows - 1 else ""
            bars = (_bar(line, cells, place, rows) for line in self._months)
            yield row(plain(right(scale, AXIS_CELLS - 1) + " ", "$muted"), *bars)
        yield row(
            plain(right("0 %", AXIS_CELLS - 1) + " ", "$muted"),
            plain("─" * (cells * len(self._months)), "$rule"),
        )
        yield row(
            plain(" " * AXIS_CELLS), *(_below(line, _sign(line, cells), cells) for line in self._months)
        )
        names = (line.month if cells > len(line.month) else line.month[5:] for line in self._months)
        yield row(plain(" " * AXIS_CELLS), *(plain(fit(f" {name}", cells), "$muted") for name in names))

    def on_click(self, event: Click) -> None:
        """Choose the month under the mouse."""
        place = event.get_content_offset(self)
        cells = self._cells
        if place is None or not cells or place.x < AXIS_CELLS:
            return
        at = (place.x - AXIS_CELLS) // cells
        if at < len(self._months):
            self.post_message(self.Chosen(self._months[at]))


def _bar(line: FigureLine, cells: int, place: int, rows: int) -> Content:
    """Return one line of a month's bar, with the target's line behind it."""
    filled = min(8, max(0, int(((line.ratio or 0) * rows - place) * 8)))
    behind = _target(line.line, place, rows)
    thick = min(THICKEST, cells - 2)
    return row(
        plain(behind, "$muted"),
        plain(
            (_piece(line, filled) if filled else behind) * thick,
            STYLES.get(line.tone, "$muted") if filled else "$muted",
        ),
        plain(behind * (cells - 1 - thick), "$muted"),
    )


def _piece(line: FigureLine, filled: int) -> str:
    """Return a piece of a bar; those of the imported past are dotted."""
    return DOTTED if line.is_imported else EIGHTHS[filled]


def _target(ratio: Decimal | None, place: int, rows: int) -> str:
    """Return the sign of the target in one line of the bars, else a blank."""
    if ratio is None:
        return " "
    at = min(ratio * rows, Decimal(rows) - Decimal("0.01"))
    return TARGETS[int((at - place) * len(TARGETS))] if int(at) == place else " "


def _sign(line: FigureLine, cells: int) -> str:
    rate = line.number.partition(" ")[0]
    return f"{line.sign} {rate}" if cells >= WITH_RATES else line.sign


def _below(line: FigureLine, said: str, cells: int) -> Content:
    return plain(fit(f" {said}", cells), STYLES.get(line.tone, "$muted"))
