"""Finds the turns that an obligation's rules give around a day, without reading duties."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sla_tracker.domain.agreements.joins import DatedTurn, dated, joined_turns
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import Occurrence, occurrences
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading

# Units of a rule (months, quarters, …) that are searched on both sides of a turn, first few, then many: a period can
# lie a unit before or after its due day, and rules that leave units out have their neighbours further away.
_UNITS = (4, 30)
_LONGEST_REACH = timedelta(days=1500)


def turns_around(
    context: ServiceContext, tx: Reading, own: DatedTurn, other: Obligation, which: Turn
) -> tuple[Occurrence, ...]:
    """Return the turns of another obligation that a turn refers to, by the rules of today.

    None for an obligation that the calendar does not open, or no longer opens.
    """
    if other.retired:
        return ()
    for units in _UNITS:
        by_key = {one.key: one for one in _near(context, tx, own, other, units)}
        found = joined_turns(own, map(dated, by_key.values()), which)
        if found:
            return tuple(by_key[turn.key] for turn in found)
    return ()


def turns_between(
    context: ServiceContext, tx: Reading, obligation: Obligation, start: date, end: date
) -> Iterator[Occurrence]:
    """Yield the turns of an obligation whose day before roll lies in [start, end).

    They are computed once for each quarter, because each duty that is stored asks for those of its neighbours.
    """
    roster = tx.get(Roster, ROSTER_ID)
    known = (roster.triggers_of(obligation) if roster else None) or ()
    names = tuple(one.name for one in known)
    quarter = date(start.year, (start.month - 1) // 3 * 3 + 1, 1)
    while quarter < end:
        following = date(quarter.year + (quarter.month > 9), (quarter.month + 2) % 12 + 1, 1)
        place = (obligation.entry, names, quarter)
        if place not in context.turns:
            found = occurrences(obligation, context.calendar_of, quarter, following, known)
            context.turns[place] = tuple(found)
        yield from (one for one in context.turns[place] if start <= one.deadline.nominal_on < end)
        quarter = following


def _near(
    context: ServiceContext, tx: Reading, own: DatedTurn, other: Obligation, units: int
) -> Iterator[Occurrence]:
    rules = [trigger.due for trigger in other.triggers if isinstance(trigger, Recurring)]
    if not rules:
        return
    spans = (rule.unit_around(own.nominal_on) for rule in rules)
    reach = min(_LONGEST_REACH, units * max(end - start for start, end in spans) + timedelta(days=1))
    start = min(own.period_start, own.nominal_on) - reach
    yield from turns_between(context, tx, other, start, max(own.period_end, own.nominal_on) + reach)
