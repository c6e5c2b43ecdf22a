"""Patterns of subjects, and subjects that differ by one character.

Number plates have a pattern, for example. A pattern never refuses: temporary plates exist. What does not fit is asked
about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from sla_tracker.domain.duties.subject import subject_key

DIGIT, LETTER, EITHER = "#", "@", "?"
DIGITS, LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SHORTEST_COMPARED = 6  # characters of a key; every second name of two characters has a neighbour
LONGEST_ROW = 8  # equal signs of a pattern that are written out
LONGEST_COMPARED = 24  # characters of a key; a chassis number has 17


def fits(subject: str, patterns: Iterable[str]) -> bool:
    """Tell whether a subject looks like one of the patterns; true without any.

    In a pattern `#` is a digit, `@` a letter from A to Z, `?` any letter or digit (Chinese ones too), and every other
    character itself. Dots, blanks, capitals and full width make no difference, as everywhere in subjects.
    """
    shapes = [_shape(pattern) for pattern in patterns]
    key = subject_key(subject)
    return not shapes or any(_has_shape(key, shape) for shape in shapes)


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern that some subject can match."""
    return bool(_shape(text))


def short_pattern(pattern: str) -> str:
    """Return a pattern in short: a long row of one sign becomes sign and number."""
    rows = ("".join(row) for _sign, row in groupby(pattern))
    return "".join(f"{row[0]}×{len(row)}" if len(row) > LONGEST_ROW else row for row in rows)


def _shape(pattern: str) -> str:
    """Return a pattern without what subjects are compared without."""
    signs = {DIGIT, LETTER, EITHER}
    return "".join(char if char in signs else subject_key(char) for char in pattern)


def _has_shape(key: str, shape: str) -> bool:
    return len(key) == len(shape) and all(map(_is_a, key, shape))


def _is_a(char: str, sign: str) -> bool:
    match sign:
        case "#":
            return char in DIGITS
        case "@":
            return char in LETTERS
        case "?":
            return True
    return char == sign


def neighbours(key: str) -> Iterator[str]:
    """Yield the keys that differ from a key in one digit or one letter from A to Z.

    None for short keys, which are names, and for very long ones.
    """
    if not SHORTEST_COMPARED <= len(key) <= LONGEST_COMPARED:
        return
    for place, char in enumerate(key):
        for alphabet in (DIGITS, LETTERS):
            if char in alphabet:
                yield from (f"{key[:place]}{other}{key[place + 1 :]}" for other in alphabet if other != char)
