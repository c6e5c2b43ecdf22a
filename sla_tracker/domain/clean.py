"""Removes control, hidden and reordering characters from text before it is shown."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SHOWN = 4000  # characters
MOST_MARKS = 2  # combining marks in a row; more of them paint over neighbouring lines
REPLACEMENT = "?"  # for a control byte or a private-use character

# The patterns that are compiled when a text needs them: most have nothing to be removed.
_ESCAPE_SEQUENCE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS: title, clipboard
    r"|\x1b[ -/]*[0-~]"
)
# Fast path: ASCII, common punctuation and Chinese characters need no cleaning, and nearly every text is made of them.
_PLAIN = re.compile("[ -~·–—‘’“”…→、-〉《》「」（），：；？！\u4e00-\u9fff]*")
_LINE_END = r"\r\n?|[\v\f\x85\u2028\u2029]"
_SELECTORS = "[\ufe00-\ufe0f\u180b-\u180f\U000e0100-\U000e01ef]"
# Unicode categories: format, unassigned, surrogate.
_INVISIBLE = frozenset({"Cf", "Cn", "Cs"})
# Letters and marks by category, but without a visible shape (Hangul fillers, grapheme joiner, Braille blank).
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u2800")


def is_storable(text: str) -> bool:
    """Return whether every store keeps a text: NUL and halves of pairs are lost."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text))


def clean(text: str, *, lines: bool = False, limit: int = LONGEST_SHOWN) -> str:
    """Return the text without characters that could harm a screen, file name or sheet.

    `lines` keeps line ends, else they become spaces. Escape sequences (ECMA-48) are removed as a whole; any other
    control byte becomes a question mark. Bidirectional controls (UAX #9), zero-width characters, tags, selectors and
    stacked marks are removed; text after `limit` is cut off.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if _PLAIN.fullmatch(text):
        return text
    text = re.sub(_LINE_END, "\n", re.sub(_SELECTORS, "", re.sub(_ESCAPE_SEQUENCE, "", text)))
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= MOST_MARKS:
            kept.append(_safe_char(char, category, lines=lines))
    return "".join(kept)


def _safe_char(char: str, category: str, *, lines: bool) -> str:
    if category in _INVISIBLE or char in _FILLERS:
        return ""
    if char == "\n":
        return "\n" if lines else " "
    if category == "Zs" or char == "\t":
        return " "
    return REPLACEMENT if category in {"Cc", "Co", "Zl", "Zp"} else char
