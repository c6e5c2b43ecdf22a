"""Finds the numbers of a report that are to open their rows."""

from __future__ import annotations

from collections.abc import Iterator

from sla_tracker.report.model import Cell, Report, Table

COUNTED = {
    "league": {"On time", "Counted"},
    "forecast": {"Misses", "Still ahead"},
    "measured": {"Reports"},
    "complaint-effects": {"Misses before", "Counted before", "Misses after", "Counted after"},
}
"""Columns of tables that hold places, distances, sums or what is expected besides numbers of rows."""
NO_ROWS = {"Misses allowed"}
"""An allowed number opens the misses."""
BEYOND = {"months", "forecast"}
"""Tables with months that a range holds in part only; their numbers open nothing then."""


def numbers_of_rows(report: Report) -> Iterator[tuple[Table, str, Cell]]:
    """Yield each number of rows with its table and heading, in English; of months only those within the range."""
    for table in report.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row, strict=True):
                is_counted = column.heading in COUNTED.get(table.id, {column.heading})
                is_beyond = table.id in BEYOND and not cell.opens
                if (
                    isinstance(cell.value, int)
                    and is_counted
                    and column.heading not in NO_ROWS
                    and not is_beyond
                ):
                    yield table, column.heading, cell
