"""Makes a list of duties into a report of one table, for workbooks and CSV files."""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import Cell, Column, Kind, Report, Table
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.wording.checkpoints import footer
from sla_tracker.wording.duties import bucket_word, format_period, text_of
from sla_tracker.wording.reminders import department_word

ID = "duties"


def duty_list(context: ServiceContext, title: str, rows: Sequence[DutyRow]) -> Report:
    """Return a report that holds the rows of a list; its end is the store's checkpoint."""
    zone = context.settings.zone
    now = context.now()
    headings = (
        *(_("Ref"), _("Due"), _("Group"), _("Duty"), _("About"), _("From"), _("To"), _("Who")),
        _("Limit assumed"),
        _("Date provisional"),
    )
    columns = tuple(
        Column(heading=heading, kind=Kind.MOMENT if place == 1 else Kind.TEXT)
        for place, heading in enumerate(headings)
    )
    return Report(
        title=title,
        standing=f"{now.astimezone(zone):%Y-%m-%d %H:%M}",
        tables=(
            Table(id=ID, title=title, columns=columns, rows=tuple(_cells(context, row) for row in rows)),
        ),
        ending=footer(context.store, now, zone),
    )


def _cells(context: ServiceContext, row: DutyRow) -> tuple[Cell, ...]:
    yes = _("yes")
    texts = (
        bucket_word(row.bucket),
        text_of(row.title),
        row.subject or format_period(row.period_start, row.period_end),
        department_word(context, row.provider),
        department_word(context, row.consumer),
        context.name_of(row.assignee) if row.assignee else "",
        yes if row.assumed else "",
        yes if row.provisional else "",
    )
    due_at = row.due_at.astimezone(context.settings.zone)
    return (Cell(value=row.reference), Cell(value=due_at), *(Cell(value=text) for text in texts))
