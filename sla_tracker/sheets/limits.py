"""How large a file of sheets may be, so that none can exhaust memory or time."""

from __future__ import annotations

from sla_tracker.errors import N_, UsageError

LARGEST_FILE = 16 * 1024 * 1024  # bytes
# All parts of a workbook unpacked, as its list of parts states them before anything is unpacked.
LARGEST_UNPACKED = 64 * 1024 * 1024  # bytes
MOST_PARTS = 1_000
MOST_SHEETS = 64
MOST_ROWS = 60_000
MOST_COLUMNS = 64
MOST_CELLS = 1_000_000  # of all sheets of a file together
MOST_MERGED = 640_000  # cells that all merged areas of a sheet cover together
LONGEST_CELL = 4_000  # characters


def too_many_rows(sheet: str, row: int) -> UsageError:
    """Return the error for a sheet with too many rows."""
    return UsageError(
        N_("Sheet “{sheet}” goes on to row {row}; at most {limit} rows are read. Split it."),
        sheet=sheet,
        row=row,
        limit=MOST_ROWS,
    )


def too_many_columns(sheet: str, address: str) -> UsageError:
    """Return the error for a sheet with too many columns."""
    return UsageError(
        N_(
            "Sheet “{sheet}” has something in {cell}; at most {limit} columns are read. Remove what lies beyond."
        ),
        sheet=sheet,
        cell=address,
        limit=MOST_COLUMNS,
    )


def too_many_cells(sheet: str) -> UsageError:
    """Return the error for a file with too many cells."""
    return UsageError(
        N_(
            "Sheet “{sheet}” makes it more than {limit} filled cells in the file, the most that is read. Split it."
        ),
        sheet=sheet,
        limit=MOST_CELLS,
    )
