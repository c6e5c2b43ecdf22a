"""`sla report`: writes the figures of a range to a file."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.grammar import Command, date_range, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.new_files import write_new_file
from sla_tracker.wording.figures.ranges import range_word
from sla_tracker.wording.figures.report_forms import REPORT_FORMS, TEXT_FORMS, form_of


@click.command("report", cls=Command)
@date_range
@option("--to", "file", metavar="FILE", default="", help=N_("A new file; else the standard output."))
@option(
    "--form",
    type=click.Choice(REPORT_FORMS),
    help=N_(
        "Markdown, a page for browser and printer, an Excel workbook, comma-separated values (csv: the rates, zip: all "
        "tables), or PDF; else as FILE is named."
    ),
)
@click.pass_obj
def report_command(
    invocation: Invocation, dates: str, since: str, until: str, file: str, form: str | None
) -> None:
    """Write the report of a range."""
    asked = invocation.range(dates, since, until)
    chosen = form or form_of(file)
    if not file and chosen not in TEXT_FORMS:
        raise UsageError(N_("The form {form} goes into a file; name it with --to FILE."), form=chosen)
    content = invocation.deployment.report(asked, chosen)
    if not file:
        output.raw(content.decode().rstrip("\n"))
        return
    write_new_file(invocation.deployments.files, file, content)
    output.message(_("The report of {month} is in {file}.", month=range_word(asked), file=file))
