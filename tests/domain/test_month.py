"""Months follow each other over the year's end."""

from datetime import date

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.time.instants import (
    following,
    month_number,
    months_around,
    months_later,
    numbered_month,
)


@pytest.mark.parametrize(
    ("month", "before", "after"),
    [
        ("2026-11", "2026-10", "2026-12"),
        ("2026-12", "2026-11", "2027-01"),
        ("2027-01", "2026-12", "2027-02"),
        ("2026-09", "2026-08", "2026-10"),
    ],
)
def test_the_months_around_a_month(month: str, before: str, after: str) -> None:
    assert following(month) == after
    assert months_around(month) == (before, month, after)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -13, date(2025, 2, 28)),
    ],
)
def test_a_month_that_is_too_short_ends_with_its_last_day(day: date, months: int, later: date) -> None:
    assert months_later(day, months) == later


@given(st.dates(date(1970, 1, 1), date(2200, 12, 31)), st.integers(-800, 800))
def test_months_are_reckoned_as_dateutil_does(day: date, months: int) -> None:
    assert months_later(day, months) == day + relativedelta(months=months)
    assert numbered_month(month_number(day)) == (day.year, day.month)
