"""Turns each error into one sentence on stderr and an exit code.

No error ends in a traceback.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from errno import (
    EACCES,
    EISDIR,
    EMFILE,
    ENAMETOOLONG,
    ENFILE,
    ENOTDIR,
    EPERM,
    EROFS,
)
from pathlib import Path

import click

from sla_tracker.cli import output
from sla_tracker.cli.deployments import SERVICE_FILE
from sla_tracker.cli.formats.text_table import Tone, in_a_row
from sla_tracker.domain.clean import clean
from sla_tracker.errors import NO_ROOM, ExitCode, NeedsConfirmation, SlaError, shown
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed

# Exit code of a call ended by SIGINT: 128 + 2, as shells count it.
INTERRUPTED = 130
# Least difflib ratio (0 to 1) at which a name is suggested for a mistyped one.
ALIKE = 0.65
# errno values: a disk that takes nothing more, and other refusals that an administrator has to resolve.
_REFUSALS = NO_ROOM | {EACCES, EPERM, EROFS, EMFILE, ENFILE}
# Those of a file's name as it was typed.
_WRONG_NAMES = frozenset({ENAMETOOLONG, ENOTDIR, EISDIR})


class MissingWithExamples(click.MissingParameter):
    """A missing parameter with a few values that it may have, and what each means."""

    def __init__(self, missing: click.MissingParameter, examples: Sequence[tuple[str, str]]) -> None:
        super().__init__(ctx=missing.ctx, param=missing.param)
        self.examples = examples


def guarded(call: Callable[[], int | None], keep_fault: Callable[[str, str], str] | None = None) -> int:
    """Run a call and return its exit code; no exception passes.

    `keep_fault` keeps kind and details of a fault of the program, and returns the sentence that says where.
    """
    try:
        try:
            code = call() or ExitCode.OK
        finally:
            output.flush()
    except (output.ReaderGone, output.Unwritable) as end:
        return _ended_by_output(end)
    except SlaError as error:
        return _report_error(in_a_row(error.sentence(), _how_to_insist(error)), error.exit_code)
    except click.ClickException as error:
        return _report_error(_sentence(error), ExitCode.USAGE)
    except (click.Abort, KeyboardInterrupt):
        return _report_error(_("Stopped."), INTERRUPTED)
    except Exception as error:
        return _unexpected(error, keep_fault or keep_in_file)
    return output.code_of_output(int(code))


def _unexpected(error: Exception, keep_fault: Callable[[str, str], str]) -> int:
    """Print what an exception means that no use case knows, and return the exit code."""
    if isinstance(error, BrokenPipeError) and isinstance(error.__context__, KeyboardInterrupt):
        output.give_up()  # click ends the line by itself before Ctrl+C goes on, also where nobody reads
        return INTERRUPTED
    typed_wrong = isinstance(error, OSError) and error.errno in _WRONG_NAMES
    code = ExitCode.USAGE if typed_wrong else ExitCode.FAILED
    return _report_error(_by_the_system(error) or _crashed(error, keep_fault), code)


def ended_by(error: Exception) -> int:
    """Print the sentence of an error and return its exit code."""

    def call() -> int:
        raise error

    return guarded(call)


def _report_error(sentence: str, code: int) -> int:
    output.message(sentence, Tone.ALARM)
    return int(code)


def _ended_by_output(end: output.ReaderGone | output.Unwritable) -> int:
    """Return OK if the reader closed the pipe, else the code of a failed output.

    `sla export -` alone ends by it; other commands go on without a reader.

    For a failed output it also prints why.
    """
    if isinstance(end, output.Unwritable):
        return output.unwritten(end)
    output.give_up()
    return int(ExitCode.OK)


def _how_to_insist(error: SlaError) -> str:
    """Return the option that confirms a doubtful act, for a call that cannot ask."""
    return _("To go on, add --again.") if isinstance(error, NeedsConfirmation) else ""


def _sentence(error: click.ClickException) -> str:
    """Return click's error in the reader's language, with the way to the help."""
    return in_a_row(*_complaint(error), _advice(error))


def _complaint(error: click.ClickException) -> tuple[str, ...]:
    match error:
        case click.NoSuchCommand():
            return _("There is no command “{name}”.", name=shown(error.command_name)), _nearest(
                error.command_name, error.possibilities
            )
        case click.NoSuchOption():
            return _("There is no option “{name}”.", name=shown(error.option_name)), _nearest(
                error.option_name, error.possibilities
            ) or _before_the_command(error)
        case click.BadOptionUsage():
            return (_("The option {name} needs a value, or takes none.", name=error.option_name),)
        case click.MissingParameter():
            return _missing(error.param), _examples(error)
        case click.BadParameter():
            return (_about(error.param, error.message),)
    return (error.format_message(),)


def _missing(param: click.Parameter | None) -> str:
    """Return the sentence on a missing parameter: how to write it, what it means."""
    name = _name_of(param)
    if isinstance(param, click.Option) and isinstance(param.metavar, str):
        name = f"{name} {param.metavar}"
    meant = _(getattr(param, "help", None) or "").rstrip(".。")
    return (
        _("{name} is missing: {meant}.", name=name, meant=meant)
        if meant
        else _("{name} is missing.", name=name)
    )


def _examples(error: click.MissingParameter) -> str:
    """Return the sentence that names a few values of a missing parameter.

    Empty where no values are known.
    """
    examples = error.examples if isinstance(error, MissingWithExamples) else ()
    named = [bracketed(value, clean(meaning)) for value, meaning in examples]
    return _("For example: {examples}.", examples=_(", ").join(named)) if named else ""


def _about(param: click.Parameter | None, problem: str) -> str:
    if param is not None and param.type is click.INT:
        return _("{name}: a whole number is expected, such as 20.", name=_name_of(param))
    if param is not None and isinstance(param.type, click.IntRange):
        return _(
            "{name}: a whole number from {least} to {most} is expected.",
            name=_name_of(param),
            least=param.type.min,
            most=param.type.max,
        )
    if param is not None and isinstance(param.type, click.Choice):
        return _(
            "{name}: choose one of {known}.", name=_name_of(param), known=_(", ").join(param.type.choices)
        )
    return _("{name}: {problem}", name=_name_of(param), problem=problem)


def _nearest(typed: str, names: Sequence[str] | None) -> str:
    """Return a suggestion of similar names; leading dashes do not count as similarity."""
    bare = typed.lstrip("-")
    alike = [name for name in names or () if _is_alike(bare, name.lstrip("-"))]
    return _("Did you mean {names}?", names=_(", ").join(alike)) if alike else ""


def _before_the_command(error: click.NoSuchOption) -> str:
    """Return where an option belongs that stands before the command's name.

    Empty for an option that stands behind it.
    """
    if error.ctx is None or not isinstance(error.ctx.command, click.Group):
        return ""
    return _(
        "Options of a command are written behind it: {command} COMMAND {option}",
        command=error.ctx.command_path,
        option=shown(error.option_name),
    )


def _is_alike(typed: str, name: str) -> bool:
    from difflib import SequenceMatcher

    return name.startswith(typed) or SequenceMatcher(None, typed, name).ratio() >= ALIKE


def _name_of(param: click.Parameter | None) -> str:
    if isinstance(param, click.Argument):
        return param.metavar or str(param.name)
    return "/".join(param.opts) if param else "-"


def _advice(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    return _("See: {command} --help", command=context.command_path) if context else ""


def _by_the_system(error: Exception) -> str:
    """Return the sentence for an operating system error that is no bug, else ""."""
    if not isinstance(error, OSError) or error.errno not in _REFUSALS | _WRONG_NAMES:
        return ""
    reason = shown(error)
    said = (
        _("The system refuses {file}: {reason}", file=error.filename, reason=reason)
        if error.filename
        else _("The system refuses it: {reason}", reason=reason)
    )
    served = error.errno == EACCES and os.path.lexists(SERVICE_FILE)
    advice = _("This host has a service: leave --deployment and SLA_DEPLOYMENT out.")
    return in_a_row(said, advice) if served else said


def _crashed(error: Exception, keep_fault: Callable[[str, str], str]) -> str:
    """Keep the traceback of a bug and return a sentence that says where."""
    import traceback

    return keep_fault(type(error).__name__, "".join(traceback.format_exception(error)))


def keep_in_file(kind: str, details: str) -> str:
    """Write a bug's traceback into a private temporary file; return a sentence on it."""
    import tempfile

    try:
        handle, name = tempfile.mkstemp(prefix="sla-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(details)
    except OSError:
        return _("This is a fault of the program ({kind}); its details could not be written down.", kind=kind)
    return _(
        "This is a fault of the program ({kind}); its details are in {file}, for whoever runs sla here.",
        kind=kind,
        file=str(Path(name)),
    )
