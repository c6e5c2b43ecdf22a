"""How texts are compared with what people type, full-width letters included."""

from __future__ import annotations

from unicodedata import normalize


def half_width(text: str) -> str:
    """Return a text with full-width letters, digits and signs as those of ASCII.

    `ＡＢ：１２` is `AB:12`.
    """
    return text if text.isascii() else normalize("NFKC", text)


def folded(text: str) -> str:
    """Return a text in which case and full width make no difference.

    `ＡＢ：１２` is `ab:12`.
    """
    return half_width(text).casefold()
