"""Hours, exceptional days and the layers that name them."""

from collections.abc import Callable
from datetime import date

import pytest

from sla_tracker.domain.text import NO_TEXT, Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, FixedDays, Layer
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import Segment, WeeklyHours, day_hours, parse_clock
from tests.domain.calendars import at, closed, half, local, made_up, office

FESTIVAL = date(2026, 10, 1)
EVE = date(2026, 9, 30)


def test_the_afternoon_before_a_festival_can_be_off() -> None:
    calendar = office({FESTIVAL: closed()}).with_layer(Layer(name="company", days={EVE: half("08:30-12:00")}))
    assert local(calendar.close_of(EVE)) == "2026-09-30 12:00"
    assert calendar.is_workday(EVE)
    assert not calendar.open_at(at("2026-09-30 14:00"))


def test_the_department_wins_over_the_company_and_the_company_over_the_nation() -> None:
    national = office({FESTIVAL: closed()})
    company = national.with_layer(Layer(name="company", days={FESTIVAL: half("09:00-12:00")}))
    sales = company.with_layer(Layer(name="sales", days={FESTIVAL: made_up()}))
    assert not national.is_workday(FESTIVAL)
    assert company.segments_on(FESTIVAL) == (Segment.parse("09:00-12:00"),)
    assert sales.segments_on(FESTIVAL) == sales.segments_on(EVE)
    rule = sales.rule_on(FESTIVAL)
    assert rule is not None
    assert rule.layer == "sales"
    assert sales.rule_on(EVE) is None


def test_a_layer_changes_hours_only_when_it_names_some() -> None:
    weekend = WeeklyHours.parse({"sat": ["10:00-20:00"], "sun": ["10:00-20:00"]})
    plain = office().with_layer(Layer(name="company"))
    shop = plain.with_layer(Layer(name="shop", weekly=weekend))
    assert plain.is_workday(EVE)
    assert not shop.is_workday(EVE)
    assert shop.is_workday(date(2026, 10, 3))
    assert local(shop.close_of(EVE)) == "2026-09-30 20:00"


def test_a_layer_can_name_the_usual_hours() -> None:
    calendar = office({FESTIVAL: made_up()}).with_layer(
        Layer(name="company", usual_hours=(Segment.parse("10:00-15:00"),))
    )
    assert local(calendar.close_of(FESTIVAL)) == "2026-10-01 15:00"


@pytest.mark.parametrize(
    "change",
    [
        lambda calendar: calendar.with_layer(Layer(name="company", days={EVE: closed()})),
        lambda calendar: calendar.with_layer(Layer(name="company", usual_hours=(Segment(0, 60),))),
        lambda _: office({FESTIVAL: closed()}, zone="Asia/Tokyo"),
        lambda _: office({FESTIVAL: closed()}, hours=("08:00-17:00",)),
        lambda _: office(source=FixedDays(by_day={FESTIVAL: closed()}, published_through=2025)),
        lambda _: office({FESTIVAL: made_up()}),
    ],
)
def test_a_changed_calendar_is_a_new_version(change: Callable[[WorkCalendar], WorkCalendar]) -> None:
    before = office({FESTIVAL: closed()})
    after = change(before)
    assert after.version != before.version
    assert after.version_of(2026, 2026) != before.version_of(2026, 2026)


def test_versions_tell_years_apart_and_do_not_mind_names() -> None:
    before = office({FESTIVAL: closed("National Day")})
    renamed = office({FESTIVAL: closed("Golden week")})
    next_year = office({FESTIVAL: closed(), date(2027, 10, 1): closed()})
    assert renamed.version == before.version
    assert renamed.version_of(2025, 2027) == before.version_of(2025, 2027)
    assert next_year.version_of(2026, 2026) == before.version_of(2026, 2026)
    assert next_year.version_of(2026, 2027) != before.version_of(2026, 2027)
    assert next_year.version != before.version


def test_a_year_not_yet_published_is_provisional() -> None:
    calendar = office(source=FixedDays(by_day={}, published_through=2026))
    assert not calendar.is_provisional(date(2026, 12, 31))
    assert calendar.is_provisional(date(2027, 1, 1))


@pytest.mark.parametrize("text", ["24:01", "8:60", "noon", "", "25:00", "-1:00"])
def test_a_wrong_time_of_day_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="time of day"):
        parse_clock(text)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (["08:30-12:00", "11:00-13:00"], "overlap"),
        (["12:00-08:30"], "open before they close"),
        (["08:30"], "write them like"),
    ],
)
def test_wrong_hours_are_refused_in_words(segments: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        day_hours(segments)


def test_segments_are_sorted_and_those_that_touch_are_one() -> None:
    assert [str(segment) for segment in day_hours(["13:00-18:00", "08:00-13:00"])] == ["08:00-18:00"]


def test_a_week_needs_a_working_day_and_known_names() -> None:
    with pytest.raises(ValueError, match="at least one working weekday"):
        WeeklyHours.parse({})
    with pytest.raises(ValueError, match="'monday' is no weekday"):
        WeeklyHours.parse({"monday": ["08:00-12:00"]})
    with pytest.raises(ValueError, match="7 days"):
        WeeklyHours(())


@pytest.mark.parametrize(
    ("status", "segments"),
    [(DayStatus.CLOSED, (Segment(0, 60),)), (DayStatus.OWN, ()), (DayStatus.USUAL, (Segment(0, 1),))],
)
def test_only_a_day_with_hours_of_its_own_has_segments(
    status: DayStatus, segments: tuple[Segment, ...]
) -> None:
    with pytest.raises(ValueError, match="hours of its own"):
        DayRule(status=status, name=Text("班", "day"), segments=segments)


def test_a_text_falls_back_to_the_other_language() -> None:
    both = Text("元旦", "New Year's Day")
    assert [both.get(lang) for lang in ("zh_CN", "ZH", "en", "de")] == ["元旦", "元旦", both.en, both.en]
    assert Text("元旦", "").get("en") == "元旦"
    assert Text("", "New Year").get("zh") == "New Year"
    assert NO_TEXT.get("zh") == ""
