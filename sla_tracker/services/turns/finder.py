"""Finds the turns that an obligation's rules give around a day.

Duties are read only for rules that count from a duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.counted import (
    Base,
    counted_turn,
    counting_triggers,
    is_within,
    reach_of,
    rule_base,
)
from sla_tracker.domain.agreements.joins import DatedTurn, dated, joined_turns
from sla_tracker.domain.agreements.known_triggers import KnownTrigger, recognised
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import Occurrence, occurrences
from sla_tracker.domain.deadlines.rules import AfterDuty, CountsFrom, Turn
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.chains import chain_of
from sla_tracker.services.turns.rosters import RosterReader

# Units of a rule (months, quarters, …) that are searched on both sides of a turn, first few, then many: a period can
# lie a unit before or after its due day, and rules that leave units out have their neighbours further away.
_UNITS = (4, 30)
_LONGEST_REACH = timedelta(days=1500)


def turns_around(
    context: ServiceContext, tx: Reading, own: DatedTurn, other: Obligation, which: Turn
) -> tuple[Occurrence, ...]:
    """Return the turns of another obligation that a turn refers to.

    The rules of today decide. None for an obligation that the calendar does not open, or no longer opens.
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
    """Yield the turns of an obligation whose day before roll lies in [start, end)."""
    known = RosterReader(tx).triggers_of(obligation)
    yield from _by_calendar(context, obligation, known, start, end)
    yield from counted_turns(context, tx, obligation, known, start, end)


def counted_turns(
    context: ServiceContext,
    tx: Reading,
    obligation: Obligation,
    known: Sequence[KnownTrigger],
    start: date,
    end: date,
) -> Iterator[Occurrence]:
    """Yield the turns that count from another duty.

    Their day before roll lies in [start, end). None of those whose other duty was cancelled, or was not opened when it
    should have been.
    """
    for place, trigger, rule in counting_triggers(obligation):
        seen, reach = recognised(known, obligation)[place], reach_of(rule)
        others = context.catalogue.beside(rule.after, obligation, obligation.provider)
        for turn, base in _turns_with_base(context, tx, others, rule, start - reach, end + reach):
            counted = counted_turn(obligation, trigger, seen, turn, base, context.calendar_of)
            if is_within(counted, start, end):
                yield counted


def _turns_with_base(
    context: ServiceContext,
    tx: Reading,
    others: Iterable[Obligation],
    rule: AfterDuty,
    start: date,
    end: date,
) -> Iterator[tuple[Occurrence, Base]]:
    """Yield the turns of other obligations from which a rule counts.

    Each turn comes with the instant that is counted from.
    """
    for other in others:
        if other.retired:
            continue
        for turn in turns_between(context, tx, other, start, end):
            base = base_of(tx, rule, turn, context.now())
            if base is not None:
                yield turn, base


def base_of(tx: Reading, rule: AfterDuty, turn: Occurrence, now: datetime) -> Base | None:
    """Return the instant of a turn's duty from which a rule counts.

    None if it counts from nothing.
    """
    found = tx.find(Duty, key=turn.key)
    if found:
        return stored_base(tx, rule, found[0])
    if rule.of is CountsFrom.DUE:
        return rule_base(rule, turn)
    # A duty that should be there and is not was never opened, or lies in an archive: nobody will deliver it.
    return rule_base(rule, turn) if turn.opens_at > now else None


def stored_base(tx: Reading, rule: AfterDuty, first: Duty) -> Base | None:
    """Return the instant of a stored duty from which a rule counts.

    None for a cancelled duty.
    """
    duties = chain_of(tx, first)
    last = duties[-1]
    if last.state is State.CANCELLED:
        return None
    due_at = (first.granted or first.deadline).due_at
    if rule.of is CountsFrom.DUE:
        return Base(at=due_at, of=CountsFrom.DUE.value)
    delivered = next((one.at for duty in duties for one in duty.deliveries), None)
    if delivered is not None:
        return Base(at=delivered, of=CountsFrom.DELIVERY.value)
    if last.state in {State.WAIVED, State.MISSED} and last.closed_at is not None:
        return Base(at=last.closed_at, of=last.state.value)
    return Base(at=due_at, of=CountsFrom.DELIVERY.value, is_certain=False)


def _by_calendar(
    context: ServiceContext, obligation: Obligation, known: Sequence[KnownTrigger], start: date, end: date
) -> Iterator[Occurrence]:
    """Yield the turns by the calendar alone.

    The turns of a quarter are computed once, because each duty that is stored asks for those of its neighbours.
    """
    names = tuple(one.name for one in known)
    quarter = date(start.year, (start.month - 1) // 3 * 3 + 1, 1)
    while quarter < end:
        following = date(quarter.year + (quarter.month > 9), (quarter.month + 2) % 12 + 1, 1)
        place = (context.agreements.revision, obligation.entry, names, quarter)
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
