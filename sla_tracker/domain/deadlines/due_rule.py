"""Base of all due rules, with the checks and the arithmetic that they share."""

from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import date, time
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from sla_tracker.domain.quoting import as_written
from sla_tracker.domain.time.instants import month_number, numbered_month
from sla_tracker.errors import N_, SlaError, UsageError, Wrong
from sla_tracker.value_class import dataclass

CONSUMER_ZONE = "consumer"  # instead of a zone's name: that of the consumer's calendar


class Roll(StrEnum):
    """Where a due day moves that is not a workday; `SKIP` owes nothing that turn."""

    FOLLOWING = "following"
    PRECEDING = "preceding"
    SKIP = "skip"
    NONE = "none"


class RuleKey(StrEnum):
    """Key that names a due rule in a table of TOML; each table has exactly one."""

    AT_EVENT = "at_event"
    DAYS = "days"
    WORKDAYS = "workdays"
    WORKING_HOURS = "working_hours"
    WORKING_MINUTES = "working_minutes"
    HOURS = "hours"
    MINUTES = "minutes"
    DAY = "day"
    NTH_WORKDAY = "nth_workday"
    WEEKDAYS = "weekdays"
    RRULE = "rrule"
    EVERY_WORKDAY = "every_workday"
    ON = "on"


TIME_SPANS = (RuleKey.WORKING_HOURS, RuleKey.WORKING_MINUTES, RuleKey.HOURS, RuleKey.MINUTES)
SPANS = (RuleKey.DAYS, RuleKey.WORKDAYS, *TIME_SPANS)


class RuleError(Wrong):
    """Raised with all errors of a due rule; an error's value `key` is its position."""


class DueRule:
    """Base class of all due rules.

    `calendar` names the calendar of this clock; empty means that of the obligation.
    """

    # No dataclass: msgspec would read every stored rule as one of this class.
    __slots__ = ()
    calendar: str

    def unit_around(self, day: date) -> tuple[date, date]:
        """Return the period [start, end) that contains `day`; by default its month.

        The unit of the period depends on the rule.
        """
        return month_block(day, 1)

    def turn(self, day: date) -> str:
        """Return the name of the turn with this due day before roll; by default its date.

        The name becomes part of a duty's key, so it must not change when the rule names another day of the same turn.
        """
        return day.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRule(DueRule):
    """Base class of the dataclasses that are due rules, with the field of all."""

    calendar: str = field(default="", repr=False)


def months_between(start: date, end: date, months: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield year and month of each listed month (none: all) touching [start, end)."""
    for number in range(month_number(start), month_number(end) + 1):
        year, month = numbered_month(number)
        if not months or month in months:
            yield year, month


# Cached: periods of all rules are made of the same few months.
@lru_cache(maxsize=4096)
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


def turn_of_months(day: date, months: tuple[int, ...]) -> str:
    """Return the first month of the block of months that contains the day."""
    return month_block(day, spacing(months))[0].isoformat()[:7]


# Cached: each turn of a rule asks for it, and rules name the same few lists of months.
@lru_cache(maxsize=1024)
def spacing(months: tuple[int, ...]) -> int:
    """Return the distance of the months if evenly spread over the year, else 1."""
    if not months or 12 % len(months):
        return 1
    gap = 12 // len(months)
    ordered = sorted(months)
    return gap if all(later - earlier == gap for earlier, later in pairwise(ordered)) else 1


def are_uneven(months: tuple[int, ...]) -> bool:
    """Return whether the months are not evenly spread over the year."""
    return 0 < len(months) < 12 and spacing(months) == 1


def amount_problems(key: str, amount: int, most: int) -> Iterator[SlaError]:
    """Yield the error of a number that is out of reach."""
    if not -most <= amount <= most:
        yield UsageError(
            N_("{key}: {value} is out of reach; allowed are {least} to {most}."),
            key=key,
            value=amount,
            least=-most,
            most=most,
        )


def clock_problems(at: time | None, zone: str = "") -> Iterator[SlaError]:
    """Yield the errors of a stated time and of the zone in which it is read."""
    if at is not None and at.tzinfo is not None:
        yield UsageError(N_("{key}: give the local clock time, without a time zone."), key="at")
    if zone and at is None:
        yield UsageError(N_('{key}: give the time beside it, such as at = "15:00".'), key="zone")
    elif zone and not _is_zone(zone):
        yield UsageError(
            N_("{key}: {value} is no time zone; write a name such as “Europe/Berlin”, or “consumer”."),
            key="zone",
            value=as_written(zone),
        )


def _is_zone(zone: str) -> bool:
    if zone == CONSUMER_ZONE:
        return True
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return False
    return True


def skipped_problems(key: str, roll: Roll) -> Iterator[SlaError]:
    """Yield the error of a roll that would skip what an event has made due."""
    if roll is Roll.SKIP:
        yield UsageError(
            N_("{key}: only a rule of the calendar can skip a turn; an event's duty stays owed."), key=key
        )


def day_problems(day: int) -> Iterator[SlaError]:
    """Yield the error of a day of the month."""
    if not 1 <= abs(day) <= 31:
        yield UsageError(
            N_("{key}: {value} is no day of a month; allowed are 1 to 31, or -1 to -31 from the end."),
            key="day",
            value=day,
        )


def nth_problems(n: int) -> Iterator[SlaError]:
    """Yield the error of a workday of the month."""
    if not 1 <= abs(n) <= 31:
        yield UsageError(
            N_("{key}: {value} is not possible; allowed are 1 to 31, or -1 to -31 from the end."),
            key=RuleKey.NTH_WORKDAY,
            value=n,
        )


def weekdays_problems(weekdays: tuple[int, ...]) -> Iterator[SlaError]:
    """Yield the errors of a list of weekdays."""
    if not weekdays:
        yield UsageError(N_("{key}: name at least one."), key=RuleKey.WEEKDAYS)
    for day in dict.fromkeys(weekdays):
        if not 0 <= day <= 6:
            yield UsageError(
                N_("{key}: {value} is no weekday; Monday is 0, Sunday 6."), key=RuleKey.WEEKDAYS, value=day
            )
    yield from twice_problems(RuleKey.WEEKDAYS, weekdays)


def months_problems(months: tuple[int, ...]) -> Iterator[SlaError]:
    """Yield the errors of a list of months."""
    for month in dict.fromkeys(months):
        if not 1 <= month <= 12:
            yield UsageError(
                N_("{key}: {value} is no month; allowed are 1 to 12."), key="months", value=month
            )
    yield from twice_problems("months", months)


def twice_problems(key: str, named: Sequence[object]) -> Iterator[SlaError]:
    """Yield the error of a list that names something twice."""
    if len(set(named)) != len(named):
        yield UsageError(N_("{key}: one of them is named twice."), key=key)
