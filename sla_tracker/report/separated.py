"""Writes a report as comma-separated values: one table, or a zip with all of them.

A number a cell, shares as decimals, spans in hours, instants in ISO 8601; for spreadsheets and programs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sla_tracker.i18n import gettext as _
from sla_tracker.report.cells import literal
from sla_tracker.report.model import Cell, Column, Report, Share, Table, Value

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads a UTF-8 CSV file in the local code page
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can hold; the same report gives the same bytes
HOUR = timedelta(hours=1)
RATES = "obligations"  # the table from which all rates follow


def as_csv(report: Report) -> bytes:
    """Return the rates by obligation, or the only table, as one tidy table.

    The checkpoint stands in its last column.
    """
    only = report.tables[0] if len(report.tables) == 1 else None
    found = next((table for table in report.tables if table.id == RATES), only)
    if found is None:
        return _encoded([[literal(_("Nothing was owed in this range."))], [literal(report.ending)]])
    headings = [*(literal(column.heading) for column in found.columns), literal(_("As on record"))]
    rows = [[*(_number(cell.value) for cell in row), report.ending] for row in _own_rows(found)]
    return _encoded([headings, *rows])


def as_zip(report: Report) -> bytes:
    """Return every table as a CSV file in one zip, with the rows behind figures.

    Each kind of rows has a file. The checkpoint lies in `anchor.txt`.
    """
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for table in report.tables:
            own = table.tidy
            columns, rows = (table.columns, _own_rows(table)) if own is None else (own.columns, own.rows)
            _add(archive, f"{table.id}.csv", _encoded(_lines(columns, rows)))
        for family, tables in report.families().items():
            rows = [row for table in tables for row in table.rows]
            _add(archive, f"{family.value}.csv", _encoded(_lines(tables[0].columns, rows)))
        said = "\n".join((report.title, report.standing, report.ending, ""))
        _add(archive, "anchor.txt", said.encode())
    return stream.getvalue()


def _add(archive: ZipFile, name: str, content: bytes) -> None:
    entry = ZipInfo(name, EARLIEST)
    entry.compress_type = ZIP_DEFLATED
    archive.writestr(entry, content)


def _own_rows(table: Table) -> Sequence[Sequence[Cell]]:
    """Return a table's rows without the total, which a tidy table does not have."""
    return table.rows[:-1] if table.has_total else table.rows


def _lines(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    return [
        [literal(column.heading) for column in columns],
        *([_number(cell.value) for cell in row] for row in rows),
    ]


def _number(value: Value) -> str:
    match value:
        case None:
            return ""
        case Share():
            return "" if value.number is None else f"{value.number:g}"
        case datetime():
            return value.isoformat(timespec="minutes")
        case timedelta() | Decimal():
            return f"{value / HOUR:.2f}" if isinstance(value, timedelta) else f"{value:.1f}"
        case int() | float():
            return str(value)
    return literal(value)


def _encoded(rows: Sequence[Sequence[str]]) -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return (BYTE_ORDER_MARK + stream.getvalue()).encode()
