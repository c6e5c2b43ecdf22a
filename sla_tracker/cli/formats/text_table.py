"""Lays out text in columns by terminal cells.

A Chinese character takes two cells, an accent none.
"""

import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

GAP = "  "
# Cells: a flexible column never gets narrower than NARROWEST, and counts as readable from READABLE.
NARROWEST = 8
READABLE = 16


class Tone(StrEnum):
    """The meaning of a text; colour repeats what the words say."""

    PLAIN = "plain"
    HEADING = "heading"
    QUIET = "quiet"
    ALARM = "alarm"
    WARNING = "warning"
    GOOD = "good"


class Span(NamedTuple):
    """A piece of a line in one tone."""

    text: str
    tone: Tone = Tone.PLAIN


class Column(NamedTuple):
    """One column; a `flexible` one shrinks when the line is too long.

    Before flexible ones become unreadable, those with a `spare` number are left out, the highest first.
    """

    heading: str = ""
    flexible: bool = False
    spare: int = 0


# Cached because names and titles repeat in every row of a table.
@lru_cache(maxsize=4096)
def width(text: str) -> int:
    """Return how many cells a text takes on a terminal.

    Widths are those of UAX #11; ambiguous characters take one cell.
    """
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(char) in {"Mn", "Me"}
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def cut(text: str, cells: int) -> str:
    """Return the text in at most `cells` cells, with an ellipsis where it was cut."""
    if width(text) <= cells:
        return text
    kept, used = [], 1
    for char in text:
        used += width(char)
        if used > cells:
            break
        kept.append(char)
    return "".join(kept) + "…"


def padded(text: str, cells: int) -> str:
    """Return the text padded with blanks to `cells` cells."""
    return text + " " * max(0, cells - width(text))


def wrapped(text: str, cells: int) -> list[str]:
    """Return the text in lines of at most `cells` cells.

    Lines break at blanks or between Chinese characters.
    """
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for piece in _pieces(paragraph):
            if line and width(line) + width(piece.rstrip()) > cells:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
    return lines


def laid_out(
    columns: Sequence[Column], rows: Sequence[Sequence[Span]], limit: int | None
) -> list[list[Span]]:
    """Return the lines of a table as spans.

    `limit` is the width in cells, None for no limit. An ellipsis after the headings, where it fits, marks that columns
    were left out.
    """
    widths = _natural(columns, rows)
    shown = range(len(columns)) if limit is None else _fitting(columns, widths, limit)
    kept = [columns[index] for index in shown]
    cells = [[row[index] for index in shown] for row in rows]
    least = _squeezed(kept, [widths[index] for index in shown], limit)
    lines = [_line(row, least) for row in cells]
    if not any(column.heading for column in columns):
        return lines
    heading = _line([Span(column.heading, Tone.QUIET) for column in kept], least)
    if len(kept) < len(columns) and limit is not None and _length(heading) + len(GAP) < limit:
        heading += [Span(GAP + "…", Tone.QUIET)]
    return [heading, *lines]


def _length(line: Sequence[Span]) -> int:
    return sum(width(span.text) for span in line)


def _natural(columns: Sequence[Column], rows: Sequence[Sequence[Span]]) -> list[int]:
    return [
        max([width(column.heading), *(width(row[index].text) for row in rows)])
        for index, column in enumerate(columns)
    ]


def _fitting(columns: Sequence[Column], widths: Sequence[int], limit: int) -> Sequence[int]:
    """Return the indexes of the columns that fit.

    Only spare columns are dropped, until the flexible ones stay readable.
    """
    least = [
        min(cells, READABLE) if column.flexible else cells
        for column, cells in zip(columns, widths, strict=True)
    ]
    shown = list(range(len(columns)))
    spare = sorted((index for index in shown if columns[index].spare), key=lambda index: columns[index].spare)
    while spare and sum(least[index] for index in shown) + len(GAP) * (len(shown) - 1) > limit:
        shown.remove(spare.pop())
    return shown


def _squeezed(columns: Sequence[Column], widths: list[int], limit: int | None) -> list[int]:
    if limit is None:
        return widths
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - limit
    while excess > 0:
        wide = max(
            (index for index, column in enumerate(columns) if column.flexible),
            key=lambda index: widths[index],
            default=None,
        )
        if wide is None or widths[wide] <= NARROWEST:
            break
        widths[wide] -= 1
        excess -= 1
    return widths


def _line(row: Sequence[Span], widths: Sequence[int]) -> list[Span]:
    cells = [Span(cut(span.text, cells), span.tone) for span, cells in zip(row, widths, strict=True)]
    spans: list[Span] = []
    for span, size in zip(cells, widths, strict=True):
        spans += [span, Span(" " * (size - width(span.text)) + GAP)]
    while spans and not spans[-1].text.strip():
        spans.pop()
    return spans


def _pieces(paragraph: str) -> list[str]:
    """Return unbreakable pieces: words with the blank behind, and wide characters."""
    pieces: list[str] = []
    for char in paragraph:
        joined = pieces and not pieces[-1].endswith(" ") and width(char) < 2 and width(pieces[-1][-1]) < 2
        closes = bool(pieces) and (char in "，。；：、！？）”》" or char == " ")
        if joined or closes:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def in_a_row(*sentences: str) -> str:
    """Join sentences with blanks; none after a Chinese full stop."""
    said = ""
    for sentence in filter(None, sentences):
        said += sentence if not said or said.endswith(("。", "？", "！")) else f" {sentence}"
    return said
