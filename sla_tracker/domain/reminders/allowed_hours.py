"""Hours in which reminders may be sent, on the recipient's working calendar."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sla_tracker.domain.reminders.policy import AllowedHours
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import DAY_MINUTES


def is_allowed(hours: AllowedHours, instant: datetime, calendar: WorkCalendar) -> bool:
    """Return whether a message may be sent at the instant.

    Both ends of the hours are included.
    """
    day = calendar.local_date(instant)
    return _is_open(hours, day, calendar) and _start(hours, day, calendar) <= instant <= _end(
        hours, day, calendar
    )


def next_allowed(hours: AllowedHours, instant: datetime, calendar: WorkCalendar) -> datetime:
    """Return the instant itself when it is allowed, else the next allowed one."""
    if is_allowed(hours, instant, calendar):
        return instant
    day = calendar.local_date(instant)
    if _is_open(hours, day, calendar) and instant < _start(hours, day, calendar):
        return _start(hours, day, calendar)
    following = day + ONE_DAY if hours.closed_days else calendar.shift_workdays(day, 1)
    return _start(hours, following, calendar)


def last_allowed(hours: AllowedHours, instant: datetime, calendar: WorkCalendar) -> datetime:
    """Return the instant if it is allowed, else the last allowed one before it."""
    if is_allowed(hours, instant, calendar):
        return instant
    day = calendar.local_date(instant)
    if _is_open(hours, day, calendar) and instant > _end(hours, day, calendar):
        return _end(hours, day, calendar)
    earlier = day - ONE_DAY if hours.closed_days else calendar.shift_workdays(day, -1)
    return _end(hours, earlier, calendar)


def at_clock(at: time, instant: datetime, hours: AllowedHours, calendar: WorkCalendar) -> datetime:
    """Return the first allowed instant from `instant` on, at or after a local time."""
    day = calendar.local_date(instant)
    wanted = calendar.instant_of(day, at)
    if wanted < instant:
        wanted = calendar.instant_of(day + ONE_DAY, at)
    if is_allowed(hours, wanted, calendar):
        return wanted
    opening = next_allowed(hours, wanted, calendar)
    same_day = calendar.instant_of(calendar.local_date(opening), at)
    return same_day if same_day >= opening and is_allowed(hours, same_day, calendar) else opening


def _is_open(hours: AllowedHours, day: date, calendar: WorkCalendar) -> bool:
    return hours.closed_days or calendar.is_workday(day)


def _start(hours: AllowedHours, day: date, calendar: WorkCalendar) -> datetime:
    return _minute(hours.span.opens, day, calendar)


def _end(hours: AllowedHours, day: date, calendar: WorkCalendar) -> datetime:
    return _minute(hours.span.closes, day, calendar)


def _minute(minute: int, day: date, calendar: WorkCalendar) -> datetime:
    if minute == DAY_MINUTES:
        return calendar.instant_of(day + ONE_DAY, time()) - timedelta(microseconds=1)
    return calendar.instant_of(day, time(minute // 60, minute % 60))
