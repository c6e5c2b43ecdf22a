"""The figures of one cell of the matrix as lines: each opens what it counts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import DetailFigure, OpenedFigure
from sla_tracker.tui.text_content import fit, right
from sla_tracker.tui.widgets.figures.signs import FULL, IMPORTED, bar_pieces
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.value_class import dataclass

LABEL_CELLS = (17, 34)  # least, for the longest label that is ours, and most
NUMBER_CELLS = 9
BAR_CELLS = (12, 20)  # least and most
NOTE_CELLS = 22  # kept free for what stands behind
# Cells from which a line has room for its bar.
ROOM_FOR_BAR = 2 + LABEL_CELLS[0] + NUMBER_CELLS + 1 + BAR_CELLS[0] + NOTE_CELLS


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLine:
    """One figure: sign, label, number, perhaps a bar with a line, and a note.

    `figure` says which rows it opens, of another range than the one shown if `dates` says so; None opens nothing.
    `month` is the month of a line that the chart draws, dotted if it is of the imported past.
    """

    key: str
    label: str
    number: str
    note: str = ""
    sign: str = " "
    tone: str = ""
    ratio: Decimal | None = None
    line: Decimal | None = None
    has_bar: bool = False
    figure: OpenedFigure | DetailFigure | None = None
    month: str = ""
    dates: DateRange | None = None
    is_imported: bool = False


class FigureList(LineList[FigureLine]):
    """Lists figures; enter opens the rows behind one."""

    def __init__(self) -> None:
        super().__init__(id="figures")

    def key_of(self, row: FigureLine) -> str:
        """Return the line's key."""
        return row.key

    def pieces(self, row: FigureLine, cells: int) -> Iterable[Piece]:
        """Return sign, label, number, bar and note."""
        # The same for all lines of a list, so that the numbers stand below each other.
        least = BAR_CELLS[0] + 1 if cells >= ROOM_FOR_BAR else 0
        spare = cells - 2 - NUMBER_CELLS - NOTE_CELLS - least
        bar = min(BAR_CELLS[0] + spare - LABEL_CELLS[0], BAR_CELLS[1]) if least else 0
        label = max(LABEL_CELLS[0], min(spare + least - (bar + 1 if bar else 0), LABEL_CELLS[1]))
        yield f"{row.sign} ", row.tone
        yield fit(row.label, label), "" if row.figure is not None else "muted"
        yield right(row.number, NUMBER_CELLS), row.tone or "strong"
        used = 2 + label + NUMBER_CELLS
        if bar and row.has_bar:
            yield " ", ""
            full = IMPORTED if row.is_imported else FULL
            yield from bar_pieces(row.ratio, bar, row.tone or "week", row.line, full)
            used += bar + 1
        yield fit(f"  {row.note}", max(0, cells - used)), "muted"
