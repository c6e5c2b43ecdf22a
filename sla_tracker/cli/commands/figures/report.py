"""`sla report`: writes the figures of a range to a file."""

from __future__ import annotations

from pathlib import Path

import click

from sla_tracker.cli import output
from sla_tracker.cli.errors import unwritable
from sla_tracker.cli.grammar import Command, date_range, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.wording.figures.ranges import range_word

FORMS = ("md", "html", "xlsx", "csv", "zip", "pdf")
TEXTS = ("md", "html", "csv")  # forms that may go to the standard output


@click.command("report", cls=Command)
@date_range
@option("--to", "file", metavar="FILE", default="", help=N_("A new file; else the standard output."))
@option(
    "--form",
    type=click.Choice(FORMS),
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
    chosen = form or _form_of(file)
    if not file and chosen not in TEXTS:
        raise UsageError(N_("The form {form} goes into a file; name it with --to FILE."), form=chosen)
    content = invocation.deployments.report(invocation.deployment, asked, chosen)
    if not file:
        output.raw(content.decode().rstrip("\n"))
        return
    try:
        invocation.deployments.files.write(file, content)
    except FileExistsError:
        raise UsageError(N_("There is something at {file} already; name a new file."), file=file) from None
    except (OSError, ValueError) as error:
        raise unwritable(file, error) from error
    output.message(_("The report of {month} is in {file}.", month=range_word(asked), file=file))


def _form_of(file: str) -> str:
    """Return the report form that a file name's suffix means.

    Raises UsageError for another suffix.
    """
    suffix = Path(file).suffix.lower().removeprefix(".")
    if not file or suffix in FORMS:
        return suffix or FORMS[0]
    raise UsageError(
        N_("The name {file} does not say which form; end it in {suffixes}, or say --form."),
        file=file,
        suffixes=", ".join(f".{one}" for one in FORMS),
    )
