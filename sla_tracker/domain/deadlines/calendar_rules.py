"""Rules that name days of the calendar, without an event."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import field, replace
from datetime import date, time, timedelta

from sla_tracker.domain.deadlines.due_rule import (
    CalendarRule,
    Roll,
    RuleError,
    are_uneven,
    check,
    clock_problems,
    day_problems,
    month_block,
    months_between,
    months_problems,
    nth_problems,
    spacing,
    turn_of_months,
    twice_problems,
    weekdays_problems,
)
from sla_tracker.domain.deadlines.recurrence import Pattern
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.domain.time.work_calendar import WorkCalendar, month_length
from sla_tracker.errors import N_, SlaError, UsageError, Wrong
from sla_tracker.value_class import dataclass

LONGEST_OFFSET = 15  # workdays between the day that a rule names and the due day
FURTHEST_MOVE = 31  # days by which a single turn can be moved
MOST_LISTED = 400  # days in one list


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTurn:
    """One turn, named by its day before roll, and the final day to which it was moved."""

    turn_on: date
    to_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurringRule(CalendarRule):
    """Base class of rules that define days of the calendar, without an event.

    The clock time, if any, is read in `zone`, or in that of the calendar. `offset` counts workdays from the day
    named, and takes the place of a roll. `left_out` and `moved` name turns by their day before roll; period, month
    and key of a moved turn stay those of that day.
    """

    zone: str = field(default="", repr=False)
    offset: int = field(default=0, repr=False)
    left_out: tuple[date, ...] = field(default=(), repr=False)
    moved: tuple[MovedTurn, ...] = field(default=(), repr=False)

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the due days before any roll in [start, end), in order.

        Days that are left out by an exception are among them. Implementations jump to the range instead of iterating
        from the rule's start.
        """
        raise NotImplementedError

    @property
    def is_uneven(self) -> bool:
        """Return whether some units have no turn.

        A period then reaches from one turn to the next.
        """
        return False

    def moved_to(self, day: date) -> date | None:
        """Return the final day of a turn that was moved, by its day before roll."""
        if not self.moved:
            return None
        return next((one.to_on for one in self.moved if one.turn_on == day), None)

    def of_turn(self, day: date) -> RecurringRule:
        """Return the rule as a duty of one turn keeps it: with that turn's exception only."""
        moved = tuple(one for one in self.moved if one.turn_on == day)
        if not self.left_out and moved == self.moved:
            return self
        return replace(self, left_out=(), moved=moved)

    def shared_problems(self, at: time | None) -> Iterator[SlaError]:
        """Yield the errors of what every recurring rule can have."""
        yield from clock_problems(at, self.zone)
        if not -LONGEST_OFFSET <= self.offset <= LONGEST_OFFSET:
            yield UsageError(
                N_("{key}: {value} is out of reach; allowed are {least} to {most}."),
                key="offset",
                value=self.offset,
                least=-LONGEST_OFFSET,
                most=LONGEST_OFFSET,
            )
        yield from twice_problems("except", self.left_out)
        yield from twice_problems("moved", tuple(one.turn_on for one in self.moved))
        for one in self.moved:
            if one.turn_on in self.left_out:
                yield UsageError(
                    N_("{key}: {day} is left out by “except” as well."), key="moved", day=one.turn_on
                )
            if abs((one.to_on - one.turn_on).days) > FURTHEST_MOVE:
                yield UsageError(
                    N_("{key}: {day} moves to {to}, further than {most} days."),
                    key="moved",
                    day=one.turn_on,
                    to=one.to_on,
                    most=FURTHEST_MOVE,
                )
        for key, days in (("except", self.left_out), ("moved", self.moved)):
            if len(days) > MOST_LISTED:
                yield UsageError(N_("{key}: at most {most} days."), key=key, most=MOST_LISTED)


