"""Which obligations have been in force since when, and how far the calendar has been opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

ROSTER_ID = "roster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What the last opening saw.

    `since` maps each obligation to the first day whose dues it opens: the deployment's `in_force_from`, or
    for one that was added later the day it was first seen, so that no flood of old duties appears.
    `settings_digest` and `calendar_versions` show whether anything that matters has changed since. `plugins` maps the
    plugins in use to the SHA-256 of their files.
    """

    id: str = ROSTER_ID
    since: dict[str, date] = field(default_factory=dict)
    opened_through_at: datetime | None = None
    settings_digest: str = ""
    catalogue_digest: str = ""
    calendar_versions: dict[str, str] = field(default_factory=dict)
    plugins: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSet:
    """Which plugins count now, by the digest of their files.

    `missing` are those that the settings ask for and that do not work; `switched_off` is a look without any
    (`--no-plugins`).
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    switched_off: bool = False

    @property
    def is_complete(self) -> bool:
        """Say whether every plugin that is asked for counts, so that nothing is concluded from what is not there."""
        return not self.missing and not self.switched_off

    def remembered(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return what the record should hold; one that merely does not work now stays as it was known."""
        if self.switched_off:
            return dict(known)
        kept = {name: digest for name, digest in known.items() if name in self.missing}
        return {**kept, **self.digests}
