"""The calendar's arithmetic against a deliberately simple model that knows nothing but a set of open minutes."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sla_tracker.domain.time.work_calendar import WorkCalendar
from tests.domain.calendars import PIVOTS, ZONES, calendars, calendars_and_instants, half, local, office

MINUTE = timedelta(minutes=1)
REACH = 12


def minute_of(instant: datetime) -> int:
    return int(instant.timestamp()) // 60


def open_minutes(calendar: WorkCalendar, around: datetime) -> list[int]:
    """Walk the days one by one and put every minute of every segment into a set, by the wall clock."""
    found: set[int] = set()
    for offset in range(-REACH, REACH + 1):
        day = (around + timedelta(days=offset)).date()
        for segment in calendar.segments_on(day):
            ends = []
            for minute in (segment.opens, segment.closes):
                wall = datetime.combine(day, time()) + minute * MINUTE
                ends.append(minute_of(wall.replace(tzinfo=calendar.zone).astimezone(UTC)))
            found.update(range(ends[0], ends[1]))
    return sorted(found)


@given(calendars_and_instants(2))
def test_measured_working_time_is_the_count_of_open_minutes(
    case: tuple[WorkCalendar, tuple[datetime, datetime]],
) -> None:
    calendar, (first, second) = case
    start, end = sorted((first, second))
    expected = sum(minute_of(start) <= minute < minute_of(end) for minute in open_minutes(calendar, start))
    assert calendar.working_time_between(start, end) == expected * MINUTE


@given(calendars_and_instants(), st.integers(1, 400))
def test_added_working_time_is_a_walk_over_open_minutes(
    case: tuple[WorkCalendar, tuple[datetime]], minutes: int
) -> None:
    calendar, (start,) = case
    ahead = [minute for minute in open_minutes(calendar, start) if minute >= minute_of(start)]
    behind = [minute for minute in open_minutes(calendar, start) if minute < minute_of(start)]
    assume(len(ahead) >= minutes and len(behind) >= minutes)
    assert minute_of(calendar.add_working_time(start, minutes * MINUTE)) == ahead[minutes - 1] + 1
    assert minute_of(calendar.add_working_time(start, -minutes * MINUTE)) == behind[-minutes]


@given(calendars_and_instants())
def test_open_and_the_next_and_last_opening_are_the_models(
    case: tuple[WorkCalendar, tuple[datetime]],
) -> None:
    calendar, (start,) = case
    minutes = open_minutes(calendar, start)
    now = minute_of(start)
    ahead = [minute for minute in minutes if minute >= now]
    behind = [minute for minute in minutes if minute < now]
    assume(ahead and behind)
    is_open = now in set(minutes)
    assert calendar.open_at(start) is is_open
    assert minute_of(calendar.next_open(start)) == ahead[0]
    assert minute_of(calendar.previous_open(start)) == (now if is_open else behind[-1] + 1)


@given(calendars_and_instants(), st.integers(-30 * 480, 30 * 480))
def test_working_time_added_and_then_measured_is_the_same(
    case: tuple[WorkCalendar, tuple[datetime]], minutes: int
) -> None:
    calendar, (start,) = case
    end = calendar.add_working_time(start, minutes * MINUTE)
    assert calendar.working_time_between(start, end) == minutes * MINUTE


@given(calendars_and_instants(), st.integers(1, 30 * 480))
def test_backwards_is_the_inverse(case: tuple[WorkCalendar, tuple[datetime]], minutes: int) -> None:
    calendar, (start,) = case
    start = calendar.next_open(start)
    assert (
        calendar.add_working_time(calendar.add_working_time(start, minutes * MINUTE), -minutes * MINUTE)
        == start
    )


@given(calendars_and_instants(), st.integers(1, 2000), st.integers(1, 2000))
def test_working_time_adds_up(case: tuple[WorkCalendar, tuple[datetime]], first: int, second: int) -> None:
    calendar, (start,) = case
    at_once = calendar.add_working_time(start, (first + second) * MINUTE)
    assert (
        calendar.add_working_time(calendar.add_working_time(start, first * MINUTE), second * MINUTE)
        == at_once
    )


@given(st.sampled_from(PIVOTS), st.data(), st.integers(-40, 40).filter(bool))
def test_shifted_workdays_are_a_walk_over_days(pivot: date, data: st.DataObject, count: int) -> None:
    calendar = data.draw(calendars(pivot))
    day, left, step = pivot, abs(count), 1 if count > 0 else -1
    while left:
        day += timedelta(days=step)
        left -= calendar.is_workday(day)
    assert calendar.shift_workdays(pivot, count) == day
    assert calendar.workdays_between(pivot, day) == count


@given(st.sampled_from(PIVOTS), st.data(), st.integers(1, 31))
def test_nth_workday_is_a_walk_over_the_month(pivot: date, data: st.DataObject, n: int) -> None:
    calendar = data.draw(calendars(pivot))
    first = pivot.replace(day=1)
    month = [
        first + timedelta(days=day) for day in range(31) if (first + timedelta(days=day)).month == first.month
    ]
    workdays = [day for day in month if calendar.is_workday(day)]
    assume(workdays)
    assert calendar.nth_workday(first.year, first.month, n) == workdays[min(n, len(workdays)) - 1]
    assert calendar.nth_workday(first.year, first.month, -n) == workdays[-min(n, len(workdays))]


GAPS = [
    ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 03:30"),
    ("America/New_York", "2026-03-08 02:00", "2026-03-08 03:00"),
    ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-04 02:45"),
    ("America/Havana", "2026-03-08 00:10", "2026-03-08 01:10"),
]


@pytest.mark.parametrize(("zone", "wall", "expected"), GAPS)
def test_a_dst_gap_moves_forward_by_the_gap(zone: str, wall: str, expected: str) -> None:
    asked = datetime.fromisoformat(wall)
    assert local(office(zone=zone).instant_of(asked.date(), asked.time()), ZoneInfo(zone)) == expected


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00+00:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00+00:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45:00+00:00"),
        ("America/Havana", "2026-11-01 00:30", "2026-11-01T04:30:00+00:00"),
    ],
)
def test_a_dst_overlap_takes_the_first(zone: str, wall: str, expected: str) -> None:
    asked = datetime.fromisoformat(wall)
    assert office(zone=zone).instant_of(asked.date(), asked.time()).isoformat() == expected


@pytest.mark.parametrize("zone", ZONES)
def test_a_shift_over_a_clock_change_has_the_hours_that_pass(zone: str) -> None:
    calendar = office(zone=zone, hours=("00:00-24:00",))
    start = calendar.instant_of(date(2026, 1, 5), time())
    for week in range(52):
        monday = date(2026, 1, 5) + timedelta(weeks=week)
        end = calendar.close_of(monday + timedelta(days=4))
        passed = end - calendar.open_of(monday)
        assert calendar.working_time_between(calendar.open_of(monday), end) == passed
    assert start == calendar.open_of(date(2026, 1, 5))


def test_hours_inside_a_gap_do_not_count_twice() -> None:
    sunday = date(2026, 3, 29)
    night = office({sunday: half("01:00-02:30", "02:45-03:15", "03:20-05:00")}, zone="Europe/Berlin")
    # On this night 02:30 is 03:30: the first segment lasts 1½ h, the second never comes, the third has 1½ h left.
    assert night.working_time_between(night.instant_of(sunday, time()), night.close_of(sunday)) == timedelta(
        hours=3
    )


def test_a_clock_time_marked_as_the_second_still_takes_the_first() -> None:
    second = time(2, 30, fold=1)
    assert office(zone="Europe/Berlin").instant_of(date(2026, 10, 25), second) == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )
