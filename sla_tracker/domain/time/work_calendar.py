"""Working calendar: workdays, working hours and arithmetic in working time.

Instants are passed in aware and returned in UTC; days are local days of the calendar's zone. Nothing here reads the
clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import field, replace
from datetime import date, datetime, time, timedelta

from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import (
    DayRule,
    DaySource,
    DayStatus,
    FixedDays,
    Layer,
    MissingDays,
    digest,
    left_out_years,
)
from sla_tracker.domain.time.calendar_year import local_ticks
from sla_tracker.domain.time.calendar_years import CalendarError, CalendarYears
from sla_tracker.domain.time.instants import (
    MINUTE,
    from_ticks,
    local_instant,
    month_length,
    span_ticks,
    to_day,
    to_ticks,
    to_utc,
)
from sla_tracker.domain.time.work_hours import DAY_MINUTES, Segment, WeeklyHours
from sla_tracker.value_class import dataclass

__all__ = [
    "CalendarError",
    "DayRule",
    "DaySource",
    "DayStatus",
    "FixedDays",
    "Layer",
    "RequestPause",
    "Segment",
    "Text",
    "WeeklyHours",
    "WorkCalendar",
    "month_length",
]

_LONGEST_PAUSE = 1000  # workdays without requests after which a search gives up


@dataclass(frozen=True, slots=True)
class Look:
    """Unpublished years that a deadline depends on, and a version of all its years.

    `unread` are those of them whose days could not be read, although they may be published.
    """

    unpublished: tuple[int, ...]
    version: str
    unread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPause:
    """Days that take no requests although they are worked.

    They are single days, and workdays of each month, which a negative number counts from the month's end.
    """

    days: frozenset[date] = frozenset()
    nth_workdays: tuple[int, ...] = ()

    def __str__(self) -> str:
        return " ".join([*map(str, sorted(self.days)), *map(str, self.nth_workdays)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkCalendar(CalendarYears):
    """Answers questions about the days and working time of one zone."""

    no_requests: RequestPause = RequestPause()
    # Caches: a list of duties asks for the same few years, and for the close of the same few days, many times.
    _looks: dict[tuple[int, int], "Look"] = field(default_factory=dict, init=False, repr=False)
    _closings: dict[date, tuple[datetime, int]] = field(default_factory=dict, init=False, repr=False)
    _openings: dict[tuple[date, int], datetime] = field(default_factory=dict, init=False, repr=False)

    def with_layer(self, layer: Layer) -> "WorkCalendar":
        """Return this calendar with a layer on top.

        Company lies over nation, department over company.
        """
        return replace(
            self,
            weekly=layer.weekly or self.weekly,
            usual_hours=layer.usual_hours or self.usual_hours,
            layers=(*self.layers, layer),
        )

    # --- days ---------------------------------------------------------------------------------------------------------

    def is_workday(self, day: date) -> bool:
        """Return whether the day has working hours."""
        return bool(self.segments_on(day))

    def segments_on(self, day: date) -> tuple[Segment, ...]:
        """Return the day's working hours in local minutes; none on a closed day."""
        table = self._table(to_day(day).year)
        return table.hours[day.toordinal() - table.first]

    def rule_on(self, day: date) -> DayRule | None:
        """Return the topmost layer's rule for a day; None for an ordinary day."""
        return self._table(to_day(day).year).rules.get(day)

    def is_provisional(self, day: date) -> bool:
        """Return whether the day lies in a year whose national days are not yet published."""
        return self._table(to_day(day).year).provisional

    def is_unread(self, year: int) -> bool:
        """Return whether the year's national days could not be read.

        The reason is a wrong file or a missing plugin.
        """
        return isinstance(self.source, MissingDays) or year in left_out_years(self.source)

    def following_workday(self, day: date) -> date:
        """Return the day itself when it is worked, else the next workday."""
        return day if self.is_workday(day) else self.shift_workdays(day, 1)

    def preceding_workday(self, day: date) -> date:
        """Return the day itself when it is worked, else the last workday before it."""
        return day if self.is_workday(day) else self.shift_workdays(day, -1)

    def shift_workdays(self, day: date, workdays: int) -> date:
        """Return the N-th workday after the day.

        A negative N lies before it; 0 returns the day itself.
        """
        if workdays == 0:
            return to_day(day)
        table = self._table(to_day(day).year)
        if workdays > 0:
            return self._later_workday(table, bisect_right(table.workdays, day.toordinal()) + workdays - 1)
        return self._earlier_workday(table, bisect_left(table.workdays, day.toordinal()) + workdays)

    def nth_workday(self, year: int, month: int, n: int) -> date:
        """Return the month's n-th workday (from the end when negative).

        A month with fewer workdays gives its last (first) one; a month without any gives the first workday after it.
        Raises ValueError for n = 0.
        """
        if n == 0:
            raise ValueError("Workdays of a month are counted from 1, or from -1 backwards.")
        first = date(year, month, 1)
        days = self._table(year).workdays
        low = bisect_left(days, first.toordinal())
        high = bisect_left(days, first.toordinal() + month_length(year, month))
        if low == high:
            return self.shift_workdays(first, 1)
        index = low + n - 1 if n > 0 else high + n
        return date.fromordinal(days[min(max(index, low), high - 1)])

    def closed_days(self, first: date, last: date) -> tuple[date, ...]:
        """Return the days without working hours from `first` to `last`, both included."""
        days = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
        return tuple(day for day in days if not self.is_workday(day))

    def workdays_between(self, start: date, end: date) -> int:
        """Return the number of workdays after `start`, up to and including `end`.

        It is negative when `end` is earlier.
        """
        if end < start:
            return self._count_workdays(end.toordinal(), start.toordinal()) * -1
        return self._count_workdays(start.toordinal() + 1, end.toordinal() + 1)

    def takes_requests(self, day: date) -> bool:
        """Return whether requests of this day start their clocks on it."""
        pause = self.no_requests
        if day in pause.days:
            return False
        nths = (self.nth_workday(day.year, day.month, n) for n in pause.nth_workdays)
        return all(nth != day for nth in nths)

    def request_start(self, instant: datetime) -> datetime:
        """Return when a request's clock starts.

        On a day that takes no requests it is the opening of the next workday that does.
        """
        day = self.local_date(instant)
        if self.takes_requests(day):
            return to_utc(instant)
        for _attempt in range(_LONGEST_PAUSE):
            day = self.shift_workdays(day, 1)
            if self.takes_requests(day):
                return self.open_of(day)
        raise CalendarError(f"No day after {self.local_date(instant)} takes requests.")

    # --- clock --------------------------------------------------------------------------------------------------------

    def day_of(self, instant: datetime) -> date:
        """Return the day to which an instant belongs.

        An instant in a shift over midnight belongs to the day on which the shift begins.
        """
        day = self.local_date(instant)
        if day == date.min:
            return day
        before = day - timedelta(days=1)
        over = [one for one in self.segments_on(before) if one.closes > DAY_MINUTES]
        in_shift = any(to_utc(instant) < self.instant_at(before, one.closes) for one in over)
        return before if in_shift else day

    def instant_of(self, day: date, at: time) -> datetime:
        """Return the instant of a local clock time, as `local_instant` reads it."""
        return local_instant(day, at, self.zone)

    def instant_at(self, day: date, minute: int) -> datetime:
        """Return the instant of a minute of the local day.

        After 1440 it lies on the next one. The rule is the same as for `instant_of`.
        """
        table = self._table(to_day(day).year)
        midnight = table.midnights[day.toordinal() - table.first]
        if midnight is None or minute > DAY_MINUTES:
            return from_ticks(local_ticks(day, minute, self.zone))
        return from_ticks(midnight + minute * MINUTE)

    def open_of(self, day: date) -> datetime:
        """Return when the day opens; the usual opening on a closed day."""
        return self.instant_at(day, self.opening_minute(day))

    def close_of(self, day: date) -> datetime:
        """Return when the day closes; the usual close on a closed day."""
        return self.closing(to_day(day))[0]

    def closing(self, day: date) -> tuple[datetime, int]:
        """Return when the day closes, as an instant and as a local minute.

        A closed day has the usual close.
        """
        found = self._closings.get(day)
        if found is None:
            minute = self.closing_minute(day)
            found = self._closings[day] = (self.instant_at(day, minute), minute)
        return found

    def midnight_before(self, day: date, workdays: int) -> datetime:
        """Return 00:00 local, some workdays before a day."""
        found = self._openings.get((day, workdays))
        if found is None:
            found = self.instant_at(self.shift_workdays(day, -workdays), 0)
            self._openings[day, workdays] = found
        return found

    def opening_minute(self, day: date) -> int:
        """Return the local minute at which the day opens.

        On a closed day it is the usual one.
        """
        return (self.segments_on(day) or self.usual)[0].opens

    def closing_minute(self, day: date) -> int:
        """Return the local minute at which the day closes.

        It is more than 1440 for a shift over midnight. On a closed day it is the usual one.
        """
        return (self.segments_on(day) or self.usual)[-1].closes

    # --- working time -------------------------------------------------------------------------------------------------

    def open_at(self, instant: datetime) -> bool:
        """Return whether the instant is working time; the opening is, the close is not."""
        ticks = to_ticks(instant)
        table = self._table_at(instant)
        index = bisect_right(table.starts, ticks) - 1
        return index >= 0 and ticks < table.ends[index]

    def next_open(self, instant: datetime) -> datetime:
        """Return the instant itself while open, else the next opening."""
        if self.open_at(instant):
            return to_utc(instant)
        ticks = to_ticks(instant)
        for table in self._tables_from(self.local_date(instant).year, 1):
            index = bisect_left(table.starts, ticks)
            if index < len(table.starts):
                return from_ticks(table.starts[index])
        raise self._no_working_time(instant.year)

    def previous_open(self, instant: datetime) -> datetime:
        """Return the instant itself while open or exactly at a close, else the last close."""
        if self.open_at(instant):
            return to_utc(instant)
        ticks = to_ticks(instant)
        for table in self._tables_from(self.local_date(instant).year, -1):
            index = bisect_right(table.ends, ticks) - 1
            if index >= 0:
                return from_ticks(table.ends[index])
        raise self._no_working_time(instant.year)

    def add_working_time(self, instant: datetime, span: timedelta) -> datetime:
        """Return the instant after `span` of working time, or before it when negative.

        Time that ends exactly with a segment stays at its close (backward: at its opening). Zero from a closed moment
        is the next opening.
        """
        ticks = span_ticks(span)
        if ticks == 0:
            return self.next_open(instant)
        table = self._table_at(instant)
        wanted = table.worked_until(to_ticks(instant)) + ticks
        return from_ticks(self._reach(table, wanted) if ticks > 0 else self._reach_back(table, wanted))

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time between two instants; negative when `end` is earlier."""
        if to_utc(end) < to_utc(start):
            return -self.working_time_between(end, start)
        first, last = self._table_at(start), self._table_at(end)
        ticks = last.worked_until(to_ticks(end)) - first.worked_until(to_ticks(start))
        ticks += sum(self._table(year).worked for year in range(first.year, last.year))
        return timedelta(microseconds=ticks)

    def working_pieces(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the intervals of working time between two instants, in order."""
        after, until = to_ticks(start), to_ticks(end)
        for year in range(self.local_date(start).year, self.local_date(end).year + 1):
            for piece in self._table(year).pieces(after, until):
                yield from_ticks(piece[0]), from_ticks(piece[1])

    def add_workdays(self, instant: datetime, workdays: int) -> datetime:
        """Return the same clock time N workdays later, within that day's hours.

        A negative N goes back. The time is clamped between open and close. A closed day is not rolled first: Saturday
        + 1 = Monday. 0 stays on a workday and moves a closed one on. The lunch break is kept as it is. This is not
        the rule "within N workdays", which ends at a close.
        """
        local = to_utc(instant).astimezone(self.zone)
        day = local.date()
        if workdays == 0 and self.is_workday(day):
            return min(max(to_utc(instant), self.open_of(day)), self.close_of(day))
        target = self.shift_workdays(day, workdays or 1)
        kept = self.instant_of(target, local.time().replace(fold=0))
        return min(max(kept, self.open_of(target)), self.close_of(target))

    # --- versions -----------------------------------------------------------------------------------------------------

    def looked_at(self, first: date, last: date) -> "Look":
        """Return the unpublished years from `first` to `last`, and a version of them all."""
        years = first.year, last.year
        look = self._looks.get(years)
        if look is None:
            every = range(years[0], years[1] + 1)
            unpublished = tuple(year for year in every if self._table(year).provisional)
            unread = tuple(year for year in unpublished if self.is_unread(year))
            look = self._looks[years] = Look(unpublished, self.version_of(*years), unread)
        return look

    @property
    def version(self) -> str:
        """Return a digest of everything the calendar is built from; fast, builds no year."""
        parts = [
            self.zone.key,
            repr(self.weekly),
            repr(self.usual),
            self.source.version if self.source else "",
        ]
        if self.no_requests != RequestPause():
            parts.append(f"{self.no_requests}")
        for layer in self.layers:
            parts += [
                layer.name,
                *sorted(f"{day} {rule.status} {rule.segments}" for day, rule in layer.days.items()),
            ]
        return digest(*parts)

    def version_of(self, first: int, last: int) -> str:
        """Return digests of the years `first` to `last`, which detect changed days."""
        return " ".join(f"{year}:{self._table(year).version}" for year in range(first, last + 1))
