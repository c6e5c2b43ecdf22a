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
    offset, move = 0, timedelta()
    if isinstance(rule, RecurringRule):
        offset, move = rule.offset, timedelta(days=FURTHEST_MOVE) if rule.moved else timedelta()
    start = calendar.shift_workdays(first_on, -1 - max(offset, 0))
    end = calendar.shift_workdays(last_on, 1 + max(-offset, 0))
    if not move:
        return start, end
    return min(start, first_on - move), max(end, last_on + move + ONE_DAY)


def last_due_on(opening_by: datetime, workdays_before: int, calendar: WorkCalendar) -> date:
    """Return the last due day of duties that open by an instant.

    They open some workdays before they are due.
    """
    return calendar.shift_workdays(calendar.local_date(opening_by), workdays_before)
