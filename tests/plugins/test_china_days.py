"""China's working days: as published, as the notices say, and by law for years nobody has published."""

from collections.abc import Iterator
from datetime import date, timedelta

import chinese_calendar
import pytest

from sla_china.days import ChinaDays
from sla_china.law import days_by_law, qingming
from sla_tracker.domain.deadlines.due import DayOfMonth, deadlines_between
from sla_tracker.domain.time.calendar_layers import DayStatus
from sla_tracker.domain.time.work_calendar import WorkCalendar
from tests.domain.calendars import closed, local, office


def days_of(*years: int) -> Iterator[date]:
    day = date(years[0], 1, 1)
    while day <= date(years[-1], 12, 31):
        yield day
        day += timedelta(days=1)


def china(**kwargs: ChinaDays) -> WorkCalendar:
    return office(source=kwargs.get("source", ChinaDays()))


# The State Council's notices, day by day (国办发明电 2023 No. 7, 2024 No. 12, 2025 No. 7): each holiday from its first
# to its last day off, then the Saturdays and Sundays worked for it.
NOTICES = {
    2024: {
        "元旦": ("01-01", "01-01", []),
        "春节": ("02-10", "02-17", ["02-04", "02-18"]),
        "清明节": ("04-04", "04-06", ["04-07"]),
        "劳动节": ("05-01", "05-05", ["04-28", "05-11"]),
        "端午节": ("06-10", "06-10", []),
        "中秋节": ("09-15", "09-17", ["09-14"]),
        "国庆节": ("10-01", "10-07", ["09-29", "10-12"]),
    },
    2025: {
        "元旦": ("01-01", "01-01", []),
        "春节": ("01-28", "02-04", ["01-26", "02-08"]),
        "清明节": ("04-04", "04-06", []),
        "劳动节": ("05-01", "05-05", ["04-27"]),
        "端午节": ("05-31", "06-02", []),
        "国庆节、中秋节": ("10-01", "10-08", ["09-28", "10-11"]),
    },
    2026: {
        "元旦": ("01-01", "01-03", ["01-04"]),
        "春节": ("02-15", "02-23", ["02-14", "02-28"]),
        "清明节": ("04-04", "04-06", []),
        "劳动节": ("05-01", "05-05", ["05-09"]),
        "端午节": ("06-19", "06-21", []),
        "中秋节": ("09-25", "09-27", []),
        "国庆节": ("10-01", "10-07", ["09-20", "10-10"]),
    },
}


@pytest.mark.parametrize("year", NOTICES)
def test_every_day_is_worked_as_the_state_councils_notice_says(year: int) -> None:
    off: set[date] = set()
    worked: set[date] = set()
    for first, last, makeup in NOTICES[year].values():
        start, end = (date.fromisoformat(f"{year}-{day}") for day in (first, last))
        off |= {start + timedelta(days=index) for index in range((end - start).days + 1)}
        worked |= {date.fromisoformat(f"{year}-{day}") for day in makeup}
    calendar = china()
    for day in days_of(year):
        assert calendar.is_workday(day) is (day in worked or (day.weekday() < 5 and day not in off)), day


def test_every_day_from_2004_on_agrees_with_the_published_package() -> None:
    calendar = china()
    last = ChinaDays().published_through
    assert last >= 2026
    disagreeing = [
        day for day in days_of(2004, last) if calendar.is_workday(day) is not chinese_calendar.is_workday(day)
    ]
    assert disagreeing == []


def test_published_years_are_not_provisional_and_others_are() -> None:
    source = ChinaDays()
    calendar = china()
    assert not calendar.is_provisional(date(2004, 1, 1))
    assert not calendar.is_provisional(date(source.published_through, 12, 31))
    assert calendar.is_provisional(date(source.published_through + 1, 1, 1))
    assert calendar.is_provisional(date(2003, 12, 31))


def test_days_have_names_in_both_languages() -> None:
    names = {rule.name for year in range(2004, 2027) for rule in ChinaDays().days(year).values()}
    assert {name.zh for name in names} >= {"元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节"}
    assert all(name.zh and name.en for name in names)


