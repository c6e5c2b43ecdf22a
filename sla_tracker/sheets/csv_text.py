"""Reads a CSV file as one sheet whose cells are all texts."""

from __future__ import annotations

import csv
import io
from pathlib import PurePath

from sla_tracker.domain.decode import decode_file
from sla_tracker.domain.sheets import Row, Sheet, column_letters
from sla_tracker.errors import N_, UsageError
from sla_tracker.sheets.limits import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    too_many_cells,
    too_many_columns,
    too_many_rows,
)
from sla_tracker.sheets.text_cell import text_cell

DELIMITERS = ",;\t"
# Lines by which the separator is found.
_TRIED = 20


def read_csv(content: bytes, name: str) -> Sheet:
    """Return a CSV file's bytes as a sheet.

    The text of a cell is kept as it is written. Commas, semicolons or tabs separate, whichever gives most columns.
    Raises UsageError.
    """
    text = decode_file(content, name)
    sheet = PurePath(name).stem
    rows: list[tuple[int, list[str]]] = []
    cells = 0
    try:
        for number, values in enumerate(csv.reader(_lines(text), delimiter=_delimiter(text)), start=1):
            filled = len(values)
            while filled and not values[filled - 1].strip():
                filled -= 1
            if filled and number > MOST_ROWS:
                raise too_many_rows(sheet, number)
            if filled > MOST_COLUMNS:
                raise too_many_columns(sheet, f"{column_letters(filled)}{number}")
            cells += filled
            if cells > MOST_CELLS:
                raise too_many_cells(sheet)
            if filled:
                rows.append((number, values[:filled]))
    except csv.Error as reason:
        raise UsageError(
            N_("{file} cannot be read as CSV: {reason}. Save it again from the program it comes from."),
            file=name,
            reason=reason,
        ) from reason
    return Sheet(name=sheet, rows=tuple(_row(number, values) for number, values in rows))


def _lines(text: str) -> io.StringIO:
    return io.StringIO(text, newline="")


def _row(number: int, values: list[str]) -> Row:
    cells = (text_cell(number, column, value) for column, value in enumerate(values, start=1))
    return Row(number=number, cells=tuple(cells))


def _delimiter(text: str) -> str:
    """Return the separator whose rows have most columns in most of the first lines."""

    def weight(delimiter: str) -> tuple[int, int]:
        counts: list[int] = []
        try:
            for values, _place in zip(
                csv.reader(_lines(text), delimiter=delimiter), range(_TRIED), strict=False
            ):
                counts.append(len(values))
        except csv.Error:
            return 0, 0
        return sum(1 for count in counts if count > 1), max(counts, default=0)

    return max(DELIMITERS, key=weight)
