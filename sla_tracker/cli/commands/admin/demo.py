"""`sla demo`: makes a trial deployment of a made-up company and opens it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from sla_tracker.cli import output, screen
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, argument, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.cli.terminal import open_terminal
from sla_tracker.errors import N_, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.wording.parse_time import parse_day

# Years of a past that are played without a question; each takes some seconds.
MOST_YEARS = 3


@click.command(
    "demo",
    cls=Command,
)
@argument(
    "folder", metavar="[FOLDER]", required=False, help=N_("Where to make it; else a new temporary folder.")
)
@option(
    "--since",
    metavar="DAY",
    help=N_("The day its history begins (2026-10-01, last Monday); else the first of a month a year ago."),
)
@option("--yes", is_flag=True, help=N_("Do not ask, however long it takes."))
@option("--no-open", is_flag=True, help=N_("Only make it, and say where it is."))
@click.pass_context
def demo_command(ctx: click.Context, folder: str | None, since: str | None, yes: bool, no_open: bool) -> None:
    """Make a demonstration and open the terminal on it."""
    invocation: Invocation = ctx.obj
    today = invocation.deployments.today(trial=True)
    begins_on = parse_day(since, today) if since else None
    if begins_on is not None and begins_on >= today:
        raise UsageError(N_("A past cannot begin on {day}; name an earlier day."), day=begins_on)
    years = (today.year - begins_on.year) if begins_on else 1
    if years > MOST_YEARS and not yes:
        _confirm(invocation, years)
    target = Path(folder or tempfile.mkdtemp(prefix="sla-demo-"))
    output.message(_("The past of a made-up company is being played; this takes some seconds …"), Tone.QUIET)
    invocation.deployments.demo(target, since=begins_on, progress=_say_year)
    output.line(str(target))
    output.message(
        _("This is a demonstration; open it again with: sla --deployment {folder}", folder=str(target))
    )
    if screen.can_draw() and not no_open:
        invocation.enter(str(target))
        ctx.exit(open_terminal(invocation))


def _say_year(year: int) -> None:
    output.message(_("The year {year} …", year=year), Tone.QUIET)


def _confirm(invocation: Invocation, years: int) -> None:
    """Ask whether a long past is meant; raises UsageError where nobody can answer."""
    if not invocation.may_ask:
        raise UsageError(
            N_("A past of {n} years takes many minutes; add --yes if it is meant, or name a later day."),
            n=years,
        )
    question = _("A past of {n} years takes many minutes. Play it all the same?", n=years)
    if not screen.confirm(question):
        raise Refused(N_("Nothing was done."))
