"""Finds the deadlines that an obligation gives turns, events and requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType

from sla_tracker.domain.agreements.clocks import clock_for
from sla_tracker.domain.agreements.counted import turns_by_rule, turns_due_by_rule
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.domain.agreements.occurrences import (
    Occurrence,
    can_open_at,
    granted_on_request,
    with_trigger,
)
from sla_tracker.domain.deadlines.due import Deadline, deadline_after
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.limits import ExplainedLimit, LimitKind
from sla_tracker.value_class import dataclass

# How far a due date of a recurring obligation is looked for: most rules come round within a year; then some years.
AHEAD = (timedelta(days=400), timedelta(days=4_000))

Opening = OnEvent | OnRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTrigger:
    """The deadline that an event or request would have by one trigger.

    `limits` has the answer's, where there is one.
    """

    trigger: Opening
    deadline: Deadline
    limits: tuple[ExplainedLimit, ...] = ()


def openings(obligation: Obligation) -> tuple[Opening, ...]:
    """Return the triggers of events and requests.

    Raises UsageError for an obligation that comes by the calendar only.
    """
    found = tuple(one for one in obligation.triggers if not isinstance(one, Recurring))
    if not found:
        raise UsageError(
            N_("“{title}” comes by the calendar; name a due day with --on."), title=obligation.title
        )
    return found


def deadlines_at(
    context: ServiceContext,
    obligation: Obligation,
    at: datetime,
    department: str,
    fields: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ByTrigger, ...]:
    """Return the deadline by each trigger that can open at an instant.

    A request is that of `department`, or of the first consumer where the department is none. A trigger whose condition
    the given `fields` do not meet is left out; a field that is not given may hold anything.
    """
    return tuple(
        _by_trigger(context, obligation, trigger, at, department, fields)
        for trigger in openings(obligation)
        if can_open_at(obligation, trigger, at, context.calendar_of) and _may_meet(trigger, fields)
    )


def _may_meet(trigger: Opening, fields: Mapping[str, str]) -> bool:
    condition = trigger.condition
    return condition is None or condition.field not in fields or condition.takes(fields[condition.field])


def _by_trigger(
    context: ServiceContext,
    obligation: Obligation,
    trigger: Opening,
    at: datetime,
    department: str,
    fields: Mapping[str, str],
) -> ByTrigger:
    if isinstance(trigger, OnEvent):
        rule, calendar = clock_for(obligation, trigger.due, context.calendar_of)
        known = context.catalogue.event_types.get(trigger.event_type)
        title = known.title if known is not None else Text(trigger.event_type, trigger.event_type)
        return ByTrigger(trigger=trigger, deadline=with_trigger(title, deadline_after(rule, at, calendar)))
    consumers = obligation.owed_to(tuple(context.catalogue.departments))
    owed = obligation.to(department if department in consumers else consumers[0])
    settle, answer = granted_on_request(owed, trigger, at, None, context.calendar_of, fields)
    limits = () if answer is None else (ExplainedLimit(kind=LimitKind.ANSWER, deadline=answer),)
    return ByTrigger(trigger=trigger, deadline=settle, limits=limits)


def turn_due(context: ServiceContext, obligation: Obligation, on: date | None, today: date) -> Occurrence:
    """Return the turn of an obligation due on a day, by default the next.

    The day may be the one before or after roll. Raises NotFound with the days near it, UsageError for an obligation
    that the calendar does not open.
    """
    if not obligation.trigger_of(Recurring):
        raise UsageError(
            N_("“{title}” opens by an event or a request; say when it would happen with --at."),
            title=obligation.title,
        )
    found = _next_turns(context, obligation, today) if on is None else _turns_on(context, obligation, on)
    near = found or _turns_near(context, obligation, on or today)
    dated = [one for one in near if one.is_dated]
    if near and not dated:
        raise UsageError(
            N_("“{title}” counts from the delivery of another duty and has no due before that."),
            title=obligation.title,
        )
    if found:
        return dated[0]
    days = ", ".join(one.deadline.due_on.isoformat() for one in dated[:4])
    raise NotFound(
        N_("“{title}” is not due on {day}; near it there is {days}."),
        title=obligation.title,
        day=on or today,
        days=days or "-",
    )


def _next_turns(context: ServiceContext, obligation: Obligation, today: date) -> Sequence[Occurrence]:
    """Return the coming turns, by due; of the nearest years that have any."""
    for ahead in AHEAD:
        if found := _turns_due(context, obligation, today, today + ahead):
            return found
    return ()


def _turns_on(context: ServiceContext, obligation: Obligation, day: date) -> Sequence[Occurrence]:
    """Return the turns that are due on a day, else those that were before roll."""
    named = turns_by_rule(context.catalogue, obligation, context.calendar_of, day, day + ONE_DAY)
    return _turns_due(context, obligation, day, day) or list(named)


def _turns_near(context: ServiceContext, obligation: Obligation, day: date) -> Sequence[Occurrence]:
    """Return the turns around a day, the nearest first."""
    for around in AHEAD:
        if found := _turns_due(context, obligation, day - around, day + around):
            return sorted(found, key=lambda one: abs(one.deadline.due_on - day))
    return ()


def _turns_due(
    context: ServiceContext, obligation: Obligation, first_on: date, last_on: date
) -> Sequence[Occurrence]:
    found = turns_due_by_rule(context.catalogue, obligation, context.calendar_of, first_on, last_on)
    return sorted(found, key=lambda one: one.deadline.due_at)
