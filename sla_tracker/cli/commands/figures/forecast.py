"""`sla forecast`: prints the misses expected until the end of the month."""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.months.forecast import readable_forecasts
from sla_tracker.services.months.service_levels import present_month
from sla_tracker.wording.figures.forecast import forecast_headings, forecast_note, forecast_texts


@click.command("forecast", cls=Command)
@option(
    "--department",
    metavar="DEPARTMENT",
    default="",
    help=N_("Of one department only."),
    shell_complete=complete_departments,
)
@as_json
@click.pass_obj
def forecast_command(invocation: Invocation, department: str, as_json: bool) -> None:
    """Show the forecast of the present month."""
    context = invocation.context
    provider = context.catalogue.department(department).id if department else ""
    found, month = readable_forecasts(context, invocation.actor, provider), present_month(context).id
    if as_json:
        output.document(month=month, departments=[_document(one) for one in found])
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
