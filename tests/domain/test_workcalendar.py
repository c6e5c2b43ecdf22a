"""Every primitive of the working calendar, exact at the borders."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest

from sla_tracker.domain.time.calendar_layers import DayRule, FixedDays
from sla_tracker.domain.time.work_calendar import CalendarError, Segment, WeeklyHours, WorkCalendar
from tests.domain.calendars import SHANGHAI, at, closed, half, local, made_up, office

HOUR = timedelta(hours=1)
FRIDAY = date(2026, 11, 20)
SATURDAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-11-20 08:30", 3.5, "2026-11-20 12:00"),  # ends with the morning: stays at lunch
        ("2026-11-20 08:30", 8, "2026-11-20 18:00"),  # ends with the day: stays at the close
        ("2026-11-20 11:00", 2, "2026-11-20 14:30"),  # over lunch
        ("2026-11-20 17:00", 2, "2026-11-23 09:30"),  # over the weekend
        ("2026-11-21 10:00", 1, "2026-11-23 09:30"),  # from a closed day
    ],
)
def test_working_time_that_ends_exactly_with_a_segment_stays_there(
    start: str, hours: float, expected: str
) -> None:
    assert local(office().add_working_time(at(start), hours * HOUR)) == expected


def test_one_second_more_than_the_segment_is_the_next_segment() -> None:
    found = office().add_working_time(at("2026-11-20 08:30"), timedelta(hours=8, seconds=1))
    assert found == at("2026-11-23 08:30:01")


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-11-20 12:00", -3.5, "2026-11-20 08:30"),  # ends with the opening: stays there
        ("2026-11-23 08:30", -1, "2026-11-20 17:00"),
        ("2026-11-23 09:30", -2, "2026-11-20 17:00"),
        ("2026-11-22 10:00", -8, "2026-11-20 08:30"),
    ],
)
def test_working_time_backward_stays_at_the_opening(start: str, hours: float, expected: str) -> None:
    assert local(office().add_working_time(at(start), hours * HOUR)) == expected


@pytest.mark.parametrize(
    ("start", "following", "preceding"),
    [
        ("2026-11-20 12:30", "2026-11-20 13:30", "2026-11-20 12:00"),
        ("2026-11-21 10:00", "2026-11-23 08:30", "2026-11-20 18:00"),
        ("2026-11-20 18:00", "2026-11-23 08:30", "2026-11-20 18:00"),
        ("2026-11-20 10:00", "2026-11-20 10:00", "2026-11-20 10:00"),
        ("2026-11-20 13:30", "2026-11-20 13:30", "2026-11-20 13:30"),
    ],
)
def test_zero_working_time_from_a_closed_moment_is_the_next_opening(
    start: str, following: str, preceding: str
) -> None:
    calendar = office()
    assert local(calendar.add_working_time(at(start), timedelta())) == following
    assert local(calendar.next_open(at(start))) == following
    assert local(calendar.previous_open(at(start))) == preceding


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("08:29:59", False),
        ("08:30", True),
        ("11:59:59", True),
        ("12:00", False),
        ("13:30", True),
        ("18:00", False),
    ],
)
def test_the_opening_belongs_to_working_time_and_the_close_does_not(moment: str, expected: bool) -> None:
    assert office().open_at(at(f"2026-11-20 {moment}")) is expected


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-11-21 10:00", 1, "2026-11-23 10:00"),  # Saturday + 1 = Monday
        ("2026-11-22 10:00", -1, "2026-11-20 10:00"),
        ("2026-11-20 16:40", 1, "2026-11-23 16:40"),
        ("2026-11-20 23:00", 1, "2026-11-23 18:00"),  # clamped to the close
        ("2026-11-20 06:00", 1, "2026-11-23 08:30"),  # clamped to the opening
        ("2026-11-19 12:30", 1, "2026-11-20 12:30"),  # the lunch break is kept
        ("2026-11-20 23:00", 0, "2026-11-20 18:00"),
        ("2026-11-21 10:00", 0, "2026-11-23 10:00"),
        ("2026-11-20 16:40", -5, "2026-11-13 16:40"),
    ],
)
def test_workdays_from_a_closed_day_are_not_rolled_first(start: str, days: int, expected: str) -> None:
    assert local(office().add_workdays(at(start), days)) == expected


def test_added_workdays_are_clamped_into_a_half_day() -> None:
    calendar = office({date(2026, 11, 23): half("09:00-11:30")})
    assert local(calendar.add_workdays(at("2026-11-20 16:40"), 1)) == "2026-11-23 11:30"


def test_day_count_excludes_the_start_and_includes_the_end() -> None:
    calendar = office()
    assert calendar.workdays_between(FRIDAY, date(2026, 11, 23)) == 1
    assert calendar.workdays_between(FRIDAY, FRIDAY) == 0
    assert calendar.workdays_between(SATURDAY, date(2026, 11, 22)) == 0
    assert calendar.workdays_between(date(2026, 11, 23), FRIDAY) == -1
    assert calendar.workdays_between(date(2024, 1, 1), date(2028, 1, 1)) == 1044


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, 2), (3, 4), (-1, 30), (-2, 27), (21, 30), (31, 30), (-31, 2)],
)
def test_nth_workday_of_a_month_that_has_fewer_is_its_last(n: int, expected: int) -> None:
    assert office().nth_workday(2026, 11, n) == date(2026, 11, expected)


def test_nth_workday_of_a_month_without_workdays_is_the_first_after_it() -> None:
    november = {date(2026, 11, day): closed() for day in range(1, 31)}
    assert office(november).nth_workday(2026, 11, -1) == date(2026, 12, 1)


def test_nth_workday_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        office().nth_workday(2026, 11, 0)


def test_hours_of_a_make_up_day_are_the_first_working_weekdays() -> None:
    calendar = office({SATURDAY: made_up()})
    assert calendar.is_workday(SATURDAY)
    assert calendar.segments_on(SATURDAY) == (Segment(510, 720), Segment(810, 1080))
    assert local(calendar.add_working_time(at("2026-11-20 17:00"), 2 * HOUR)) == "2026-11-21 09:30"


def test_close_of_a_closed_day_is_the_usual_close() -> None:
    calendar = office()
    assert local(calendar.close_of(SATURDAY)) == "2026-11-21 18:00"
    assert local(calendar.open_of(SATURDAY)) == "2026-11-21 08:30"
    assert local(office(hours=("09:00-24:00",)).close_of(SATURDAY)) == "2026-11-22 00:00"


def test_usual_hours_can_be_configured() -> None:
    calendar = WorkCalendar(
        zone=SHANGHAI,
        weekly=WeeklyHours.parse({"mon": ["08:30-18:00"]}),
        usual_hours=(Segment.parse("09:00-16:00"),),
    )
    assert local(calendar.close_of(SATURDAY)) == "2026-11-21 16:00"


def test_a_day_may_end_at_24_00() -> None:
    calendar = office(hours=("20:00-24:00",))
    assert calendar.open_at(at("2026-11-20 23:59:59"))
    assert not calendar.open_at(at("2026-11-21 00:00"))
    assert local(calendar.add_working_time(at("2026-11-20 20:00"), 4 * HOUR)) == "2026-11-21 00:00"
    assert local(calendar.add_working_time(at("2026-11-20 20:00"), 5 * HOUR)) == "2026-11-23 21:00"


def test_working_time_crosses_years() -> None:
    calendar = office()
    start, end = at("2025-12-31 17:00"), at("2027-01-04 09:30")
    span = calendar.working_time_between(start, end)
    assert span == 8 * HOUR * 263 + 2 * HOUR - 8 * HOUR * 1
    assert calendar.add_working_time(start, span) == end
    assert calendar.add_working_time(end, -span) == start
    assert calendar.working_time_between(end, start) == -span


def test_pieces_are_the_working_time_between_two_instants() -> None:
    pieces = list(office().working_pieces(at("2026-11-20 17:00"), at("2026-11-23 12:30")))
    assert [(local(start), local(end)) for start, end in pieces] == [
        ("2026-11-20 17:00", "2026-11-20 18:00"),
        ("2026-11-23 08:30", "2026-11-23 12:00"),
    ]


def test_following_and_preceding_workday_keep_a_workday() -> None:
    calendar = office()
    assert calendar.following_workday(FRIDAY) == calendar.preceding_workday(FRIDAY) == FRIDAY
    assert calendar.following_workday(SATURDAY) == date(2026, 11, 23)
    assert calendar.preceding_workday(SATURDAY) == FRIDAY


def test_microseconds_are_kept() -> None:
    start = at("2026-11-20 17:59:59") + timedelta(microseconds=7)
    assert office().add_working_time(start, HOUR) == at("2026-11-23 09:29:59") + timedelta(microseconds=7)


def test_naive_instants_are_refused() -> None:
    naive = datetime(2026, 11, 20, 9, 0)  # noqa: DTZ001 (the point of the test)
    calendar = office()
    for ask in (calendar.open_at, calendar.next_open, calendar.previous_open, calendar.local_date):
        with pytest.raises(ValueError, match="has no time zone"):
            ask(naive)
    with pytest.raises(ValueError, match="has no time zone"):
        calendar.add_working_time(naive, HOUR)
    with pytest.raises(ValueError, match="has no time zone"):
        calendar.working_time_between(at("2026-11-20 09:00"), naive)


def test_days_and_instants_are_not_mixed_up() -> None:
    calendar = office()
    with pytest.raises(TypeError, match="civil day is a date"):
        calendar.is_workday(datetime(2026, 11, 20, tzinfo=UTC))
    with pytest.raises(TypeError, match="instant is a datetime"):
        calendar.open_at(FRIDAY)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="local"):
        calendar.instant_of(FRIDAY, time(9, tzinfo=UTC))


def test_a_calendar_without_working_time_says_so_instead_of_searching_forever() -> None:
    years = range(2020, 2060)
    days = {date(year, 1, 1) + timedelta(days=day): closed() for year in years for day in range(366)}
    calendar = office(days)
    questions: tuple[Callable[[], object], ...] = (
        lambda: calendar.next_open(at("2030-01-01 10:00")),
        lambda: calendar.previous_open(at("2050-01-01 10:00")),
        lambda: calendar.add_working_time(at("2030-01-01 10:00"), HOUR),
        lambda: calendar.add_working_time(at("2050-01-01 10:00"), -HOUR),
        lambda: calendar.shift_workdays(date(2030, 1, 1), 1),
        lambda: calendar.shift_workdays(date(2050, 1, 1), -1),
    )
    for ask in questions:
        with pytest.raises(CalendarError, match="No working time"):
            ask()


def test_the_ends_of_time_are_named() -> None:
    with pytest.raises(CalendarError, match="1 to 9999"):
        office().shift_workdays(date(9999, 12, 31), 1)


class MetInTheMiddle(FixedDays):
    """Days that are given out once two threads have asked for them."""

    met = Barrier(2)

    def days(self, year: int) -> Mapping[date, DayRule]:
        self.met.wait(timeout=10)
        return super().days(year)


def test_two_threads_that_need_a_year_at_once_share_its_table() -> None:
    """Steps into other years compare tables, so that a second one would count a year twice."""
    calendar = replace(office(), source=MetInTheMiddle(by_day={}))
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(calendar._table, (2026, 2026))
    assert one is other
