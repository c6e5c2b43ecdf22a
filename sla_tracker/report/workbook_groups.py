"""Places of the rows that a report's numbers count in a workbook.

A link leads to one stretch of cells. A number whose rows lie in several leads to a sheet that lists them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xlsxwriter.utility import xl_col_to_name

from sla_tracker.report.cells import text_of
from sla_tracker.report.model import Report, RowFamily, Run, Table
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of one table that a number counts, and their place in the workbook."""

    title: str
    count: int
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedFigure:
    """A number of the report by its id: its first place, and the groups of its rows."""

    id: str
    name: str
    groups: tuple[Group, ...]


def groups_of(report: Report, sheets: Mapping[RowFamily, str], first_row: int) -> list[CountedFigure]:
    """Return the numbers of a report that open rows, in the report's order.

    Each is given once. `sheets` are the names of the sheets with rows, whose first row is `first_row` (counted from 1).
    """
    found: dict[str, list[Group]] = {}
    for family, tables in report.families().items():
        row = first_row
        for table in tables:
            for id, runs in table.runs.items():
                found.setdefault(id, []).extend(_group(table, run, sheets[family], row) for run in runs)
            row += len(table.rows)
    names = dict(_names(report))
    return [
        CountedFigure(id=id, name=name, groups=tuple(found[id])) for id, name in names.items() if id in found
    ]


def places_of(figures: Sequence[CountedFigure], sheet: str, first_row: int) -> Mapping[str, str]:
    """Return the place to which each number leads.

    To its rows, or to their groups on the sheet that lists them.
    """
    places: dict[str, str] = {}
    row = first_row
    for one in figures:
        if len(one.groups) == 1:
            places[one.id] = f"internal:{one.groups[0].place}"
            continue
        places[one.id] = f"internal:'{sheet}'!A{row}:D{row + len(one.groups) - 1}"
        row += len(one.groups)
    return places


def _group(table: Table, run: Run, sheet: str, row: int) -> Group:
    last = xl_col_to_name(len(table.columns) - 1)
    title = table.title
    if run.count < len(table.rows):
        rows = f"{run.first + 1}" if run.count == 1 else f"{run.first + 1}-{run.last + 1}"
        title = f"{table.title} ({rows})"
    place = f"'{sheet}'!A{row + run.first}:{last}{row + run.last}"
    return Group(title=title, count=run.count, place=place)


def _names(report: Report) -> Iterator[tuple[str, str]]:
    """Yield each number's id with its table, row and column.

    For a number that stands twice it is the first place.
    """
    seen: set[str] = set()
    for table in report.tables:
        for row in table.rows:
            for column, cell in zip(table.columns, row, strict=True):
                if cell.opens and cell.opens not in seen:
                    seen.add(cell.opens)
                    yield cell.opens, " · ".join((table.title, text_of(row[0]), column.heading))
