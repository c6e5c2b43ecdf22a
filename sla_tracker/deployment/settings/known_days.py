"""Keeps the exceptional days of a few years, to load their plugin less often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date

from sla_tracker.domain.time.calendar_layers import DayRule, DaySource
from sla_tracker.value_class import dataclass

YEARS_BACK = 3
YEARS_AHEAD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownDays:
    """A DaySource that knows some years and asks the real one for the others."""

    name: str
    published_through: int
    version: str
    published: Mapping[int, bool]
    by_year: Mapping[int, Mapping[date, DayRule]]
    real: Callable[[str], DaySource] | None = field(default=None, repr=False, compare=False)

    def is_published(self, year: int) -> bool:
        """Return whether the days of a year are officially published."""
        known = self.published.get(year)
        return self._real().is_published(year) if known is None else known

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return the exceptional days of a year."""
        known = self.by_year.get(year)
        return self._real().days(year) if known is None else known

    def _real(self) -> DaySource:
        if self.real is None:
            raise LookupError(self.name)
        return self.real(self.name)


def known_days(name: str, source: DaySource, year: int) -> KnownDays:
    """Return the days of a source in the years around one."""
    years = range(year - YEARS_BACK, year + YEARS_AHEAD + 1)
    return KnownDays(
        name=name,
        published_through=source.published_through,
        version=source.version,
        published={each: source.is_published(each) for each in years},
        by_year={each: dict(source.days(each)) for each in years},
    )
