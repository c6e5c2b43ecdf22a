"""`sla completion`: prints the completion script of a shell."""

from __future__ import annotations

import click

from sla_tracker.cli import output
from sla_tracker.cli.grammar import Command, argument
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _

VARIABLE = "_SLA_COMPLETE"
WHERE = {
    "bash": 'eval "$(sla completion bash)"   # ~/.bashrc',
    "zsh": 'eval "$(sla completion zsh)"   # ~/.zshrc',
    "fish": "sla completion fish > ~/.config/fish/completions/sla.fish",
}


@click.command(
    "completion",
    cls=Command,
)
@argument("shell", metavar="SHELL", help=N_("bash, zsh or fish."))
@click.pass_context
def completion_command(ctx: click.Context, shell: str) -> None:
    """Print a completion script."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell) if shell in WHERE else None
    if kind is None:
        raise UsageError(
            N_("“{shell}” is no shell we know; there are {known}."), shell=shell, known=", ".join(WHERE)
        )
    root = ctx.find_root()
    output.raw(kind(root.command, {}, "sla", VARIABLE).source())
    output.message(_("To have it always: {how}", how=WHERE[shell]))
