"""`sla config`: find, check, compare and change the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_tracker.cli import output
from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.cli.formats.settings_changes import change_documents, print_changes
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.grammar import Command, Group, argument, as_json, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.authoring.settings_editor import change_settings

if TYPE_CHECKING:
    from sla_tracker.services.authoring.settings_editor import SettingsChange


def write_settings(invocation: Invocation, change: SettingsChange, what: str, *, quiet: bool = False) -> None:
    """Write a change of the settings, put it on record and let it take effect.

    Prints the change unless `quiet`, once it is done. Raises Forbidden before anything is written.
    """
    change_settings(invocation.context, invocation.actor, invocation.settings_editor, change, what)
    invocation.deployment.reload()
    invocation.deployment.begin()
    if not quiet:
        print_changes(change.changes)


@click.group("config", cls=Group)
def config_command() -> None:
    """Hold the commands about the configuration."""


@config_command.command("path", cls=Command, help=N_("Show where the settings are."))
@click.pass_obj
def path_command(invocation: Invocation) -> None:
    """Show where the settings are."""
    output.line(str((invocation.folder() / CONFIG_FILE).resolve()))


@config_command.command("check", cls=Command, help=N_("Check settings; every problem is named at once."))
@argument("file", metavar="[FILE]", required=False, help=N_("The file or folder; else the deployment's own."))
@click.pass_obj
def check_command(invocation: Invocation, file: str | None) -> None:
    """Check a configuration."""
    path = Path(file) if file else invocation.folder() / CONFIG_FILE
    for remark in invocation.deployments.check_config(path):
        output.message(remark.sentence())
    output.line(_("The settings are right: {file}", file=str(path)))


@config_command.command(
    "set",
    cls=Command,
    help=N_(
        "Set one value of the settings and keep their comments.\n"
        "The settings are checked as a whole first; people are changed with sla person."
    ),
)
@argument("key", metavar="KEY", help=N_("The setting, such as targets.usual."))
@argument(
    "value", metavar="[VALUE]", required=False, help=N_("As in the file: 0.9, true, [“finance”], or a text.")
)
@option("--remove", is_flag=True, help=N_("Take the value out, so that the default holds."))
@click.pass_obj
def set_command(invocation: Invocation, key: str, value: str | None, remove: bool) -> None:
    """Set a value."""
    if remove == (value is not None):
        raise UsageError(N_("Give a value, or --remove."))
    editor = invocation.settings_editor
    change = editor.without_value(key) if value is None else editor.with_value(key, value)
    if not change.changes:
        output.message(_("That is what the settings say already."))
        return
    write_settings(invocation, change, f"config set {key}")
    output.message(_("Written, and in effect."), Tone.GOOD)


@config_command.command(
    "diff",
    cls=Command,
    help=N_(
        "Show what differs from other settings, value by value.\n"
        "Without FILE: from the last ones that passed every check."
    ),
)
@argument(
    "file",
    metavar="[FILE]",
    required=False,
    help=N_("A file, a deployment's folder, or the name of settings to begin with."),
)
@as_json
@click.pass_obj
def diff_command(invocation: Invocation, file: str | None, as_json: bool) -> None:
    """Compare settings."""
    changes = invocation.settings_editor.differences(file or "")
    if as_json:
        output.document(changes=change_documents(changes))
    elif changes:
        print_changes(changes)
    else:
        output.message(_("Nothing differs."))


@config_command.command("schema", cls=Command, help=N_("Write the JSON Schema of the settings, for editors."))
@click.pass_obj
def schema_command(invocation: Invocation) -> None:
    """Write the schema."""
    output.raw(invocation.deployments.settings_schema().rstrip("\n"))
