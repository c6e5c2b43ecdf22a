"""Finds when duties that count from another duty open, and where they are due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sla_tracker.domain.agreements.counted import (
    NamedTurn,
    counted_deadline,
    counted_turn,
    counting_triggers,
    named_turn,
    reach_of,
    rule_base,
    turn_days,
)
from sla_tracker.domain.agreements.known_triggers import recognised
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import Occurrence, about
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.rules import AfterDuty, CountsFrom, in_zone_of
from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.chains import first_of
from sla_tracker.services.turns.finder import base_of, stored_base, turns_between
from sla_tracker.services.turns.new_duty import in_force_since, is_behind_change, recurring_duty
from sla_tracker.services.turns.rosters import RosterReader


def counted_from(context: ServiceContext, tx: Reading, duty: Duty) -> list[Duty]:
    """Return the live duties that count from a duty.

    Duties that count from it over turns that have not opened yet are among them.
    """
    first: Duty | None = None
    found: list[Duty] = []
    for id in _counting(context, duty.obligation):
        for one in tx.find(Duty, obligation=id, state=LIVE):
            first = first or first_of(tx, duty)
            if _counts_over_unopened(context, tx, one, first.key):
                found.append(one)
    return found


def counts_from(context: ServiceContext, tx: Reading, dependent: Duty, duty: Duty) -> bool:
    """Return whether a duty counts from another one."""
    return first_of(tx, duty).key in _keys_of_other(context, dependent)


def other_of(context: ServiceContext, tx: Reading, duty: Duty) -> Duty | None:
    """Return the stored duty that a duty counts from; None without one.

    Of a chain of hand-overs the first duty is returned.
    """
    keys = _keys_of_other(context, duty)
    found = tx.find(Duty, key=keys) if keys else []
    return found[0] if found else None


def counted_deadline_of(context: ServiceContext, tx: Reading, duty: Duty) -> Deadline | None:
    """Return where a duty that counts from another one is due by now.

    None if nothing says so any more: its other duty was cancelled, or its delivery taken back.
    """
    rule, other = duty.terms.due, other_of(context, tx, duty)
    if not isinstance(rule, AfterDuty) or duty.period_start is None or duty.period_end is None:
        return None
    if other is not None:
        base, title = stored_base(tx, rule, other), other.title
    else:
        around = duty.deadline.nominal_on
        keys, reach = _keys_of_other(context, duty), reach_of(rule)
        turns = (
            turn
            for one in context.catalogue.bound(rule.after)
            for turn in turns_between(context, tx, one, around - reach, around + reach)
        )
        turn = next((one for one in turns if one.key in keys), None)
        if turn is None:
            return None
        base, title = rule_base(rule, turn), turn.obligation.title
    if base is None or not base.is_certain:
        return None
    then = in_zone_of(rule.then, context.calendar_of(duty.consumer).zone.key)
    calendar = context.calendar_of(duty.provider, rule.calendar or duty.terms.calendar)
    return about(counted_deadline(then, base, title, calendar), duty.period_start, duty.period_end)


def opened_by_delivery(context: ServiceContext, tx: Reading, duty: Duty, now: datetime) -> Iterator[Duty]:
    """Yield the new duties that open because another one came to its end.

    The other one was delivered, waived or written down as missed. Also those that count from the due of a duty that
    has just opened so: nobody could know their due before.
    """
    dependents = [
        bound
        for id in context.catalogue.dependents(duty.obligation)
        for bound in context.catalogue.bound(id)
        if not bound.retired
        and any(_is_by_delivery(context, rule, duty) for _, _, rule in counting_triggers(bound))
    ]
    if not dependents:
        return
    first, roster = first_of(tx, duty), RosterReader(tx)
    if not roster.is_stored:
        return
    bases = list(_turns_of_stored(context, tx, first))
    for bound in dependents:
        for turn in _turns_from(context, tx, bound, bases):
            if (
                _counts_from_delivery(context, turn, duty, first)
                and turn.opens_at <= now
                and turn.deadline.due_on >= in_force_since(context, tx, bound)
                and not is_behind_change(turn)
                and not tx.find(Duty, key=turn.key)
            ):
                yield recurring_duty(context, turn, now)


def _turns_of_stored(context: ServiceContext, tx: Reading, first: Duty) -> Iterator[Occurrence]:
    """Yield the turn of a stored duty by today's rules, however long ago its due."""
    known, other = named_turn(first.key), other_of(context, tx, first)
    bases = [] if other is None else list(_turns_of_stored(context, tx, other))
    for bound in context.catalogue.bound(first.obligation):
        if other is not None:
            turns = _turns_from(context, tx, bound, bases)
        else:
            on = first.deadline.nominal_on
            turns = turns_between(context, tx, bound, *turn_days(context.catalogue, bound, on, on))
        named = ((named_turn(one.key), one) for one in turns)
        yield from (one for name, one in named if name and known and name.is_same_turn(known))


