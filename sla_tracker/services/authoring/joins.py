"""Shows which turns wait for which, and finds dependencies that never join."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import CalendarLookup
from sla_tracker.domain.agreements.counted import turns_by_rule
from sla_tracker.domain.agreements.dependencies import Dependency, dependencies
from sla_tracker.domain.agreements.joins import dated, joined_turns
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.services.authoring.preview import coming
from sla_tracker.value_class import dataclass

# How far from the twelve months a turn that is waited for can lie: two years and rolls.
_REACH = timedelta(days=800)


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A turn, and the turns of another obligation that it waits for."""

    dependency: Dependency
    turn: Occurrence
    waits_for: tuple[Occurrence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NeverJoined:
    """A dependency by which no duty ever waits.

    `is_without_period` says that a duty of an event or request was told to compare periods.
    """

    obligation: Obligation
    dependency: Dependency
    is_without_period: bool = False


def joins(
    catalogue: Catalogue,
    obligations: Iterable[Obligation],
    calendar_of: CalendarLookup,
    start: date,
    end: date,
) -> tuple[Join, ...]:
    """Return what the turns of obligations due in [start, end) wait for, by due time.

    `start` and `end` are days; the turns that they wait for may lie outside of them.
    """
    found: list[Join] = []
    for one in obligations:
        others = {
            dependency: [
                occurrence
                for other in catalogue.beside(dependency.obligation, one, one.provider)
                if not other.retired
                for occurrence in turns_by_rule(catalogue, other, calendar_of, start - _REACH, end + _REACH)
            ]
            for dependency in dependencies(one.depends_on)
        }
        turns = coming(catalogue, (one,), calendar_of, start, end) if others else ()
        for turn in turns:
            found += [
                Join(dependency=dependency, turn=turn, waits_for=_joined(turn, near, dependency.turn))
                for dependency, near in others.items()
            ]
    return tuple(sorted(found, key=lambda join: join.turn.deadline.due_at))


def never_joined(
    catalogue: Catalogue, obligations: Iterable[Obligation], found: Iterable[Join]
) -> Iterator[NeverJoined]:
    """Yield the dependencies by which nothing waits, as far as the calendar can tell.

    A duty of an event or request may wait for one of the same event or subject, whatever their turns.
    """
    seen = {(join.turn.obligation.id, join.dependency) for join in found if join.waits_for}
    for one in obligations:
        for dependency in dependencies(one.depends_on):
            other = catalogue.obligations.get(dependency.obligation)
            if other is None or (one.id, dependency) in seen:
                continue
            seen.add((one.id, dependency))
            by_event = _opens_by_event(one)
            if by_event and dependency.turn is Turn.SAME and _opens_by_event(other):
                continue
            if by_event and dependency.turn is Turn.LATEST and other.trigger_of(Recurring):
                continue
            yield NeverJoined(
                obligation=one,
                dependency=dependency,
                is_without_period=by_event and not one.trigger_of(Recurring),
            )


def _joined(turn: Occurrence, near: list[Occurrence], which: Turn) -> tuple[Occurrence, ...]:
    """Return the turns that one refers to, of each department by itself."""
    found: list[Occurrence] = []
    for provider in dict.fromkeys(one.obligation.provider for one in near):
        by_key = {one.key: one for one in near if one.obligation.provider == provider}
        keys = joined_turns(dated(turn), map(dated, by_key.values()), which)
        found += [by_key[one.key] for one in keys]
    return tuple(found)


def _opens_by_event(obligation: Obligation) -> bool:
    return any(isinstance(trigger, OnEvent | OnRequest) for trigger in obligation.triggers)
