"""Values of a sheet of cells that was read from a workbook or a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time, timedelta

from sla_tracker.value_class import dataclass

Value = str | int | float | bool | date | datetime | time | None

LETTERS = 26
# Day 0 of the serial numbers in which sheets keep dates; the second one counts from 1904, as old ones of Macs did.
FIRST_SERIAL_DAY, FIRST_SERIAL_DAY_1904 = date(1899, 12, 30), date(1904, 1, 1)
LAST_SERIAL = 2_958_465  # 9999-12-31
MOST_HEADING_ROWS = 30  # rows above the headings: titles, remarks, a date


def column_letters(column: int) -> str:
    """Return the letters of a column, which is counted from 1: 1 is A, 28 is AB."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, LETTERS)
        letters = chr(ord("A") + rest) + letters
    return letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its place, counted from 1, and what it holds.

    `shown` is its text as a reader of the sheet sees it. A cell inside a merged area repeats the area's value, and
    `source` is then the address of the cell that holds it. With a `problem`, a msgid, the value is not known. `label`
    is the name of a value in a file without columns.
    """

    row: int
    column: int
    value: Value = None
    shown: str = ""
    source: str = ""
    problem: str = ""
    label: str = ""

    @property
    def address(self) -> str:
        """Return where a value stands: an address such as C5, or a name and a line.

        A value of JSON lines has a name and a line.
        """
        if self.label:
            return f"{self.label}:{self.row}"
        return f"{column_letters(self.column)}{self.row}"

    @property
    def text(self) -> str:
        """Return the text without the blanks around it."""
        return self.shown.strip()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing stands in the cell."""
        return not self.text and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a sheet; `cells` begins with column A and may end early."""

    number: int
    cells: Sequence[Cell] = ()
    hidden: bool = False

    def cell(self, column: int) -> Cell:
        """Return the cell of a column, an empty one behind the last."""
        inside = 0 < column <= len(self.cells)
        return self.cells[column - 1] if inside else Cell(row=self.number, column=column)

    @property
    def is_empty(self) -> bool:
        """Return whether every cell is empty."""
        return all(cell.is_empty for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet with its rows in order; rows without any cell are left out.

    `serials_start` is day 0 of dates that stand in it as plain numbers.
    """

    name: str
    rows: Sequence[Row] = ()
    hidden: bool = False
    hidden_columns: frozenset[int] = frozenset()
    serials_start: date = FIRST_SERIAL_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The first table of a sheet: what its headings name, and its rows.

    `columns` has the column of each heading that is known, `unknown` the headings that are not, by column. `more` are
    the numbers of rows at which further tables begin.
    """

    sheet: Sheet
    heading_row: int
    columns: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[int, str] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    more: Sequence[int] = ()


def first_table(sheet: Sheet, known: Callable[[str], str], needed: int = 2) -> Table | None:
    """Return the first table of a sheet, found by its headings; None without any.

    `known` names what a heading means, or "". The row among the first ones with most known headings, at least
    `needed`, is that of the headings; a second row of headings under merged ones is read with it. The table ends where
    half as many known headings stand in a row again.
    """
    rows = sheet.rows
    counted = [(len(_headings(row, known)), -place) for place, row in enumerate(rows[:MOST_HEADING_ROWS])]
    most, place = max(counted, default=(0, 0))
    if most < needed:
        return None
    heading, body = rows[-place], rows[-place + 1 :]
    columns = _headings(heading, known)
    unknown = {cell.column: cell.text for cell in heading.cells if cell.text and not known(cell.text)}
    while body and _continues(body[0], heading):
        columns = columns | _headings(body[0], known)
        unknown |= {cell.column: cell.text for cell in body[0].cells if cell.text and not known(cell.text)}
        body = body[1:]
    unknown = {column: text for column, text in unknown.items() if column not in columns.values()}
    starts = [
        number for number, row in enumerate(body) if len(_headings(row, known)) >= max(needed, most // 2)
    ]
    end = starts[0] if starts else len(body)
    return Table(
        sheet=sheet,
        heading_row=heading.number,
        columns=columns,
        unknown=unknown,
        rows=tuple(row for row in body[:end] if not row.is_empty),
        more=tuple(body[number].number for number in starts),
    )


def _headings(row: Row, known: Callable[[str], str]) -> dict[str, int]:
    """Return the column of each known heading; of a repeated one the first."""
    found: dict[str, int] = {}
    for cell in row.cells:
        meaning = known(cell.text) if cell.text else ""
        if meaning:
            found.setdefault(meaning, cell.column)
    return found


def _continues(row: Row, heading: Row) -> bool:
    """Return whether a row repeats a heading that was merged over both."""
    above = {cell.source or cell.address for cell in heading.cells if not cell.is_empty}
    return any(cell.source in above for cell in row.cells if cell.source)


def serial_day(sheet: Sheet, number: float) -> date | None:
    """Return the day that a plain number means as a sheet's serial date.

    Returns None for a number out of range.
    """
    if not 1 <= number <= LAST_SERIAL:
        return None
    try:
        return sheet.serials_start + timedelta(days=int(number))
    except OverflowError:
        return None


def hidden_ranges(numbers: Sequence[int]) -> Iterator[str]:
    """Yield numbers in a row as ranges: 7–9, 12."""
    start = previous = None
    for number in [*sorted(numbers), None]:
        if previous is not None and number != previous + 1:
            yield f"{start}" if start == previous else f"{start}–{previous}"
            start = None
        start = number if start is None else start
        previous = number
