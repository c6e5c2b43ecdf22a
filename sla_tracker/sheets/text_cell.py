"""Makes the cell of a text, as files without formats of their own hold it."""

from __future__ import annotations

from sla_tracker.domain.clean import is_storable
from sla_tracker.domain.sheets import Cell
from sla_tracker.errors import N_
from sla_tracker.sheets.limits import LONGEST_CELL

NOT_STORABLE = N_("a character that cannot be kept (U+0000 or half of a pair); write it without")


def text_cell(row: int, column: int, text: str, label: str = "") -> Cell:
    """Return a text's cell; one with a problem for characters that no store keeps."""
    if not is_storable(text):
        return Cell(row=row, column=column, problem=NOT_STORABLE, label=label)
    kept = text[:LONGEST_CELL]
    return Cell(row=row, column=column, value=kept, shown=kept, label=label)
