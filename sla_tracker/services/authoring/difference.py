"""Compares two plugin catalogues: changed terms, and planned duties that change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from itertools import count
from typing import Any

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import CalendarLookup
from sla_tracker.domain.agreements.known_triggers import recognised
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.errors import N_
from sla_tracker.services.authoring.preview import coming
from sla_tracker.value_class import dataclass


class Kind(StrEnum):
    """How a declaration or a planned duty changed."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


KIND_WORDS = {Kind.ADDED: N_("added"), Kind.REMOVED: N_("removed"), Kind.CHANGED: N_("changed")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One changed field of a declaration, with both values."""

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
    """One planned duty that is new (no `before`), gone (no `after`) or moved."""

    obligation: str
    before: Occurrence | None
    after: Occurrence | None

    @property
    def kind(self) -> Kind:
        """Return whether the duty is new, gone or moved."""
        if self.before is None:
            return Kind.ADDED
        return Kind.REMOVED if self.after is None else Kind.CHANGED


def differences(before: Catalogue, after: Catalogue) -> tuple[Difference, ...]:
    """Return the differences of two catalogues: departments, event types, obligations."""
    return (
        *_differences_of("department", before.departments, after.departments),
        *_differences_of("event_type", before.event_types, after.event_types),
        *_differences_of("obligation", before.obligations, after.obligations),
    )


def shifts(
    before: Catalogue, after: Catalogue, calendar_of: CalendarLookup, start: date, end: date
) -> tuple[Shift, ...]:
    """Return the recurring duties due in [start, end) that differ, by due time.

    Open duties are left out: they keep the terms they were opened with.
    """
    known = {one.id: recognised((), one) for one in before.obligations.values()}
    old = _by_key(coming(before, before.in_force(), calendar_of, start, end))
    new = _by_key(coming(after, after.in_force(), calendar_of, start, end, known))
    found = [
        Shift(obligation=key[0].partition("/")[0], before=old.get(key), after=new.get(key))
        for key in {**old, **new}
        if key not in old or key not in new or old[key].deadline.due_at != new[key].deadline.due_at
    ]
    # What several departments owe is told once for those that it changes alike.
    once = {(one.obligation, _instant(one.before), _instant(one.after)): one for one in reversed(found)}
    return tuple(sorted(once.values(), key=_due))


def _instant(occurrence: Occurrence | None) -> datetime | None:
    return None if occurrence is None else occurrence.deadline.due_at


def _by_key(found: Iterable[Occurrence]) -> dict[tuple[str, str, str, int], Occurrence]:
    """Return occurrences by obligation, trigger, turn and position in it.

    With such keys an occurrence that only moves within its turn counts as moved, not as removed and added. A turn that
    is a day by itself is named by its period here, because another day would be another turn.
    """
    by_key: dict[tuple[str, str, str, int], Occurrence] = {}
    for occurrence in found:
        if not occurrence.is_dated:
            continue  # what counts from a delivery has no due that could differ
        is_day = occurrence.turn == occurrence.deadline.nominal_on.isoformat()
        turn = occurrence.period_start.isoformat() if is_day else occurrence.turn
        named = (occurrence.obligation.entry, occurrence.known.name, turn)
        position = next(position for position in count() if (*named, position) not in by_key)
        by_key[(*named, position)] = occurrence
    return by_key


def _due(shift: Shift) -> tuple[float, str]:
    occurrence = shift.after or shift.before
    assert occurrence is not None
    return occurrence.deadline.due_at.timestamp(), occurrence.key


def _differences_of(what: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
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
