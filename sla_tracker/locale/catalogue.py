"""Compiles the rooms' message files into one catalogue per language; needs Babel, so nobody imports it at run time.

There is one `.po` per room of the house (`cli.po`, `tui.po`...), because people who work in different rooms add
messages at the same time.
"""

import os
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def read_room(path: Path) -> Catalog:
    """Read one room's messages; the language is the name of the folder two above."""
    with path.open("rb") as stream:
        return read_po(stream, locale=path.parent.parent.name, charset="utf-8")


def merged(folder: Path) -> Catalog:
    """Merge all rooms of one language, `folder` being its LC_MESSAGES; the first translation of a message wins."""
    everything = Catalog(locale=folder.parent.name, charset="utf-8", fuzzy=False)
    for path in sorted(folder.glob("*.po")):
        for message in read_room(path):
            if message.id and message.string and message.id not in everything:
                everything.add(message.id, message.string, flags=message.flags)
    return everything


def compile_catalogues(locales: Path) -> list[Path]:
    """Write `sla_tracker.mo` for each language below `locales`; a reader never sees half of one."""
    return [_compile(folder) for folder in sorted(locales.glob("*/LC_MESSAGES"))]


def _compile(folder: Path) -> Path:
    target = folder / "sla_tracker.mo"
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        write_mo(stream, merged(folder))
    Path(name).chmod(0o644)
    Path(name).replace(target)
    return target
