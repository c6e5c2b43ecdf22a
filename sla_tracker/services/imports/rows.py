"""Rows of a list that was read, and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from sla_tracker.domain.imports.run import ImportKind, ListReading
from sla_tracker.errors import N_, Phrase, RecordingStopped, SlaError, StoreError, UsageError
from sla_tracker.services.authoring.unclear import UnclearCell
from sla_tracker.value_class import dataclass

NOT_OF_THE_ROW = (StoreError, RecordingStopped)
"""Errors in which nothing is wrong with a row: nothing can be recorded now, and later it can."""


class KindNotSaid(UsageError):
    """Neither the file nor somebody says which kind of event all rows of a list are."""


class RowFate(StrEnum):
    """What becomes of one row of a list.

    A doubtful one is left out, as is one that is no entry (a total).
    """

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    DOUBTFUL = "doubtful"
    NO_ENTRY = "no_entry"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """What one row says about an event; `key` is how its list names it."""

    type: str
    subject: str
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """What one row asks for: an obligation of a provider, or only a text."""

    obligation: str
    provider: str
    subject: str
    text: str = ""
    wanted_at: datetime | None = None
    key: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRow:
    """What one row says about a finished duty.

    `delivered_at` is None for a missed duty.
    """

    obligation: str
    provider: str
    consumer: str
    due_at: datetime
    delivered_at: datetime | None
    month: str
    subject: str = ""
    key: str = ""


Entry = TypeVar("Entry", EventRow, RequestRow, PastRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow(Generic[Entry]):
    """One row as it was read: an entry, or why there is none.

    `cells` are the address and the text of each column that was read. Without an entry and without `unclear` cells it
    is no entry of the list, such as a total.
    """

    row: int
    entry: Entry | None = None
    cells: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    unclear: Sequence[UnclearCell] = ()


class Asked(StrEnum):
    """What a question about a list asks: the field of ListReading that answers it."""

    DATES = "dates"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What has to be known before some cells can be read.

    `option` says what is asked, `proposed` the likely answer, `column` whose cells
    it is about.
    """

    option: Asked
    text: Phrase
    proposed: str = ""
    cells: Sequence[str] = ()
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadList(Generic[Entry]):
    """A list as it was read from a file.

    `reading` is how, with what was found in the list itself. `used` are the headings that were read, each with its
    address, by what they hold, `labels` what people call that; `unused` the other headings, `others` further sheets and
    tables.
    """

    kind: ImportKind
    file: str
    digest: str
    sheet: str
    reading: ListReading
    used: Mapping[str, tuple[str, str]]
    labels: Mapping[str, object]
    rows: Sequence[ReadRow[Entry]]
    unused: Sequence[str] = ()
    others: Sequence[str] = ()
    hidden_rows: Sequence[str] = ()
    hidden_columns: Sequence[str] = ()
    questions: Sequence[Question] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDifference:
    """What a row says otherwise than the value that is there; `what` is a column."""

    what: str
    before: str | datetime
    after: str | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow(Generic[Entry]):
    """What becomes of one row.

    `id` is the value that is there already, `differences` what a correction would change. `repeats` says that it is
    left out only because it repeats another one or its subject looks mistyped.
    """

    row: int
    fate: RowFate
    entry: Entry | None = None
    id: str = ""
    differences: Sequence[ColumnDifference] = ()
    unclear: Sequence[UnclearCell] = ()
    repeats: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan(Generic[Entry]):
    """A list and the fate of each of its rows, as things stand."""

    read: ReadList[Entry]
    rows: Sequence[PlannedRow[Entry]]

    def with_fate(self, fate: RowFate) -> Sequence[PlannedRow[Entry]]:
        """Return the rows of one fate."""
        return [row for row in self.rows if row.fate is fate]

    @property
    def counts(self) -> Mapping[RowFate, int]:
        """Return how many rows have each fate."""
        return {fate: len(self.with_fate(fate)) for fate in RowFate}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported(Generic[Entry]):
    """What an import did: values added and changed, duties opened, rows left out.

    An import that took nothing over has no id.
    """

    id: str = ""
    added: int = 0
    changed: int = 0
    same: int = 0
    opened: int = 0
    left_out: Sequence[PlannedRow[Entry]] = ()


def unclear_cell(sheet: str, row: ReadRow[Entry], column: str, problem: SlaError) -> UnclearCell:
    """Return the cell of a column with its problem.

    Where the row has no such column, it is the first filled cell.
    """
    filled = (cell for cell in row.cells.values() if cell[1])
    address, text = row.cells.get(column) or next(filled, (str(row.row), ""))
    return UnclearCell(
        sheet=sheet, address=address, text=text, reason=Phrase(N_("{problem}"), problem=problem)
    )
