"""Tells the entries among a list's rows from totals, remarks and hidden rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sla_tracker.domain.imports.run import ImportKind
from sla_tracker.domain.sheets import Row
from sla_tracker.errors import N_, UsageError
from sla_tracker.services.authoring.unclear import LONGEST_TEXT
from sla_tracker.services.imports.columns import KEY
from sla_tracker.services.imports.rows import Entry, Question, ReadList, ReadRow
from sla_tracker.sheets.imports.cells import CellReader
from sla_tracker.sheets.imports.columns import Column

LONGEST_KEY = 200
"""Characters."""


def read_list(
    kind: ImportKind,
    columns: Sequence[Column],
    cells: CellReader,
    entry_of: Callable[[Row], Entry | None],
    questions: Sequence[Question],
    *,
    file: str,
    digest: str,
) -> ReadList[Entry]:
    """Return the list that was found in a file, row by row.

    `columns` are the columns that it could have.
    """
    found = cells.found
    return ReadList(
        kind=kind,
        file=file,
        digest=digest,
        sheet=found.table.sheet.name,
        reading=cells.reading,
        used=found.used(),
        labels={column.name: column.label for column in columns},
        unused=found.unused(),
        others=found.others,
        hidden_rows=found.hidden_rows(),
        hidden_columns=found.hidden_columns(),
        questions=questions,
        rows=tuple(read_rows(cells, entry_of)),
    )


def read_rows(cells: CellReader, entry_of: Callable[[Row], Entry | None]) -> Iterator[ReadRow[Entry]]:
    """Yield every row of a list with what it says.

    `entry_of` reads a row and notes what is not certain.
    """
    found = cells.found
    for row in found.table.rows:
        said = {
            name: (cell.address, cell.text[:LONGEST_TEXT])
            for name in found.columns
            if (cell := found.cell(row, name)).column
        }
        if found.is_total(row) or all(found.cell(row, name).is_empty for name in said):
            yield ReadRow(row=row.number, cells=said)
            continue
        cells.unclear = []
        if row.hidden and not cells.reading.hidden:
            first = next(cell for cell in row.cells if not cell.is_empty)
            cells.note(first, UsageError(N_("the row is hidden in the sheet; --hidden takes such rows too")))
        entry = entry_of(row)
        if len(cells.text(row, KEY)) > LONGEST_KEY:
            cells.note(
                cells.cell(row, KEY),
                UsageError(N_("a key has at most {limit} characters"), limit=LONGEST_KEY),
            )
        unclear = tuple(cells.unclear)
        yield ReadRow(row=row.number, entry=None if unclear else entry, cells=said, unclear=unclear)
