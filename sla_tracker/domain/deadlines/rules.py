"""Due rules: frozen values that define when something is due."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from enum import StrEnum
from itertools import pairwise

from sla_tracker.domain.deadlines.recurrence import Pattern
from sla_tracker.domain.time.instants import month_number, numbered_month
from sla_tracker.domain.time.work_calendar import WorkCalendar, month_length
from sla_tracker.errors import N_, SlaError, UsageError, Wrong

LONGEST_DAYS = 3660  # calendar days
MOST_WORKDAYS = 1000
LONGEST_WORKING_TIME = timedelta(hours=2000)


class Roll(StrEnum):
    """Where a due day moves that is not a workday; `SKIP` owes nothing that turn."""

    FOLLOWING = "following"
    PRECEDING = "preceding"
    SKIP = "skip"
    NONE = "none"


class RuleError(Wrong):
    """Raised with all errors of a due rule; an error's value `key` is its position."""


class DueRule:
    """Base class of all due rules."""

    __slots__ = ()

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the period [start, end) that contains `day`; by default its month.

        The unit of the period depends on the rule.
        """
        return month_block(day, 1)

    def turn(self, day: date) -> str:
        """Return the name of the turn with this due day before roll; by default its date.

        It becomes part of a duty's key, so it must not change when the rule names another day of the same turn.
        """
        return day.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class AtEvent(DueRule):
    """Due at the instant of the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InDays(DueRule):
    """Due N calendar days after the event's day.

    0 is the same day, a negative number lies before it.
    """

    days: int
    at: time | None = None
    roll: Roll = Roll.FOLLOWING

    def __post_init__(self) -> None:
        check(*_amount("days", self.days, LONGEST_DAYS), *_clock("at", self.at), *_skipped("roll", self.roll))


