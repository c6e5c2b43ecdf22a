"""Reads JSON lines as one sheet: the names of the values are its headings."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any

from sla_tracker.domain.decode import decode_file
from sla_tracker.domain.sheets import Cell, Row, Sheet
from sla_tracker.errors import N_, UsageError
from sla_tracker.sheets.limits import (
    LONGEST_CELL,
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    too_many_cells,
    too_many_columns,
    too_many_rows,
)
from sla_tracker.sheets.text_cell import text_cell

NESTED = N_("a list or an object; write a text or a number")


def read_json_lines(content: bytes, name: str) -> Sheet:
    """Return a file of one JSON object a line as a sheet.

    The row of a value is its line. Raises UsageError for a line that is no object, naming it.
    """
    sheet = PurePath(name).stem
    columns: dict[str, int] = {}
    rows: list[tuple[int, dict[str, Any]]] = []
    # Only line feeds end a line: a text may hold other line separators (U+2028, U+0085) as they are.
    for number, line in enumerate(decode_file(content, name).split("\n"), start=1):
        if not line.strip():
            continue
        if number > MOST_ROWS:
            raise too_many_rows(sheet, number)
        values = _object(line, number, name)
        for key in values:
            columns.setdefault(key, len(columns) + 1)
        if len(columns) > MOST_COLUMNS:
            raise too_many_columns(sheet, str(number))
        rows.append((number, values))
        if len(rows) * len(columns) > MOST_CELLS:
            raise too_many_cells(sheet)
    headings = tuple(
        Cell(row=0, column=column, value=key[:LONGEST_CELL], shown=key[:LONGEST_CELL], label=key[:40])
        for key, column in columns.items()
    )
    if not headings:
        return Sheet(name=sheet)
    read = (_row(number, values, columns) for number, values in rows)
    return Sheet(name=sheet, rows=(Row(number=0, cells=headings), *read))


def _row(number: int, values: dict[str, Any], columns: dict[str, int]) -> Row:
    cells = {columns[key]: _cell(number, columns[key], key, value) for key, value in values.items()}
    last = max(cells, default=0)
    filled = (cells.get(at) or Cell(row=number, column=at) for at in range(1, last + 1))
    return Row(number=number, cells=tuple(filled))


def _object(line: str, number: int, name: str) -> dict[str, Any]:
    wrong = UsageError(
        N_("{file}, line {line}: this is no JSON object; write one as {example}."),
        file=name,
        line=number,
        example='{"subject": "鄂F·12345", "at": "2026-11-20 16:40"}',
    )
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):  # also for numbers of thousands of digits
        raise wrong from None
    if not isinstance(value, dict):
        raise wrong
    return value


def _cell(row: int, column: int, key: str, value: object) -> Cell:
    label = key[:40]
    match value:
        case None:
            return Cell(row=row, column=column, label=label)
        case str():
            return text_cell(row, column, value, label)
        case bool():
            return Cell(row=row, column=column, value=value, shown=str(value).lower(), label=label)
        case int() | float():
            plain = int(value) if isinstance(value, float) and value.is_integer() else value
            return Cell(row=row, column=column, value=plain, shown=str(plain), label=label)
        case _:
            return Cell(row=row, column=column, problem=NESTED, label=label)
