"""Finds how the updates of an open duty stand."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.domain.agreements.request_terms import SettleFrom
from sla_tracker.domain.deadlines.duty_clock import clock_of
from sla_tracker.domain.deadlines.rules import span_of_rule
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.duties.update_clock import UpdatesSoFar, updates_so_far
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.open_requests.clocks import papers_there_at, papers_told_at

LIMITS_AHEAD = 4  # limits of updates whose reminders are planned at a time


def updates_of(context: ServiceContext, duty: Duty, now: datetime) -> UpdatesSoFar | None:
    """Return the updates of a duty as of `now`; None for one that promises none."""
    terms = duty.terms.request
    rule = terms.updates_every if terms is not None else None
    span = span_of_rule(rule) if rule is not None else None
    if terms is None or rule is None or span is None:
        return None
    starts_at: datetime | None = duty.opened_at
    if terms.settle_from is SettleFrom.PAPERS:
        there_at, told_at = papers_there_at(duty), papers_told_at(duty)
        starts_at = max(there_at, told_at) if there_at and told_at else there_at
    calendar = context.calendar_of(duty.provider, rule.calendar or duty.terms.calendar)
    return updates_so_far(duty, span, clock_of(rule, calendar), now, starts_at=starts_at)


def next_updates(context: ServiceContext, duty: Duty, now: datetime) -> tuple[datetime, ...]:
    """Return the open limit of a duty's updates, and those after it if none is given.

    Empty while the duty stands still.
    """
    terms = duty.terms.request
    first = next_update_at(context, duty, now)
    rule = terms.updates_every if terms is not None else None
    span = span_of_rule(rule) if rule is not None else None
    if rule is None or span is None or first is None:
        return ()
    clock = clock_of(rule, context.calendar_of(duty.provider, rule.calendar or duty.terms.calendar))
    limits = [first]
    while len(limits) < LIMITS_AHEAD:
        limits.append(clock.later(limits[-1], span))
    return tuple(limits)


def next_update_at(context: ServiceContext, duty: Duty, now: datetime) -> datetime | None:
    """Return when the next update of an open duty is due.

    None for a duty that promises none or stands still.
    """
    if duty.terms.request is None or duty.state not in OWED or duty.holding is not None:
        return None
    found = updates_of(context, duty, now)
    return None if found is None else found.next_at
