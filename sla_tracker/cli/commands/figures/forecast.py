"""`sla forecast`: prints the misses expected until the end of the month."""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.detail_lines import write_details
from sla_tracker.cli.formats.figure_lines import write_rows
from sla_tracker.cli.formats.list_files import OutputForm, to_file
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.measures.figure_rows import ForecastFigure, OpenedFigure, RowSet
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.forecast import readable_forecasts
from sla_tracker.services.months.service_levels import present_month
from sla_tracker.wording.figures.forecast import forecast_headings, forecast_note, forecast_texts
from sla_tracker.wording.lists.figures import forecast_list

AHEAD = "ahead"


@click.command("forecast", cls=Command)
@option(
    "--department",
    metavar="DEPARTMENT",
    default="",
    help=N_("Of one department only."),
    shell_complete=complete_departments,
)
@option(
    "--rows",
    type=click.Choice([AHEAD, RowSet.MISSED.value]),
    help=N_("What is still ahead, each with the odds of a miss, or the misses so far."),
)
@to_file
@as_json
@click.pass_obj
def forecast_command(
    invocation: Invocation, department: str, rows: str | None, file: str | None, as_json: bool
) -> None:
    """Show the forecast of the present month."""
    out = OutputForm(file=file, as_json=as_json)
    context = invocation.context
    provider = context.catalogue.department(department).id if department else ""
    if rows == AHEAD:
        dates = present_month(context)
        write_details(invocation, dates, ForecastFigure(provider=provider), rows, out)
        return
    if rows is not None:
        figure = OpenedFigure(rows=RowSet.MISSED, provider=provider)
        write_rows(invocation, present_month(context), figure, out)
        return
    found, month = readable_forecasts(context, invocation.actor, provider), present_month(context).id
    if file or as_json:
        document = {"month": month, "departments": [_document(one) for one in found]}
        out.write(invocation, forecast_list(context, found), document)
        return
    if not found:
        output.message(_("Nothing was owed in {month}.", month=month), Tone.QUIET)
        return
    output.line(Span(month, Tone.HEADING))
    columns = [
        Column(heading=heading, flexible=not place) for place, heading in enumerate(forecast_headings())
    ]
    output.table(columns, [_cells(invocation, one) for one in found])
    output.message(forecast_note(), Tone.QUIET)


def _cells(invocation: Invocation, forecast: Forecast) -> list[Span | str]:
    name, used, *others = forecast_texts(invocation.context, forecast)
    return [name, Span(used, Tone.ALARM if forecast.is_to_warn else Tone.PLAIN), *others]


def _document(forecast: Forecast) -> dict[str, Any]:
    expected = forecast.expected
    return {
        "department": forecast.provider,
        "misses": forecast.used,
        "misses_allowed": forecast.allowed,
        "ahead": forecast.ahead,
        "expected": None if expected is None else expected.misses,
        "expected_least": None if expected is None else expected.least,
        "expected_most": None if expected is None else expected.most,
    }
