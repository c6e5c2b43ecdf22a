"""Build step: compile the message catalogues and put the packaged configs into the wheel."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST = (3, 11)


class PackageFiles(BuildHookInterface[Any]):
    """Adds what the source tree keeps elsewhere or does not keep at all."""

    def dependencies(self) -> list[str]:
        # Asked for first of all: an older pip would look for dependencies that an older Python does not have.
        if sys.version_info < OLDEST:
            present, oldest = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
            sys.exit(f"This is Python {present}; sla_tracker needs Python {oldest} or newer.")
        return []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version != "editable":
            self._name_commit(root, build_data)
        if self.target_name != "wheel":
            return
        sys.path.insert(0, self.root)
        try:
            from sla_tracker.i18n.catalogue import compile_catalogues
        finally:
            sys.path.remove(self.root)
        compile_catalogues(root / "sla_tracker" / "i18n")
        if version == "editable":
            return  # an editable install reads configs/ where it is
        for path in sorted((root / "configs").glob("*.toml")):
            build_data["force_include"][str(path)] = f"sla_tracker/configs/{path.name}"

    def _name_commit(self, root: Path, build_data: dict[str, Any]) -> None:
        """Add the commit behind this build, so that two builds of one release can be told apart."""
        if not (root / ".git").exists():
            return  # a source archive brings the file along
        command = ["git", "-C", str(root), "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty=+"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.returncode == 0 and told.stdout.strip():
            self._folder = TemporaryDirectory()
            file = Path(self._folder.name) / "build.txt"
            file.write_text(told.stdout, encoding="ascii")
            build_data["force_include"][str(file)] = "sla_tracker/build.txt"
