"""Declares commands and options with help in the reader's language.

The module of a command is imported only when the command is called.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sla_tracker.cli import output
from sla_tracker.cli.command_list import ListedCommand
from sla_tracker.cli.errors import MissingWithExamples
from sla_tracker.cli.formats.text_table import in_a_row, padded, width, wrapped
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, Names, SlaError, UsageError
from sla_tracker.i18n import gettext as _

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

# Cells: the widest help text, and the widest name with its explanation on the same line.
WIDEST_HELP = 110
WIDEST_NAME = 34
MOST_EXAMPLES = 3  # values that the error of a missing argument names

HELP_OF_HELP = N_("Show this help.")
ANYWHERE = N_(
    "--deployment, --as, --lang, --no-input and --no-plugins may be given here too (see sla --help)."
)


# Returns the words that a deployment allows for a parameter.
Offers = Callable[[Invocation], Iterable[str]]


class OfferingArgument(click.Argument):
    """An argument whose error, when it is missing, lists values of the deployment."""

    def __init__(self, *names: Any, offers: Offers, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.offers = offers


class OfferingOption(click.Option):
    """An option whose error, when it is missing, lists values of the deployment."""

    def __init__(self, *names: Any, offers: Offers, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.offers = offers


def option(
    *names: str,
    help: str,  # noqa: A002 (as click has it)
    offers: Offers | None = None,
    **attributes: Any,
) -> Callable[[F], F]:
    """Add an option to a command.

    `help` is a marked message, `offers` returns the possible values.
    """
    if offers is not None:
        attributes |= {"cls": OfferingOption, "offers": offers}
    return click.option(*names, help=help, **attributes)


def argument(
    name: str,
    *,
    metavar: str,
    help: str,  # noqa: A002
    offers: Offers | None = None,
    **attributes: Any,
) -> Callable[[F], F]:
    """Add an argument to a command.

    `help` is a marked message, `offers` returns the possible values.
    """
    if offers is not None:
        attributes |= {"cls": OfferingArgument, "offers": offers}
    return click.argument(name, metavar=metavar, help=help, **attributes)


def duty_reference(shell_complete: Callable[..., Any]) -> Callable[[F], F]:
    """Add the argument that names one duty."""
    return argument(
        "reference", metavar="REF", help=N_("The duty's reference."), shell_complete=shell_complete
    )


def duty_references(shell_complete: Callable[..., Any]) -> Callable[[F], F]:
    """Add the argument that names any number of duties."""
    return argument(
        "references",
        metavar="REF…",
        nargs=-1,
        required=True,
        help=N_("References of duties."),
        shell_complete=shell_complete,
    )


def as_json(command: F) -> F:
    """Add `--json` to a command."""
    return option(
        "--json", "as_json", is_flag=True, help=N_("Write a JSON document of a stable, versioned form.")
    )(command)


def date_range(command: F) -> F:
    """Add the argument and options that say which days figures are about."""
    for decorate in (
        option(
            "--until",
            "until",
            metavar="DAY",
            default="",
            help=N_("The last day of a free range; else today."),
        ),
        option(
            "--since",
            "since",
            metavar="DAY",
            default="",
            help=N_("The first day of a free range; else the first of its last day's year."),
        ),
        argument(
            "dates",
            metavar="[RANGE]",
            required=False,
            default="",
            help=N_(
                "A month (2026-10, last month), week (2026-W48), quarter (2026-Q3), year (2026), fiscal year, quarter "
                "or period (FY2026-P03), or two days (2026-11-01..2026-11-15); else this month."
            ),
        ),
    ):
        command = decorate(command)
    return command


def _to_invocation(name: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    def keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
        """Pass the option's value to the Invocation; raises UsageError for an empty one."""
        _must_not_be_empty(param, value)
        if value not in {None, False}:
            ctx.find_object(Invocation)
            getattr(ctx.obj, name)(value)
        return value

    return keep


def shared_options(*, hidden: bool) -> list[click.Parameter]:
    """Return the options that `sla` takes itself and after every command's name."""
    kept: dict[str, Any] = {"expose_value": False, "hidden": hidden}
    return [
        click.Option(["--deployment"], metavar="FOLDER", callback=_to_invocation("enter"), help=N_(
            "The deployment's folder; else SLA_DEPLOYMENT, else the nearest folder above that is one."), **kept),
        click.Option(["--as", "act_as"], metavar="PERSON", callback=_to_invocation("act_as"), help=N_(
            "Act as another person; in trial deployments only, and recorded as such."), **kept),
        click.Option(["--lang"], metavar="LANG", callback=_to_invocation("speak"), is_eager=True, help=N_(
            "Speak zh_CN or en; else SLA_LANG, else the deployment's language, else the system's."), **kept),
        click.Option(["--no-input"], is_flag=True, callback=_to_invocation("forbid_input"), help=N_(
            "Never ask; what is missing is an error."), **kept),
        click.Option(["--no-plugins"], is_flag=True, callback=_to_invocation("forbid_plugins"), help=N_(
            "Load no plugins; what they have opened stays visible."), **kept),
    ]  # fmt: skip