def _turns_from(
    context: ServiceContext, tx: Reading, obligation: Obligation, bases: Sequence[Occurrence]
) -> Iterator[Occurrence]:
    """Yield the turns of an obligation that count from turns of stored duties."""
    known = RosterReader(tx).triggers_of(obligation)
    for place, trigger, rule in counting_triggers(obligation):
        others = context.catalogue.beside(rule.after, obligation, obligation.provider)
        places = {(one.id, one.provider) for one in others if not one.retired}
        for turn in bases:
            if (turn.obligation.id, turn.obligation.provider) not in places:
                continue
            base = base_of(tx, rule, turn, context.now())
            if base is None:
                continue
            seen = recognised(known, obligation)[place]
            counted = counted_turn(obligation, trigger, seen, turn, base, context.calendar_of)
            if obligation.validity_of(trigger).has(counted.deadline.nominal_on):
                yield counted


def _counts_from_delivery(context: ServiceContext, turn: Occurrence, duty: Duty, first: Duty) -> bool:
    """Return whether a turn counts from how a duty came to its end.

    `first` began that duty's chain.
    """
    rule = turn.trigger.due
    return (
        isinstance(rule, AfterDuty)
        and _is_by_delivery(context, rule, duty)
        and turn.is_dated
        and _is_turn_of(turn.key, first.key)
    )


def _counting(context: ServiceContext, obligation: str) -> tuple[str, ...]:
    """Return the obligations that count from one, directly or over others."""
    found: dict[str, None] = {}
    left = [obligation]
    while left:
        base = left.pop()
        for id in context.catalogue.dependents(base):
            if id not in found and base in _counted_by(context, id):
                found[id] = None
                left.append(id)
    return tuple(found)


def _counted_by(context: ServiceContext, id: str) -> tuple[str, ...]:
    """Return the obligations from which an obligation counts."""
    obligation = context.catalogue.obligations.get(id)
    return () if obligation is None else tuple(rule.after for _, _, rule in counting_triggers(obligation))


def _is_by_delivery(context: ServiceContext, rule: AfterDuty, duty: Duty) -> bool:
    """Return whether a rule counts from a duty's delivery.

    A rule that counts from the due does, too, where another delivery has set that due.
    """
    if rule.after != duty.obligation:
        return False
    return rule.of is CountsFrom.DELIVERY or _is_dated_by_delivery(context, duty.obligation)


def _is_dated_by_delivery(context: ServiceContext, id: str) -> bool:
    """Return whether an obligation's due depends on the delivery of another one."""
    obligation = context.catalogue.obligations.get(id)
    rules = () if obligation is None else tuple(rule for _, _, rule in counting_triggers(obligation))
    return any(rule.of is CountsFrom.DELIVERY or _is_dated_by_delivery(context, rule.after) for rule in rules)


def _keys_of_other(context: ServiceContext, duty: Duty) -> tuple[str, ...]:
    """Return the possible keys of the duty from which a duty counts.

    Empty if the duty counts from none.
    """
    rule, named = duty.terms.due, named_turn(duty.key)
    if not isinstance(rule, AfterDuty) or named is None:
        return ()
    return _keys_of_base(context, duty.obligation, named, rule.after)


def _keys_of_base(context: ServiceContext, id: str, named: NamedTurn, after: str) -> tuple[str, ...]:
    """Return the possible keys of the other turn from which a turn counts."""
    other = named.other
    if other is None:
        return ()
    others = context.catalogue.beside(after, context.catalogue.obligations.get(id), named.provider)
    return tuple(other.key_for(one) for one in others)


def _counts_over_unopened(context: ServiceContext, tx: Reading, duty: Duty, key: str) -> bool:
    """Return whether a duty counts from the turn of a key.

    Turns in between count only if they have not opened: opened ones are followed themselves.
    """
    keys = _keys_of_other(context, duty)
    while keys and key not in keys:
        if tx.find(Duty, key=keys):
            return False
        keys = tuple(
            further
            for one in keys
            if (named := named_turn(one)) is not None
            for after in _counted_by(context, one.partition("/")[0])
            for further in _keys_of_base(context, one.partition("/")[0], named, after)
        )
    return bool(keys)


def _is_turn_of(key: str, first: str) -> bool:
    """Return whether the turn of a key counts from another's, whoever the providers."""
    named, base = named_turn(key), named_turn(first)
    other = None if named is None else named.other
    return other is not None and base is not None and other.is_same_turn(base)
