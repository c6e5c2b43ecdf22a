"""Ranges as people type them."""

from datetime import date

import pytest

from sla_tracker.domain.measures.fiscal_calendar import FiscalCalendar
from sla_tracker.errors import UsageError
from sla_tracker.wording.figures.parse_range import between, parse_range

TODAY = date(2026, 11, 20)
FISCAL = FiscalCalendar(month=4)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("2026-10", "2026-10"),
        ("上个月", "2026-10"),
        ("10月", "2026-10"),
        ("October", "2026-10"),
        ("December", "2025-12"),
        ("q4", "2026-Q4"),
        ("w47", "2026-W47"),
        ("w48", "2025-W48"),
        ("2026-Q3", "2026-Q3"),
        ("2026Q3", "2026-Q3"),
        ("q1", "2026-Q1"),
        ("2025年第三季度", "2025-Q3"),
        ("上季度", "2026-Q3"),
        ("last quarter", "2026-Q3"),
        ("2026", "2026"),
        ("２０２６年", "2026"),
        ("去年", "2025"),
        ("this year", "2026"),
        ("2026-W48", "2026-W48"),
        ("2026年第48周", "2026-W48"),
        ("上周", "2026-W46"),
        ("fy2026-p03", "FY2026-P03"),
        ("FY2026-Q2", "FY2026-Q2"),
        ("FY2026", "FY2026"),
        ("本财年", "FY2026"),
        ("2026-11-01..2026-11-15", "2026-11-01..2026-11-15"),
        ("2026-11-10..", "2026-11-10..2026-11-20"),
    ],
)
def test_a_range_is_understood(typed: str, id: str) -> None:
    assert parse_range(typed, TODAY, FISCAL).id == id


def test_in_january_what_has_no_year_was_last_year() -> None:
    for typed, id in (("12月", "2026-12"), ("Q4", "2026-Q4"), ("W53", "2026-W53"), ("Q1", "2027-Q1")):
        assert parse_range(typed, date(2027, 1, 5), FISCAL).id == id


@pytest.mark.parametrize(
    "typed", ["", "x", "2026-Q5", "2025-W53", "0000", "FY2026-P13", "2026-13", "9" * 99, "W99"]
)
def test_any_other_text_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        parse_range(typed, TODAY, FISCAL)


def test_a_range_ends_after_its_beginning() -> None:
    assert between("", "2026-11-15", TODAY).id == "2026-01-01..2026-11-15"
    with pytest.raises(UsageError, match="begins on 2026-11-16"):
        between("2026-11-16", "2026-11-15", TODAY)
