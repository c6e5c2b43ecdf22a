"""Days that a rule can name for duties that are due, or open, in some days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sla_tracker.domain.deadlines.calendar_rules import FURTHEST_MOVE, RecurringRule
from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.domain.time.work_calendar import WorkCalendar


def days_named(rule: DueRule, first_on: date, last_on: date, calendar: WorkCalendar) -> tuple[date, date]:
    """Return the days before roll [start, end) of all turns due in some days.

    The first and the last of these are included. A roll moves a day over closed days only, however many: it stays
    between the workdays before and after the due day.
    """
    offset, move = _shifts_of(rule)
    start = calendar.shift_workdays(first_on, -1 - max(offset, 0))
    end = calendar.shift_workdays(last_on, 1 + max(-offset, 0))
    return (min(start, first_on - move), max(end, last_on + move + ONE_DAY)) if move else (start, end)


def last_due_of(rule: DueRule, last_on: date, calendar: WorkCalendar) -> date:
    """Return the last day on which a turn can be due whose day before roll is given."""
    offset, move = _shifts_of(rule)
    return max(calendar.shift_workdays(last_on, 1 + max(offset, 0)), last_on + move)


def _shifts_of(rule: DueRule) -> tuple[int, timedelta]:
    """Return a rule's workdays from its day, and how far turns may be moved."""
    if not isinstance(rule, RecurringRule):
        return 0, timedelta()
    return rule.offset, timedelta(days=FURTHEST_MOVE) if rule.moved else timedelta()


def last_due_on(opening_by: datetime, workdays_before: int, calendar: WorkCalendar) -> date:
    """Return the last due day of duties that open by an instant.

    `workdays_before` is how many workdays before their due day they open.
    """
    return calendar.shift_workdays(calendar.local_date(opening_by), workdays_before)
