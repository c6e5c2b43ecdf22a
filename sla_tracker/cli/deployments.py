"""What the command line needs from outside; bootstrap implements it, so that no room imports another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from sla_tracker.cli.completion_candidates import CompletionCandidates
    from sla_tracker.domain.text import Text
    from sla_tracker.services.authoring.workshop import PluginWorkshop
    from sla_tracker.services.deployment import Copied, Finding, OpenDeployment
    from sla_tracker.wording.checkpoints import Checkpoint

CONFIG_FILE = "sla_tracker.toml"


class Deployments(Protocol):
    """Ways into a deployment; every method imports what it needs only when it is called."""

    def open(
        self,
        folder: Path,
        *,
        as_person: str = "",
        plugins: bool = True,
        store_later: bool = False,
        server_later: bool = False,
    ) -> OpenDeployment:
        """Open the deployment in a folder for the present login, brought up to the present (`roll_over`).

        `as_person` acts as another person, in trial deployments only. Raises ConfigError, StoreError, NotFound for
        an unknown person, and Forbidden for acting as another in a real deployment. With `store_later` the store
        may be left to the house's `begin`, which then brings it up to the present; with `server_later` one on a server
        is left to it too.
        """

    def candidates(self, folder: Path, *, duties: bool) -> CompletionCandidates | None:
        """Return what the last opening of the day left behind for completion; None where that is not sure any more."""

    def init(self, folder: Path, *, config: str, trial: bool, in_force_from: date | None) -> Path:
        """Make a deployment from one of the configurations on offer and return its configuration file.

        `in_force_from` None means today, in a trial the first of this month. Raises Refused when the folder is a
        deployment already, or for an unknown configuration.
        """

    def demo(self, folder: Path, *, since: date | None) -> Path:
        """Make a trial of a made-up company with a past and return its settings file.

        `since` None means a year. Raises Refused when the folder is a deployment already.
        """

    def today(self, *, trial: bool) -> date:
        """Return the present day of this system, for dates that are said before a deployment says its zone.

        For a trial, the day of a clock that was stopped.
        """

    def configs(self) -> Sequence[str]:
        """Return the names of the configurations on offer for `init`."""

    def check_config(self, path: Path) -> None:
        """Check a configuration file, or the one of a deployment's folder; raises ConfigError naming every problem."""

    def workshop(self, folder: Path) -> PluginWorkshop:
        """Return where a deployment's plugins are written, checked and compared; opens no store.

        Raises ConfigError when the settings cannot be read.
        """

    def new_package(self, folder: Path, plugin: str, name: Text, consumer: str) -> Sequence[Path]:
        """Write a Python package with tests for a plugin and return its files; raises UsageError and Refused."""

    def plugin_schema(self) -> str:
        """Return the JSON Schema of a checklist, for editors."""

    def setup_script(self, folder: Path, services: Sequence[str]) -> str:
        """Return the SQL that makes roles and schema of a deployment's database; opens no store.

        `services` are logins that act for the system. Raises ConfigError, also where the driver is missing.
        """

    def apply_setup(self, folder: Path, services: Sequence[str], address: str) -> int:
        """Make roles and schema in a database and return how many migrations were new.

        An empty address means the one that the settings' variable holds. Raises ConfigError, UsageError for an address
        that is none, StoreError.
        """

    def migrate(self, folder: Path, place: str, progress: Callable[[int], None]) -> Copied:
        """Copy a deployment's store to a server's address or into a folder, from where an earlier call stopped.

        `progress` hears the number of each change. Raises UsageError, ConfigError, Forbidden, Refused, StoreError.
        """

    def write_lines(self, folder: Path, lines: BinaryIO) -> Copied:
        """Write a deployment's store as JSON lines; raises as migrate does."""

    def read_lines(self, folder: Path, lines: BinaryIO, progress: Callable[[int], None]) -> Copied:
        """Read JSON lines into a deployment's empty store; raises as migrate does, and UsageError for other lines."""

    def verify(self, folder: Path, *, accept: bool, anchors: Sequence[Checkpoint]) -> Sequence[Finding]:
        """Look at every byte of a deployment's store; returns what is not as it was written, or fits no anchor."""

    def report(self, deployment: OpenDeployment, month: str, form: str) -> str:
        """Return the report of a month (YYYY-MM) in a form: `md`, `html` or `csv`; raises UsageError, StoreError."""

    def backup(self, folder: Path, target: Path) -> int:
        """Write a deployment's store into one new file; returns the number of the last change in it."""

    def restore(self, folder: Path, source: Path) -> int:
        """Put a backup into a deployment whose store is empty; returns the number of its last change."""

    def terminal(self, deployment: OpenDeployment) -> int:
        """Run the terminal on an open deployment until the person leaves it, and return the exit code."""
