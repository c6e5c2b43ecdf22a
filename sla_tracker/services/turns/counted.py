"""Follows the duties that count from another duty.

It says when they open, and where they are due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sla_tracker.domain.agreements.counted import (
    counted_deadline,
    counting_triggers,
    reach_of,
    rule_base,
    split_key,
)
from sla_tracker.domain.agreements.occurrences import Occurrence, about
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.rules import AfterDuty, CountsFrom, in_zone_of
from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.chains import first_of
from sla_tracker.services.turns.finder import counted_turns, stored_base, turns_between
from sla_tracker.services.turns.new_duty import in_force_since, is_behind_change, recurring_duty
from sla_tracker.services.turns.rosters import RosterReader


def counted_from(context: ServiceContext, tx: Reading, duty: Duty) -> list[Duty]:
    """Return the live duties that count from a duty."""
    if not _counting(context, duty):
        return []
    first = first_of(tx, duty)
    return [
        one
        for id in context.catalogue.dependents(duty.obligation)
        for one in tx.find(Duty, obligation=id, state=LIVE)
        if first.key in _keys_of_other(context, one)
    ]


def counts_from(context: ServiceContext, tx: Reading, dependent: Duty, duty: Duty) -> bool:
    """Return whether a duty counts from another one."""
    return first_of(tx, duty).key in _keys_of_other(context, dependent)


def other_of(context: ServiceContext, tx: Reading, duty: Duty) -> Duty | None:
    """Return the stored duty that a duty counts from; None without one.

    Of a hand-over it is the first.
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

    The other one was delivered, waived or written down as missed.
    """
    if not _counting(context, duty):
        return
    first, roster = first_of(tx, duty), RosterReader(tx)
    on = now.astimezone(context.settings.zone).date()
    if not roster.is_stored:
        return
    dependents = [
        bound for id in context.catalogue.dependents(duty.obligation) for bound in context.catalogue.bound(id)
    ]
    for bound in dependents:
        rules = [rule for _, _, rule in counting_triggers(bound) if _is_by_delivery(rule, duty)]
        if bound.retired or not rules:
            continue
        reach = max(map(reach_of, rules))
        for turn in counted_turns(context, tx, bound, roster.triggers_of(bound), on - reach, on + reach):
            if (
                _counts_from_delivery(turn, duty, first)
                and turn.deadline.due_on >= in_force_since(context, tx, bound)
                and not is_behind_change(turn)
                and not tx.find(Duty, key=turn.key)
            ):
                yield recurring_duty(context, turn, now)


def _counts_from_delivery(turn: Occurrence, duty: Duty, first: Duty) -> bool:
    """Return whether a turn counts from how a duty came to its end.

    `first` began that duty's chain.
    """
    rule = turn.trigger.due
    return (
        isinstance(rule, AfterDuty)
        and _is_by_delivery(rule, duty)
        and turn.is_dated
        and _named_in(turn.key) == _named_in_key_of(first.key)
    )


def _counting(context: ServiceContext, duty: Duty) -> bool:
    """Return whether any obligation counts from that of a duty.

    This is asked for each duty that is stored.
    """
    obligations = context.catalogue.obligations
    return any(
        rule.after == duty.obligation
        for id in context.catalogue.dependents(duty.obligation)
        if id in obligations
        for _place, _trigger, rule in counting_triggers(obligations[id])
    )


def _is_by_delivery(rule: AfterDuty, duty: Duty) -> bool:
    return rule.of is CountsFrom.DELIVERY and rule.after == duty.obligation


def _keys_of_other(context: ServiceContext, duty: Duty) -> tuple[str, ...]:
    """Return the possible keys of the duty from which a duty counts.

    Empty if it counts from none.
    """
    rule, named = duty.terms.due, split_key(duty.key)
    if not isinstance(rule, AfterDuty) or named is None:
        return ()
    provider, name, turn = named
    own = context.catalogue.obligations.get(duty.obligation)
    others = context.catalogue.beside(rule.after, own, provider)
    return tuple(f"{rule.after}/{one.provider}/{name}/{turn}" for one in others)


def _named_in(key: str) -> tuple[str, str] | None:
    named = split_key(key)
    return named[1:] if named else None


def _named_in_key_of(key: str) -> tuple[str, str] | None:
    parts = key.split("/", 3)
    return (parts[2], parts[3]) if len(parts) > 3 else None
