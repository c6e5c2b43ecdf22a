"""Judges rows of all kinds of lists, and makes their stored keys.

It also says where a broken import goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from sla_tracker.domain.imports.run import ImportRun, ListReading
from sla_tracker.errors import SlaError
from sla_tracker.services.imports.rows import (
    Entry,
    PlannedRow,
    ReadList,
    ReadRow,
    RowFate,
    unclear_cell,
)


def source_of(reading: ListReading) -> str:
    """Return the system that gave a list, else its kind: how stored keys begin."""
    return f"{reading.source or reading.about or 'events'}/"


def key_of_row(reading: ListReading, entry: Entry) -> str:
    """Return the stored key of a row; "" for a row without one.

    The key is the source of the list, then the row's own key.
    """
    return f"{source_of(reading)}{entry.key}" if entry.key else ""


def planned_rows(
    read: ReadList[Entry], run: ImportRun | None, fate_of: Callable[[ReadRow[Entry]], PlannedRow[Entry]]
) -> Sequence[PlannedRow[Entry]]:
    """Return the rows of a list with their fates.

    Rows that a broken import has dealt with need nothing more.
    """
    after = run.last_row if run is not None else -1
    return tuple(
        fate_of(row)
        if row.row > after
        else PlannedRow(row=row.row, fate=RowFate.SAME if row.entry else RowFate.NO_ENTRY, entry=row.entry)
        for row in read.rows
    )


def judged(
    row: ReadRow[Entry], judge: Callable[[ReadRow[Entry], Entry], PlannedRow[Entry]]
) -> PlannedRow[Entry]:
    """Return the fate of a row.

    `judge` says it where reading the row gave an entry without a doubt.
    """
    if row.unclear:
        return PlannedRow(row=row.row, fate=RowFate.DOUBTFUL, entry=row.entry, unclear=tuple(row.unclear))
    if row.entry is None:
        return PlannedRow(row=row.row, fate=RowFate.NO_ENTRY)
    return judge(row, row.entry)


def doubtful(
    read: ReadList[Entry],
    row: ReadRow[Entry],
    problems: Iterable[tuple[str, SlaError]],
    *,
    repeats: bool = False,
) -> PlannedRow[Entry]:
    """Return a row as doubtful, with the cell of each column that has a problem."""
    unclear = tuple(unclear_cell(read.sheet, row, column, problem) for column, problem in problems)
    return PlannedRow(row=row.row, fate=RowFate.DOUBTFUL, entry=row.entry, unclear=unclear, repeats=repeats)


def refused(
    read: ReadList[Entry], row: PlannedRow[Entry], column: str, problem: SlaError
) -> PlannedRow[Entry]:
    """Return a row that was to be taken over as doubtful, with why it was refused."""
    source = next(one for one in read.rows if one.row == row.row)
    return replace(row, fate=RowFate.DOUBTFUL, unclear=(unclear_cell(read.sheet, source, column, problem),))
