"""Parses ranges of days that people type in Chinese or English.

Examples are `2026-Q3`, `2026-W48`, `FY2027-P03`, `2026-11-01..2026-11-15`, 上季度, last year and 11月.
"""

from __future__ import annotations

import re
from datetime import date

from sla_tracker.domain.measures.date_range import (
    DateRange,
    Unit,
    free_range,
    iso_week,
    month_range,
    range_around,
    range_before,
)
from sla_tracker.domain.measures.fiscal_calendar import FiscalCalendar
from sla_tracker.errors import N_, UsageError
from sla_tracker.wording.parse_date import (
    FIRST_YEAR,
    LAST_YEAR,
    LONGEST,
    OutOfRange,
    month_of,
    normalised,
)
from sla_tracker.wording.parse_time import parse_day

_QUARTER = re.compile(r"(?:(?P<y>\d{4})\s*[-/年]?\s*)?(?:q\s*(?P<q>[1-4])|第?(?P<zh>[1-4一二三四])季度?)")
_YEAR = re.compile(r"(?P<y>\d{4})\s*年?")
_WEEK = re.compile(r"(?:(?P<y>\d{4})\s*[-/年]?\s*)?(?:w\s*(?P<w>\d{1,2})|第(?P<zh>\d{1,2})周)")
_FISCAL = re.compile(
    r"(?:fy\s*|财年\s*)(?P<y>\d{4})\s*(?:财年)?\s*(?:[-/]?\s*(?:p(?P<p>\d{1,2})|q(?P<q>[1-4])))?"
)
_NAMED = {
    **dict.fromkeys(("week", "周", "星期"), Unit.WEEK),
    **dict.fromkeys(("quarter", "季度", "季"), Unit.QUARTER),
    **dict.fromkeys(("year", "年"), Unit.YEAR),
    **dict.fromkeys(("period", "财期"), Unit.FISCAL_PERIOD),
    **dict.fromkeys(("fiscal quarter", "财季"), Unit.FISCAL_QUARTER),
    **dict.fromkeys(("fiscal year", "财年"), Unit.FISCAL_YEAR),
}
_NEAR = re.compile(
    r"(?:(?P<en>this|last)\s+(?P<unit>week|quarter|year|period|fiscal quarter|fiscal year)"
    r"|(?P<zh>本|这个?|上个?)(?P<zh_unit>周|星期|季度?|年|财期|财季|财年)|(?P<year>今年|去年))"
)
_LAST = ("last", "上", "上个", "去年")
_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4}


def parse_range(text: str, today: date, fiscal: FiscalCalendar) -> DateRange:
    """Return the range that a text means, relative to `today`; raises UsageError.

    A month, quarter or week without a year is the last one that has begun.
    """
    first, dots, last = text.partition("..")
    if dots:
        return between(first, last, today)
    plain = normalised(text)
    try:
        for parse in (_month, _quarter, _year, _week):
            found = parse(plain, today)
            if found is not None:
                return found
        fiscal_one = _fiscal(plain, fiscal) or _near(plain, today, fiscal)
        if fiscal_one is not None:
            return fiscal_one
    except OutOfRange as error:
        raise UsageError(error.message, text=text[:LONGEST], first=FIRST_YEAR, last=LAST_YEAR) from None
    except ValueError:
        pass
    raise UsageError(
        N_(
            "“{text}” is no month that can be understood, and no other range; write it like 2026-11, last month, "
            "2026-Q3, 2026, 2026-W48 or 2026-11-01..2026-11-15."
        ),
        text=text[:LONGEST],
    )


def between(first: str, last: str, today: date) -> DateRange:
    """Return the range of two typed days, both included; raises UsageError.

    A first day that is left out means the year's beginning, a last one today.
    """
    ends = parse_day(last, today, last=True) if last.strip() else today
    begins = parse_day(first, today) if first.strip() else ends.replace(month=1, day=1)
    if begins > ends:
        raise UsageError(
            N_("The range begins on {first}, after its end on {last}; change one of them."),
            first=begins.isoformat(),
            last=ends.isoformat(),
        )
    return free_range(begins, ends)


def _month(plain: str, today: date) -> DateRange | None:
    first = month_of(plain, today)
    return None if first is None else month_range(f"{first:%Y-%m}")


def _checked(year: int) -> int:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise OutOfRange(
            N_("“{text}” is out of range: years go from {first} to {last}. Write it like 2026-11.")
        )
    return year


def _quarter(plain: str, today: date) -> DateRange | None:
    match = _QUARTER.fullmatch(plain)
    if match is None:
        return None
    said = match["q"] or match["zh"]
    number = _NUMERALS.get(said) or int(said)
    begun = today.year if number * 3 - 2 <= today.month else today.year - 1
    year = _checked(int(match["y"] or begun))
    return range_around(Unit.QUARTER, date(year, number * 3, 1), FiscalCalendar())


def _year(plain: str, _today: date) -> DateRange | None:
    match = _YEAR.fullmatch(plain)
    if match is None:
        return None
    return range_around(Unit.YEAR, date(_checked(int(match["y"])), 1, 1), FiscalCalendar())


def _week(plain: str, today: date) -> DateRange | None:
    match = _WEEK.fullmatch(plain)
    if match is None:
        return None
    week, present = int(match["w"] or match["zh"]), today.isocalendar()
    begun = present.year if week <= present.week else present.year - 1
    year = _checked(int(match["y"] or begun))
    found = range_around(Unit.WEEK, iso_week(year, week), FiscalCalendar())
    if not found.id.endswith(f"W{week:02d}"):
        raise OutOfRange(N_("“{text}” is out of range: that year has 52 weeks. Write it like 2026-W48."))
    return found


def _fiscal(plain: str, fiscal: FiscalCalendar) -> DateRange | None:
    match = _FISCAL.fullmatch(plain)
    if match is None:
        return None
    year = _checked(int(match["y"]))
    if match["p"]:
        number = int(match["p"])
        if not 1 <= number <= 12:
            raise OutOfRange(
                N_("“{text}” is out of range: periods go from 1 to 12. Write it like FY2026-P03.")
            )
        return range_around(Unit.FISCAL_PERIOD, fiscal.periods(year)[number - 1][0], fiscal)
    if match["q"]:
        return range_around(Unit.FISCAL_QUARTER, fiscal.quarters(year)[int(match["q"]) - 1][0], fiscal)
    return range_around(Unit.FISCAL_YEAR, fiscal.year_days(year)[0], fiscal)


def _near(plain: str, today: date, fiscal: FiscalCalendar) -> DateRange | None:
    match = _NEAR.fullmatch(plain)
    if match is None:
        return None
    near = match["en"] or match["zh"] or match["year"]
    unit = _NAMED[match["unit"] or match["zh_unit"] or "year"]
    present = range_around(unit, today, fiscal)
    return range_before(present, fiscal) if near in _LAST else present
