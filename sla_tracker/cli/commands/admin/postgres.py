"""`sla pg`: prepares the PostgreSQL database of a deployment."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, Group, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, Names
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
        "Print the SQL that makes the schema and the service's login, or run it.\n"
        "Only logins named here may use the store; no password is set. Run it again after an update of the program, or "
        "to name other logins."
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
    help=N_(
        "A login that may use the store, made where it is missing. Others lose everything; without this option those "
        "that may use it stay."
    ),
)
@click.pass_obj
def setup_command(invocation: Invocation, address: str | None, services: tuple[str, ...]) -> None:
    """Print or run what makes schema and login."""
    if address is None:
        output.raw(invocation.deployments.setup_script(invocation.folder(), services))
        output.message(_("Read it, then run it with psql as somebody who may create roles."))
        return
    dsn = "" if address == FROM_SETTINGS else address
    done = invocation.deployments.apply_setup(invocation.folder(), services, dsn)
    output.line(
        ngettext(
            "The database is up to date; {n} migration was new.",
            "The database is up to date; {n} migrations were new.",
            done.migrations,
        )
    )
    if done.admitted:
        output.line(_("May use it from now on: {logins}.", logins=Names(done.admitted)))
    if done.expelled:
        output.message(
            _(
                "May not use it any more: {logins}. Who still needs it is named with --service, all in one call.",
                logins=Names(done.expelled),
            ),
            Tone.ALARM,
        )
    if not done.had_logins:
        return
    output.line(_("People have no logins in it any more; they work through the service (sla serve)."))
    if done.reading_kept:
        output.line(_('They read as before: the settings say [access] reading = "own".'))
    else:
        output.message(
            _(
                "The settings could not be changed here. For people to read as before, write “own” there: sla config "
                "set access.reading own"
            ),
            Tone.ALARM,
        )
