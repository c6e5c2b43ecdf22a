"""Makes text from people and plugins harmless to show: no control bytes, no hidden or reordering characters."""

from __future__ import annotations

import re
import unicodedata

LONGEST_SHOWN = 4000
MOST_MARKS = 2
INSTEAD = "?"

_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS: title, clipboard
    r"|\x1b[ -/]*[0-~]"
)
# What nearly every text consists of and nothing below would touch: ASCII, common punctuation, Chinese characters.
_PLAIN = re.compile("[ -~·–—‘’“”…→、-〉《》「」（），：；？！\u4e00-\u9fff]*")
_LINE_END = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_SELECTORS = re.compile("[\ufe00-\ufe0f\u180b-\u180f\U000e0100-\U000e01ef]")
_INVISIBLE = frozenset({"Cf", "Cn", "Cs"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u034f\u2800")


def clean(text: str, *, lines: bool = False, limit: int = LONGEST_SHOWN) -> str:
    """Return the text fit for a screen, a file name or a sheet; `lines` keeps line ends, else they become spaces.

    Escape sequences (ECMA-48) go whole; any other control byte becomes a question mark. Bidirectional controls
    (UAX #9), zero-width characters, tags, selectors and stacked marks go; more than `limit` characters are cut.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if _PLAIN.fullmatch(text):
        return text
    text = _LINE_END.sub("\n", _SELECTORS.sub("", _ESCAPE_SEQUENCE.sub("", text)))
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= MOST_MARKS:
            kept.append(_harmless(char, category, lines=lines))
    return "".join(kept)


def _harmless(char: str, category: str, *, lines: bool) -> str:
    if category in _INVISIBLE or char in _FILLERS:
        return ""
    if char == "\n":
        return "\n" if lines else " "
    if category == "Zs" or char == "\t":
        return " "
    return INSTEAD if category in {"Cc", "Co", "Zl", "Zp"} else char
