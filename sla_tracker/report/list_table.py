"""Makes a list into a report of one table, for workbooks, CSV files and pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from sla_tracker.report.model import Cell, Column, Kind, Report, Share, Table, Value
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.list_content import ListCell, ListContent, ListShare
from sla_tracker.wording.checkpoints import footer


def list_report(context: ServiceContext, content: ListContent) -> Report:
    """Return a report that holds the rows of a list.

    It ends with the checkpoint of the store.
    """
    zone = context.settings.zone
    now = context.now()
    columns = tuple(
        Column(heading=heading, kind=_kind(content, place)) for place, heading in enumerate(content.headings)
    )
    rows = tuple(tuple(Cell(value=_value(value)) for value in row) for row in content.rows)
    return Report(
        title=content.title,
        standing=f"{now.astimezone(zone):%Y-%m-%d %H:%M}",
        tables=(Table(id=content.id, title=content.title, columns=columns, rows=rows),),
        ending=footer(context.store, now, zone),
    )


def _kind(content: ListContent, place: int) -> Kind:
    """Return the kind of a column, which is that of its first value."""
    value = next((row[place] for row in content.rows if row[place] is not None), "")
    match value:
        case datetime():
            return Kind.MOMENT
        case timedelta():
            return Kind.SPAN
        case ListShare():
            return Kind.SHARE
        case int() | float():
            return Kind.COUNT
    return Kind.TEXT


def _value(value: ListCell) -> Value:
    if isinstance(value, ListShare):
        return Share(ratio=value.ratio, target=value.target, is_target=value.is_target)
    return value
