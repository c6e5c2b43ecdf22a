"""What a calendar file says about each day, and the days of one year made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, timedelta
from enum import StrEnum

from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.value_class import dataclass

FIRST_YEAR, LAST_YEAR = 1901, 2099
LONGEST_HOLIDAY = 31  # days
DECEMBER = 12


class EntryKind(StrEnum):
    """What a file says about a day."""

    OFF = "off"
    WORKED = "worked"
    UNCLEAR = "unclear"  # an event that says neither


_STATUS = {EntryKind.OFF: DayStatus.CLOSED, EntryKind.WORKED: DayStatus.USUAL}


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One day of a calendar file: its kind, and the name that the file gives it."""

    day: date
    kind: EntryKind
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class YearDays:
    """Exceptional days of one year, and those of the December before that it moves.

    With `problems` the days must not be used.
    """

    year: int
    days: Mapping[date, DayRule] = field(default_factory=dict)
    december_before: Mapping[date, DayRule] = field(default_factory=dict)
    problems: tuple[SlaError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarFile:
    """A calendar file as read: an entry for each day it names.

    `problems` make the whole file unusable; `remarks` say what was passed over. `year` is the one that the file itself
    states, if it does. `confirmed`: somebody has seen what contradicts law or package, and takes the file all the same.
    """

    entries: tuple[CalendarEntry, ...] = ()
    problems: tuple[SlaError, ...] = ()
    remarks: tuple[SlaError, ...] = ()
    year: int | None = None
    confirmed: bool = False

    def years(self) -> tuple[int, ...]:
        """Return the years of the days off or worked.

        A year of which only December is named does not count if the next year is named too.
        """
        found = {entry.day.year for entry in self.entries if entry.kind is not EntryKind.UNCLEAR}
        return tuple(year for year in sorted(found) if not self._is_only_before(year, found))

    def year_days(self, year: int) -> YearDays:
        """Return the days of one year, with every contradiction among them."""
        problems = list(self.problems)
        if self.year is not None and self.year != year:
            problems.append(UsageError(N_("The file says it is about {year}."), year=self.year))
        found: dict[date, DayRule] = {}
        for entry in self.entries:
            status = _STATUS.get(entry.kind)
            if status is None or not is_of(entry.day, year):
                continue
            rule = found.setdefault(entry.day, DayRule(status=status, name=entry.name))
            if rule.status is not status:
                problems.append(
                    UsageError(N_("{day} is both a day off and a make-up day."), day=str(entry.day))
                )
        if not found and not problems:
            problems.append(UsageError(N_("The file says nothing about {year}."), year=year))
        return YearDays(
            year=year,
            days={day: rule for day, rule in found.items() if day.year == year},
            december_before={day: rule for day, rule in found.items() if day.year < year},
            problems=distinct(problems),
        )

    def _is_only_before(self, year: int, years: Iterable[int]) -> bool:
        days = [entry.day for entry in self.entries if entry.day.year == year]
        return year + 1 in years and all(day.month == DECEMBER for day in days)


def is_of(day: date, year: int) -> bool:
    """Return whether a notice for `year` may name the day.

    It may name days of that year and of the December before.
    """
    return day.year == year or (day.year == year - 1 and day.month == DECEMBER)


def distinct(problems: Iterable[SlaError]) -> tuple[SlaError, ...]:
    """Return the errors without those that say the same again."""
    return tuple({(one.message, str(one.values)): one for one in problems}.values())


def spread(first: date, last: date, name: str) -> list[date]:
    """Return the days from first to last; raises UsageError for no possible length."""
    length = (last - first).days + 1
    if not 1 <= length <= LONGEST_HOLIDAY:
        raise UsageError(
            N_("{name}: {first} to {last} is no possible length of a holiday."),
            name=name,
            first=str(first),
            last=str(last),
        )
    return [first + timedelta(days=index) for index in range(length)]
