"""Keeps what commands need of settings and plugins.

With this cache most commands load neither plugins nor the validation library. The file belongs to one login and is read
only where nobody else can have written it. It holds while every file of which it was made is the same one: by times,
size, rights and owner (`_stamp`). Whatever is not quite usual, such as a broken plugin, is never written into it, so
that each command loads and says it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sla_tracker.cache_files import cache_places, open_private, write_private
from sla_tracker.config.deployment import FILE_NAME, Basics, Contents, Deployment
from sla_tracker.deployment.context.warnings import unread_days
from sla_tracker.deployment.settings.known_days import KnownDays, known_days
from sla_tracker.deployment.settings.plugin_memory import quarantine_of
from sla_tracker.deployment.settings.stored_values import ValueReader, ValueWriter
from sla_tracker.deployment.settings.watched_files import watched_files
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.people import Person
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services.context import Settings
from sla_tracker.trusted_files import OWNER
from sla_tracker.value_class import dataclass
from sla_tracker.version import PACKAGE, VERSION

if TYPE_CHECKING:
    from sla_tracker.deployment.settings.loading import LoadedSettings
    from sla_tracker.domain.time.calendar_layers import DaySource
    from sla_tracker.plugin_host.quarantine import Quarantine

FORMAT = 1
NAME = "settings"
LARGEST = 32 * 1024 * 1024  # bytes
ACCOUNTS = ("/etc/passwd", "/etc/group")
"""Files that say whose login is whose, and which groups are private."""
YOUNG_NS = 100_000_000
"""A file that changed so shortly before it was read may change again without another time (ns)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedSettings:
    """Settings, people, calendars and catalogue, as the plugins in use declare them.

    `plugins` are the digests of the plugins' files; `reviews` and `observes` say whether a plugin is called later.
    """

    basics: Basics
    settings: Settings
    people: Mapping[str, Person]
    calendars: Mapping[str, WorkCalendar]
    declared: Catalogue
    plugins: Mapping[str, str]
    reviews: bool
    observes: bool
    owner: int
    digest: str
    watched: tuple[str, ...]

    def deployment(self, folder: Path, read: Callable[[], Contents]) -> Deployment:
        """Return the deployment, which reads all of the settings on the first question."""
        return Deployment(
            folder=folder,
            file=folder / FILE_NAME,
            basics=self.basics,
            read=read,
            digest=self.digest,
            owner=self.owner,
        )

    def with_days(self, real: Callable[[str], DaySource]) -> Mapping[str, WorkCalendar]:
        """Return the calendars, which ask a real source for years that are not kept."""
        return {
            name: replace(calendar, source=replace(calendar.source, real=real))
            if isinstance(calendar.source, KnownDays)
            else calendar
            for name, calendar in self.calendars.items()
        }


class _Origin(NamedTuple):
    """The sources of a cache: program, surroundings, files and folders.

    Files with their stamps, folders with their rights. `marks` are the folder and the beginning of the names of files
    that say that code of a plugin runs, or ended a process.
    """

    format: int
    program: list[str]
    files: list[str]
    stamps: list[list[int]]
    folders: list[str]
    rights: list[list[int]]
    marks: list[str]


def read_settings(folder: Path) -> CachedSettings | None:
    """Return the cached settings of a deployment.

    None where they are missing, outdated or not to be trusted.
    """
    for place in cache_places(folder, NAME):
        try:
            descriptor = open_private(place)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as stream:
            first, _, rest = stream.read(LARGEST).partition(b"\n")
        try:
            origin = _Origin(*json.loads(first))
            if _is_present(origin, folder):
                found = ValueReader(json.loads(rest)).value()
                return found if isinstance(found, CachedSettings) else None
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, ImportError, RecursionError):
            pass  # as good as missing: the settings themselves are read
        return None
    return None


def is_usual(loaded: LoadedSettings) -> bool:
    """Return whether no command would have to warn of settings or plugins."""
    host, built = loaded.host, loaded.built
    return (
        loaded.problem is None
        and host.is_complete
        and not (host.problems or host.incidents or built.warnings)
        and not any(unread_days(built.calendars))
    )


