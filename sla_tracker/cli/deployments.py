"""The protocol through which the command line opens and manages deployments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from sla_tracker.cli.completion_candidates import CompletionCandidates
    from sla_tracker.domain.text import Text
    from sla_tracker.errors import SlaError
    from sla_tracker.services.authoring.settings_editor import SettingsEditor
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.services.calendar_import import CalendarImporter
    from sla_tracker.services.deployment import (
        BackedUp,
        Copied,
        DatabaseSetUp,
        Finding,
        OpenDeployment,
        Restored,
    )
    from sla_tracker.services.ports import CallerFiles
    from sla_tracker.wording.checkpoints import Checkpoint

CONFIG_FILE = "sla_tracker.toml"
SERVICE_FILE = "/etc/sla/service.toml"
"""Names socket and login of this host's service; only root may write it."""


class ServeRequest(NamedTuple):
    """What a call of `sla serve` or `sla web open` asks for.

    `sla serve` runs, checks, prints the unit, or writes staff's client.
    """

    service_file: Path = Path(SERVICE_FILE)
    check: bool = False
    print_systemd: bool = False
    install_client: Path | None = None
    opens_trial: bool = False
    with_browser: bool = True


def opened_later(make: Callable[[], Deployments]) -> Deployments:
    """Return deployments that are made on first use.

    Help and refusals need none of their imports.
    """
    return cast("Deployments", _Later(make))


class _Later:
    def __init__(self, make: Callable[[], Deployments]) -> None:
        self._make = make
        self._made: Deployments | None = None

    def __getattr__(self, name: str) -> object:
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)


class StoreOpening(Enum):
    """When the store of a deployment is opened: with it, or by its `begin`."""

    AT_ONCE = auto()
    SERVER_AT_ONCE = auto()
    """A store on a server at once, an embedded one by `begin`: the terminal shows its first rows before."""
    BY_BEGIN = auto()


