"""The command `sla`: its options, the modules of its commands, and its exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from sla_tracker import i18n
from sla_tracker.cli import output
from sla_tracker.cli.command_list import COMMANDS, SECTIONS
from sla_tracker.cli.deployments import Deployments
from sla_tracker.cli.errors import guarded
from sla_tracker.cli.grammar import LazyGroup, shared_options
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.clean import is_storable
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _

COMPLETE_VARIABLE = "_SLA_COMPLETE"


class Root(LazyGroup):
    """The root command: each call gets its own Invocation and ends with an exit code.

    No call ends with a traceback.
    """

    def __init__(self, deployments: Deployments, **attributes: Any) -> None:
        super().__init__("sla", listed=COMMANDS, **attributes)
        self.deployments = deployments

    def help_sections(self, ctx: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the options, then the commands by who uses them when."""
        *own, (_heading, commands) = super().help_sections(ctx)
        explained = dict(commands)
        return [
            *own,
            *(
                (_(heading), [(name, explained[name]) for name in names])
                for heading, names in SECTIONS.items()
            ),
        ]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the click context of one call, with its Invocation in `obj`."""
        invocation = Invocation(self.deployments)
        asked = _language_in(args)
        if i18n.match(asked):
            invocation.speak(asked)
        else:
            invocation.speak_as_deployment()
        if not extra.get("resilient_parsing"):  # a completion offers nothing then, and says nothing
            _must_be_text(args)
        extra.setdefault("obj", invocation)
        if os.environ.get("NO_COLOR"):
            extra.setdefault("color", False)
        context = super().make_context(info_name, args, parent, **extra)
        context.call_on_close(invocation.close)
        return context

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = "sla",
        complete_var: str | None = COMPLETE_VARIABLE,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run one call and end the process with its exit code."""
        given = list(sys.argv[1:] if args is None else args)

        def call() -> int | None:
            code = super(Root, self).main(given, prog_name, COMPLETE_VARIABLE, standalone_mode=False, **extra)
            return code if isinstance(code, int) else None

        def keep_fault(
            kind: str, details: str
        ) -> str:  # looked up late: most calls need no deployments for it
            return self.deployments.keep_fault(kind, details)

        output.prepare()
        sys.exit(guarded(call, keep_fault))


def build(deployments: Deployments) -> click.Group:
    """Return the command `sla` working on these deployments."""
    return Root(
        deployments,
        invoke_without_command=True,
        callback=_start,
        params=[*shared_options(hidden=False), _version_option()],
        help=N_(
            "Keep what departments owe each other.\n"
            "Without a command the terminal opens. Data goes to stdout, everything else to stderr."
        ),
    )


@click.pass_context
def _start(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        from sla_tracker.cli.terminal import open_terminal

        ctx.exit(open_terminal(ctx.obj))


def _version_option() -> click.Option:
    def show(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            from sla_tracker.version import version_text

            output.line(f"sla_tracker {version_text()}")
            ctx.exit()

    return click.Option(
        ["--version"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
        help=N_("Show the version."),
    )


def _language_in(arguments: Sequence[str]) -> str:
    """Return the language option among raw arguments.

    It is read before parsing, so that even a usage error is in that language.
    """
    for place, argument in enumerate(arguments):
        name, equals, tag = argument.partition("=")
        if name == "--lang":
            return tag if equals else "".join(arguments[place + 1 : place + 2])
    return ""


def _must_be_text(arguments: Sequence[str]) -> None:
    """Raise UsageError for arguments that are not valid text.

    Neither store nor screen can hold them.
    """
    for argument in arguments:
        if not is_storable(argument):
            raise UsageError(
                N_("“{argument}” is not text in this system's encoding; type it again."),
                argument=os.fsencode(argument).decode("utf-8", "backslashreplace"),
            )
