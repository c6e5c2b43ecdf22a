"""Ranges: their days, what lies before them, and that they leave no day out."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.measures.date_range import (
    Unit,
    figure_day,
    free_range,
    month_range,
    range_around,
    range_before,
    year_before,
)
from sla_tracker.domain.measures.fiscal_calendar import CALENDAR_YEAR, FiscalCalendar
from sla_tracker.testing.company import a_duty

DAY = timedelta(days=1)
BY_WEEKS = FiscalCalendar(first_on=date(2026, 12, 28), pattern=(4, 4, 5))
FROM_APRIL = FiscalCalendar(month=4)
CALENDARS = (
    CALENDAR_YEAR,
    FROM_APRIL,
    FiscalCalendar(month=10),
    BY_WEEKS,
    FiscalCalendar(first_on=date(2024, 2, 29), pattern=(5, 4, 4)),
    FiscalCalendar(first_on=date(2026, 7, 2), pattern=(4, 5, 4)),
)
days = st.dates(date(1980, 1, 1), date(2180, 1, 1))


@pytest.mark.parametrize(
    ("unit", "fiscal", "day", "id", "first", "last"),
    [
        (Unit.WEEK, CALENDAR_YEAR, "2027-01-03", "2026-W53", "2026-12-28", "2027-01-03"),
        (Unit.MONTH, CALENDAR_YEAR, "2028-02-10", "2028-02", "2028-02-01", "2028-02-29"),
        (Unit.QUARTER, CALENDAR_YEAR, "2026-09-30", "2026-Q3", "2026-07-01", "2026-09-30"),
        (Unit.YEAR, CALENDAR_YEAR, "2026-09-30", "2026", "2026-01-01", "2026-12-31"),
        (Unit.FISCAL_YEAR, FROM_APRIL, "2027-03-31", "FY2026", "2026-04-01", "2027-03-31"),
        (Unit.FISCAL_PERIOD, FROM_APRIL, "2026-05-03", "FY2026-P02", "2026-05-01", "2026-05-31"),
        (Unit.FISCAL_QUARTER, FROM_APRIL, "2027-01-01", "FY2026-Q4", "2027-01-01", "2027-03-31"),
        (Unit.FISCAL_YEAR, BY_WEEKS, "2027-06-01", "FY2027", "2026-12-28", "2027-12-26"),
        (Unit.FISCAL_PERIOD, BY_WEEKS, "2027-02-22", "FY2027-P03", "2027-02-22", "2027-03-28"),
        (Unit.FISCAL_PERIOD, BY_WEEKS, "2029-12-30", "FY2029-P12", "2029-11-19", "2029-12-30"),
    ],
)
def test_a_day_lies_in_its_range(
    unit: Unit, fiscal: FiscalCalendar, day: str, id: str, first: str, last: str
) -> None:
    found = range_around(unit, date.fromisoformat(day), fiscal)
    assert (found.id, found.first_on.isoformat(), found.last_on.isoformat()) == (id, first, last)


@given(days, st.sampled_from(Unit), st.sampled_from(CALENDARS))
def test_ranges_of_a_unit_follow_each_other(day: date, unit: Unit, fiscal: FiscalCalendar) -> None:
    found = range_around(unit, day, fiscal)
    assert found.holds(day)
    before = range_before(found, fiscal)
    assert before.unit is unit
    assert before.last_on + DAY == found.first_on
    past = year_before(found, fiscal)
    assert past.unit is unit
    assert abs((found.first_on - past.first_on).days - 365) <= 7


@given(days, st.sampled_from(CALENDARS))
def test_a_fiscal_year_is_its_quarters_and_periods(day: date, fiscal: FiscalCalendar) -> None:
    year = fiscal.year_of(day)
    first, last = fiscal.year_days(year)
    assert first <= day <= last
    for parts in (fiscal.periods(year), fiscal.quarters(year)):
        assert (parts[0][0], parts[-1][1]) == (first, last)
        assert all(one[1] + DAY == after[0] for one, after in pairwise(parts))
    assert fiscal.year_of(last + DAY) == year + 1


def test_free_days_are_compared_with_as_many_before_and_a_year_ago() -> None:
    found = free_range(date(2028, 2, 20), date(2028, 2, 29))
    assert range_before(found, CALENDAR_YEAR).id == "2028-02-10..2028-02-19"
    assert year_before(found, CALENDAR_YEAR).id == "2027-02-20..2027-02-28"
    assert found.months == ("2028-02",)
    assert not found.covers("2028-02")
    assert range_around(Unit.QUARTER, date(2028, 2, 1), CALENDAR_YEAR).covers("2028-02")


def test_a_duty_lies_where_its_month_has_it() -> None:
    duty = a_duty()
    assert figure_day(duty) == date(2026, 11, 19)
    carried = a_duty(month="2026-12", carried=True)
    assert figure_day(carried) == date(2026, 12, 1)
    assert month_range("2026-12").holds(figure_day(carried))
