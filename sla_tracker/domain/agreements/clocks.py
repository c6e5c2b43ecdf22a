"""The calendar and the zone by which each clock of an obligation runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from sla_tracker.domain.agreements.obligation import Obligation, OnRequest, Trigger
from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.domain.deadlines.rules import AfterDuty, in_zone_of
from sla_tracker.domain.time.work_calendar import WorkCalendar


class CalendarLookup(Protocol):
    """Finds the calendar of a name, else that of a department, else the company's."""

    def __call__(self, department: str, named: str = "") -> WorkCalendar:
        """Return the calendar."""


def clock_for(
    obligation: Obligation, rule: DueRule, calendar_of: CalendarLookup
) -> tuple[DueRule, WorkCalendar]:
    """Return a rule with its zone's name, and the calendar by which it counts."""
    calendar = calendar_of(obligation.provider, rule.calendar or obligation.calendar)
    return in_zone_of(rule, calendar_of(obligation.consumer).zone.key), calendar


def rules_of(trigger: Trigger) -> Iterator[DueRule]:
    """Yield every due rule of a trigger: its own, the answer's, and its limits'."""
    rules: list[DueRule | None] = [trigger.due]
    if isinstance(trigger, OnRequest):
        rules += [trigger.answer, trigger.earliest, trigger.updates_every]
        rules += [rule for one in trigger.limits for rule in one.rules()]
    for rule in rules:
        if rule is not None:
            yield rule
        if isinstance(rule, AfterDuty):
            yield rule.then


def calendars_named_by(obligation: Obligation) -> Iterator[str]:
    """Yield the names of the calendars that an obligation or one of its rules names."""
    every = (rule.calendar for trigger in obligation.triggers for rule in rules_of(trigger))
    yield from (name for name in (obligation.calendar, *every) if name)
