"""Fiscal years with periods and quarters: by weeks (4-4-5) or by calendar months.

Source: the 52–53-week year, 26 CFR 1.441-2, with the year that begins nearest to an anniversary.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import accumulate, pairwise

from sla_tracker.domain.time.instants import months_later
from sla_tracker.value_class import dataclass

Days = tuple[date, date]
"""First and last day of a stretch, both included."""

QUARTERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalCalendar:
    """Rule for fiscal years, by weeks from a first day or by months from a month on.

    For a year by weeks, `pattern` has the weeks of a quarter's three periods. Each year begins on the weekday of
    `first_on`, nearest to its anniversary; the week that some years have more lies in their last period. A year is
    named after the calendar year in which most of its days lie.
    """

    first_on: date | None = None
    pattern: tuple[int, ...] = ()
    month: int = 1

    def year_of(self, day: date) -> int:
        """Return the name of the fiscal year that holds a day."""
        for begun in (day.year + 1, day.year, day.year - 1):
            if self._start(begun) <= day:
                break
        return self._named(begun)

    def year_days(self, year: int) -> Days:
        """Return first and last day of a fiscal year."""
        begun = self._begun(year)
        return self._start(begun), self._start(begun + 1) - timedelta(days=1)

    def periods(self, year: int) -> tuple[Days, ...]:
        """Return the twelve periods of a fiscal year."""
        first, last = self.year_days(year)
        if self.first_on is None:
            starts = [months_later(first, months) for months in range(12)]
        else:
            weeks = accumulate((self.pattern * QUARTERS)[:-1], initial=0)
            starts = [first + timedelta(weeks=passed) for passed in weeks]
        return tuple(
            (start, after - timedelta(days=1))
            for start, after in pairwise([*starts, last + timedelta(days=1)])
        )

    def quarters(self, year: int) -> tuple[Days, ...]:
        """Return the four quarters of a fiscal year, of three periods each."""
        periods = self.periods(year)
        return tuple((periods[at][0], periods[at + 2][1]) for at in range(0, len(periods), 3))

    def _start(self, begun: int) -> date:
        """Return the first day of the fiscal year that belongs to a calendar year.

        It lies in that calendar year or next to it.
        """
        anniversary = self._anniversary(begun)
        if self.first_on is None:
            return anniversary
        ahead = (self.first_on.weekday() - anniversary.weekday()) % 7
        return anniversary + timedelta(days=ahead - 7 if ahead > 3 else ahead)

    def _anniversary(self, begun: int) -> date:
        if self.first_on is None:
            return date(begun, self.month, 1)
        return months_later(self.first_on, 12 * (begun - self.first_on.year))

    def _named(self, begun: int) -> int:
        # By the anniversary, which stays in place: by the first day two years near 1 July could get one name.
        return (self._anniversary(begun) + timedelta(days=182)).year

    def _begun(self, year: int) -> int:
        return next(begun for begun in (year - 1, year, year + 1) if self._named(begun) == year)


CALENDAR_YEAR = FiscalCalendar()
"""The fiscal year that is the calendar year, its periods the months."""
