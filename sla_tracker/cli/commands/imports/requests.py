"""`sla request-import`: takes requests over from a list."""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli.commands.imports.flow import run_import
from sla_tracker.cli.commands.imports.options import import_options, typed_options
from sla_tracker.cli.completion import complete_requestable
from sla_tracker.cli.grammar import Command, option
from sla_tracker.domain.imports.run import ImportKind
from sla_tracker.errors import N_


@click.command("request-import", cls=Command)
@option(
    "--obligation",
    metavar="OBLIGATION",
    default="",
    help=N_("What all rows ask for."),
    shell_complete=complete_requestable,
)
@import_options
@click.pass_context
def request_import_command(ctx: click.Context, /, obligation: str, **given: Any) -> None:
    """Import requests."""
    run_import(ctx, ImportKind.REQUESTS, typed_options(obligation, given))
