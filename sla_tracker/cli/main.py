"""The command `sla`: its options, the modules of its commands, and its exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from sla_tracker import i18n
from sla_tracker.cli import output
from sla_tracker.cli.deployments import Deployments
from sla_tracker.cli.errors import guarded
from sla_tracker.cli.grammar import LazyGroup, shared_options
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError
from sla_tracker.i18n import gettext as _

COMPLETE_VARIABLE = "_SLA_COMPLETE"

# Which module of sla_tracker.cli.commands holds which command; the order is that of the help.
COMMAND_MODULES = {
    "init": "admin.deployment",
    "demo": "admin.demo",
    "due": "duties.due",
    "show": "duties.show",
    "why": "duties.why",
    "subject": "duties.subject",
    "take": "duties.work",
    "release": "duties.work",
    "assign": "duties.work",
    "fill": "duties.deliver",
    "deliver": "duties.deliver",
    "take-back": "duties.work",
    "accept": "duties.verdict",
    "return": "duties.verdict",
    "reopen": "duties.opinion",
    "hold": "duties.hold",
    "resume": "duties.hold",
    "object": "duties.hold",
    "judge-hold": "duties.hold",
    "waiver": "duties.opinion",
    "waive": "duties.opinion",
    "rate": "duties.opinion",
    "cause": "duties.opinion",
    "hand-over": "departments.handover",
    "shift": "departments.handover",
    "score": "figures.score",
    "causes": "figures.causes",
    "report": "figures.report",
    "complaint": "departments.complaint",
    "survey": "departments.survey",
    "note": "duties.work",
    "undo": "duties.work",
    "redo": "duties.work",
    "event": "departments.event",
    "request": "departments.request",
    "requests": "departments.request",
    "answer": "departments.request",
    "settle": "departments.request",
    "withdraw": "departments.request",
    "remind": "departments.remind",
    "calendar": "duties.calendar",
    "access": "admin.access",
    "plugins": "admin.plugins",
    "plugin": "admin.plugin",
    "config": "admin.deployment",
    "doctor": "admin.plugins",
    "period": "figures.period",
    "serve": "admin.serve",
    "log": "admin.store",
    "verify": "admin.store",
    "backup": "admin.store",
    "restore": "admin.store",
    "erase": "admin.store",
    "migrate": "admin.transfer",
    "export": "admin.transfer",
    "import": "admin.transfer",
    "pg": "admin.postgres",
    "completion": "admin.completion",
}

# The sections of the help: who uses which commands when. A test holds that each command stands in one of them.
SECTIONS = {
    N_("See what is due"): ("due", "show", "why", "subject", "calendar"),
    N_("Work on what your department owes"): (
        *("take", "release", "assign", "fill", "deliver", "take-back", "note", "undo", "redo"),
        *("hold", "resume", "waiver", "cause", "hand-over", "shift"),
    ),
    N_("Judge what your department is owed"): (
        *("accept", "return", "reopen", "rate", "object", "judge-hold", "waive"),
    ),
    N_("Register what happened, and ask for something"): (
        *("event", "request", "requests", "answer", "settle", "withdraw"),
    ),
    N_("Look at the service between departments"): (
        *("score", "causes", "report", "period", "complaint", "survey"),
    ),
    N_("Set up a deployment"): ("init", "demo", "config", "plugins", "plugin", "access", "completion"),
    N_("Run a deployment"): (
        *("doctor", "remind", "serve", "log", "verify", "backup", "restore", "erase"),
        *("migrate", "export", "import", "pg"),
    ),
}


class Root(LazyGroup):
    """The root command: each call gets its own Invocation and ends with an exit code.

    It never ends with a traceback.
    """

    def __init__(self, deployments: Deployments, **attributes: Any) -> None:
        super().__init__("sla", modules=COMMAND_MODULES, **attributes)
        self.deployments = deployments

    def help_sections(self, ctx: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the options, then the commands by who uses them when."""
        *own, (_heading, commands) = super().help_sections(ctx)
        explained = dict(commands)
        return [
            *own,
            *(
                (_(heading), [(name, explained[name]) for name in names if name in explained])
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
            _must_be_text(given)
            code = super(Root, self).main(given, prog_name, COMPLETE_VARIABLE, standalone_mode=False, **extra)
            return code if isinstance(code, int) else None

        output.prepare()
        sys.exit(guarded(call, self.deployments.keep_fault))


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

    So even a usage error is in that language.
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
        if any("\ud800" <= char <= "\udfff" for char in argument):
            raise UsageError(
                N_("“{argument}” is not text in this system's encoding; type it again."),
                argument=argument.encode("utf-8", "replace").decode(),
            )
