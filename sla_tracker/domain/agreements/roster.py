"""Roster of obligations: in force since when, and duties opened up to when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from datetime import date, datetime
from typing import TypeVar

from sla_tracker.domain.agreements.known_triggers import KnownTrigger
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.value_class import dataclass

T = TypeVar("T")

ROSTER_ID = "roster"


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """State of the last run of the scheduler, stored to see what has changed since.

    `since` maps each obligation to the first day whose dues it opens: the deployment's `in_force_from`, or
    for one that was added later the day it was first seen, so that no flood of old duties appears. What several
    departments owe is kept for each of them, as `obligation/department`.
    `settings_digest` and `calendar_versions` show whether anything that matters has changed since. `plugins` maps the
    plugins in use to the SHA-256 of their files, `triggers` each obligation to the triggers it was seen with.
    `old_keys` says that the store may hold duties of versions before 0.2, whose keys name a trigger's place.
    `calendar_files` maps imported calendar files to their SHA-256. `first_on` is the deployment's first day as of
    the last run, `added` maps the obligations that were added later to the day on which each was first seen.
    `settings_file` is the SHA-256 of the settings as the program last wrote them.

    It is stored in parts, of which a day's opening writes those that change: the head, whose id is ROSTER_ID, and one
    part for each department that owes something, with its entries of `since`, `added` and `triggers` alone. `revision`
    of the head counts how often obligations or triggers were noted in the parts. A head of versions before 0.3 has all
    entries itself.
    """

    id: str = ROSTER_ID
    since: dict[str, date] = field(default_factory=dict)
    opened_through_at: datetime | None = None
    settings_digest: str = ""
    catalogue_digest: str = ""
    calendar_versions: dict[str, str] = field(default_factory=dict)
    plugins: dict[str, str] = field(default_factory=dict)
    calendar_files: dict[str, str] = field(default_factory=dict)
    triggers: dict[str, tuple[KnownTrigger, ...]] = field(default_factory=dict)
    old_keys: bool = True
    first_on: date | None = None
    added: dict[str, date] = field(default_factory=dict)
    settings_file: str = ""
    revision: int = 0

    def entry_of(self, obligation: Obligation) -> str:
        """Return the name under which an obligation is kept.

        One that several departments owe, or have owed, is kept for each of them.
        """
        pair = f"{obligation.id}/{obligation.provider}"
        return pair if pair in self.since else obligation.entry

    def since_of(self, obligation: Obligation) -> date | None:
        """Return the first day whose dues an obligation opens.

        None if it is not known yet.
        """
        return self.since.get(self.entry_of(obligation), self._as_single(obligation, self.since))

    def triggers_of(self, obligation: Obligation) -> tuple[KnownTrigger, ...] | None:
        """Return the triggers that an obligation was seen with.

        None if it is not known yet.
        """
        return self.triggers.get(self.entry_of(obligation), self._as_single(obligation, self.triggers))

    def _as_single(self, obligation: Obligation, kept: Mapping[str, T]) -> T | None:
        """Return what was kept while this provider alone owed what several owe now."""
        triggers = self.triggers.get(obligation.id, ())
        was_alone = all(one.provider == obligation.provider for one in triggers)
        return kept.get(obligation.id) if was_alone else None


def part_id(department: str) -> str:
    """Return the id of the part with a department's obligations."""
    return f"{ROSTER_ID}/{department}"


def parts_of(roster: Roster) -> dict[str, Roster]:
    """Return the parts with the entries of a whole roster, by id."""
    entries: dict[str, list[str]] = {}
    for entry in sorted({*roster.since, *roster.added, *roster.triggers}):
        entries.setdefault(part_id(_department_of(roster, entry)), []).append(entry)
    return {
        id: Roster(
            id=id,
            since=_chosen(roster.since, names),
            added=_chosen(roster.added, names),
            triggers=_chosen(roster.triggers, names),
        )
        for id, names in entries.items()
    }


def head_of(roster: Roster) -> Roster:
    """Return a whole roster without its entries."""
    return replace(roster, since={}, added={}, triggers={})


def whole(head: Roster, parts: Iterable[Roster]) -> Roster:
    """Return the roster with the entries of its parts.

    An entry that the head itself has is older, and a part's replaces it.
    """
    since, added, triggers = dict(head.since), dict(head.added), dict(head.triggers)
    for part in parts:
        since |= part.since
        added |= part.added
        triggers |= part.triggers
    return replace(head, since=since, added=added, triggers=triggers)


def _department_of(roster: Roster, entry: str) -> str:
    """Return the department that owes an entry.

    For an obligation that nobody declares any more, it is the last one that owed it.
    """
    triggers = roster.triggers.get(entry, ())
    return triggers[0].provider if triggers else entry.partition("/")[2]


def _chosen(values: Mapping[str, T], names: Iterable[str]) -> dict[str, T]:
    return {name: values[name] for name in names if name in values}


def new_roster() -> Roster:
    """Return the roster of a new store, which holds no duty of an older version."""
    return Roster(old_keys=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginSet:
    """Active plugins by name, with the SHA-256 of their files.

    `missing` are plugins that the settings enable and that do not work; `switched_off` means that none was loaded
    (`--no-plugins`).
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    switched_off: bool = False

    @property
    def is_complete(self) -> bool:
        """Return whether every enabled plugin is active.

        Otherwise an obligation that is absent may belong to a broken plugin, and must not be treated as withdrawn.
        """
        return not self.missing and not self.switched_off

    def remembered(self, known: Mapping[str, str]) -> dict[str, str]:
        """Return the digests to store; a plugin that is missing now keeps its digest."""
        if self.switched_off:
            return dict(known)
        kept = {name: digest for name, digest in known.items() if name in self.missing}
        return {**kept, **self.digests}
