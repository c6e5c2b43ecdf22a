"""Build step: compile the message catalogues and put the packaged configs into the wheel."""

import sys
from pathlib import Path
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
        if self.target_name != "wheel":
            return
        root = Path(self.root)
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
