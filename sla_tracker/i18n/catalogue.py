"""Compiles `.po` files into `.mo` catalogues, with Babel, in development only."""

import os
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

DOMAIN = "sla_tracker"


def read_messages(path: Path) -> Catalog:
    """Read a `.po` file; its path `<language>/LC_MESSAGES/x.po` gives the language."""
    with path.open("rb") as stream:
        return read_po(stream, locale=path.parent.parent.name, charset="utf-8")


def translated(folder: Path) -> Catalog:
    """Return the translated messages of one language from its LC_MESSAGES folder."""
    result = Catalog(locale=folder.parent.name, charset="utf-8", fuzzy=False)
    for message in read_messages(folder / f"{DOMAIN}.po"):
        if message.id and message.string:
            result.add(message.id, message.string, flags=message.flags)
    return result


def compile_catalogues(locales: Path) -> list[Path]:
    """Write `sla_tracker.mo` for each language below `locales`; return the files."""
    return [_compile(folder) for folder in sorted(locales.glob("*/LC_MESSAGES"))]


def _compile(folder: Path) -> Path:
    target = folder / f"{DOMAIN}.mo"
    # Written beside the target and renamed, so that a process starting meanwhile never reads half a file.
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        write_mo(stream, translated(folder))
    Path(name).chmod(0o644)
    Path(name).replace(target)
    return target
