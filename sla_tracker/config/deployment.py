"""A deployment's folder, and what every command needs of its settings.

Reading all of the settings takes the validation library, so what is not needed of them is read on the first question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sla_tracker.config.store_kind import StoreKind
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.config.schema import Config
    from sla_tracker.domain.toml_reader import TomlFile

FILE_NAME = "sla_tracker.toml"
CALENDAR_FOLDER = "calendars"
SERVICE_FOLDER = ".service"
"""The service's own folder inside the deployment: its lock, spool files, what belongs to single people."""
LARGEST_FILE = 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Basics:
    """The settings that every command needs.

    Folders are as the settings name them, relative to the deployment's. `database_variable` names the environment
    variable that holds the address of a store on a server.
    """

    store_kind: StoreKind
    store_folder: str
    database_variable: str
    plugin_folder: str
    syslog: str
    zone: str
    trial: bool
    default_person: str
    anonymous_surveys: bool
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The whole settings: checked, and as they are written."""

    config: Config
    source: TomlFile

    def read(self) -> Contents:
        """Return itself: the settings that are read already."""
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployment's folder and settings.

    `digest` is the SHA-256 of the settings file. `read` returns all of the settings.

    `owner` is the user id to which the settings file belongs. `unnamed` are the ids of people whom the present file no
    longer gives a login, where its last good copy is used in its place: nobody may act as one of them.
    """

    folder: Path
    file: Path
    basics: Basics
    read: Callable[[], Contents] = field(repr=False, compare=False)
    digest: str
    owner: int = 0
    unnamed: frozenset[str] = frozenset()

    @property
    def config(self) -> Config:
        """Return the checked settings."""
        return self.read().config

    @property
    def source(self) -> TomlFile:
        """Return the settings as they are written."""
        return self.read().source

    @property
    def plugin_folder(self) -> Path:
        """Return the folder of checklists and allowed Python files."""
        return self.folder / self.basics.plugin_folder

    @property
    def system_log(self) -> Path | None:
        """Return the socket of the system's log, None when it is not set."""
        return self.folder / self.basics.syslog if self.basics.syslog else None

    @property
    def store_folder(self) -> Path:
        """Return the folder of the embedded store."""
        return self.folder / self.basics.store_folder

    @property
    def zone(self) -> ZoneInfo:
        """Return the deployment's time zone."""
        return ZoneInfo(self.basics.zone)

    @property
    def calendar_folder(self) -> Path:
        """Return the folder of imported calendar years."""
        return self.folder / CALENDAR_FOLDER
