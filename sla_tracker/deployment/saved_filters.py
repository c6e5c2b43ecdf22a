"""Stores the named filters of one login in a file outside the store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, Refused
from sla_tracker.regular_files import read_regular
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment

LARGEST = 1 << 20
"""Bytes."""
PRIVATE = 0o600
"""Mode of the file: what somebody looks for is nobody else's business."""
DAMAGED = ".damaged"
"""Suffix of a file that could not be read and was moved away."""


@dataclass(frozen=True, slots=True)
class Filters:
    """The file with the named filters of one login for one deployment."""

    file: Path

    def load(self) -> Mapping[str, str]:
        """Return the filter texts by name, sorted; skips anything else in the file."""
        try:
            found = json.loads(read_regular(self.file, LARGEST))
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: text for name, text in sorted(found.items()) if name and isinstance(text, str) and text}

    def save(self, name: str, text: str) -> None:
        """Save a filter text under a name; an empty text deletes it. Raises Refused."""
        kept = {**self.load(), name: text}
        if not text:
            del kept[name]
        try:
            self._write(kept)
        except OSError as error:
            raise Refused(
                N_("The filters cannot be kept in {file}: {why}"), file=self.file, why=error
            ) from error

    def _write(self, kept: Mapping[str, str]) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if not self.load() and self.file.exists():
            # An unreadable file may still be repaired by hand, so it is kept.
            self.file.replace(self.file.with_name(self.file.name + DAMAGED))
        text = json.dumps(kept, ensure_ascii=False, indent=2) + "\n"
        replace_file(self.file, text.encode(), mode=PRIVATE)


def filters_of(deployment: Deployment) -> Filters:
    """Return the filter file of the present login.

    It lies among the user's settings, for a trial in the deployment.
    """
    if deployment.basics.trial:
        return Filters(deployment.folder / ".seen" / "filters.json")
    from platformdirs import user_config_path

    name = hashlib.sha256(str(deployment.folder.resolve()).encode()).hexdigest()[:16]
    return Filters(user_config_path("sla_tracker") / f"filters-{name}.json")
