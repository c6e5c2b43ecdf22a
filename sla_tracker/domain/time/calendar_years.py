"""What a working calendar is built from, and its years.

Each year is built when it is first asked for. A search that leaves a year goes on in the next one.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sla_tracker.domain.time.calendar_layers import DaySource, Layer
from sla_tracker.domain.time.calendar_year import YearTable, build_year, hours_of
from sla_tracker.domain.time.instants import to_utc
from sla_tracker.domain.time.work_hours import Segment, WeeklyHours
from sla_tracker.value_class import dataclass

# Years without a workday after which a search for working time gives up, so that it always ends.
_LONGEST_CLOSURE_YEARS = 12


class CalendarError(ValueError):
    """Raised when there is no working time, or a result is outside the years 1–9999."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CalendarYears:
    """The years of one zone, from weekly hours and exceptional days."""

    zone: ZoneInfo
    weekly: WeeklyHours
    usual_hours: tuple[Segment, ...] = ()
    source: DaySource | None = None
    layers: tuple[Layer, ...] = ()
    # A cache, as building a year takes about a millisecond.
    _years: dict[int, YearTable] = field(default_factory=dict, init=False, repr=False)

    @property
    def usual(self) -> tuple[Segment, ...]:
        """Return the hours of make-up days: the configured, else a weekday's.

        The weekday is the first one that is worked.
        """
        return self.usual_hours or self.weekly.first_working()

    def local_date(self, instant: datetime) -> date:
        """Return the local day of an instant in the calendar's zone."""
        return to_utc(instant).astimezone(self.zone).date()

    def _table(self, year: int) -> YearTable:
        table = self._years.get(year)
        if table is None:
            if not date.min.year <= year <= date.max.year:
                raise CalendarError(
                    f"The year {year} lies outside the years that calendars know (1 to 9999)."
                )
            # Two threads may make it at once; steps to other years compare tables, so that only one may be in use.
            table = self._years.setdefault(year, self._build(year))
        return table

    def _build(self, year: int) -> YearTable:
        rules = dict(self.source.days(year)) if self.source else {}
        for layer in self.layers:
            rules.update(
                (day, replace(rule, layer=layer.name)) for day, rule in layer.days.items() if day.year == year
            )
        return build_year(
            year,
            eve=self._hours_before(year),
            zone=self.zone,
            weekly=self.weekly,
            usual=self.usual,
            rules=rules,
            provisional=self.source is not None and not self.source.is_published(year),
        )

    def _hours_before(self, year: int) -> tuple[Segment, ...]:
        """Return the hours of the day before a year, without building the year before."""
        if year == date.min.year:
            return ()
        eve = date(year - 1, 12, 31)
        rule = self.source.days(year - 1).get(eve) if self.source else None
        for layer in self.layers:
            rule = layer.days.get(eve, rule)
        return hours_of(rule, self.weekly.days[eve.weekday()], self.usual)

    def _table_at(self, instant: datetime) -> YearTable:
        return self._table(self.local_date(instant).year)

    def _later_workday(self, table: YearTable, index: int) -> date:
        """Return a workday by its index in this year.

        An index past the year's end goes on in the following years.
        """
        for later in self._tables_from(table.year, 1):
            if index < len(later.workdays):
                return date.fromordinal(later.workdays[index])
            index -= len(later.workdays)
        raise self._no_working_time(table.year)

    def _earlier_workday(self, table: YearTable, index: int) -> date:
        """Return a workday by its index in this year.

        A negative index goes back into the years before.
        """
        for earlier in self._tables_from(table.year, -1):
            if earlier is not table:
                index += len(earlier.workdays)
            if index >= 0:
                return date.fromordinal(earlier.workdays[index])
        raise self._no_working_time(table.year)

    def _reach(self, table: YearTable, wanted: int) -> int:
        """Return the first instant with `wanted` ticks worked since this year began."""
        for later in self._tables_from(table.year, 1):
            if wanted <= later.worked:
                return later.reach(wanted)
            wanted -= later.worked
        raise self._no_working_time(table.year)

    def _reach_back(self, table: YearTable, wanted: int) -> int:
        """Return the last instant before which `wanted` ticks were worked in this year.

        A negative number counts back into the years before.
        """
        for earlier in self._tables_from(table.year, -1):
            if earlier is not table:
                wanted += earlier.worked
            if wanted >= 0:
                return earlier.reach_back(wanted)
        raise self._no_working_time(table.year)

    def _tables_from(self, year: int, step: int) -> Iterator[YearTable]:
        """Yield year tables from a year on; stops after many years without working time."""
        idle = 0
        while idle <= _LONGEST_CLOSURE_YEARS:
            table = self._table(year)
            yield table
            idle = 0 if table.workdays else idle + 1
            year += step

    def _no_working_time(self, year: int) -> CalendarError:
        return CalendarError(f"No working time around {year}: check the weekly hours and the closed days.")

    def _count_workdays(self, first: int, last: int) -> int:
        """Count the workdays among the ordinals from `first` to before `last`."""
        if first >= last:
            return 0
        years = range(date.fromordinal(first).year, date.fromordinal(last - 1).year + 1)
        tables = [self._table(year) for year in years]
        return sum(len(table.workdays) for table in tables[1:-1]) + _within(tables, first, last)


def _within(tables: list[YearTable], first: int, last: int) -> int:
    """Count the workdays of the first and the last table that lie in the range."""
    ends = tables if len(tables) == 1 else [tables[0], tables[-1]]
    return sum(bisect_left(table.workdays, last) - bisect_left(table.workdays, first) for table in ends)
