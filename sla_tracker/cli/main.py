"""The command `sla`: its options, where its commands live, and how a call ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from sla_tracker import locale
from sla_tracker.cli import output
from sla_tracker.cli.doors import Doors
from sla_tracker.cli.faults import guarded
from sla_tracker.cli.grammar import LazyGroup, shared_options
from sla_tracker.cli.session import Session
from sla_tracker.errors import N_, UsageError

COMPLETE_VARIABLE = "_SLA_COMPLETE"

# Which module of sla_tracker.cli.commands holds which command; the order is that of the help.
HOMES = {
    "init": "deployment",
    "demo": "demo",
    "due": "due",
    "show": "show",
    "why": "why",
    "subject": "subject",
    "take": "work",
    "release": "work",
    "assign": "work",
    "fill": "deliver",
    "deliver": "deliver",
    "take-back": "work",
    "accept": "verdict",
    "return": "verdict",
    "reopen": "opinion",
    "hold": "hold",
    "resume": "hold",
    "object": "hold",
    "judge-hold": "hold",
    "waiver": "opinion",
    "waive": "opinion",
    "rate": "opinion",
    "cause": "opinion",
    "hand-over": "handover",
    "shift": "handover",
    "score": "score",
    "causes": "score",
    "report": "report",
    "complaint": "complaint",
    "survey": "survey",
    "note": "work",
    "undo": "work",
    "event": "event",
    "request": "request",
    "requests": "request",
    "answer": "request",
    "settle": "request",
    "withdraw": "request",
    "remind": "remind",
    "calendar": "calendar",
    "access": "access",
    "plugins": "plugins",
    "plugin": "plugin",
    "config": "deployment",
    "doctor": "plugins",
    "period": "period",
    "log": "store",
    "verify": "store",
    "backup": "store",
    "restore": "store",
    "erase": "store",
    "migrate": "moving",
    "export": "moving",
    "import": "moving",
    "pg": "postgres",
    "completion": "completion",
}


class Root(LazyGroup):
    """The command itself: every call gets a session of its own, and ends with an exit code, never with a traceback."""

    def __init__(self, doors: Doors, **attributes: Any) -> None:
        super().__init__("sla", homes=HOMES, **attributes)
        self.doors = doors

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of one call, with its session in `obj`."""
        session = Session(self.doors)
        asked = _language_in(args)
        if locale.match(asked):
            session.speak(asked)
        extra.setdefault("obj", session)
        if os.environ.get("NO_COLOR"):
            extra.setdefault("color", False)
        context = super().make_context(info_name, args, parent, **extra)
        context.call_on_close(session.close)
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
        sys.exit(guarded(call))


def build(doors: Doors) -> click.Group:
    """Return the command `sla` over these doors."""
    return Root(
        doors,
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
            from importlib.metadata import version

            output.line(f"sla_tracker {version('sla_tracker')}")
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
    """Return the language that is asked for, so that even what cannot be understood is answered in it."""
    for place, argument in enumerate(arguments):
        name, equals, tag = argument.partition("=")
        if name == "--lang":
            return tag if equals else "".join(arguments[place + 1 : place + 2])
    return ""


def _must_be_text(arguments: Sequence[str]) -> None:
    """Refuse bytes that are no text in the system's encoding: no store and no screen could hold them."""
    for argument in arguments:
        if any("\ud800" <= char <= "\udfff" for char in argument):
            raise UsageError(
                N_("“{argument}” is not text in this system's encoding; type it again."),
                argument=argument.encode("utf-8", "replace").decode(),
            )
