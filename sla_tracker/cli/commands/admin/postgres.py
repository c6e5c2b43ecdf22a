"""`sla pg`: prepares the PostgreSQL database of a deployment."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.grammar import Command, Group, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext

# What --apply without a URL becomes; --apply with an empty one, a script's variable that is not set, is refused.
FROM_SETTINGS = "settings"


@click.group("pg", cls=Group)
def pg_command() -> None:
    """Hold the commands about the database."""


@pg_command.command(
    "setup",
    cls=Command,
    help=N_(
        "Print the SQL that makes roles and schema, or run it.\n"
        "Each person gets a login, of which the server decides how it is proven; no password is set. Run it again "
        "whenever people, departments or the version change."
    ),
)
@option(
    "--apply",
    "address",
    metavar="[URL]",
    is_flag=False,
    flag_value=FROM_SETTINGS,
    help=N_(
        "Run it in this database, as a login that may create roles; without a URL in the one that the settings' "
        "variable names."
    ),
)
@option(
    "--service",
    "services",
    metavar="LOGIN",
    multiple=True,
    help=N_("Also make a login that acts for the system: rollover, reminders, moving a store."),
)
@click.pass_obj
def setup_command(invocation: Invocation, address: str | None, services: tuple[str, ...]) -> None:
    """Print or run what makes roles and schema."""
    if address is None:
        output.raw(invocation.deployments.setup_script(invocation.folder(), services))
        output.message(_("Read it, then run it with psql as somebody who may create roles."))
        return
    dsn = "" if address == FROM_SETTINGS else address
    new = invocation.deployments.apply_setup(invocation.folder(), services, dsn)
    output.line(
        ngettext(
            "The database is up to date; {n} migration was new.",
            "The database is up to date; {n} migrations were new.",
            new,
        )
    )
