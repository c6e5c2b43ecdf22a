"""Working hours of a day and of a week, in minutes after local midnight."""

import re
from collections.abc import Iterable, Mapping

from sla_tracker.domain.quoting import as_written
from sla_tracker.errors import N_, UsageError, Wrong
from sla_tracker.value_class import dataclass

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60  # minutes of a day
LONGEST_NIGHT = 16 * 60  # minutes of a shift over midnight; a longer one is a typing mistake

_CLOCK = r"(\d{1,2}):(\d{2})"


def parse_clock(text: str) -> int:
    """Return the minute of the day of `08:30` (up to `24:00`); else raises Wrong."""
    match = re.fullmatch(_CLOCK, text.strip())
    if match is None:
        raise _wrong(N_("{value} is no time of day; write it like 08:30."), value=as_written(text))
    minute = int(match[1]) * 60 + int(match[2])
    if int(match[2]) > 59 or minute > DAY_MINUTES:
        raise _wrong(
            N_("{value} is no time of day; it lies between 00:00 and 24:00."), value=as_written(text)
        )
    return minute


def clock(minute: int) -> str:
    """Format a minute of the day as `08:30`.

    The end of the day is `24:00`; a shift may end at `26:00`, two hours later.
    """
    return f"{minute // 60:02d}:{minute % 60:02d}"


def clock_of_shift(minute: int) -> str:
    """Format the end of a shift as people write it.

    It is `06:00` for a shift that ends at that time on the next day.
    """
    return clock(minute if minute <= DAY_MINUTES else minute - DAY_MINUTES)


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One interval of working time, in minutes after local midnight.

    Midnight is that of the day on which it begins. The end is excluded; 1440 is 24:00, 1800 is 06:00 of the next day.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        end = DAY_MINUTES if self.closes <= DAY_MINUTES else self.opens + LONGEST_NIGHT
        if not 0 <= self.opens < min(self.closes, DAY_MINUTES) or self.closes > end:
            raise _wrong(
                N_(
                    "Working hours {hours} must open before they close, or end after midnight, at most {most} hours on."
                ),
                hours=self,
                most=LONGEST_NIGHT // 60,
            )

    @classmethod
    def parse(cls, text: str) -> "Segment":
        """Read `08:30-12:00`, or `22:00-06:00` over midnight.

        Raises Wrong for anything else.
        """
        opens, dash, closes = text.replace("–", "-").partition("-")
        if not dash:
            raise _wrong(
                N_("{value} are no working hours; write them like 08:30-12:00."), value=as_written(text)
            )
        first, last = parse_clock(opens), parse_clock(closes)
        return cls(first, last + DAY_MINUTES if last < first else last)

    def __str__(self) -> str:
        return f"{clock(self.opens)}-{clock_of_shift(self.closes)}"


def day_hours(segments: Iterable[Segment | str]) -> tuple[Segment, ...]:
    """Return a day's segments in order, adjacent ones joined.

    Raises Wrong when any overlap.
    """
    ordered = sorted(Segment.parse(part) if isinstance(part, str) else part for part in segments)
    joined: list[Segment] = []
    for segment in ordered:
        if joined and segment.opens < joined[-1].closes:
            raise _wrong(
                N_("Working hours {earlier} and {later} overlap."), earlier=joined[-1], later=segment
            )
        if joined and segment.opens == joined[-1].closes:
            joined[-1] = Segment(joined[-1].opens, segment.closes)
        else:
            joined.append(segment)
    return tuple(joined)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Usual working hours of each weekday, Monday first.

    A day without segments is closed.
    """

    days: tuple[tuple[Segment, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(WEEKDAYS):
            raise _wrong(N_("Weekly hours have 7 days, not {days}."), days=len(self.days))
        if not any(self.days):
            raise _wrong(N_("Weekly hours need at least one working weekday."))

    @classmethod
    def parse(cls, hours: Mapping[str, Iterable[Segment | str]]) -> "WeeklyHours":
        """Read `{"mon": ["08:30-12:00", "13:30-18:00"], …}`; absent weekdays are closed."""
        unknown = [name for name in hours if name not in WEEKDAYS]
        if unknown:
            raise _wrong(
                N_("{value} is no weekday; allowed are {allowed}."),
                value=as_written(unknown[0]),
                allowed=", ".join(WEEKDAYS),
            )
        return cls(tuple(day_hours(hours.get(name, ())) for name in WEEKDAYS))

    def first_working(self) -> tuple[Segment, ...]:
        """Return the first working weekday's hours, which are the default usual hours."""
        return next(day for day in self.days if day)


def _wrong(message: str, **values: object) -> Wrong:
    return Wrong(UsageError(message, **values))
