"""Collects the files by which a caller's own program checks code of the caller.

They are settings without secrets, checklists and calendars. Code of a caller never runs in the service, and code of the
service never with the rights of a caller: Python files of the plugin folder are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import tomlkit

from sla_tracker.config.load import CALENDAR_FOLDER, FILE_NAME, Deployment
from sla_tracker.errors import N_, Refused

SECTIONS = (
    "name", "zone", "language", "in_force_from", "calendar", "targets", "assumed", "hand_over_within",
    "complaints", "surveys", "closing", "fiscal", "causes", "waiver_codes",
)  # fmt: skip
"""Settings by which a plugin is judged; none of them holds a secret, an address or a login."""
PLUGIN_FOLDER = "plugins"
CHECKLIST, CALENDARS = (".toml",), (".toml", ".ics", ".csv")
MOST_BYTES = 8 << 20


def files_to_check_by(deployment: Deployment) -> Mapping[str, bytes]:
    """Return the files by which a caller's program can check a plugin.

    They make a small deployment, and are named by their place in it. Raises Refused where they are too large.
    """
    found = {FILE_NAME: tomlkit.dumps(_settings(deployment)).encode()}
    for name, folder, endings in (
        (PLUGIN_FOLDER, deployment.plugin_folder, CHECKLIST),
        (CALENDAR_FOLDER, deployment.calendar_folder, CALENDARS),
    ):
        found |= {f"{name}/{file.name}": file.read_bytes() for file in _files(folder, endings)}
    # A NUL byte separates the fields of a message, and no file that can be read has one.
    found = {place: content for place, content in found.items() if b"\0" not in content}
    if sum(map(len, found.values())) > MOST_BYTES:
        raise Refused(N_("The plugins and calendars of the service are too large to be handed out."))
    return found


def left_out(deployment: Deployment) -> tuple[str, ...]:
    """Return the Python files of the plugin folder, which are not handed out."""
    return tuple(deployment.config.plugins.python)


def _settings(deployment: Deployment) -> dict[str, object]:
    tree = deployment.source.tree
    kept = {name: tree[name] for name in SECTIONS if name in tree}
    people = [
        {"id": one.id, "name": one.name, "department": one.department, "role": str(one.role)}
        for one in deployment.config.people
    ]
    return {**kept, "plugins": {"enabled": list(deployment.config.plugins.enabled)}, "people": people}


def _files(folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """Yield the plugin files in use, without drafts and replaced ones.

    Names of drafts begin with an underscore, those of replaced files with a dot.
    """
    there = sorted(folder.iterdir()) if folder.is_dir() else []
    for file in there:
        if file.suffix in endings and file.name[0] not in "._" and file.is_file() and not file.is_symlink():
            yield file
