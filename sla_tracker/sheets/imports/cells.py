"""Reads the values of a list's cells, and says of each that is not certain why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal

from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.typed_values import stored_value
from sla_tracker.domain.imports.run import DateOrder, ListReading
from sla_tracker.domain.sheets import Cell, Row
from sla_tracker.errors import N_, Phrase, UsageError
from sla_tracker.services.authoring.unclear import LONGEST_TEXT, UnclearCell
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.imports.rows import Asked, Question
from sla_tracker.sheets.imports.columns import FoundColumns
from sla_tracker.sheets.imports.dates import (
    Written,
    clock_seconds,
    instant_of,
    resolved_day,
    written_in,
)
from sla_tracker.value_class import dataclass

_SHORTENED = re.compile(r"-?\d+(?:[.,]\d+)?e\+?\d+", re.IGNORECASE)
LARGEST_EXACT = 10**15
"""Numbers from here on have lost digits in a sheet, which keeps fifteen."""
LOST_CHARACTER = "\ufffd"
MOST_NAMED = 20
"""Cells that a question names."""


@dataclass(slots=True, kw_only=True)
class CellReader:
    """Reads the cells of one list.

    `reading` says how, and `unclear` collects what is not certain in a row.
    """

    context: ServiceContext
    found: FoundColumns
    reading: ListReading
    unclear: list[UnclearCell] = field(default_factory=list)
    _ignored: Collection[str] = ()
    _dates: dict[str, dict[int, Written | UsageError | None]] = field(default_factory=dict)

    def cell(self, row: Row, column: str) -> Cell:
        """Return a row's cell of a column."""
        return self.found.cell(row, column)

    def note(self, cell: Cell, problem: UsageError) -> None:
        """Keep why a cell is not certain."""
        self.unclear.append(
            UnclearCell(
                sheet=self.found.table.sheet.name,
                address=cell.address if cell.column else str(cell.row),
                text=cell.text,
                reason=Phrase(N_("{problem}"), problem=problem),
            )
        )

    def text(self, row: Row, column: str) -> str:
        """Return a cell as one line of text; leading zeros stay."""
        cell = self.cell(row, column)
        problem = _lost(cell)
        if problem is not None:
            self.note(cell, problem)
            return ""
        return " ".join(cell.text.split())

    def value(self, row: Row, column: str, field: Field) -> str:
        """Return a cell as the stored value of a field.

        A wrong value is left for the field's own check.
        """
        cell = self.cell(row, column)
        if cell.is_empty:
            return ""
        if field.kind is FieldKind.DATE:
            day = self._day(row, column)
            return day.isoformat() if day is not None else ""
        if field.kind is FieldKind.NUMBER and isinstance(cell.value, int | float):
            return "" if isinstance(cell.value, bool) else format(Decimal(repr(cell.value)), "f")
        text = self.text(row, column)
        return stored_value(field, text, date.fromisoformat) if text else ""

    # --- days and times -----------------------------------------------------------------------------------------------

    def scan(self, columns: Sequence[str], ignored: Collection[str] = ()) -> Iterator[Question]:
        """Read all dates of some columns, and yield the questions that they leave open.

        `ignored` are texts that stand for no date. Raises UsageError where the order is said of another column.
        """
        self._ignored = ignored
        for said in self.reading.dates_of:
            if said not in columns:
                raise UsageError(
                    N_("--dates: “{name}” is no column of dates in such a list; there are {known}."),
                    name=said,
                    known=", ".join(columns),
                )
        for column in columns:
            if self.found.columns.get(column):
                self._dates[column] = {
                    row.number: self._written(row, column) for row in self.found.table.rows
                }
        yield from self._which_order()
        yield from self._which_year()

    def _written(self, row: Row, column: str) -> Written | UsageError | None:
        cell = self.cell(row, column)
        if cell.problem or cell.text.casefold() in self._ignored or self.found.is_total(row):
            return None
        try:
            return written_in(cell, self.found.table.sheet)
        except UsageError as problem:
            return problem

    def _cells(self, column: str, rows: Sequence[int]) -> tuple[str, ...]:
        number = self.found.columns[column]
        return tuple(Cell(row=row, column=number).address for row in rows[:MOST_NAMED])

    def _which_order(self) -> Iterator[Question]:
        for column, read in self._dates.items():
            doubtful = [row for row, one in read.items() if isinstance(one, Written) and one.is_ambiguous]
            if not doubtful or self.reading.order_of(column) is not None:
                continue
            orders = Counter(one.order for one in read.values() if isinstance(one, Written) and one.order)
            likely = max(orders, key=lambda order: orders[order], default=None)
            cells = self._cells(column, doubtful)
            yield Question(
                option=Asked.DATES,
                text=Phrase(
                    _ORDERS[likely], n=len(doubtful), cell=cells[0], certain=orders[likely] if likely else 0
                ),
                proposed=likely or "",
                cells=cells,
                column=column,
            )

    def _which_year(self) -> Iterator[Question]:
        for column, read in self._dates.items():
            lacking = [row for row, one in read.items() if isinstance(one, Written) and one.without_year]
            if lacking and self.reading.year is None:
                cells = self._cells(column, lacking)
                year = self.context.now().astimezone(self.context.settings.zone).year
                yield Question(
                    option=Asked.YEAR,
                    text=Phrase(
                        N_("Dates without a year: {n}, such as {cell}. Of which year are they?"),
                        n=len(lacking),
                        cell=cells[0],
                    ),
                    proposed=str(year),
                    cells=cells,
                )

    def instant(
        self, row: Row, column: str, time_column: str = "", *, at_close: bool = False
    ) -> datetime | None:
        """Return the instant of a cell and of the time beside it.

        None where it is not certain. A day without a time takes that of the reading, else the opening of the day or its
        close.
        """
        found = self._dates.get(column, {}).get(row.number)
        if isinstance(found, Written) and found.instant is not None:
            return found.instant
        day = self._day(row, column)
        if day is None:
            return None
        try:
            beside = self._clock(row, time_column) if time_column else None
            seconds = found.seconds if isinstance(found, Written) and beside is None else beside
            if seconds is None and self.reading.at:
                seconds = clock_seconds(self.reading.at)
            if seconds is None:
                calendar = self.context.calendars[COMPANY]
                return calendar.close_of(day) if at_close else calendar.open_of(day)
            return instant_of(day, seconds, self.context.settings.zone)
        except UsageError as problem:
            self.note(self.cell(row, time_column), problem)
        except (OverflowError, ValueError):
            cell = self.cell(row, column)
            self.note(cell, UsageError(N_("“{text}” is no date that is certain"), text=cell.text))
        return None

    def _clock(self, row: Row, column: str) -> int | None:
        """Return the seconds of a cell that holds a time of day, None for an empty one.

        Raises UsageError.
        """
        cell = self.cell(row, column)
        written = written_in(cell, self.found.table.sheet)
        if written is None:
            return None
        if written.seconds is None or written.day is not None:
            raise UsageError(N_("“{text}” is no time of day; write it like 8:30."), text=cell.text)
        return written.seconds

    def _day(self, row: Row, column: str) -> date | None:
        """Return the day of a cell, None with a note where it is not certain."""
        cell = self.cell(row, column)
        if column not in self._dates:
            self._dates[column] = {}
        found = self._dates[column].get(row.number)
        if cell.problem:
            self.note(cell, UsageError(cell.problem))
            return None
        if isinstance(found, UsageError):
            self.note(cell, found)
            return None
        if found is None:
            self.note(cell, UsageError(N_("a date is missing")))
            return None
        try:
            day = resolved_day(
                found, self.reading.order_of(column), self.reading.year, cell.text[:LONGEST_TEXT]
            )
        except UsageError as problem:
            self.note(cell, problem)
            return None
        if day is None:
            self.note(cell, UsageError(N_("“{text}” names no day"), text=cell.text[:LONGEST_TEXT]))
        return day


def _lost(cell: Cell) -> UsageError | None:
    """Return what a cell has lost before it came here, or None."""
    if cell.problem:
        return UsageError(cell.problem)
    if LOST_CHARACTER in cell.text:
        return UsageError(N_("a character was lost when the file was saved; write it again"))
    if isinstance(cell.value, str) and _SHORTENED.fullmatch(cell.text):
        return UsageError(
            N_("the sheet has shortened this number; format the column as text and write it again")
        )
    if isinstance(cell.value, int | float) and abs(cell.value) >= LARGEST_EXACT:
        return UsageError(
            N_("a sheet keeps only fifteen digits of a number; format the column as text and write it again")
        )
    return None


_ORDERS = {
    None: N_(
        "Dates that can be read in two ways: {n}, such as {cell}. Which number comes first, the day or the month?"
    ),
    DateOrder.DAY_FIRST: N_(
        "Dates that can be read in two ways: {n}, such as {cell}; {certain} of the others have the day first. Which "
        "number comes first, the day or the month?"
    ),
    DateOrder.MONTH_FIRST: N_(
        "Dates that can be read in two ways: {n}, such as {cell}; {certain} of the others have the month first. Which "
        "number comes first, the day or the month?"
    ),
}
