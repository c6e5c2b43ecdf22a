"""Which obligations have been in force since when, and how far the calendar has been opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

ROSTER_ID = "roster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """What the last opening saw.

    `since` maps each obligation to the first day whose dues it opens: the deployment's `in_force_from`, or
    for one that was added later the day it was first seen, so that no flood of old duties appears.
    `settings_digest` and `calendar_versions` show whether anything that matters has changed since.
    """

    id: str = ROSTER_ID
    since: dict[str, date] = field(default_factory=dict)
    opened_through_at: datetime | None = None
    settings_digest: str = ""
    catalogue_digest: str = ""
    calendar_versions: dict[str, str] = field(default_factory=dict)
