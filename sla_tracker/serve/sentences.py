"""Says the sentences of the staff's program in the caller's language.

The module is a part of the installed client's one file.
"""

from __future__ import annotations

import os

# --- from here on part of the client's file ---------------------------------------------------------------------------

CHINESE: dict[str, str] = {}
"""Translations of the program's sentences; the installed file has no catalogue."""


def _(sentence: str, **values: object) -> str:
    """Return a sentence in the caller's language, with its values filled in."""
    names = ("SLA_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    tag = next((os.environ[name] for name in names if os.environ.get(name)), "")
    if tag.lower().startswith("zh"):
        sentence = CHINESE.get(sentence, sentence)
        reason = values.get("reason")  # what the system says of a file or a socket
        if isinstance(reason, str) and reason:
            values["reason"] = CHINESE.get(reason, reason)
    return sentence.format(**values)