def must_be_given(param: click.Parameter) -> str:
    """Return the sentence that an option is required; empty for an optional one."""
    return _("It has to be given.") if isinstance(param, click.Option) and param.required else ""


def _speak(ctx: click.Context) -> None:
    invocation = ctx.find_object(Invocation)
    if invocation is not None:
        invocation.speak_as_deployment()


def surplus(ctx: click.Context, rest: Sequence[str]) -> UsageError:
    """Return the error of arguments that a command does not take."""
    takes_text = any(isinstance(param, click.Argument) for param in ctx.command.params)
    return UsageError(
        N_("“{extra}” is more than {command} takes; quote a text with blanks.")
        if takes_text
        else N_("“{extra}” is more than {command} takes, which has options only; quote a value with blanks."),
        extra=" ".join(rest),
        command=ctx.command_path,
    )


def _must_not_be_empty(param: click.Parameter, value: object) -> None:
    """Raise UsageError for an option or optional argument given with an empty value.

    A script's unset variable gives such a value; of several values one is enough. What is missing of a required
    argument is said by the command, which knows what it names.
    """
    if isinstance(param, click.Argument) and param.required:
        return
    values = value if isinstance(value, tuple) else (value,)
    if not any(isinstance(one, str) and not one.strip() for one in values):
        return
    what = (param.metavar or param.human_readable_name.upper()).strip("[]…")
    if isinstance(param, click.Option):
        raise UsageError(
            N_("{option} is empty; write {what} behind it or leave it out."),
            option=param.opts[0],
            what=what,
        )
    raise UsageError(N_("{what} is empty; write it there or leave it out."), what=what)


def _offering(ctx: click.Context, missing: click.MissingParameter) -> Exception:
    """Return the error that lists the possible values of a missing parameter.

    Where they cannot be known, `missing` is returned.
    """
    param, invocation = missing.param, ctx.find_object(Invocation)
    if invocation is None:
        return missing
    if not isinstance(param, OfferingArgument | OfferingOption):
        return MissingWithExamples(missing, _examples(param, invocation))
    try:
        known = list(param.offers(invocation))
    except SlaError:
        return missing
    name = param.metavar if isinstance(param, click.Argument) else f"{param.opts[0]} {param.metavar}"
    return UsageError(
        N_("{name} is missing; choose one of {known}."), name=name, known=Names(map(clean, known))
    )


def _examples(param: click.Parameter | None, invocation: Invocation) -> list[tuple[str, str]]:
    """Return the first values that completion offers for a parameter.

    Empty where the deployment cannot tell them.
    """
    examples = getattr(getattr(param, "_custom_shell_complete", None), "examples", None)
    if examples is None:
        return []
    invocation.shows_alarms = False
    try:
        return list(islice(examples(invocation), MOST_EXAMPLES))
    except SlaError:
        return []


def _must_agree(params: Sequence[click.Parameter], args: Sequence[str]) -> None:
    """Raise UsageError for two contradicting flags; click would take the last."""
    answers: dict[str | None, str] = {}
    given = set(args[: args.index("--")] if "--" in args else args)
    for param in params:
        if not isinstance(param, click.Option) or not isinstance(param.flag_value, str):
            continue
        if given & set(param.opts):
            other = answers.setdefault(param.name, param.opts[0])
            if other != param.opts[0]:
                raise UsageError(
                    N_("{first} and {second} exclude each other."), first=other, second=param.opts[0]
                )


