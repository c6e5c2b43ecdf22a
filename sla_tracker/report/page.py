"""Writes a report as one HTML file, for screen and printer.

All text in it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.report.cells import text_of
from sla_tracker.report.chart_shapes import shapes_of
from sla_tracker.report.model import Cell, Column, Kind, Report, Run, Table

TEMPLATES = Path(__file__).resolve().parent / "templates"
FEW_COLUMNS, MANY_COLUMNS = 4, 9
NUMERIC = {Kind.COUNT, Kind.SHARE, Kind.SPAN}


def as_page(report: Report) -> bytes:
    """Return a report as one self-contained page; each number links to its rows."""
    template = _environment().get_template("page.html")
    page = template.render(
        report=report,
        charts=[shapes_of(chart) for chart in report.charts],
        index=_index(report),
        starts={(id, run.first): f"{id}.{run.first + 1}" for id, run in _starts(report)},
        language=language().replace("_", "-"),
        words={
            "nothing": _("Nothing was owed in this range."),
            "rows": _("What is behind the figures"),
            "counted": _("This number counts:"),
            "target": _("kept: ✓ · not kept: !"),
        },
    )
    return page.encode()


# Cached because it keeps the compiled template.
@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clean"] = clean
    environment.filters["cell"] = _cell_text
    environment.filters["aligned"] = _aligned
    environment.filters["breadth"] = _breadth
    return environment


def _cell_text(cell: Cell) -> str:
    return text_of(cell)


def _aligned(column: Column) -> str:
    return "number" if column.kind in NUMERIC else "text"


def _breadth(table: Table) -> str:
    """Return whether a table has few columns, many, or some.

    A table with few columns is not drawn as wide as the page.
    """
    return (
        "few"
        if len(table.columns) <= FEW_COLUMNS
        else "many"
        if len(table.columns) > MANY_COLUMNS
        else "some"
    )


def _index(report: Report) -> Mapping[str, list[tuple[Table, Run]]]:
    """Return the rows that each figure counts, by the figures that the page opens."""
    wanted = {cell.opens for table in report.tables for row in table.rows for cell in row if cell.opens}
    found: dict[str, list[tuple[Table, Run]]] = {}
    for table in report.rows:
        for id, runs in table.runs.items():
            if id in wanted:
                found.setdefault(id, []).extend((table, run) for run in runs)
    return found


def _starts(report: Report) -> Iterator[tuple[str, Run]]:
    """Yield where the rows of a figure begin within a table.

    The page can scroll to these places.
    """
    for parts in _index(report).values():
        for table, run in parts:
            yield table.id, run
