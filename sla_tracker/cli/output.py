"""Cleans and writes all output: data to stdout, everything else to stderr.

No other module of the command line writes to either.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TextIO

from sla_tracker import errors
from sla_tracker.cli.formats.text_table import Column, Span, Tone, laid_out
from sla_tracker.cli.terminal_kind import prints_only
from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _

# Characters of one line; longer ones are cut by `clean`.
LONGEST_LINE = 100_000
# Cells: the least width that is assumed, and the width when no terminal tells one.
NARROWEST, USUAL_WIDTH = 40, 100
# Version of the JSON documents; raised when a key is removed or changes its meaning.
JSON_VERSION = 1

# ECMA-48, select graphic rendition; written here so that `sla due` from the start-up cache does not import click.
_STYLES: Mapping[Tone, str] = {
    Tone.HEADING: "\x1b[1m",
    Tone.QUIET: "\x1b[2m",
    Tone.ALARM: "\x1b[31m\x1b[1m",
    Tone.WARNING: "\x1b[33m",
    Tone.GOOD: "\x1b[32m",
}
_RESET = "\x1b[0m"
# json.dumps leaves these control and format characters unescaped; a terminal would act on some of them.
_UNSAFE_IN_JSON = "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"


class ReaderGone(Exception):
    """The reader of our output closed the pipe (`sla due | head`)."""


class Unwritable(Exception):
    """Output that cannot be written, as on a full disk or a closed pipe."""


class _Written:
    """What became of the output of this call, and whether it has acted."""

    failure: ReaderGone | Unwritable | None = None
    has_acted = False


_written = _Written()


def prepare() -> None:
    """Make streams replace unencodable characters by `?`, and forget earlier failures.

    Closed streams are replaced by the null device.
    """
    _written.failure, _written.has_acted = None, False
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def line(*spans: Span | str) -> None:
    """Write one line of data."""
    colourful = is_colourful(sys.stdout)
    _write("".join([_painted(span, colourful=colourful) for span in spans]))


def text(value: str) -> None:
    """Write several lines of data."""
    for one in clean(value, lines=True, limit=LONGEST_LINE).splitlines():
        line(one)


def raw(value: str) -> None:
    """Write text of our own, such as a completion script, without cleaning."""
    _write(value)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Span | str]], indent: str = "") -> None:
    """Write rows as a table."""
    for spans in lines_of(columns, rows, indent):
        line(indent, *spans)


def lines_of(
    columns: Sequence[Column], rows: Iterable[Sequence[Span | str]], indent: str = ""
) -> list[list[Span]]:
    """Return the lines of a table with headings, fitted to the screen.

    Into a pipe all columns are written.
    """
    cells = [[_cleaned(cell) for cell in row] for row in rows]
    limit = screen_width() - len(indent) if sys.stdout.isatty() else None
    return laid_out(columns, cells, limit)


def document(**content: object) -> None:
    """Write a JSON document; its first field is the format's version."""
    import json

    shown = json.dumps({"version": JSON_VERSION, **content}, ensure_ascii=not _speaks_unicode(), indent=2)
    _write(re.sub(_UNSAFE_IN_JSON, lambda found: f"\\u{ord(found[0]):04x}", shown))


def message(sentence: str, tone: Tone = Tone.PLAIN) -> None:
    """Write narration to stderr, after flushing stdout to keep the order."""
    flush()
    colourful = is_colourful(sys.stderr)
    for one in clean(sentence, lines=True, limit=LONGEST_LINE).splitlines() or [""]:
        _write(_painted(Span(one, tone), colourful=colourful), err=True)


def say_who_holds_the_store(holder: str) -> None:
    """Write which process one waits for."""
    message(_("Waiting for the store, which {holder} is using …", holder=holder))


def flush() -> None:
    """Flush stdout."""
    with _keeping_failures(sys.stdout):
        sys.stdout.flush()


def finished(writing: Callable[[], None]) -> int:
    """Run a writing function, flush, and return the exit code.

    A closed pipe counts as success.
    """
    prepare()
    writing()
    return code_of_output(0)


def note_act() -> None:
    """Note that this call has put an act on record, whatever becomes of its output."""
    _written.has_acted = True


def code_of_output(code: int) -> int:
    """Flush, and return the exit code of a call that ended with `code`.

    Output that could not be written is said, and makes a success a failure; a closed pipe does not.
    """
    flush()
    return unwritten(_written.failure, code) if isinstance(_written.failure, Unwritable) else code


def unwritten(failure: Unwritable, code: int = 0) -> int:
    """Print that the output cannot be written, and return `code`, or 1 instead of 0."""
    give_up(sys.stdout)
    if _written.has_acted:
        said = _(
            "It is done and on record, do not repeat it; only the output cannot be written: {reason}",
            reason=failure,
        )
    else:
        said = _("The output cannot be written: {reason}", reason=failure)
    message(said, Tone.ALARM)
    return code or 1


def give_up(*streams: TextIO) -> None:
    """Redirect streams to the null device, so that the last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams or (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue


def _write(shown: str, *, err: bool = False) -> None:
    stream = sys.stderr if err else sys.stdout
    with _keeping_failures(stream):
        stream.write(f"{shown}\n")


@contextmanager
def _keeping_failures(stream: TextIO) -> Iterator[None]:
    """Keep the first failure of a stream; what follows goes nowhere.

    The end of the call says it. Commands print before and between what they do: whether that is done must not depend
    on who reads.
    """
    try:
        yield
    except OSError as error:
        failure = ReaderGone() if isinstance(error, BrokenPipeError) else Unwritable(errors.shown(error))
        _written.failure = _written.failure or failure
        give_up(stream)


def screen_width() -> int:
    """Return the width of the terminal in cells."""
    asked = os.environ.get("COLUMNS", "")
    try:
        found = int(asked) if asked.isdecimal() else os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        found = 0
    return max(NARROWEST, found or USUAL_WIDTH)


def is_seen() -> bool:
    """Return whether stdout is a terminal."""
    return sys.stdout.isatty()


def is_colourful(stream: TextIO) -> bool:
    """Return whether a stream is a terminal with colours, and NO_COLOR is not set.

    See no-color.org.
    """
    return stream.isatty() and not os.environ.get("NO_COLOR") and not prints_only()


def _cleaned(cell: Span | str) -> Span:
    span = Span(cell) if isinstance(cell, str) else cell
    return Span(clean(span.text), span.tone)


def _painted(span: Span | str, *, colourful: bool) -> str:
    if isinstance(span, str):
        return clean(span, limit=LONGEST_LINE)
    shown = clean(span.text, limit=LONGEST_LINE)
    style = _STYLES.get(span.tone, "") if colourful else ""
    return f"{style}{shown}{_RESET}" if style and shown.strip() else shown


def _speaks_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") in {"utf8", "utf8sig"}
