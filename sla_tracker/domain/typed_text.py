"""How texts are compared with what people type.

Also with the full-width letters of an input method.
"""

from __future__ import annotations

from unicodedata import normalize


def folded(text: str) -> str:
    """Return a text in which case and full width make no difference.

    `ＡＢ：１２` is `ab:12`.
    """
    return text.casefold() if text.isascii() else normalize("NFKC", text).casefold()
