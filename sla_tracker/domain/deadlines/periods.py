"""Computes the period that a turn of a recurring rule is about."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.domain.time.work_calendar import WorkCalendar

# Days to look for the neighbouring turn: most rules come round within a year; the last reach covers any interval.
_REACHES = (400, 4_000, 140_000)


def period_from(rule: DueRule, nominal_on: date, calendar: WorkCalendar) -> tuple[date, date]:
    """Return the week, month, quarter, … or year [start, end) that begins with a turn.

    Where units pass without a turn, as with every second week, it ends where the unit of the next turn begins.
    """
    start, end = rule.unit_around(nominal_on)
    if isinstance(rule, RecurringRule) and rule.is_uneven:
        following = _following(rule, end, calendar)
        if following is not None:
            return start, rule.unit_around(following)[0]
        before = _preceding(rule, start, calendar)  # the last turn: as long as the period before it
        return start, end if before is None else start + (start - rule.unit_around(before)[0])
    return start, end


def period_before(rule: DueRule, nominal_on: date, calendar: WorkCalendar) -> tuple[date, date]:
    """Return the period [start, end) before that of a turn.

    It reaches from the unit of the turn before to the turn's own unit.
    """
    start, _ = rule.unit_around(nominal_on)
    if isinstance(rule, RecurringRule) and rule.is_uneven:
        before = _preceding(rule, start, calendar)
        if before is not None:
            return rule.unit_around(before)[0], start
        _, end = period_from(rule, nominal_on, calendar)  # the first turn: as long as its own period
        return start - (end - start), start
    return rule.unit_around(start - ONE_DAY)[0], start


def period_after(rule: DueRule, nominal_on: date, calendar: WorkCalendar) -> tuple[date, date]:
    """Return the period [start, end) after that of a turn.

    After the last turn it is as long as that turn's own.
    """
    start, end = period_from(rule, nominal_on, calendar)
    if not (isinstance(rule, RecurringRule) and rule.is_uneven):
        return rule.unit_around(end)
    following = _following(rule, rule.unit_around(nominal_on)[1], calendar)
    return (end, end + (end - start)) if following is None else period_from(rule, following, calendar)


def day_of_turn(_rule: DueRule, nominal_on: date, _calendar: WorkCalendar) -> tuple[date, date]:
    """Return the day of a turn alone, as [start, end)."""
    return nominal_on, nominal_on + ONE_DAY


def _following(rule: RecurringRule, start: date, calendar: WorkCalendar) -> date | None:
    for reach in _REACHES:
        with suppress(OverflowError):  # beyond the last year of calendars there is none
            found = next(iter(rule.nominal_days(start, start + timedelta(days=reach), calendar)), None)
            if found is not None:
                return found
    return None


def _preceding(rule: RecurringRule, end: date, calendar: WorkCalendar) -> date | None:
    for reach in _REACHES:
        with suppress(OverflowError):
            found = list(rule.nominal_days(end - timedelta(days=reach), end, calendar))
            if found:
                return found[-1]
    return None
