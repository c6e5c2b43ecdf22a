"""Writes a report as one HTML file, for screen and printer; everything in it is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.report.cells import text_of
from sla_tracker.report.chart_shapes import shapes_of
from sla_tracker.report.model import Cell, Column, Kind, Report, Table

TEMPLATES = Path(__file__).resolve().parent / "templates"
NUMERIC = {Kind.COUNT, Kind.SHARE, Kind.SPAN}


def as_page(report: Report) -> bytes:
    """Return a report as one self-contained page; each number links to its rows."""
    template = _environment().get_template("page.html")
    page = template.render(
        report=report,
        charts=[shapes_of(chart) for chart in report.charts],
        index=_index(report),
        places=frozenset(_places(report)),
        language=language().replace("_", "-"),
        words={
            "nothing": _("Nothing was owed in this range."),
            "rows": _("The duties behind the figures"),
            "target": _("kept: ✓ · not kept: !"),
        },
    )
    return page.encode()


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
    return environment


def _cell_text(cell: Cell) -> str:
    return text_of(cell)


def _aligned(column: Column) -> str:
    return "number" if column.kind in NUMERIC else "text"


def _index(report: Report) -> Mapping[str, list[Table]]:
    """Return the tables of rows by the figures that count several of them."""
    found: dict[str, list[Table]] = {}
    for table in report.rows:
        for group in table.groups:
            found.setdefault(group, []).append(table)
    return found


def _places(report: Report) -> list[str]:
    return [*_index(report), *(table.id for table in report.rows)]
