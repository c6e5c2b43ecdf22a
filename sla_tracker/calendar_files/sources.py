"""National days from calendar files alone, for countries without a plugin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date

from sla_tracker.calendar_files.reader import CalendarYear, read_calendar_year
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, digest
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDays:
    """Days of the years for which there is a file; every other year is not published.

    `left_out` maps a year whose file cannot be used to the reason, `remarks` to what was passed over in it.
    """

    years: Mapping[int, CalendarYear]
    left_out: Mapping[int, Text] = field(default_factory=dict)
    remarks: Mapping[int, Sequence[Text]] = field(default_factory=dict)

    @property
    def published_through(self) -> int:
        """Return the last year for which there is a file; 0 without any."""
        return max(self.years, default=0)

    @property
    def version(self) -> str:
        """Return a digest of every day of every file."""
        lines = [
            f"{year} {day} {rule.status}"
            for year in sorted({*self.years, *(later - 1 for later in self.years)})
            for day, rule in sorted(self.days(year).items())
        ]
        return digest(*lines, *map(str, sorted(self.years)), *map(str, sorted(self.left_out)))

    def is_published(self, year: int) -> bool:
        """Return whether there is a usable file of the year."""
        return year in self.years

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return the year's days.

        Days of its December that the next year's file moves are among them.
        """
        own = self.years[year].days if year in self.years else {}
        later = self.years.get(year + 1)
        return {**own, **later.december_before} if later else own


def source_of_files(files: Mapping[int, tuple[str, str]], zone: str) -> FileDays:
    """Return the source of files by year.

    A file is name and text; events without a mark are days off.
    """
    read = {
        year: read_calendar_year(name, text, year, zone=zone, names_are_off=True)
        for year, (name, text) in files.items()
    }
    return FileDays(
        years={year: one for year, one in read.items() if not one.problems},
        left_out={year: _left_out(files[year][0], one) for year, one in read.items() if one.problems},
        remarks={year: one.remarks for year, one in read.items() if one.remarks and not one.problems},
    )


def _left_out(name: str, read: CalendarYear) -> Text:
    return Text(
        zh=f"{name} 未采用：{''.join(problem.zh for problem in read.problems)}",
        en=f"{name} is left out: {' '.join(problem.en for problem in read.problems)}",
    )
