"""`sla init`: make a deployment."""

from __future__ import annotations

from pathlib import Path

import click

from sla_tracker.cli import output
from sla_tracker.cli.grammar import Command, argument, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.wording.parse_time import parse_day


@click.command(
    "init",
    cls=Command,
)
@argument("folder", metavar="[FOLDER]", required=False, help=N_("Where to make it; else --deployment."))
@option(
    "--trial", metavar="FOLDER", help=N_("Make a trial deployment there: its people may be played with --as.")
)
@option(
    "--config",
    metavar="NAME",
    default="minimal",
    help=N_("The settings to begin with: minimal or dealership; else minimal."),
)
@option(
    "--in-force-from",
    metavar="DAY",
    help=N_("The first day whose dues are opened; else today, in a trial the first of this month."),
)
@option("--admin", metavar="LOGIN", help=N_("The login of the first administrator; else your own."))
@click.pass_obj
def init_command(
    invocation: Invocation,
    folder: str | None,
    trial: str | None,
    config: str,
    in_force_from: str | None,
    admin: str | None,
) -> None:
    """Make a deployment."""
    named = trial or folder
    if trial and folder:
        raise UsageError(N_("Name one folder: --trial FOLDER, or FOLDER alone for a real deployment."))
    if trial and admin:
        raise UsageError(N_("In a trial everybody may act as anybody; leave --admin out."))
    target = Path(named) if named else invocation.named_folder
    if target is None:
        raise UsageError(N_("Say where: sla init FOLDER, or sla init --trial FOLDER."))
    since = None
    if in_force_from:
        today = invocation.deployments.today(trial=bool(trial), config=config)
        since = parse_day(in_force_from, today)
    file = invocation.deployments.init(
        target, config=config, trial=bool(trial), in_force_from=since, admin=admin or ""
    )
    output.line(str(file))
    output.message(_("The deployment is ready. Open it with: sla --deployment {folder}", folder=str(target)))
