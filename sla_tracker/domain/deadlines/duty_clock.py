"""Measures time in the unit of a due rule: elapsed, or open time of a calendar."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.domain.deadlines.rules import AfterDuty, InElapsedTime
from sla_tracker.domain.time.instants import to_utc
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True)
class DutyClock:
    """The clock of a duty: every hour of the day, or the calendar's open hours."""

    calendar: WorkCalendar
    is_elapsed: bool = False

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the time between two instants; negative when `end` is earlier."""
        if self.is_elapsed:
            return to_utc(end) - to_utc(start)
        return self.calendar.working_time_between(start, end)

    def later(self, instant: datetime, span: timedelta) -> datetime:
        """Return the instant after `span`, or before it when negative."""
        if self.is_elapsed:
            return to_utc(instant) + span
        return self.calendar.add_working_time(instant, span)

    def pieces(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the intervals between two instants in which the clock runs, in order."""
        if not self.is_elapsed:
            yield from self.calendar.working_pieces(start, end)
        elif start < end:
            yield to_utc(start), to_utc(end)


def clock_of(rule: DueRule, calendar: WorkCalendar) -> DutyClock:
    """Return the clock that a rule counts by; holds and waits are measured by it too."""
    return DutyClock(calendar, is_elapsed=is_elapsed(rule))


def is_elapsed(rule: DueRule) -> bool:
    """Return whether a rule counts day and night."""
    return isinstance(rule.then if isinstance(rule, AfterDuty) else rule, InElapsedTime)
