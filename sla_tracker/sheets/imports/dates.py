"""Reads days and times from cells: real dates, serial numbers, or texts.

Texts are read in one of two orders.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sla_tracker.domain.imports.run import DateOrder
from sla_tracker.domain.sheets import Cell, Sheet, serial_day
from sla_tracker.errors import N_, UsageError
from sla_tracker.value_class import dataclass
from sla_tracker.wording.parse_date import FIRST_YEAR, LAST_YEAR, OutOfRange, day_of, normalised
from sla_tracker.wording.parse_time import parse_moment, without_time

MONTHS = 12
_DAY_SECONDS = 24 * 60 * 60
_WITH_YEAR_FIRST = re.compile(r"\D{0,4}\d{4}(?:\s*[-/.年]|\d{4}$)")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})")
_SHORT_YEAR = re.compile(r"\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d{2}|\d{2}年\d{1,2}月\d{1,2}[日号]?")
_NAMED_MONTH = re.compile(r".*[a-z]{3}.*\b\d{4}|.*\b\d{4}.*[a-z]{3}.*")
_MONTH_AND_DAY = re.compile(r"(\d{1,2})月(\d{1,2})[日号]?")
_TWO_NUMBERS = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})")
_OFFSET = re.compile(r"\d\d-\d\d[t ]\d{1,2}:\d\d.*(?:z|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Written:
    """A day and a time of day in seconds as a cell says them.

    `other` is the day by the other order of an ambiguous date, whose `day` is read with the day first. `without_year`
    are month and day of one that has no year.
    """

    day: date | None = None
    seconds: int | None = None
    other: date | None = None
    order: DateOrder | None = None
    without_year: tuple[int, int] | None = None
    instant: datetime | None = None

    @property
    def is_ambiguous(self) -> bool:
        """Return whether it can be read in two ways.

        A date without a year can if both its numbers are at most 12.
        """
        if self.without_year is None or self.other is None:
            return self.other is not None
        first, second = self.without_year
        return first != second and max(first, second) <= MONTHS


def written_in(cell: Cell, sheet: Sheet) -> Written | None:
    """Return what a cell says of a day and a time.

    None for an empty one. Raises UsageError.
    """
    value = cell.value
    if cell.is_empty:
        return None
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        # A sheet writes a day without a time as midnight.
        return Written(day=_known_year(value.date(), cell.text), seconds=seconds or None)
    if isinstance(value, time):
        return Written(seconds=value.hour * 3600 + value.minute * 60 + value.second)
    if isinstance(value, date):
        return Written(day=_known_year(value, cell.text))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value, cell, sheet)
    return _from_text(cell.text)


def _from_number(value: float, cell: Cell, sheet: Sheet) -> Written:
    if 0 <= value < 1:
        return Written(seconds=round(value * _DAY_SECONDS))
    day = serial_day(sheet, value)
    if day is not None and day.year >= FIRST_YEAR:
        seconds = round((value % 1) * _DAY_SECONDS)
        if seconds == _DAY_SECONDS:
            return Written(day=_known_year(day + timedelta(days=1), cell.text))
        return Written(day=_known_year(day, cell.text), seconds=seconds or None)
    is_whole = isinstance(value, int) or value.is_integer()
    return _from_text(str(int(value)) if is_whole else cell.text)


def _from_text(text: str) -> Written:
    plain = normalised(text)
    if _OFFSET.search(plain):
        return Written(instant=parse_moment(text, datetime.now(UTC), UTC))
    try:
        rest, seconds = without_time(plain)
    except (OutOfRange, ValueError):
        raise _no_date(text) from None
    rest = rest.strip(" .,()")
    if not rest:
        if seconds is None:
            raise _no_date(text)
        return Written(seconds=seconds)
    return _with_day(text, rest, seconds)


def _with_day(text: str, rest: str, seconds: int | None) -> Written:
    """Return a day that is written as a text, with its time."""
    if match := _YEAR_LAST.fullmatch(rest):
        first, second, year = (int(part) for part in match.groups())
        return _two_ways(text, first, second, year, seconds)
    if _SHORT_YEAR.fullmatch(rest):
        raise UsageError(N_("“{text}”: write the year with four digits"), text=text)
    if match := _MONTH_AND_DAY.fullmatch(rest):
        return Written(seconds=seconds, without_year=(int(match[1]), int(match[2])))
    if match := _TWO_NUMBERS.fullmatch(rest):
        return Written(seconds=seconds, without_year=(int(match[1]), int(match[2])), other=date.min)
    if _WITH_YEAR_FIRST.match(rest) or _NAMED_MONTH.fullmatch(rest):
        try:
            day = day_of(rest, date(2000, 1, 1), future=False)
        except (OutOfRange, ValueError, OverflowError):
            day = None
        if day is not None:
            return Written(day=_known_year(day, text), seconds=seconds)
    raise _no_date(text)


def _two_ways(text: str, first: int, second: int, year: int, seconds: int | None) -> Written:
    """Return a date of two numbers and a year, ambiguous if both could be the month."""
    day_first, month_first = _date(year, second, first), _date(year, first, second)
    if day_first is not None and month_first is not None and day_first != month_first:
        return Written(day=_known_year(day_first, text), other=month_first, seconds=seconds)
    found = day_first or month_first
    if found is None:
        raise _no_date(text)
    order = (
        None
        if day_first == month_first
        else DateOrder.MONTH_FIRST
        if day_first is None
        else DateOrder.DAY_FIRST
    )
    return Written(day=_known_year(found, text), seconds=seconds, order=order)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _known_year(day: date, text: str) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UsageError(
            N_("“{text}”: years go from {first} to {last}"), text=text, first=FIRST_YEAR, last=LAST_YEAR
        )
    return day


def _no_date(text: str) -> UsageError:
    return UsageError(
        N_("“{text}” is no date that is certain; write it like 2026-11-20 or 2026-11-20 16:40"), text=text
    )


def resolved_day(found: Written, order: DateOrder | None, year: int | None, text: str) -> date | None:
    """Return the day of a written date.

    `order` says which number comes first, `year` is that of a date without one. Raises UsageError.
    """
    if found.without_year is not None:
        return _day_of_year(found, order, year, text)
    if found.other is None:
        return found.day
    if order is None:
        raise UsageError(
            N_("“{text}” is {one} or {other}; say which number comes first (--dates day or --dates month)"),
            text=text,
            one=found.day,
            other=found.other,
        )
    return found.other if order is DateOrder.MONTH_FIRST else found.day


def _day_of_year(found: Written, order: DateOrder | None, year: int | None, text: str) -> date:
    month, day = found.without_year or (0, 0)
    if year is None:
        raise UsageError(N_("“{text}” has no year; say it with --year, such as --year 2026"), text=text)
    if found.other is not None:  # two numbers, of which either may be the month
        ways = _two_ways(text, month, day, year, found.seconds)
        resolved = resolved_day(ways, order, year, text)
    else:
        resolved = _date(year, month, day)
    if resolved is None:
        raise _no_date(text)
    return resolved


def instant_of(day: date, seconds: int, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a day and the seconds after its midnight.

    24:00 is the next day.
    """
    if seconds >= _DAY_SECONDS:
        day, seconds = day + timedelta(days=1), seconds - _DAY_SECONDS
    clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def clock_seconds(text: str) -> int:
    """Return a typed time of day in seconds after midnight; raises UsageError."""
    try:
        rest, seconds = without_time(normalised(text))
    except (OutOfRange, ValueError):
        rest, seconds = text, None
    if rest or seconds is None:
        raise UsageError(N_("“{text}” is no time of day; write it like 8:30."), text=text)
    return seconds
