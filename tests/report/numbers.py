"""Finds the numbers of a report that are to open their rows."""

from __future__ import annotations

from collections.abc import Iterator

from sla_tracker.report.model import Cell, Report, Table

COUNTED = {"league": {"On time", "Judged"}, "forecast": set[str](), "measured": set[str]()}
"""Columns of tables that hold places, distances, levels or what is expected besides numbers of rows."""
NO_ROWS = {"Misses allowed", "Updates in time", "Updates due"}
"""An allowed number opens the misses; updates lie within their duties."""


def numbers_of_rows(report: Report) -> Iterator[tuple[Table, str, Cell]]:
    """Yield each number of rows with its table and heading, in English; of months only those within the range."""
    for table in report.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row, strict=True):
                is_counted = column.heading in COUNTED.get(table.id, {column.heading})
                is_beyond = table.id == "months" and not cell.opens
                if (
                    isinstance(cell.value, int)
                    and is_counted
                    and column.heading not in NO_ROWS
                    and not is_beyond
                ):
                    yield table, column.heading, cell
