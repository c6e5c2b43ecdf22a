"""Old ids of departments, obligations and event types, with the present ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Protocol

from sla_tracker.value_class import dataclass


class Renamed(Protocol):
    """A department, obligation or event type that had other ids before."""

    @property
    def id(self) -> str:
        """Return the present id."""

    @property
    def renamed_from(self) -> tuple[str, ...]:
        """Return the ids that it had before."""


@dataclass(frozen=True, slots=True)
class RenamedIds:
    """The old ids of one kind, each with the present one."""

    present_by_old: Mapping[str, str] = field(default_factory=dict)

    def present(self, id: str) -> str:
        """Return the present id of an old one; any other id unchanged."""
        return self.present_by_old.get(id, id)

    def spellings(self, id: str) -> tuple[str, ...]:
        """Return the present id, then every older one."""
        now = self.present(id)
        return (now, *(old for old, present in self.present_by_old.items() if present == now))


def names_of(declared: Iterable[Renamed]) -> RenamedIds:
    """Return the present id of every old one; each declaration lists all its old ids."""
    return RenamedIds({old: one.id for one in declared for old in one.renamed_from})


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """Every old id of a catalogue: the one table by which all readers go."""

    departments: RenamedIds = RenamedIds()
    obligations: RenamedIds = RenamedIds()
    event_types: RenamedIds = RenamedIds()

    def __bool__(self) -> bool:
        return any(names.present_by_old for names in (self.departments, self.obligations, self.event_types))


NOTHING_RENAMED = Renames()
