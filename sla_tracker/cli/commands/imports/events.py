"""`sla event import`: takes events over from a list."""

from __future__ import annotations

from typing import Any

import click

from sla_tracker.cli.commands.imports.flow import run_import
from sla_tracker.cli.commands.imports.options import import_options, typed_options
from sla_tracker.cli.completion import complete_event_types
from sla_tracker.cli.grammar import Command, option
from sla_tracker.domain.imports.run import ImportKind
from sla_tracker.errors import N_


@click.command(
    "import",
    cls=Command,
    help=N_(
        "Take events over from a list (.xlsx, .csv, JSON lines).\n"
        "The columns are found by their headings; what becomes of each row is shown before anything is written. Rows "
        "that are not certain are left out and named with their cell, and the exit code is 4. With a column of keys a "
        "second import changes nothing, or with --update only what the list says otherwise."
    ),
)
@option(
    "--kind",
    metavar="KIND",
    default="",
    help=N_("The kind of event of all rows (sla event types)."),
    shell_complete=complete_event_types,
)
@import_options
@click.pass_context
def event_import_command(ctx: click.Context, /, kind: str, **given: Any) -> None:
    """Import events."""
    run_import(ctx, ImportKind.EVENTS, typed_options(kind, given))
