"""China's days off and make-up days: published, imported by an admin, or fixed by law."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import ClassVar

from sla_china.law import (
    DRAGON_BOAT,
    LABOUR_DAY,
    MID_AUTUMN,
    NATIONAL_DAY,
    NEW_YEAR,
    QINGMING,
    SPRING_FESTIVAL,
    days_by_law,
)
from sla_tracker import DayRule, DayStatus, Text

_VICTORY_DAY = Text(zh="抗战胜利纪念日", en="Victory Day")
_NAMES = {
    "new_years_day": NEW_YEAR,
    "spring_festival": SPRING_FESTIVAL,
    "tomb_sweeping_day": QINGMING,
    "labour_day": LABOUR_DAY,
    "dragon_boat_festival": DRAGON_BOAT,
    "national_day": NATIONAL_DAY,
    "mid_autumn_festival": MID_AUTUMN,
    "anti_fascist_70th_day": _VICTORY_DAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChinaDays:
    """Source of China's exceptional days; imported years take precedence over packaged ones.

    `december` are days that the notice of the next year moves. `left_out` maps a year whose file cannot be used to the
    reason: it keeps the days it had and counts as not published. `remarks` say what was passed over in a file,
    `doubts` which days off by law a file lacks that is used as confirmed.
    """

    zone: ClassVar[str] = "Asia/Shanghai"
    imported: Mapping[int, Mapping[date, DayRule]] = field(default_factory=dict)
    december: Mapping[date, DayRule] = field(default_factory=dict)
    left_out: Mapping[int, Text] = field(default_factory=dict)
    remarks: Mapping[int, Sequence[Text]] = field(default_factory=dict)
    doubts: Mapping[int, Sequence[Text]] = field(default_factory=dict)

    @property
    def published_through(self) -> int:
        """Return the last year up to which every year is published."""
        year = min(_packaged())
        while self.is_published(year + 1):
            year += 1
        return year

    @property
    def version(self) -> str:
        """Return a digest of every published day; notices are sometimes corrected later."""
        years = sorted({*_packaged(), *self.imported, *(day.year for day in self.december)})
        lines = [line for year in years for line in self._lines_of(year)]
        lines += [f"{year} is left out" for year in sorted(self.left_out)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]

    def _lines_of(self, year: int) -> Sequence[str]:
        """Return what a version says of a year."""
        if year in self.imported or any(day.year == year for day in self.december):
            return _lines(year, self.days(year))
        return _packaged_lines(year)

    def is_published(self, year: int) -> bool:
        """Return whether the year's days are known from the State Council's notice."""
        return year not in self.left_out and (year in self.imported or year in _packaged())

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return the year's exceptional days; those fixed by law, provisional, when unpublished."""
        days = self.imported.get(year) or _packaged().get(year) or days_by_law(year)
        moved = {day: rule for day, rule in self.december.items() if day.year == year}
        return {**days, **moved} if moved else days


# Cached: the package's data never change, and converting them is slow.
@cache
def _packaged() -> dict[int, dict[date, DayRule]]:
    """Return the published years that the chinesecalendar package carries (2004 on)."""
    from chinese_calendar.constants import Holiday, holidays, workdays

    years: dict[int, dict[date, DayRule]] = {}
    for status, named in ((DayStatus.CLOSED, holidays), (DayStatus.USUAL, workdays)):
        for day, label in named.items():
            name = _NAMES.get(Holiday(label).name) or Text(zh="", en=label)
            years.setdefault(day.year, {})[day] = DayRule(status=status, name=name)
    return years


# Cached: every tick asks for the version of every calendar.
@cache
def _packaged_lines(year: int) -> tuple[str, ...]:
    return _lines(year, _packaged()[year])


def _lines(year: int, days: Mapping[date, DayRule]) -> tuple[str, ...]:
    return tuple(f"{year} {day} {rule.status}" for day, rule in sorted(days.items()))
