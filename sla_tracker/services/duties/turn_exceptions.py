"""Follows exceptions agreed after a duty opened: turns left out or moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sla_tracker.domain.agreements.known_triggers import recognised
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.deadlines.calendar_rules import ListedDays, MovedTurn, NthWorkday, RecurringRule
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import calendar_of, recomputed
from sla_tracker.services.ports import Reading


class TurnExceptions:
    """The exceptions that are agreed at present, by which open duties are changed."""

    def __init__(self, context: ServiceContext, roster: Roster) -> None:
        self._context = context
        self._by_name = {
            f"{obligation.id}/{obligation.provider}/{seen.name}": obligation
            for obligation in context.catalogue.in_force()
            for seen in recognised(roster.triggers.get(roster.entry_of(obligation), ()), obligation)
        }

    def followed(self, tx: Reading, duty: Duty, now: datetime) -> Duty | None:
        """Return an open duty whose turn is left out, moved, or moved no longer.

        None if it stays as it is. One left out is cancelled; its terms keep the exception as the reason. A moved one is
        due on the agreed day, but leaves time to act, as after a change of the calendar. Delivered and closed duties
        stay.
        """
        obligation = self._by_name.get(duty.key.rpartition("/")[0])
        if obligation is None or duty.state not in OWED or not isinstance(duty.terms.due, RecurringRule):
            return None
        changed = _followed(self._context, tx, duty, obligation, now)
        return None if changed == duty else changed


def _followed(
    context: ServiceContext, tx: Reading, duty: Duty, obligation: Obligation, now: datetime
) -> Duty:
    own = duty.terms.due
    if not isinstance(own, RecurringRule):
        return duty
    day = _turn_day(context, duty, own)
    present = _present_rule(obligation, duty, day)
    if present is None:
        return duty
    if day in present.left_out:
        terms = replace(duty.terms, due=replace(own, left_out=(day,)))
        return replace(transitions.cancelled(duty, now=now), terms=terms)
    moved_to = present.moved_to(day)
    if moved_to == own.moved_to(day):
        return duty
    moved = () if moved_to is None else (MovedTurn(turn_on=day, to_on=moved_to),)
    terms = replace(duty.terms, due=replace(own, moved=moved))
    return recomputed(context, tx, replace(duty, terms=terms), now, by_agreement=True)


def _turn_day(context: ServiceContext, duty: Duty, rule: RecurringRule) -> date:
    """Return the turn's day before roll, on the calendar of today."""
    day = (duty.granted or duty.deadline).nominal_on
    if isinstance(rule, NthWorkday):
        return rule.day_in(day.year, day.month, calendar_of(context, duty))
    return day


def _present_rule(obligation: Obligation, duty: Duty, day: date) -> RecurringRule | None:
    """Return the rule of the version that is valid on the turn's day.

    None if it has no such turn any more. A duty whose trigger has another rule now keeps the one it was opened with.
    """
    for trigger in obligation.triggers:
        if not isinstance(trigger, Recurring) or not obligation.validity_of(trigger).has(day):
            continue
        rule = trigger.due
        if isinstance(rule, RecurringRule) and _bare(rule) == _bare(duty.terms.due):
            return rule
    return None


def _bare(rule: object) -> object:
    """Return a rule without its exceptions, its zone and its list.

    By what is left, the rule of a duty is recognised.
    """
    if not isinstance(rule, RecurringRule):
        return rule
    bare = replace(rule, left_out=(), moved=(), zone="")
    return replace(bare, on=(date.min,)) if isinstance(bare, ListedDays) else bare
