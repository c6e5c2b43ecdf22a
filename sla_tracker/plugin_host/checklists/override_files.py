"""Finds checklists of a deployment that stand in for those of installed packages.

Such a file lies in the plugin folder, is called like the plugin, and says `overrides = "NAME"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from sla_tracker.plugin_host.trust import LARGEST_CHECKLIST

SUFFIX = ".toml"
# Looked for in the bytes, not in the parsed file: with an error elsewhere in it, the file is still meant to override,
# and what the package says must not come into effect in its stead.
_MARK = re.compile(rb"^\s*overrides\s*=", re.MULTILINE)


def override_files(
    enabled: Iterable[str], folder: Path | None, given: Mapping[str, object]
) -> Mapping[str, Path]:
    """Return the files that override an enabled plugin, by its name.

    A given file takes the place of that in the folder.
    """
    return dict(_found(enabled, folder, given))


def _found(
    enabled: Iterable[str], folder: Path | None, given: Mapping[str, object]
) -> Iterator[tuple[str, Path]]:
    for name in enabled:
        path = given.get(name, folder / f"{name}{SUFFIX}" if folder else None)
        if isinstance(path, Path) and path.suffix == SUFFIX and is_override(path):
            yield name, path


def is_override(path: Path) -> bool:
    """Return whether a checklist says that it overrides another.

    Returns False for a file that cannot be opened.
    """
    with suppress(OSError), path.open("rb") as stream:
        return _MARK.search(stream.read(LARGEST_CHECKLIST)) is not None
    return False
