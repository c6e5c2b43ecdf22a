"""`sla causes`: prints the causes of a range's misses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.documents import range_document, ratio
from sla_tracker.cli.formats.duty_lines import anchor_document, report_end
from sla_tracker.cli.formats.figure_lines import write_rows
from sla_tracker.cli.formats.list_files import OutputForm, to_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, date_range, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.causes import NOT_SAID, CauseRow
from sla_tracker.domain.measures.date_range import Unit, compared_ranges
from sla_tracker.domain.measures.figure_rows import OpenedFigure, RowSet
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.codes import coded_cause
from sla_tracker.services.months import service_levels
from sla_tracker.services.months.service_levels import CauseTable
from sla_tracker.wording.figures.levels import cause_headings, cause_texts
from sla_tracker.wording.figures.ranges import range_word, standing_word
from sla_tracker.wording.lists.figures import cause_list

MOST_MONTHS = 12  # months that the trend shows beside each other
ALL, NOBODY_SAID = "all", "none"


@click.command("causes", cls=Command)
@date_range
@option(
    "--department",
    metavar="DEPARTMENT",
    default="",
    help=N_("Of one department's duties only."),
    shell_complete=complete_departments,
)
@option(
    "--rows",
    "cause",
    metavar="CAUSE",
    default="",
    help=N_("The duties of a cause; `all` of all causes, `none` those for which nobody gave one."),
)
@option("--compare", is_flag=True, help=N_("With the counts of the range before and of a year before."))
@to_file
@as_json
@click.pass_obj
def causes_command(
    invocation: Invocation,
    dates: str,
    since: str,
    until: str,
    department: str,
    cause: str,
    compare: bool,
    file: str | None,
    as_json: bool,
) -> None:
    """Show the causes of a range."""
    out = OutputForm(file=file, as_json=as_json)
    asked = invocation.range(dates, since, until)
    provider = invocation.context.catalogue.department(department).id if department else ""
    if cause:
        figure = OpenedFigure(rows=RowSet.CAUSES, provider=provider, cause=_cause(invocation, cause))
        write_rows(invocation, asked, figure, out)
        return
    fiscal = invocation.context.settings.fiscal
    past = compared_ranges(asked, fiscal) if compare else ()
    found, *before = (
        service_levels.cause_table(invocation.context, one, provider=provider) for one in (asked, *past)
    )
    if file or as_json:
        out.write(invocation, cause_list(found, before), _document(invocation, found, before, provider))
    else:
        _write_table(invocation, found, before)


def _cause(invocation: Invocation, typed: str) -> str | None:
    """Return the code of a typed cause, None for all, empty for those nobody gave."""
    if typed in {ALL, NOBODY_SAID}:
        return None if typed == ALL else NOT_SAID
    return coded_cause(typed, invocation.context.settings.causes)


def _document(
    invocation: Invocation, found: CauseTable, before: Sequence[CauseTable], provider: str
) -> dict[str, Any]:
    asked = found.standing.dates
    compared = {
        name: {"range": range_document(one.standing), "causes": _cause_documents(one)}
        for name, one in zip(("before", "year_before"), before, strict=False)
    }
    return dict(
        month=asked.id if asked.unit is Unit.MONTH else None,
        range=range_document(found.standing),
        department=provider or None,
        causes=_cause_documents(found),
        **compared,
        anchor=anchor_document(invocation),
    )


def _cause_documents(found: CauseTable) -> list[dict[str, Any]]:
    return [
        {
            "cause": one.cause or None,
            "count": one.count,
            "share": ratio(one.share_ratio),
            "cumulative": ratio(one.cumulative_ratio),
            "by_month": dict(zip(found.standing.dates.months, trend.counts, strict=True)),
        }
        for one, trend in zip(found.rows, found.trends, strict=True)
    ]


def _write_table(invocation: Invocation, found: CauseTable, before: Sequence[CauseTable]) -> None:
    asked = found.standing.dates
    if not found.rows:
        output.message(_("Nothing was late or returned in {month}.", month=range_word(asked)), Tone.GOOD)
        return
    if asked.unit is not Unit.MONTH:
        output.line(Span(standing_word(found.standing), Tone.HEADING))
    first, *others = cause_headings()
    columns = [Column(heading=first, flexible=True), *(Column(heading=heading) for heading in others)]
    cells = [_cause_cells(one) for one in found.rows]
    for one in before:
        counts = {row.cause: row.count for row in one.rows}
        columns.append(Column(heading=one.standing.dates.id))
        for line, row in zip(cells, found.rows, strict=True):
            line.append(str(counts.get(row.cause, 0)))
    if 1 < len(asked.months) <= MOST_MONTHS and not before:
        columns += [
            Column(heading=month, spare=len(asked.months) - place) for place, month in enumerate(asked.months)
        ]
        for line, trend in zip(cells, found.trends, strict=True):
            line += [str(count) for count in trend.counts]
    output.table(columns, cells)
    report_end(invocation)


def _cause_cells(cause: CauseRow) -> list[Span | str]:
    said, *others = cause_texts(cause)
    return [Span(said, Tone.QUIET) if cause.cause == NOT_SAID else said, *others]