@dataclass(frozen=True, slots=True, kw_only=True)
class InWorkdays(DueRule):
    """Due on the N-th workday after the event's day.

    0 is the same day, a negative number lies before it.
    """

    workdays: int
    at: time | None = None

    def __post_init__(self) -> None:
        check(*_amount("workdays", self.workdays, MOST_WORKDAYS), *_clock("at", self.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class InWorkingTime(DueRule):
    """Due after a span of working time in whole minutes (negative = before the event)."""

    span: timedelta

    def __post_init__(self) -> None:
        problems = []
        if self.span % timedelta(minutes=1):
            problems.append(UsageError(N_("Working time is counted in whole minutes.")))
        if abs(self.span) > LONGEST_WORKING_TIME:
            hours = LONGEST_WORKING_TIME // timedelta(hours=1)
            problems.append(UsageError(N_("Working time: at most {most} hours are possible."), most=hours))
        check(*problems)


class RecurringRule(DueRule):
    """Base class of rules that define days of the calendar, without an event."""

    __slots__ = ()

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the due days before any roll in [start, end), in order.

        Implementations jump to the range instead of iterating from the rule's start.
        """
        raise NotImplementedError

    @property
    def is_uneven(self) -> bool:
        """Return whether some units have no turn.

        Then a period reaches from one turn to the next.
        """
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfMonth(RecurringRule):
    """Due on this day of each month in `months` (empty: all).

    In a shorter month it is due on the last day.
    """

    day: int
    at: time | None = None
    roll: Roll = Roll.FOLLOWING
    months: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check(*_day(self.day), *_clock("at", self.at), *_months(self.months))

    def nominal_days(self, start: date, end: date, calendar: WorkCalendar) -> Iterator[date]:
        """Yield the due days before any roll in [start, end)."""
        for year, month in months_between(start, end, self.months):
            day = date(year, month, min(self.day, month_length(year, month)))
            if start <= day < end:
                yield day

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the month, quarter, … or year with `day`, by the rule's frequency."""
        return month_block(day, _spacing(self.months))

    def turn(self, day: date) -> str:
        """Return the month of the turn.

        For a rule that is due every few months it is the first month of these.
        """
        return _turn_of_months(day, self.months)

    @property
    def is_uneven(self) -> bool:
        """Return whether its months are not evenly spread over the year."""
        return _are_uneven(self.months)


@dataclass(frozen=True, slots=True, kw_only=True)
class NthWorkday(RecurringRule):
    """Due on the n-th workday of each month in `months` (empty: all).

    A negative n counts from the end of the month.
    """

    n: int
    at: time | None = None
    months: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        check(*_nth(self.n), *_clock("at", self.at), *_months(self.months))

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

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the month, quarter, … or year with `day`, by the rule's frequency."""
        return month_block(day, _spacing(self.months))

    def turn(self, day: date) -> str:
        """Return the month of the turn.

        For a rule that is due every few months it is the first month of these.
        """
        return _turn_of_months(day, self.months)

    @property
    def is_uneven(self) -> bool:
        """Return whether its months are not evenly spread over the year."""
        return _are_uneven(self.months)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly(RecurringRule):
    """Due on these weekdays (Monday = 0) of every week."""

    weekdays: tuple[int, ...]
    at: time | None = None
    roll: Roll = Roll.FOLLOWING

    def __post_init__(self) -> None:
        check(*_weekdays(self.weekdays), *_clock("at", self.at))

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
        check(*_clock("at", self.at))

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
            return month_block(day, _spacing(pattern.months) if pattern.interval == 1 else 1)
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
        return pattern.interval > 1 or _are_uneven(pattern.months if len(pattern.months) > 1 else ())


def roll_of(rule: DueRule) -> Roll | None:
    """Return where the rule's day moves; None for a rule that names none."""
    return rule.roll if isinstance(rule, InDays | DayOfMonth | Weekly | Recurrence) else None


def can_roll(rule: DueRule) -> bool:
    """Return whether the rule names a day that may turn out to be no workday."""
    # The same day of a closed one counts as the next workday, without any roll.
    return roll_of(rule) is not None and not (isinstance(rule, InDays) and rule.days == 0)


def with_roll(rule: DueRule, roll: Roll) -> DueRule:
    """Return the rule with another roll; raises RuleError if it cannot have it."""
    if isinstance(rule, InDays | DayOfMonth | Weekly | Recurrence):
        return replace(rule, roll=roll)
    raise RuleError(UsageError(N_("{key}: this rule names no day that could move."), key="roll"))


def precedes_event(rule: DueRule) -> bool:
    """Return whether the rule is due at or before its event."""
    match rule:
        case AtEvent():
            return True
        case InDays(days=amount) | InWorkdays(workdays=amount):
            return amount < 0
        case InWorkingTime(span=span):
            return span < timedelta(0)
    return False


def months_between(start: date, end: date, months: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield year and month of each listed month (none: all) touching [start, end)."""
    for number in range(month_number(start), month_number(end) + 1):
        year, month = numbered_month(number)
        if not months or month in months:
            yield year, month


def month_block(day: date, size: int) -> tuple[date, date]:
    """Return the block of `size` months that contains `day`, as [start, end).

    Blocks are counted from January on.
    """
    first = (day.month - 1) // size * size + 1
    following = first + size
    return date(day.year, first, 1), date(day.year + (following > 12), following if following <= 12 else 1, 1)


def check(*problems: SlaError) -> None:
    """Raise RuleError with the problems, if there are any."""
    if problems:
        raise RuleError(*problems)


def _turn_of_months(day: date, months: tuple[int, ...]) -> str:
    return month_block(day, _spacing(months))[0].isoformat()[:7]


def _spacing(months: tuple[int, ...]) -> int:
    """Return the distance of the months if evenly spread over the year, else 1."""
    if not months or 12 % len(months):
        return 1
    gap = 12 // len(months)
    ordered = sorted(months)
    return gap if all(later - earlier == gap for earlier, later in pairwise(ordered)) else 1


def _are_uneven(months: tuple[int, ...]) -> bool:
    return 0 < len(months) < 12 and _spacing(months) == 1


def _amount(key: str, amount: int, most: int) -> Iterator[SlaError]:
    if not -most <= amount <= most:
        yield UsageError(
            N_("{key}: {value} is out of reach; allowed are {least} to {most}."),
            key=key,
            value=amount,
            least=-most,
            most=most,
        )


def _clock(key: str, at: time | None) -> Iterator[SlaError]:
    if at is not None and at.tzinfo is not None:
        yield UsageError(N_("{key}: give the local clock time, without a time zone."), key=key)


def _skipped(key: str, roll: Roll) -> Iterator[SlaError]:
    if roll is Roll.SKIP:
        yield UsageError(
            N_("{key}: only a rule of the calendar can skip a turn; an event's duty stays owed."), key=key
        )


def _day(day: int) -> Iterator[SlaError]:
    if not 1 <= day <= 31:
        yield UsageError(
            N_("{key}: {value} is no day of a month; allowed are 1 to 31."), key="day", value=day
        )


def _nth(n: int) -> Iterator[SlaError]:
    if not 1 <= abs(n) <= 31:
        yield UsageError(
            N_("{key}: {value} is not possible; allowed are 1 to 31, or -1 to -31 from the end."),
            key="nth_workday",
            value=n,
        )


def _weekdays(weekdays: tuple[int, ...]) -> Iterator[SlaError]:
    if not weekdays:
        yield UsageError(N_("{key}: name at least one."), key="weekdays")
    for day in dict.fromkeys(weekdays):
        if not 0 <= day <= 6:
            yield UsageError(
                N_("{key}: {value} is no weekday; Monday is 0, Sunday 6."), key="weekdays", value=day
            )
    yield from _twice("weekdays", weekdays)


def _months(months: tuple[int, ...]) -> Iterator[SlaError]:
    for month in dict.fromkeys(months):
        if not 1 <= month <= 12:
            yield UsageError(
                N_("{key}: {value} is no month; allowed are 1 to 12."), key="months", value=month
            )
    yield from _twice("months", months)


def _twice(key: str, named: tuple[int, ...]) -> Iterator[SlaError]:
    if len(set(named)) != len(named):
        yield UsageError(N_("{key}: one of them is named twice."), key=key)