def _show_help(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        output.raw(ctx.get_help())
        ctx.exit()


class Command(click.Command):
    """A command with help in the reader's language that names surplus arguments."""

    def __init__(self, name: str | None, **attributes: Any) -> None:
        attributes.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(name, **attributes)
        self._asks_help: click.Option | None = None
        if not any("--as" in param.opts for param in self.params):  # `sla` itself has them to be seen
            self.params += shared_options(hidden=True)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option that shows the help.

        Click searches the catalogues of the system for a text of its own, which takes 2 ms.
        """
        if self._asks_help is None:
            self._asks_help = click.Option(
                [*self.get_help_option_names(ctx), "asks_help"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_help,
                help=HELP_OF_HELP,
            )
        return self._asks_help

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments.

        Raises UsageError for surplus arguments and for contradicting flags.
        """
        if not isinstance(self, click.Group):
            ctx.allow_extra_args = True
            _must_agree(self.params, args)
        try:
            rest = super().parse_args(ctx, args)
        except click.MissingParameter as missing:
            raise _offering(ctx, missing) from None
        for param in self.params:
            if ctx.get_parameter_source(param.name or "") is click.core.ParameterSource.COMMANDLINE:
                _must_not_be_empty(param, ctx.params.get(param.name or ""))
        if rest and not isinstance(self, click.Group) and not ctx.resilient_parsing:
            raise surplus(ctx, rest)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command in the deployment's language, even if it does not open it."""
        _speak(ctx)
        return super().invoke(ctx)

    def get_short_help_str(self, limit: int = 45) -> str:
        """Return the first sentence of the help."""
        return first_sentence(self.help) if self.help else ""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the whole help."""
        _speak(ctx)
        cells = min(output.screen_width(), WIDEST_HELP)
        usage = " ".join([ctx.command_path, *self.collect_usage_pieces(ctx)])
        lines = [_("Usage: {usage}", usage=usage)]
        if self.help:
            lines += ["", *(f"  {one}" for one in wrapped(_(self.help), cells - 2))]
        for heading, pairs in self.help_sections(ctx):
            if pairs:
                lines += ["", _("{heading}:", heading=heading), *_definitions(pairs, cells)]
        if ctx.parent is not None:
            lines += ["", *wrapped(_(ANYWHERE), cells)]
        formatter.write("\n".join(lines) + "\n")

    def help_sections(self, ctx: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the help's headings, each with names and explanations."""
        arguments: list[tuple[str, str]] = []
        options: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            if isinstance(param, click.Argument):
                arguments.append((param.make_metavar(ctx), _(param.help or "")))
            elif isinstance(param, click.Option) and not param.hidden:
                options.append(
                    (param.get_help_spec(ctx), in_a_row(_(param.help or ""), must_be_given(param)))
                )
        return [(_("Arguments"), arguments), (_("Options"), options)]


class Group(Command, click.Group):
    """A command that has subcommands."""

    def __init__(self, name: str | None, **attributes: Any) -> None:
        attributes.setdefault("subcommand_metavar", "COMMAND …")
        super().__init__(name, **attributes)

    def help_sections(self, ctx: click.Context) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the sections of a command, and its subcommands."""
        return [*super().help_sections(ctx), (_("Commands"), self.commands_explained(ctx))]

    def commands_explained(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Return name and first sentence of each subcommand that is not hidden."""
        return [
            (name, command.get_short_help_str())
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in declaration order."""
        return list(self.commands)


class LazyGroup(Group):
    """A group that imports a command's module when the command is called.

    The module defines the command as `<name>_command`.
    """

    def __init__(self, name: str | None, *, listed: Mapping[str, ListedCommand], **attributes: Any) -> None:
        super().__init__(name, **attributes)
        self.listed = listed

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the list."""
        return list(self.listed)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, importing its module."""
        listed = self.listed.get(cmd_name)
        if listed is None:
            return None
        module = importlib.import_module(f"sla_tracker.cli.commands.{listed.module}")
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        command.help = listed.help
        return command

    def commands_explained(self, ctx: click.Context) -> list[tuple[str, str]]:
        """Return each command's name and first sentence, without importing its module."""
        return [(name, first_sentence(listed.help)) for name, listed in self.listed.items()]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that complete a word, without importing modules."""
        from click.shell_completion import CompletionItem

        return [
            *(
                CompletionItem(name, help=explanation)
                for name, explanation in self.commands_explained(ctx)
                if name.startswith(incomplete)
            ),
            *click.Command.shell_complete(self, ctx, incomplete),
        ]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command named; raises NoSuchCommand with similar names."""
        if args[0] not in self.listed and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=self.listed, ctx=ctx)
        return super().resolve_command(ctx, args)


def first_sentence(message: str) -> str:
    """Return the first sentence of a help text in the reader's language."""
    return _(message).split("\n", 1)[0].rstrip(".。")


def _definitions(pairs: Sequence[tuple[str, str]], cells: int) -> list[str]:
    """Return help lines: names with explanations beside them, or below a long name."""
    name_cells = min(max(width(name) for name, _explanation in pairs), WIDEST_NAME)
    lines: list[str] = []
    for name, explanation in pairs:
        first, *more = wrapped(explanation, max(20, cells - name_cells - 4))
        if width(name) > name_cells:
            lines.append(f"  {name}")
            more = [first, *more]
        else:
            lines.append(f"  {padded(name, name_cells)}  {first}".rstrip())
        lines += [" " * (name_cells + 4) + one for one in more if one]
    return lines
