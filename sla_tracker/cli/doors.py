"""What the command line needs from outside; bootstrap implements it, so that no room imports another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from sla_tracker.core.text import Text
    from sla_tracker.desk.authoring.bench import Bench
    from sla_tracker.desk.house import Finding, House

CONFIG_FILE = "sla_tracker.toml"


class Doors(Protocol):
    """Ways into a deployment; every method imports what it needs only when it is called."""

    def open(self, folder: Path, *, as_person: str = "", plugins: bool = True) -> House:
        """Open the deployment in a folder for the present login, brought up to the present (`roll_over`).

        `as_person` acts as another person, in trial deployments only. Raises ConfigError, StoreError, NotFound for
        an unknown person, and Forbidden for acting as another in a real deployment.
        """

    def init(self, folder: Path, *, config: str, trial: bool, in_force_from: date | None) -> Path:
        """Make a deployment from one of the configurations on offer and return its configuration file.

        `in_force_from` None means today. Raises Refused when the folder is a deployment already, NotFound for an
        unknown configuration.
        """

    def demo(self, folder: Path) -> Path:
        """Make a trial of a made-up company with a year behind it and return its settings file.

        Raises Refused when the folder is a deployment already.
        """

    def today(self) -> date:
        """Return the present day of this system, for dates that are said before a deployment says its zone."""

    def configs(self) -> Sequence[str]:
        """Return the names of the configurations on offer for `init`."""

    def check_config(self, path: Path) -> None:
        """Check a configuration file, or the one of a deployment's folder; raises ConfigError naming every problem."""

    def bench(self, folder: Path) -> Bench:
        """Return where a deployment's plugins are written, checked and compared; opens no store.

        Raises ConfigError when the settings cannot be read.
        """

    def new_package(self, folder: Path, plugin: str, name: Text, consumer: str) -> Sequence[Path]:
        """Write a Python package with tests for a plugin and return its files; raises UsageError and Refused."""

    def plugin_schema(self) -> str:
        """Return the JSON Schema of a checklist, for editors."""

    def verify(self, folder: Path, *, accept: bool) -> Sequence[Finding]:
        """Look at every byte of a deployment's store; returns what is not as it was written."""

    def backup(self, folder: Path, target: Path) -> int:
        """Write a deployment's store into one new file; returns the number of the last change in it."""

    def restore(self, folder: Path, source: Path) -> int:
        """Put a backup into a deployment whose store is empty; returns the number of its last change."""

    def terminal(self, house: House) -> int:
        """Run the terminal on an open deployment until the person leaves it, and return the exit code."""