class MonthlyRule(RecurringRule):
    """Base of rules with a turn in each month of `months`, in all where it is empty."""

    __slots__ = ()

    # No field of the base: each rule keeps its own order of fields, which its repr shows.
    months: tuple[int, ...]

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the month, quarter, … or year with `day`, by the rule's frequency."""
        return month_block(day, spacing(self.months))

    def turn(self, day: date) -> str:
        """Return the month of the turn.

        For a rule that is due every few months, it is the first of these months.
        """
        return turn_of_months(day, self.months)

    @property
    def is_uneven(self) -> bool:
        """Return whether its months are not evenly spread over the year."""
        return are_uneven(self.months)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfMonth(MonthlyRule):
    """Due on this day of each month in `months` (empty: all).

    A negative day counts from the end: -1 is the last. In a shorter month it is due on the last day, or the first.
    """

    day: int
    at: time | None = None
    roll: Roll = Roll.FOLLOWING
    months: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check(*day_problems(self.day), *self.shared_problems(self.at), *months_problems(self.months))

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the due days before any roll in [start, end)."""
        for year, month in months_between(start, end, self.months):
            length = month_length(year, month)
            number = min(self.day, length) if self.day > 0 else max(length + 1 + self.day, 1)
            day = date(year, month, number)
            if start <= day < end:
                yield day


@dataclass(frozen=True, slots=True, kw_only=True)
class NthWorkday(MonthlyRule):
    """Due on the n-th workday of each month in `months` (empty: all).

    A negative n counts from the end of the month.
    """

    n: int
    at: time | None = None
    months: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check(*nth_problems(self.n), *self.shared_problems(self.at), *months_problems(self.months))

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the due days in [start, end)."""
        for year, month in months_between(start, end, self.months):
            day = self.day_in(year, month, calendar)
            if start <= day < end:
                yield day

    def day_in(self, year: int, month: int, calendar: WorkCalendar) -> date:
        """Return the due day of a month.

        A month without a workday gives its last day, which is then rolled.
        """
        day = calendar.nth_workday(year, month, self.n)
        return day if day.month == month else date(year, month, month_length(year, month))


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly(RecurringRule):
    """Due on these weekdays (Monday = 0) of every week."""

    weekdays: tuple[int, ...]
    at: time | None = None
    roll: Roll = Roll.FOLLOWING

    def __post_init__(self) -> None:
        check(*weekdays_problems(self.weekdays), *self.shared_problems(self.at))

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the due days before any roll in [start, end)."""
        monday = start.toordinal() - start.weekday()
        first, last = start.toordinal(), end.toordinal()
        wanted = sorted(self.weekdays)
        for week in range(monday, last, 7):
            for weekday in wanted:
                if first <= week + weekday < last:
                    yield date.fromordinal(week + weekday)

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the week, from Monday, that contains `day`."""
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)

    def turn(self, day: date) -> str:
        """Return ISO week and the day's place among the weekdays, such as 2026-W47-1."""
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}-{sorted(self.weekdays).index(day.weekday()) + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence(RecurringRule):
    """Due on the days of an RFC 5545 recurrence rule that begins on `start_on`."""

    rrule: str
    start_on: date
    at: time | None = None
    roll: Roll = Roll.FOLLOWING

    def __post_init__(self) -> None:
        try:
            Pattern.parse(self.rrule, self.start_on)
        except Wrong as error:
            errors = (UsageError(N_("{key}: {what}"), key="rrule", what=one) for one in error.problems)
            raise RuleError(*errors) from error
        check(*self.shared_problems(self.at))

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the due days before any roll in [start, end)."""
        return iter(Pattern.parse(self.rrule, self.start_on).between(start, end))

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the day, week, month, … or year around `day`, by the rule's frequency."""
        pattern = Pattern.parse(self.rrule, self.start_on)
        if pattern.freq == "DAILY":
            return day, day + timedelta(days=1)
        if pattern.freq == "WEEKLY":
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=7)
        if len(pattern.months) > 1:
            return month_block(day, spacing(pattern.months) if pattern.interval == 1 else 1)
        months = 12 if pattern.freq == "YEARLY" else pattern.interval
        return month_block(day, months if 12 % months == 0 else 1)

    @property
    def is_uneven(self) -> bool:
        """Return whether days, weeks, months or years pass between its turns."""
        pattern = Pattern.parse(self.rrule, self.start_on)
        if pattern.freq == "DAILY":
            return True
        if pattern.freq == "MONTHLY" and not pattern.months:
            return 12 % pattern.interval != 0
        return pattern.interval > 1 or are_uneven(pattern.months if len(pattern.months) > 1 else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class EachWorkday(RecurringRule):
    """Due on every workday of the calendar, make-up days included."""

    at: time | None = None
    every_workday: bool = True

    def __post_init__(self) -> None:
        check(*self.shared_problems(self.at))

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the workdays in [start, end)."""
        day = calendar.following_workday(start) if start < end else end
        while day < end:
            yield day
            day = calendar.shift_workdays(day, 1)

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the day itself."""
        return day, day + ONE_DAY

    @property
    def is_uneven(self) -> bool:
        """Return True: closed days lie between its turns."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDays(RecurringRule):
    """Due on the days of a list. They are final: they roll only if `roll` says so."""

    on: tuple[date, ...]
    at: time | None = None
    roll: Roll = Roll.NONE

    def __post_init__(self) -> None:
        problems = [*self.shared_problems(self.at), *twice_problems("on", self.on)]
        if not 0 < len(self.on) <= MOST_LISTED:
            problems.append(
                UsageError(N_("{key}: name between 1 and {most} days."), key="on", most=MOST_LISTED)
            )
        if list(self.on) != sorted(self.on):
            problems.append(UsageError(N_("{key}: write the days in their order."), key="on"))
        check(*problems)

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the listed days in [start, end)."""
        yield from self.on[bisect_left(self.on, start) : bisect_left(self.on, end)]

    def of_turn(self, day: date) -> RecurringRule:
        """Return the rule as a duty of one turn keeps it: that day and its exception."""
        moved = tuple(one for one in self.moved if one.turn_on == day)
        return replace(self, on=(day,), left_out=(), moved=moved)

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the day itself."""
        return day, day + ONE_DAY

    @property
    def is_uneven(self) -> bool:
        """Return True: any number of days lies between its turns."""
        return True