class Deployments(Protocol):
    """Opens and manages deployments; each method imports what it needs when called."""

    @property
    def files(self) -> CallerFiles:
        """Return the files and the printer of the calling login."""

    def open(
        self,
        folder: Path,
        *,
        as_person: str = "",
        plugins: bool = True,
        opening: StoreOpening = StoreOpening.AT_ONCE,
        careful: bool = False,
    ) -> OpenDeployment:
        """Open the deployment in a folder for the present login and tick it up to now.

        `as_person` acts as another person, in trial deployments only. Raises ConfigError, StoreError, NotFound for
        an unknown person, and Forbidden for acting as another in a real deployment. By `opening` the store may be
        left to the deployment's `begin`, which then ticks it up to now. `careful` loads the plugins in a process of
        their own first: none ends this one.
        """

    def keep_fault(self, kind: str, details: str) -> str:
        """Keep the details of a program fault; return the sentence that says where."""

    def serve(self, folder: Path, request: ServeRequest) -> int:
        """Run the service of a deployment until it is stopped; return the exit code.

        If the request asks for something else, that is done instead. Raises ConfigError, Refused where another service
        runs, UsageError, StoreError.
        """

    def candidates(self, folder: Path, *, duties: bool) -> CompletionCandidates | None:
        """Return completion candidates from the start-up cache; None if it is outdated."""

    def init(
        self, folder: Path, *, config: str, trial: bool, in_force_from: date | None, admin: str = ""
    ) -> Path:
        """Make a deployment from a bundled configuration; return its settings file.

        `in_force_from` None means today, in a trial the first of this month. `admin` is the login of the first
        administrator, by default the present one. Raises Refused when the folder is a deployment already, or for an
        unknown configuration.
        """

    def demo(self, folder: Path, *, since: date | None, progress: Callable[[int], None]) -> Path:
        """Make a trial deployment of a made-up company with a past.

        Returns its settings file. `since` None means a year. Raises Refused when the folder is a deployment already.
        """

    def today(self, *, trial: bool, config: str = ...) -> date:
        """Return today in the zone of bundled settings (default: the demonstration's).

        It serves for dates given before there is a deployment. A trial has the day of its stopped clock. Raises
        NotFound where there are no such settings.
        """

    def configs(self) -> Sequence[str]:
        """Return the names of the bundled configurations that `init` accepts."""

    def check_config(self, path: Path) -> Sequence[SlaError]:
        """Check a settings file or a deployment's folder; return remarks on it.

        Raises ConfigError naming every problem.
        """

    def workshop(self, folder: Path) -> PluginWorkshop:
        """Return the PluginWorkshop of a deployment without opening its store.

        Raises ConfigError when the settings cannot be read.
        """

    def settings_editor(self, folder: Path) -> SettingsEditor:
        """Return the SettingsEditor of a deployment.

        Raises ConfigError when the settings cannot be read, Forbidden for who may not administer it.
        """

    def settings_schema(self) -> str:
        """Return the JSON Schema of the settings, for editors."""

    def calendar_importer(self, folder: Path, today: date) -> CalendarImporter:
        """Return the CalendarImporter of a deployment.

        Raises ConfigError when the settings cannot be read.
        """

    def retry_plugin(self, folder: Path, plugin: str) -> bool:
        """Let a plugin that ended the program run again; return whether it was barred."""

    def new_package(self, folder: Path, plugin: str, name: Text, consumer: str) -> Sequence[Path]:
        """Write a Python package with tests for a plugin; return its files.

        Raises UsageError and Refused.
        """

    def plugin_schema(self) -> str:
        """Return the JSON Schema of a checklist file, for editors."""

    def setup_script(self, folder: Path, services: Sequence[str]) -> str:
        """Return the SQL that creates schema, role and logins of a database.

        It opens no store. `services` are the logins that may use it. Raises ConfigError, also where the driver is
        missing.
        """

    def apply_setup(self, folder: Path, services: Sequence[str], address: str) -> DatabaseSetUp:
        """Create schema, role and logins in a database.

        An empty address means the one that the settings' variable holds. Raises ConfigError, UsageError for an address
        that is none, StoreError.
        """

    def migrate(self, folder: Path, place: str, progress: Callable[[int], None]) -> Copied:
        """Copy a deployment's store to a server or folder, resuming an earlier copy.

        `progress` hears the number of each change. Raises UsageError, ConfigError, Forbidden, Refused, StoreError.
        """

    def write_lines(self, folder: Path, lines: BinaryIO) -> Copied:
        """Export a deployment's store as JSON lines; raises as migrate does."""

    def read_lines(self, folder: Path, lines: BinaryIO, progress: Callable[[int], None]) -> Copied:
        """Import JSON lines into a deployment's empty store.

        Raises as migrate does, and UsageError for bad lines.
        """

    def adopt_store(self, folder: Path) -> None:
        """Make the embedded store that the settings name this deployment's.

        The act is put on record. Raises Forbidden.
        """

    def verify(self, folder: Path, *, accept: bool, anchors: Sequence[Checkpoint]) -> Sequence[Finding]:
        """Verify every byte of a store; return what is wrong.

        Findings name what was altered or contradicts a checkpoint.
        """

    def backup(self, folder: Path, target: Path | None, *, only_due: bool = False) -> BackedUp | None:
        """Write a deployment's store and settings into one new file.

        Without a target it is a regular backup. With `only_due`, returns None where no regular backup is due. Raises
        UsageError, Forbidden, StoreError.
        """

    def restore(
        self, folder: Path, source: Path, *, settings: bool = False, only_show: bool = False
    ) -> Restored:
        """Restore a backup into a deployment with an empty store.

        `settings` restores settings and plugins, too; `only_show` changes nothing. Raises Refused, Forbidden,
        StoreBusy, StoreError.
        """

    def terminal(self, deployment: OpenDeployment) -> int:
        """Run the terminal of an open deployment; return the exit code when it is quit."""
