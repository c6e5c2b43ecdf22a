"""Finds when a share of a duty's time is used up."""

from __future__ import annotations

from datetime import datetime, timedelta

from sla_tracker.domain.deadlines.due import Interval
from sla_tracker.domain.deadlines.duty_clock import clock_of
from sla_tracker.domain.deadlines.steps import StepKind
from sla_tracker.domain.duties.duty import Duty, Opened, State
from sla_tracker.domain.reminders.policy import Level, Policy, ReminderStep, TimeUsed
from sla_tracker.domain.time.work_calendar import WorkCalendar


def used_at(duty: Duty, percent: int, calendar: WorkCalendar) -> datetime | None:
    """Return when a share of the time until the due is used up.

    None while an excuse that still runs keeps it from being reached. What is excused is no part of the time.
    """
    base = duty.granted or duty.deadline
    instant = clock_start(duty)
    clock = clock_of(duty.terms.due, calendar)
    left = clock.between(instant, base.due_at) * percent / 100
    for start, end in _united(duty.excuses):
        if start > instant:
            passing = clock.between(instant, start)
            if left <= passing:
                break
            left -= passing
        if end is None:
            return None
        instant = max(instant, end)
    return clock.later(instant, left) if left > timedelta() else instant


def has_shares(policy: Policy) -> bool:
    """Return whether a policy has steps in percent."""
    return any(isinstance(step.when, TimeUsed) for step in policy.steps)


def last_share(duty: Duty, policy: Policy, calendar: WorkCalendar, now: datetime) -> ReminderStep | None:
    """Return the highest step in percent that an open duty has passed before its due.

    Of several steps at one percentage it is the one that goes furthest up.
    """
    if duty.state is not State.OPEN or duty.is_overdue(now):
        return None
    levels = [*Level]
    passed = [
        (step.when.percent, levels.index(step.level), step)
        for step in policy.steps
        if isinstance(step.when, TimeUsed)
        and (at := used_at(duty, step.when.percent, calendar)) is not None
        and at <= now
    ]
    return max(passed, key=lambda one: one[:2])[2] if passed else None


def clock_start(duty: Duty) -> datetime:
    """Return when the clock of a duty began: its event, its request, or its opening.

    The opening is meant too where an event lies ahead, or was registered late.
    """
    if duty.terms.opened in {Opened.ON_EVENT, Opened.ON_REQUEST} and not duty.opened_late:
        anchor = next((step for step in duty.deadline.steps if step.kind is StepKind.ANCHOR), None)
        if anchor is not None:
            return min(anchor.at("at"), duty.opened_at)
    return duty.opened_at


def _united(excuses: tuple[Interval, ...]) -> list[tuple[datetime, datetime | None]]:
    """Return the excused time by start; what overlaps becomes one interval."""
    found: list[tuple[datetime, datetime | None]] = []
    for one in sorted(excuses, key=lambda excuse: excuse.start_at):
        if found and (found[-1][1] is None or one.start_at <= found[-1][1]):
            start, end = found[-1]
            found[-1] = start, None if end is None or one.end_at is None else max(end, one.end_at)
        else:
            found.append((one.start_at, one.end_at))
    return found
