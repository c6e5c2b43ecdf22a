"""Versions of a trigger by their days, and the turns that its exceptions name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations, pairwise

from sla_tracker.domain.agreements.obligation import Obligation, Recurring, Trigger
from sla_tracker.domain.deadlines.calendar_rules import EachWorkday, NthWorkday, RecurringRule
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Days, both ends included, that versions of a trigger share or leave out."""

    id: str
    first_on: date
    last_on: date


def overlaps(obligation: Obligation) -> Iterator[Stretch]:
    """Yield the days on which two versions of a trigger would both be valid."""
    for id, versions in _versions(obligation).items():
        for one, other in combinations(versions, 2):
            first, last = max(one[0], other[0]), min(one[1], other[1])
            if first <= last:
                yield Stretch(id=id, first_on=first, last_on=last)


def gaps(obligation: Obligation) -> Iterator[Stretch]:
    """Yield the days between two versions of a trigger on which none is valid."""
    for id, versions in _versions(obligation).items():
        for (_first, last), (following, _last) in pairwise(sorted(versions)):
            if following > last and following - last > ONE_DAY:
                yield Stretch(id=id, first_on=last + ONE_DAY, last_on=following - ONE_DAY)


def last_day(obligation: Obligation) -> date | None:
    """Return the last day on which any trigger opens duties.

    None if one of them is open-ended.
    """
    lasts = [obligation.validity_of(trigger).last_on for trigger in obligation.triggers]
    ends = [day for day in lasts if day is not None]
    return max(ends) if ends and len(ends) == len(lasts) else None


def needs_calendar(rule: RecurringRule) -> bool:
    """Return whether the days of a rule depend on which days are worked."""
    return isinstance(rule, NthWorkday | EachWorkday)


def turns_not_there(obligation: Obligation, trigger: Recurring, calendar: WorkCalendar) -> Iterator[date]:
    """Yield the days of `except` and `moved` that name no turn within the validity."""
    rule = trigger.due
    if not isinstance(rule, RecurringRule):
        return
    validity = obligation.validity_of(trigger)
    for day in (*rule.left_out, *(one.turn_on for one in rule.moved)):
        is_last = day == date.max  # no window of days begins after it
        if is_last or not validity.has(day) or day not in rule.nominal_days(day, day + ONE_DAY, calendar):
            yield day


def _versions(obligation: Obligation) -> dict[str, list[tuple[date, date]]]:
    """Return the first and last day of each trigger whose id occurs again.

    They are listed by kind and id.
    """
    found: dict[tuple[type[Trigger], str], list[tuple[date, date]]] = {}
    for trigger in obligation.triggers:
        if trigger.id:
            validity = obligation.validity_of(trigger)
            days = (validity.first_on or date.min, validity.last_on or date.max)
            found.setdefault((type(trigger), trigger.id), []).append(days)
    return {id: days for (_kind, id), days in found.items() if len(days) > 1}
