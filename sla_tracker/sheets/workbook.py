"""Reads the sheets of an Excel workbook: values, dates, merged and hidden cells."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from sla_tracker.domain.sheets import FIRST_SERIAL_DAY, FIRST_SERIAL_DAY_1904, Cell, Row, Sheet, Value
from sla_tracker.errors import N_, UsageError
from sla_tracker.sheets.limits import (
    LARGEST_UNPACKED,
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_PARTS,
    MOST_SHEETS,
)
from sla_tracker.sheets.markup import SheetMarkup, read_markup

NO_VALUE = N_("a formula whose result the file does not hold; open it in Excel and save it")
ERROR = N_("an error of a formula")
_ZEROS = re.compile(r"0{2,}")
_DOCTYPE = b"<!DOCTYPE"
# Where a part would declare entities.
HEAD_BYTES = 1024


def read_workbook(content: bytes, name: str) -> Sequence[Sheet]:
    """Return the sheets of a workbook's bytes.

    Raises UsageError for a workbook that is broken or unpacks to more than is allowed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks of the library on styles and extensions
            _check_sizes(content, name)
            found = tuple(_sheets(content))
    except UsageError:
        raise
    # The library and the parsers below it raise whatever a damaged part makes them stumble over.
    except Exception as reason:
        raise _damaged(name) from reason
    if not found:
        raise _damaged(name)
    return found


def _damaged(name: str) -> UsageError:
    return UsageError(
        N_("{file} is damaged or no workbook; open it in Excel and save it again as .xlsx."), file=name
    )


def _check_sizes(content: bytes, name: str) -> None:
    """Refuse a workbook by the sizes that its list of parts states.

    Python's zipfile unpacks no more of a part than is stated, so nothing can be larger than what is checked here.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        unpacked = sum(part.file_size for part in parts)
        if len(parts) > MOST_PARTS or unpacked > LARGEST_UNPACKED:
            raise UsageError(
                N_(
                    "{file} unpacks to {size} MiB in {parts} parts; at most {limit} MiB and {most} are read. "
                    "Copy the list into a new workbook."
                ),
                file=name,
                size=-(-unpacked // 1024 // 1024),
                parts=len(parts),
                limit=LARGEST_UNPACKED // 1024 // 1024,
                most=MOST_PARTS,
            )
        for part in parts:
            # The library reads every part with a parser that would follow entities.
            with archive.open(part) as stream:
                head = stream.read(HEAD_BYTES).replace(b"\0", b"")
            if _DOCTYPE in head:
                raise UsageError(
                    N_("The workbook declares entities, as no program writes them; save it again.")
                )


def _sheets(content: bytes) -> Iterator[Sheet]:
    reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    reader.read()
    epoch = FIRST_SERIAL_DAY_1904 if reader.wb.epoch == CALENDAR_MAC_1904 else FIRST_SERIAL_DAY
    filled = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry, relation in list(reader.parser.find_sheets())[:MOST_SHEETS]:
            if "chartsheet" in relation.Type:
                continue
            with archive.open(relation.target) as stream:
                markup = read_markup(stream, entry.name, filled)
            filled += markup.filled
            yield Sheet(
                name=entry.name,
                rows=_rows(reader.wb[entry.name], markup),
                hidden=entry.state != "visible",
                hidden_columns=frozenset(markup.hidden_columns),
                serials_start=epoch,
            )
    reader.wb.close()


def _rows(worksheet: Any, markup: SheetMarkup) -> tuple[Row, ...]:
    grid: dict[int, list[Cell]] = {}
    if not markup.last_row:
        return ()
    worksheet.reset_dimensions()  # the stated size may be anything
    for number, cells in enumerate(
        worksheet.iter_rows(min_row=1, max_row=markup.last_row, max_col=MOST_COLUMNS), start=1
    ):
        found = [
            _cell(number, column, cell, is_known=(number, column) not in markup.without_value)
            for column, cell in enumerate(cells, start=1)
        ]
        while found and found[-1].is_empty:
            found.pop()
        if found:
            grid[number] = found
    _fill_merged(grid, markup)
    return tuple(
        Row(number=number, cells=tuple(grid[number]), hidden=number in markup.hidden_rows)
        for number in sorted(grid)
    )


def _cell(row: int, column: int, cell: Any, *, is_known: bool) -> Cell:
    value = cell.value
    if not is_known:
        return Cell(row=row, column=column, problem=NO_VALUE)
    if getattr(cell, "data_type", "") == "e":
        return Cell(row=row, column=column, shown=str(value), problem=ERROR)
    if isinstance(value, str):
        value = value[:LONGEST_CELL]
    return Cell(row=row, column=column, value=value, shown=_shown(value, getattr(cell, "number_format", "")))


def _shown(value: Value, number_format: str) -> str:
    """Return a value as the sheet shows it, leading zeros of its format included."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime():
            return value.isoformat(" ", "minutes").removesuffix(" 00:00")
        case time():
            return value.isoformat("minutes")
        case int() if _ZEROS.fullmatch(number_format):
            return f"{value:0{len(number_format)}d}"
        case _:
            return str(value)


def _fill_merged(grid: dict[int, list[Cell]], markup: SheetMarkup) -> None:
    """Repeat the value of each merged area in all of its cells."""
    for first_row, first_column, last_row, last_column in markup.merged:
        first = grid.get(first_row, [])
        if len(first) < first_column or first[first_column - 1].is_empty:
            continue
        origin = first[first_column - 1]
        for number in range(first_row, last_row + 1):
            cells = grid.setdefault(number, [])
            cells += [Cell(row=number, column=at) for at in range(len(cells) + 1, last_column + 1)]
            cells[first_column - 1 : last_column] = [
                _repeated(origin, number, column) for column in range(first_column, last_column + 1)
            ]
        first[first_column - 1] = origin


def _repeated(origin: Cell, row: int, column: int) -> Cell:
    return Cell(
        row=row,
        column=column,
        value=origin.value,
        shown=origin.shown,
        source=origin.address,
        problem=origin.problem,
    )
