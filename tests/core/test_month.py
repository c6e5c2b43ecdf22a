"""Months follow each other over the year's end."""

import pytest

from sla_tracker.core.month import following, months_around


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
