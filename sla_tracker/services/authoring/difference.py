"""What a changed plugin changes: terms, and the duties that appear, vanish or move because of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from itertools import count
from typing import Any

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.errors import N_
from sla_tracker.services.authoring.preview import CalendarOf, coming


class Kind(StrEnum):
    """What became of something declared, or of a duty ahead."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


KIND_WORDS = {Kind.ADDED: N_("added"), Kind.REMOVED: N_("removed"), Kind.CHANGED: N_("changed")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of the terms that is not what it was."""

    name: str
    before: object
    after: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One department, event type or obligation that was added, removed or changed."""

    what: str
    id: str
    kind: Kind
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One duty ahead that appears (no `before`), vanishes (no `after`) or moves."""

    obligation: str
    before: Occurrence | None
    after: Occurrence | None

    @property
    def kind(self) -> Kind:
        """Return what became of the duty."""
        if self.before is None:
            return Kind.ADDED
        return Kind.REMOVED if self.after is None else Kind.CHANGED


def differences(before: Catalogue, after: Catalogue) -> tuple[Difference, ...]:
    """Return what differs between two catalogues: departments, event types, then obligations, by id."""
    return (
        *_between("department", before.departments, after.departments),
        *_between("event_type", before.event_types, after.event_types),
        *_between("obligation", before.obligations, after.obligations),
    )


def shifts(
    before: Catalogue, after: Catalogue, calendar_of: CalendarOf, start: date, end: date
) -> tuple[Shift, ...]:
    """Return the calendar's duties due in [start, end) that the change adds, removes or moves, by due time.

    Duties that are open already keep the terms they were opened with.
    """
    old = _by_key(coming(before.in_force(), calendar_of, start, end))
    new = _by_key(coming(after.in_force(), calendar_of, start, end))
    found = [
        Shift(obligation=key[0].partition("/")[0], before=old.get(key), after=new.get(key))
        for key in {**old, **new}
        if key not in old or key not in new or old[key].deadline.due_at != new[key].deadline.due_at
    ]
    return tuple(sorted(found, key=_due))


def _by_key(found: Iterable[Occurrence]) -> dict[tuple[str, date, date, int], Occurrence]:
    """Return the duties by trigger, period and place in it: what only moves within its period is the same duty."""
    by_key: dict[tuple[str, date, date, int], Occurrence] = {}
    for opening in found:
        turn = (opening.key.rpartition("/")[0], opening.period_start, opening.period_end)
        place = next(place for place in count() if (*turn, place) not in by_key)
        by_key[(*turn, place)] = opening
    return by_key


def _due(shift: Shift) -> tuple[float, str]:
    opening = shift.after or shift.before
    assert opening is not None
    return opening.deadline.due_at.timestamp(), opening.key


def _between(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    for id in sorted(before.keys() | after.keys()):
        if id not in after:
            yield Difference(what=what, id=id, kind=Kind.REMOVED)
        elif id not in before:
            yield Difference(what=what, id=id, kind=Kind.ADDED)
        elif before[id] != after[id]:
            yield Difference(what=what, id=id, kind=Kind.CHANGED, parts=_parts(before[id], after[id]))


def _parts(before: Any, after: Any) -> tuple[Part, ...]:
    pairs = (
        (field.name, getattr(before, field.name), getattr(after, field.name)) for field in fields(before)
    )
    return tuple(Part(name=name, before=old, after=new) for name, old, new in pairs if old != new)
