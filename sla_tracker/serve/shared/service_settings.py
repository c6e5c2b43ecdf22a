"""Compares what the services of one store go by: settings, plugins, calendars."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, RecordingStopped
from sla_tracker.i18n import gettext as _
from sla_tracker.value_class import dataclass
from sla_tracker.version import VERSION

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.services.deployment import PluginRow
    from sla_tracker.storage.postgres import PostgresStore

OTHERS_FILE = "others.json"
NOTE_SECONDS = 5.0
"""Between two times that a service says what it goes by."""
# Of one machine: where its store, backups and lists lie, and what its callers may use.
OF_ONE_HOST = frozenset({"serve", "store", "backup", "inbox", "keys"})
DIFFERENT_PEOPLE = N_(
    "The service on {hosts} goes by other people than this one, so nobody changes anything until both read the same "
    "settings; reading goes on."
)


class Part(StrEnum):
    """What services have to have in common."""

    PEOPLE = "people"
    SETTINGS = "settings"
    PLUGINS = "plugins"
    CALENDARS = "calendars"
    VERSION = "version"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDigests:
    """What this service goes by: where it runs, and a digest of each part."""

    host: str
    folder: str
    digests: Mapping[Part, str]


def digests_of(deployment: Deployment, rows: Iterable[PluginRow]) -> ServiceDigests:
    """Return what the service of a deployment with these plugins goes by."""
    settings = deployment.config.model_dump(mode="json", exclude=set(OF_ONE_HOST))
    people = settings.pop("people")
    plugins = [(row.name, row.state, row.version, row.digest) for row in rows]
    return ServiceDigests(
        host=socket.gethostname(),
        folder=str(deployment.folder.resolve()),
        digests={
            Part.PEOPLE: _digest(people),
            Part.SETTINGS: _digest(settings),
            Part.PLUGINS: _digest([plugins, _files(deployment.plugin_folder)]),
            Part.CALENDARS: _digest(_files(deployment.calendar_folder)),
            Part.VERSION: VERSION,
        },
    )


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _files(folder: Path) -> list[tuple[str, str]]:
    """Return name and digest of each file that plugins or calendars are read from."""
    if not folder.is_dir():
        return []
    files = (file for file in sorted(folder.iterdir()) if file.suffix in {".py", ".toml", ".ics", ".csv"})
    return [(file.name, hashlib.sha256(file.read_bytes()).hexdigest()) for file in files if file.is_file()]


def differences(store: PostgresStore, own: ServiceDigests) -> dict[str, list[str]]:
    """Note what this service goes by; return hosts that go by something else.

    The hosts are listed by the part in which they differ.
    """
    found: dict[str, list[str]] = {}
    for host, digests in store.note_service(
        own.host, own.folder, VERSION, {part.value: digest for part, digest in own.digests.items()}
    ):
        for part in Part:
            if digests.get(part) != own.digests[part]:
                found.setdefault(part, []).append(host)
    return found


def write_others(state: Path, found: Mapping[str, Sequence[str]]) -> None:
    """Write the differences to a file that sessions read at each act."""
    file = state / OTHERS_FILE
    with suppress(OSError):
        if not found:
            file.unlink(missing_ok=True)
            return
        replace_file(file, json.dumps(found).encode(), mode=0o600, durable=False)


def read_others(state: Path) -> Mapping[str, Sequence[str]]:
    """Return the hosts whose services differ, by part."""
    try:
        found = json.loads((state / OTHERS_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def must_have_same_people(state: Path) -> None:
    """Raise RecordingStopped where another service of the store goes by other people."""
    hosts = read_others(state).get(Part.PEOPLE)
    if hosts:
        raise RecordingStopped(DIFFERENT_PEOPLE, hosts=", ".join(hosts))


def warnings(state: Path) -> Iterable[str]:
    """Yield a sentence for each part in which services of the store differ."""
    names = {
        Part.SETTINGS: _("settings"),
        Part.PLUGINS: _("plugins"),
        Part.CALENDARS: _("calendars"),
        Part.VERSION: _("program version"),
    }
    for part, hosts in sorted(read_others(state).items()):
        if part == Part.PEOPLE:
            yield RecordingStopped(DIFFERENT_PEOPLE, hosts=", ".join(hosts)).sentence()
        elif part in names:
            yield _(
                "The service on {hosts} differs from this one in: {part}. Make both the same.",
                hosts=", ".join(hosts),
                part=names[Part(part)],
            )
