"""Parses the few command lines that the start-up cache can answer."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

_VALUED = {"--deployment": "folder", "--as": "person", "--lang": "lang", "--department": "department"}
_SCOPES = {"--mine": "mine", "--pool": "pool", "--owed-to-us": "owed_to_us", "--all": "all"}
_AFTER_DUE = frozenset({"--department", "--json", *_SCOPES})


class FastCall(NamedTuple):
    """A parsed call of `sla due`, or of `sla` alone (the terminal)."""

    is_due: bool = False
    folder: str = ""
    person: str = ""
    lang: str = ""
    department: str = ""
    scope: str = ""
    as_json: bool = False


def parse(arguments: Sequence[str]) -> FastCall | None:
    """Parse a simple call; None for any other, and on systems without embedded store."""
    if os.name != "posix" or "_SLA_COMPLETE" in os.environ:
        return None
    found: dict[str, Any] = {"is_due": False}
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in _AFTER_DUE and not found["is_due"]:
            return None
        if name in _VALUED:
            value = value if equals else next(words, "")
            if not value or value.startswith("-") or not value.isprintable():
                return None
            found[_VALUED[name]] = value
        elif word in _SCOPES and "scope" not in found:
            found["scope"] = _SCOPES[word]
        elif word == "--json":
            found["as_json"] = True
        elif word == "due" and not found["is_due"]:
            found["is_due"] = True
        elif word != "--no-input":
            return None
    return FastCall(**found)
