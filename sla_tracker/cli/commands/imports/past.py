"""`sla past`: takes finished duties over from a list, and shows them by month.

These duties are older than the deployment.
"""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli import output
from sla_tracker.cli.commands.imports.flow import run_import
from sla_tracker.cli.commands.imports.options import import_options, typed_options
from sla_tracker.cli.completion import complete_departments
from sla_tracker.cli.formats.detail_lines import past_document, write_past
from sla_tracker.cli.formats.text_table import Column, Span, Tone
from sla_tracker.cli.grammar import Command, Group, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.imports.run import ImportKind
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.measures.figure_rows import PastFigure
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.services.imports.past_months import past_duties, past_months
from sla_tracker.wording.duties import department_word, percent


@click.group("past", cls=Group)
def past_command() -> None:
    """Hold the commands about the time before."""


@past_command.command(
    "import",
    cls=Command,
    help=N_(
        "Take finished duties of the time before over from a list (.xlsx, .csv, JSON lines).\n"
        "They are figures only: a series of their own in trends. They have no target and no budget, remind nobody, and "
        "are in no figure of a month that sla keeps itself. An empty cell of the delivery means that there was none."
    ),
)
@option("--obligation", metavar="OBLIGATION", default="", help=N_("The obligation of all rows."))
@import_options
@click.pass_context
def past_import_command(ctx: click.Context, /, obligation: str, **given: Any) -> None:
    """Import finished duties."""
    run_import(ctx, ImportKind.PAST, typed_options(obligation, given))


@past_command.command("list", cls=Command, help=N_("Show the imported past by month and department."))
@option(
    "--department",
    metavar="DEPARTMENT",
    default="",
    help=N_("Only what one department owed."),
    shell_complete=complete_departments,
)
@option("--month", metavar="MONTH", default="", help=N_("Only this month (2026-05, last month)."))
@option("--rows", is_flag=True, help=N_("The duties themselves, those that were not on time first."))
@as_json
@click.pass_obj
def list_command(invocation: Invocation, department: str, month: str, rows: bool, as_json: bool) -> None:
    """Show the imported past."""
    context = invocation.context
    provider = context.catalogue.department(department).id if department else ""
    months = [invocation.month(month)] if month else []
    if rows:
        _list_rows(invocation, provider, months, as_json=as_json)
        return
    found = past_months(context, provider, months)
    if as_json:
        output.document(
            past=[
                {
                    "month": one.month,
                    "provider": one.provider,
                    "good": one.good,
                    "valid": one.valid,
                    "on_time_ratio": str(one.ratio),
                }
                for one in found
            ]
        )
        return
    if not found:
        _tell_nothing(months)
        return
    lines = [
        (
            Span(one.month),
            Span(department_word(context, one.provider)),
            Span(f"{one.good}/{one.valid}"),
            Span(percent(one.ratio)),
            Span(_("imported"), Tone.QUIET),
        )
        for one in found
    ]
    headings = (_("Month"), _("Department"), _("On time"), "", "")
    output.table([Column(heading=heading) for heading in headings], lines)


def _list_rows(invocation: Invocation, provider: str, months: list[str], *, as_json: bool) -> None:
    found = past_duties(invocation.context, provider, months)
    if as_json:
        output.document(rows=[past_document(one) for one in found])
    elif not found:
        _tell_nothing(months)
    else:
        dates = month_range(months[0]) if months else None
        write_past(invocation, PastFigure(provider=provider), dates, found)


def _tell_nothing(months: list[str]) -> None:
    if months:
        output.message(_("Nothing of {month} was imported; sla past list shows the months.", month=months[0]))
    else:
        output.message(_("Nothing of the past was imported; sla past import takes a list over."))
