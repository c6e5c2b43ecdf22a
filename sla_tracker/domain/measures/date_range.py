"""Ranges of days that figures are shown for: weeks, months, quarters, years.

Quarters and years may be fiscal ones. Weeks are those of ISO 8601, which begin on Monday and belong to the year of
their Thursday.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.fiscal_calendar import FiscalCalendar
from sla_tracker.domain.time.instants import ONE_DAY, month_length, month_number, months_later, numbered_month
from sla_tracker.value_class import dataclass

MONTHS_OF_QUARTER, MONTHS_OF_YEAR = 3, 12


class Unit(StrEnum):
    """Kind of a range of days; DATES are two free days."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    FISCAL_PERIOD = "fiscal_period"
    FISCAL_QUARTER = "fiscal_quarter"
    FISCAL_YEAR = "fiscal_year"
    DATES = "dates"


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRange:
    """A range of days, both included; `id` is how people type it, such as `2026-Q3`."""

    unit: Unit
    id: str
    first_on: date
    last_on: date

    @property
    def months(self) -> tuple[str, ...]:
        """Return the months (YYYY-MM) that the range touches, oldest first."""
        numbers = range(month_number(self.first_on), month_number(self.last_on) + 1)
        return tuple("{:04d}-{:02d}".format(*numbered_month(number)) for number in numbers)

    def holds(self, day: date) -> bool:
        """Return whether a day lies in the range."""
        return self.first_on <= day <= self.last_on

    def covers(self, month: str) -> bool:
        """Return whether every day of a month (YYYY-MM) lies in the range."""
        first = date.fromisoformat(f"{month}-01")
        return self.holds(first) and self.holds(_end(first))


def figure_day(duty: Duty) -> date:
    """Return the day by which a duty lies in a range.

    The day before roll and excuses, after a grace the granted one; of a carried duty the first day of its month. It
    always lies in the duty's month, so that months add up to quarters and years.
    """
    nominal_on = (duty.granted or duty.deadline).nominal_on
    if duty.carried or f"{nominal_on:%Y-%m}" != duty.month:
        return date.fromisoformat(f"{duty.month}-01")
    return nominal_on


def month_range(month: str) -> DateRange:
    """Return the range of a month, which is written YYYY-MM."""
    first = date.fromisoformat(f"{month}-01")
    return DateRange(unit=Unit.MONTH, id=month, first_on=first, last_on=_end(first))


def free_range(first_on: date, last_on: date) -> DateRange:
    """Return the range of two free days."""
    id = f"{first_on.isoformat()}..{last_on.isoformat()}"
    return DateRange(unit=Unit.DATES, id=id, first_on=first_on, last_on=last_on)


def range_around(unit: Unit, day: date, fiscal: FiscalCalendar) -> DateRange:
    """Return the range of a unit that holds a day; of DATES that day alone."""
    match unit:
        case Unit.WEEK:
            first = day - timedelta(days=day.weekday())
            year, week, _weekday = day.isocalendar()
            return DateRange(
                unit=unit, id=f"{year:04d}-W{week:02d}", first_on=first, last_on=first + 6 * ONE_DAY
            )
        case Unit.MONTH:
            return month_range(f"{day:%Y-%m}")
        case Unit.QUARTER:
            number = (day.month - 1) // MONTHS_OF_QUARTER + 1
            return _months_from(unit, f"{day.year:04d}-Q{number}", day.year, number, MONTHS_OF_QUARTER)
        case Unit.YEAR:
            return _months_from(unit, f"{day.year:04d}", day.year, 1, MONTHS_OF_YEAR)
        case Unit.DATES:
            return free_range(day, day)
    return _fiscal_around(unit, day, fiscal)


def _months_from(unit: Unit, id: str, year: int, number: int, length: int) -> DateRange:
    """Return the number-th stretch of so many months in a year."""
    first = date(year, (number - 1) * length + 1, 1)
    return DateRange(unit=unit, id=id, first_on=first, last_on=_end(months_later(first, length - 1)))


def _fiscal_around(unit: Unit, day: date, fiscal: FiscalCalendar) -> DateRange:
    year = fiscal.year_of(day)
    if unit is Unit.FISCAL_YEAR:
        first, last = fiscal.year_days(year)
        return DateRange(unit=unit, id=f"FY{year:04d}", first_on=first, last_on=last)
    letter, parts = (
        ("P", fiscal.periods(year)) if unit is Unit.FISCAL_PERIOD else ("Q", fiscal.quarters(year))
    )
    number, (first, last) = next(one for one in enumerate(parts, 1) if day <= one[1][1])
    digits = f"{number:02d}" if letter == "P" else str(number)
    return DateRange(unit=unit, id=f"FY{year:04d}-{letter}{digits}", first_on=first, last_on=last)


def range_before(dates: DateRange, fiscal: FiscalCalendar) -> DateRange:
    """Return the unit before, of free days as many days directly before."""
    last = dates.first_on - ONE_DAY
    if dates.unit is Unit.DATES:
        return free_range(last - (dates.last_on - dates.first_on), last)
    return range_around(dates.unit, last, fiscal)


def range_after(dates: DateRange, fiscal: FiscalCalendar) -> DateRange:
    """Return the unit after, of free days as many days directly after."""
    first = dates.last_on + ONE_DAY
    if dates.unit is Unit.DATES:
        return free_range(first, first + (dates.last_on - dates.first_on))
    return range_around(dates.unit, first, fiscal)


def year_before(dates: DateRange, fiscal: FiscalCalendar) -> DateRange:
    """Return the same unit or days of the year before.

    Week 53 of a year that has none before it is compared with its last week.
    """
    if dates.unit is Unit.DATES:
        return free_range(
            months_later(dates.first_on, -MONTHS_OF_YEAR), months_later(dates.last_on, -MONTHS_OF_YEAR)
        )
    if dates.unit is Unit.WEEK:
        year, week, _weekday = dates.first_on.isocalendar()
        return range_around(dates.unit, iso_week(year - 1, week), fiscal)
    if dates.unit in {Unit.FISCAL_PERIOD, Unit.FISCAL_QUARTER, Unit.FISCAL_YEAR}:
        return _fiscal_year_before(dates, fiscal)
    return range_around(dates.unit, months_later(dates.first_on, -MONTHS_OF_YEAR), fiscal)


def _fiscal_year_before(dates: DateRange, fiscal: FiscalCalendar) -> DateRange:
    year = fiscal.year_of(dates.first_on)
    match dates.unit:
        case Unit.FISCAL_PERIOD:
            now, past = fiscal.periods(year), fiscal.periods(year - 1)
        case Unit.FISCAL_QUARTER:
            now, past = fiscal.quarters(year), fiscal.quarters(year - 1)
        case _:
            now, past = (fiscal.year_days(year),), (fiscal.year_days(year - 1),)
    place = now.index((dates.first_on, dates.last_on))
    return range_around(dates.unit, past[place][0], fiscal)


def iso_week(year: int, week: int) -> date:
    """Return the Monday of a week of ISO 8601.

    In a year without a week 53, it is the Monday of week 52.
    """
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        if week != 53:
            raise
        return date.fromisocalendar(year, week - 1, 1)


def _end(first: date) -> date:
    return first.replace(day=month_length(first.year, first.month))


def compared_ranges(dates: DateRange, fiscal: FiscalCalendar) -> tuple[DateRange, ...]:
    """Return the range before and that of a year before, once where they are the same."""
    before, earlier = range_before(dates, fiscal), year_before(dates, fiscal)
    return (before,) if before == earlier else (before, earlier)
