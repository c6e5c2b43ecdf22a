"""Finds the files of settings, plugins and calendars, and notices changes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.plugin_host.host import PluginHost


Mark = tuple[int, int, int]


def mark_of(file: Path) -> Mark:
    """Return what changes whenever a file does: inode, modification time, size."""
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_mtime_ns, status.st_size


def fingerprint(deployment: Deployment) -> tuple[tuple[str, int, int], ...]:
    """Return path, mtime (ns) and size (bytes) of each watched file.

    The files of settings, plugins and calendars are watched.
    """
    files = [deployment.file]
    for folder in (deployment.plugin_folder, deployment.calendar_folder):
        if folder.is_dir():
            files.extend(sorted(folder.iterdir()))
    found = []
    for file in files:
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((str(file), status.st_mtime_ns, status.st_size))
    return tuple(found)


def watched_files(deployment: Deployment, host: PluginHost) -> Sequence[Path]:
    """Return every file and folder whose change makes the start-up cache outdated.

    Folders of installed packages are among them, as an upgrade may change a plugin.
    """
    own = (deployment.plugin_folder, deployment.calendar_folder)
    folders = [*own, *sorted(_package_folders(host))]
    files = [
        path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir()) if path.is_file()
    ]
    installed = [Path(place) for place in sys.path if Path(place).name.endswith("-packages")]
    return (deployment.file, *folders, *files, *installed)


def _package_folders(host: PluginHost) -> set[Path]:
    """Return the folders of the installed packages of active plugins."""
    from importlib.util import find_spec

    from sla_tracker.services.deployment import Origin, PluginState

    tops = {
        plugin.place.partition(".")[0]
        for plugin in host.plugins
        if plugin.state is PluginState.ACTIVE and plugin.origin is Origin.ENTRY_POINT
    }
    found = [find_spec(top) for top in tops]
    return {Path(place) for spec in found if spec for place in spec.submodule_search_locations or ()}