LATER_YEARS = {
    2027: [
        "01-01",
        "02-05",
        "02-06",
        "02-07",
        "02-08",
        "04-05",
        "05-01",
        "05-02",
        "06-09",
        "09-15",
        "10-01",
        "10-02",
        "10-03",
    ],
    2028: [
        "01-01",
        "01-25",
        "01-26",
        "01-27",
        "01-28",
        "04-04",
        "05-01",
        "05-02",
        "05-28",
        "10-01",
        "10-02",
        "10-03",
    ],
    2034: [
        "01-01",
        "02-18",
        "02-19",
        "02-20",
        "02-21",
        "04-05",
        "05-01",
        "05-02",
        "06-20",
        "09-27",
        "10-01",
        "10-02",
        "10-03",
    ],
}


@pytest.mark.parametrize("year", LATER_YEARS)
def test_a_later_year_has_the_days_of_the_law_and_nothing_guessed(year: int) -> None:
    days = days_by_law(year)
    assert [f"{day:%m-%d}" for day in sorted(days)] == LATER_YEARS[year]
    assert all(rule.status is DayStatus.CLOSED and rule.provisional for rule in days.values())


def test_two_festivals_on_one_day_are_one_day_off_with_both_names() -> None:
    rule = days_by_law(2028)[date(2028, 10, 3)]
    assert (rule.name.zh, rule.name.en) == ("中秋节、国庆节", "Mid-Autumn Festival, National Day")


def test_the_laws_days_are_off_in_every_published_year_since_it_is_in_force() -> None:
    source = ChinaDays()
    for year in range(2025, source.published_through + 1):
        published = source.days(year)
        assert all(published[day].status is DayStatus.CLOSED for day in days_by_law(year))


@pytest.mark.parametrize(
    ("year", "day"), [(2019, 5), (2020, 4), (2023, 5), (2024, 4), (2026, 5), (2027, 5), (2028, 4)]
)
def test_qingming_is_on_the_known_days(year: int, day: int) -> None:
    assert qingming(year) == date(year, 4, day)


@pytest.mark.parametrize("year", [1800, 2150])
def test_years_beyond_the_lunar_tables_keep_the_days_of_the_solar_calendar(year: int) -> None:
    assert len(days_by_law(year)) == 6


def test_an_imported_year_replaces_the_law_and_is_published() -> None:
    notice = {date(2027, 10, 4): closed("National Day")}
    source = ChinaDays(imported={2027: notice})
    calendar = china(source=source)
    assert source.published_through == 2027
    assert not calendar.is_provisional(date(2027, 6, 1))
    assert calendar.is_workday(date(2027, 10, 1))
    assert not calendar.is_workday(date(2027, 10, 4))
    assert source.version != ChinaDays().version
    assert calendar.version_of(2027, 2027) != china().version_of(2027, 2027)
    assert calendar.version_of(2026, 2026) == china().version_of(2026, 2026)


def test_a_corrected_day_of_a_published_year_is_a_new_version() -> None:
    corrected = dict(ChinaDays().days(2026)) | {date(2026, 9, 3): closed("Victory Day")}
    assert ChinaDays(imported={2026: corrected}).version != ChinaDays().version
    assert ChinaDays(imported={2026: ChinaDays().days(2026)}).version == ChinaDays().version


def test_a_year_imported_beyond_a_gap_does_not_close_the_gap() -> None:
    source = ChinaDays(imported={2030: {}})
    assert source.published_through < 2030
    assert source.is_published(2030)
    assert not source.is_published(2029)


def test_the_four_monthly_duties_over_the_turn_of_the_year() -> None:
    first = DayOfMonth(day=5)
    found = list(deadlines_between(first, date(2026, 10, 1), date(2027, 4, 1), china()))
    assert [local(deadline.due_at) for deadline in found] == [
        "2026-10-08 18:00",
        "2026-11-05 18:00",
        "2026-12-07 18:00",
        "2027-01-05 18:00",
        "2027-02-09 18:00",
        "2027-03-05 18:00",
    ]
    assert [deadline.provisional for deadline in found] == [False, False, False, True, True, True]
