"""Working calendars for tests: a plain one, its days, and random ones for hypothesis."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sla_tracker.domain.time.work_calendar import (
    DayRule,
    DaySource,
    DayStatus,
    FixedDays,
    Layer,
    Segment,
    Text,
    WeeklyHours,
    WorkCalendar,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = ("08:30-12:00", "13:30-18:00")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")

# Zones whose clocks change at different hours, by different amounts, on both halves of the globe, or not at all.
ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Africa/Casablanca",
    "Asia/Beirut",
)
# Days next to which one of these zones changes its clocks, and plain ones.
PIVOTS = (
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 9, 6),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 6, 17),
    date(2026, 12, 31),
)


def closed(name: str = "closed") -> DayRule:
    return DayRule(status=DayStatus.CLOSED, name=Text("休", name))


def made_up(name: str = "make-up day") -> DayRule:
    return DayRule(status=DayStatus.USUAL, name=Text("班", name))


def half(*segments: str) -> DayRule:
    hours = tuple(Segment.parse(segment) for segment in segments)
    return DayRule(status=DayStatus.OWN, name=Text("半天", "half day"), segments=hours)


def office(
    days: Mapping[date, DayRule] | None = None,
    *,
    zone: str = "Asia/Shanghai",
    source: DaySource | None = None,
    hours: tuple[str, ...] = OFFICE,
) -> WorkCalendar:
    """Return Monday to Friday with a lunch break, and these exceptional days."""
    return WorkCalendar(
        zone=ZoneInfo(zone),
        weekly=WeeklyHours.parse(dict.fromkeys(WEEKDAYS, hours)),
        source=source or FixedDays(by_day=days or {}),
    )


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """Return the instant of a local `2026-11-20 16:40`."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def local(instant: datetime, zone: ZoneInfo = SHANGHAI) -> str:
    """Return an instant as the local clock shows it."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"


@st.composite
def day_segments(draw: st.DrawFn) -> tuple[Segment, ...]:
    """Return up to three segments of a day, some of which end at 24:00, and some on the next day."""
    borders = draw(st.lists(st.integers(0, 96), max_size=6, unique=True).map(sorted))
    pairs = [*zip(borders[::2], borders[1::2], strict=False)]
    if pairs and draw(st.integers(0, 3)) == 0:
        start, _end = pairs[-1]
        pairs[-1] = start, 96 + draw(st.integers(0, min(48, start - 32)) if start > 32 else st.just(0))
    return tuple(Segment(start * 15, end * 15) for start, end in pairs)


def _rules(day: tuple[Segment, ...]) -> DayRule:
    name = Text("特", "special")
    return DayRule(status=DayStatus.OWN, name=name, segments=day) if day else closed()


@st.composite
def calendars(draw: st.DrawFn, pivot: date, zones: tuple[str, ...] = ZONES) -> WorkCalendar:
    """Return a calendar with random hours, and random exceptional days in two layers around the pivot."""
    weekly = draw(st.tuples(*[day_segments()] * 7).filter(any))
    near = st.integers(-8, 8).map(lambda days: pivot + timedelta(days=days))
    exceptional = st.one_of(st.just(closed()), st.just(made_up()), day_segments().map(_rules))
    national = draw(st.dictionaries(near, exceptional, max_size=5))
    company = draw(st.dictionaries(near, exceptional, max_size=3))
    published = draw(st.sampled_from((2025, 2026, 2030)))
    calendar = WorkCalendar(
        zone=ZoneInfo(draw(st.sampled_from(zones))),
        weekly=WeeklyHours(weekly),
        source=FixedDays(by_day=national, published_through=published),
    )
    return calendar.with_layer(Layer(name="company", days=company))


@st.composite
def calendars_and_instants(draw: st.DrawFn, count: int = 1) -> tuple[WorkCalendar, tuple[datetime, ...]]:
    """Return a random calendar and instants, on whole minutes, within days of a pivot."""
    pivot = draw(st.sampled_from(PIVOTS))
    calendar = draw(calendars(pivot))
    midnight = datetime(pivot.year, pivot.month, pivot.day, tzinfo=UTC)
    offsets = draw(st.tuples(*[st.integers(-4 * 1440, 4 * 1440)] * count))
    return calendar, tuple(midnight + timedelta(minutes=minutes) for minutes in offsets)
