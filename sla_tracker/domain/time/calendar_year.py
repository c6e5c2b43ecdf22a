"""One year of a working calendar, as sorted integers for binary searches."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, digest
from sla_tracker.domain.time.instants import MINUTE, span_ticks, to_ticks
from sla_tracker.domain.time.work_hours import DAY_MINUTES, Segment, WeeklyHours
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class YearTable:
    """A year's workdays as ordinals and its working time as ticks.

    Ticks are microseconds since 1970, UTC.
    """

    year: int
    provisional: bool
    version: str
    rules: Mapping[date, DayRule]
    first: int  # the ordinal of 1 January
    hours: Sequence[tuple[Segment, ...]]  # by day of the year
    midnights: Sequence[int | None]  # by day of the year; None where the clock changes on that day
    workdays: Sequence[int]  # ordinals of the days with working hours
    starts: Sequence[int]
    ends: Sequence[int]
    worked_before: Sequence[int]  # working ticks of the year before each segment
    worked_after: Sequence[int]  # … and once it has ended

    @property
    def worked(self) -> int:
        """Return all working ticks of the year."""
        return self.worked_after[-1] if self.worked_after else 0

    def worked_until(self, ticks: int) -> int:
        """Return the working ticks of the year that lie before an instant."""
        index = bisect_right(self.starts, ticks) - 1
        if index < 0:
            return 0
        return self.worked_before[index] + min(ticks, self.ends[index]) - self.starts[index]

    def reach(self, worked: int) -> int:
        """Return the first instant by which `worked` ticks have passed.

        `worked` must be over 0 and at most the year's working ticks.
        """
        index = bisect_left(self.worked_after, worked)
        return self.starts[index] + worked - self.worked_before[index]

    def reach_back(self, worked: int) -> int:
        """Return the last instant before which `worked` ticks have passed.

        `worked` must be at least 0 and less than the year's working ticks.
        """
        index = bisect_right(self.worked_before, worked) - 1
        return self.starts[index] + worked - self.worked_before[index]

    def pieces(self, after: int, until: int) -> Iterable[tuple[int, int]]:
        """Yield the intervals of working time between two instants, in ticks."""
        for index in range(bisect_right(self.ends, after), bisect_left(self.starts, until)):
            yield max(after, self.starts[index]), min(until, self.ends[index])


def local_ticks(day: date, minute: int, zone: ZoneInfo) -> int:
    """Return the instant, in ticks, of a local clock time.

    The time is given in minutes after midnight. A time in a DST gap moves forward by the gap; a time that occurs
    twice means the first.
    """
    naive = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    return to_ticks(naive.replace(tzinfo=zone, fold=0))


def _offset(day: date, zone: ZoneInfo) -> int:
    offset = datetime.combine(day, datetime.min.time(), tzinfo=zone).utcoffset()
    return span_ticks(offset or timedelta())


def _midnights(first: date, length: int, zone: ZoneInfo) -> list[int | None]:
    """Return the start of each day in ticks; None if its UTC offset changes."""
    midnight = to_ticks(datetime.combine(first, datetime.min.time(), tzinfo=UTC))
    found: list[int | None] = []
    offset = _offset(first, zone)
    for index in range(length):
        following = offset
        if first.toordinal() + index < date.max.toordinal():
            following = _offset(first + timedelta(days=index + 1), zone)
        found.append(midnight - offset if offset == following else None)
        offset = following
        midnight += DAY_MINUTES * MINUTE
    return found


def _intervals(
    first: date,
    hours: Sequence[tuple[Segment, ...]],
    midnights: Sequence[int | None],
    zone: ZoneInfo,
    eve: Sequence[Segment],
) -> list[tuple[int, int]]:
    """Return the working intervals of the year in ticks.

    A change of the clock may shorten or join some, or leave nothing of them. `eve` are the hours of the day before the
    year: of a shift over midnight each year has its own part.
    """
    found: list[tuple[int, int]] = []
    latest = -(2**62)  # before every representable instant
    begin, turn = _new_year(first, zone), _new_year(_a_year_later(first), zone)
    for segment in _over_midnight(eve):
        end = local_ticks(first - timedelta(days=1), segment.closes, zone)
        found.append((begin, end))
        latest = end
    for index, segments in enumerate(hours):
        base = midnights[index]
        for segment in segments:
            day = first + timedelta(days=index)
            if base is not None:
                start, end = base + segment.opens * MINUTE, base + segment.closes * MINUTE
            else:
                start, end = local_ticks(day, segment.opens, zone), local_ticks(day, segment.closes, zone)
            if segment.closes > DAY_MINUTES:  # the next day may change the clock
                end = min(local_ticks(day, segment.closes, zone), turn)
            start = max(start, latest)
            if end > start:
                found.append((start, end))
                latest = end
    return found


def _a_year_later(first: date) -> date | None:
    return None if first.year == date.max.year else first.replace(year=first.year + 1)


def _new_year(first: date | None, zone: ZoneInfo) -> int:
    """Return the instant, in ticks, at which a year begins.

    For a year that calendars do not know, it is far away.
    """
    return 2**62 if first is None else local_ticks(first, 0, zone)


def build_year(
    year: int,
    *,
    zone: ZoneInfo,
    weekly: WeeklyHours,
    usual: tuple[Segment, ...],
    rules: Mapping[date, DayRule],
    provisional: bool,
    eve: Sequence[Segment] = (),
) -> YearTable:
    """Return the table of one year; `eve` are the hours of the day before it.

    Callers cache the table, because building it takes about a millisecond.
    """
    first = date(year, 1, 1)
    length = date(year, 12, 31).toordinal() - first.toordinal() + 1
    hours = [
        hours_of(rules.get(day), weekly.days[day.weekday()], usual)
        for day in (first + timedelta(days=index) for index in range(length))
    ]
    midnights = _midnights(first, length, zone)
    intervals = _intervals(first, hours, midnights, zone, eve)
    over = _over_midnight(eve)
    worked = list(accumulate((end - start for start, end in intervals), initial=0))
    return YearTable(
        year=year,
        provisional=provisional,
        version=_version(zone, usual, [*hours, tuple(over)] if over else hours, provisional=provisional),
        rules=rules,
        first=first.toordinal(),
        hours=hours,
        midnights=midnights,
        workdays=[first.toordinal() + index for index, segments in enumerate(hours) if segments],
        starts=[start for start, _ in intervals],
        ends=[end for _, end in intervals],
        worked_before=worked[:-1],
        worked_after=worked[1:],
    )


def _over_midnight(segments: Sequence[Segment]) -> list[Segment]:
    return [segment for segment in segments if segment.closes > DAY_MINUTES]


def hours_of(
    rule: DayRule | None, weekday: tuple[Segment, ...], usual: tuple[Segment, ...]
) -> tuple[Segment, ...]:
    """Return the working hours of a day with this rule and these hours of its weekday."""
    if rule is None:
        return weekday
    if rule.status is DayStatus.USUAL:
        return usual
    return rule.segments


def _version(
    zone: ZoneInfo, usual: tuple[Segment, ...], hours: Sequence[tuple[Segment, ...]], *, provisional: bool
) -> str:
    """Return a digest of what deadlines depend on: the hours of each day."""
    return digest(zone.key, _hours_text(usual), str(provisional), *map(_hours_text, hours))


def _hours_text(segments: tuple[Segment, ...]) -> str:
    return ",".join(f"{segment.opens}-{segment.closes}" for segment in segments)
