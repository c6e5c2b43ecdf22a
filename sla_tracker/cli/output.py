"""The only writer of the command line: data to stdout, narration to stderr, every text cleaned on the way."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from io import TextIOWrapper

import click

from sla_tracker.cli.table import Column, Span, Tone, laid_out
from sla_tracker.core.clean import clean

LONGEST_LINE = 100_000
JSON_VERSION = 1

_STYLES: dict[Tone, dict[str, object]] = {
    Tone.HEADING: {"bold": True},
    Tone.QUIET: {"dim": True},
    Tone.ALARM: {"fg": "red", "bold": True},
    Tone.WARNING: {"fg": "yellow"},
    Tone.GOOD: {"fg": "green"},
}
# JSON's own escapes leave these as they are, and a terminal would obey some of them.
_UNSAFE_IN_JSON = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)


class ReaderGone(Exception):
    """The program that reads our output has had enough (`sla due | head`)."""


def prepare() -> None:
    """Let a stream that cannot show a character show a question mark instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def line(*spans: Span | str) -> None:
    """Write one line of data."""
    _write("".join(map(_painted, spans)))


def text(value: str) -> None:
    """Write data of several lines."""
    for one in clean(value, lines=True, limit=LONGEST_LINE).splitlines():
        line(one)


def raw(value: str) -> None:
    """Write text that we wrote ourselves, such as a completion script, as it is."""
    _write(value)


def table(columns: Sequence[Column], rows: Iterable[Sequence[Span | str]], indent: str = "") -> None:
    """Write rows in columns."""
    for spans in lines_of(columns, rows, indent):
        line(indent, *spans)


def lines_of(
    columns: Sequence[Column], rows: Iterable[Sequence[Span | str]], indent: str = ""
) -> list[list[Span]]:
    """Return the lines of a table, headings first, that fit the screen; into a pipe nothing is left out."""
    cells = [[_cleaned(cell) for cell in row] for row in rows]
    limit = screen_width() - len(indent) if sys.stdout.isatty() else None
    return laid_out(columns, cells, limit)


def document(**content: object) -> None:
    """Write a JSON document; its first field says which version of our format it is."""
    shown = json.dumps({"version": JSON_VERSION, **content}, ensure_ascii=not _speaks_unicode(), indent=2)
    _write(_UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", shown))


def tell(sentence: str, tone: Tone = Tone.PLAIN) -> None:
    """Write narration to stderr."""
    for one in clean(sentence, lines=True, limit=LONGEST_LINE).splitlines() or [""]:
        _write(_painted(Span(one, tone)), err=True)


def flush() -> None:
    """Hand over what is still held back; raises ReaderGone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def _write(shown: str, *, err: bool = False) -> None:
    try:
        click.echo(shown, err=err)
    except BrokenPipeError:
        raise ReaderGone from None


def screen_width() -> int:
    """Return the width of the terminal in cells."""
    return max(40, shutil.get_terminal_size((100, 24)).columns)


def _cleaned(cell: Span | str) -> Span:
    span = Span(cell) if isinstance(cell, str) else cell
    return Span(clean(span.text), span.tone)


def _painted(span: Span | str) -> str:
    if isinstance(span, str):
        return clean(span, limit=LONGEST_LINE)
    style: Mapping[str, object] = _STYLES.get(span.tone, {})
    shown = clean(span.text, limit=LONGEST_LINE)
    return click.style(shown, **style) if style and shown.strip() else shown  # type: ignore[arg-type]


def _speaks_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") in {"utf8", "utf8sig"}