def write_settings(folder: Path, loaded: LoadedSettings, now: datetime, began_ns: int) -> None:
    """Cache settings that were loaded with all plugins.

    Nothing is written where a file has changed since the loading began.
    """
    watched = tuple(str(path) for path in watched_files(loaded.deployment, loaded.host))
    origin = _origin_of(folder, watched, quarantine_of(loaded.deployment))
    if any(max(stamp[:2]) >= began_ns - YOUNG_NS for stamp in origin.stamps):
        return  # the next command writes it
    try:
        document = ValueWriter().document(_cached(loaded, watched, now.year))
    except Exception:
        return
    content = b"\n".join(json.dumps(part, ensure_ascii=False).encode() for part in (origin, document))
    inside, outside = cache_places(folder, NAME)
    write_private(inside if loaded.deployment.basics.trial else outside, content)


def _cached(loaded: LoadedSettings, watched: tuple[str, ...], year: int) -> CachedSettings:
    deployment, host, built = loaded.deployment, loaded.host, loaded.built
    names = {id(source): name for name, source in host.calendars.items()}
    sources = {id(one.source): one.source for one in built.calendars.values() if one.source is not None}
    kept = {key: known_days(names[key], source, year) for key, source in sources.items()}
    calendars = {name: replace(one, source=kept.get(id(one.source))) for name, one in built.calendars.items()}
    return CachedSettings(
        basics=deployment.basics,
        settings=built.settings,
        people=dict(built.people),
        calendars=calendars,
        declared=host.catalogue,
        plugins=host.digests,
        reviews=host.reviews,
        observes=bool(host.observers),
        owner=deployment.owner,
        digest=deployment.digest,
        watched=watched,
    )


def _origin_of(folder: Path, watched: Sequence[str], quarantine: Quarantine | None) -> _Origin:
    code = [str(path) for path in PACKAGE.glob("**/") if path.name != "__pycache__"]
    remembered = [str(quarantine.file)] if quarantine else []
    files = [*dict.fromkeys([*watched, *code, *remembered, *ACCOUNTS])]
    # A folder in which files come and go is told by its rights alone; so is the place of a file behind a link.
    folders = sorted({str(folder), *(str(Path(file).resolve().parent) for file in watched)})
    marks = [str(quarantine.file.parent), quarantine.marks_begin] if quarantine else []
    return _Origin(
        FORMAT, _program(folder), files, list(map(_stamp, files)), folders, list(map(_rights, folders)), marks
    )


def _is_present(origin: _Origin, folder: Path) -> bool:
    return (
        origin.format == FORMAT
        and origin.program == _program(folder)
        and origin.stamps == list(map(_stamp, origin.files))
        and origin.rights == list(map(_rights, origin.folders))
        and not _is_marked(*origin.marks)
    )


def _program(folder: Path) -> list[str]:
    """Return what besides the files decides which settings and plugins are read.

    It decides whom they trust, too.
    """
    packages = [place for place in sys.path if place.endswith("-packages")]
    environment = [os.environ.get(name, "") for name in (OWNER, "PYTHONPATH", "PYTHONTZPATH")]
    return [VERSION, sys.version, str(folder), str(os.geteuid()), *environment, *packages]


def _stamp(name: str) -> list[int]:
    """Return a stamp of a file or folder: it changes with content, rights and owner.

    Nobody can set the second time, which is that of the last change of any of these.
    """
    try:
        one = Path(name).stat()
    except OSError:
        return [0] * 7
    return [one.st_mtime_ns, one.st_ctime_ns, one.st_size, one.st_ino, one.st_mode, one.st_uid, one.st_gid]


def _rights(folder: str) -> list[int]:
    return _stamp(folder)[4:]


def _is_marked(folder: str = "", begin: str = "") -> bool:
    """Return whether a plugin's code runs now, or has ended its process."""
    try:
        return bool(folder) and any(each.name.startswith(begin) for each in Path(folder).iterdir())
    except OSError:
        return False
