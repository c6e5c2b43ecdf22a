"""Rules that the calendar itself brings round."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrule, rrulestr
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.deadlines.due import (
    DayOfMonth,
    Deadline,
    DueRule,
    InDays,
    NthWorkday,
    Recurrence,
    Roll,
    RuleError,
    Weekly,
    deadline_on,
    deadlines_between,
    opens_at,
)
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.time.work_calendar import FixedDays, WorkCalendar
from tests.chinese import left_in_english
from tests.domain.calendars import at, closed, half, local, made_up, office

HOLIDAYS = {date(2026, 10, day): closed("National Day") for day in range(1, 8)} | {
    date(2026, 10, 10): made_up()
}
NEW_YEAR = date(2026, 1, 1)


def dues(rule: DueRule, start: date, end: date, calendar: WorkCalendar | None = None) -> list[Deadline]:
    found = list(deadlines_between(rule, start, end, calendar or office(HOLIDAYS)))
    assert [recompute(deadline.steps) for deadline in found] == [deadline.due_at for deadline in found]
    return found


def shown(rule: DueRule, start: date, end: date) -> list[str]:
    return [local(deadline.due_at) for deadline in dues(rule, start, end)]


def test_a_day_of_the_month_with_and_without_a_time() -> None:
    window = date(2026, 9, 1), date(2026, 12, 1)
    assert shown(DayOfMonth(day=5), *window) == ["2026-09-07 18:00", "2026-10-08 18:00", "2026-11-05 18:00"]
    noon = DayOfMonth(day=1, at=time(12))
    assert shown(noon, *window) == ["2026-09-01 12:00", "2026-10-08 12:00", "2026-11-02 12:00"]


def test_day_31_in_a_short_month_is_its_last_day_and_31_again_in_the_next() -> None:
    found = dues(DayOfMonth(day=31, roll=Roll.NONE), NEW_YEAR, date(2026, 6, 1))
    assert [deadline.nominal_on.day for deadline in found] == [31, 28, 31, 30, 31]


def test_quarterly_and_yearly_by_naming_months() -> None:
    quarterly = DayOfMonth(day=15, months=(1, 4, 7, 10), roll=Roll.NONE)
    assert [deadline.nominal_on.month for deadline in dues(quarterly, NEW_YEAR, date(2027, 1, 1))] == [
        1,
        4,
        7,
        10,
    ]
    yearly = NthWorkday(n=-1, months=(12,))
    assert shown(yearly, NEW_YEAR, date(2028, 1, 1)) == ["2026-12-31 18:00", "2027-12-31 18:00"]


def test_nth_and_last_workday() -> None:
    window = date(2026, 10, 1), date(2026, 11, 1)
    assert shown(NthWorkday(n=1), *window) == ["2026-10-08 18:00"]
    assert shown(NthWorkday(n=3), *window) == ["2026-10-10 18:00"]
    assert shown(NthWorkday(n=-1), *window) == ["2026-10-30 18:00"]
    assert shown(NthWorkday(n=-3, at=time(9)), *window) == ["2026-10-28 09:00"]


def test_nth_workday_of_a_month_with_fewer_is_its_last_workday() -> None:
    assert shown(NthWorkday(n=31), date(2026, 10, 1), date(2026, 11, 1)) == ["2026-10-30 18:00"]


def test_nth_workday_of_a_month_without_any_rolls_on_from_its_last_day() -> None:
    october = office({date(2026, 10, day): closed() for day in range(1, 32)})
    (found,) = dues(NthWorkday(n=-1), date(2026, 10, 1), date(2026, 11, 1), october)
    assert (local(found.due_at), found.nominal_on) == ("2026-11-02 18:00", date(2026, 10, 31))


def test_a_weekly_rule_falls_due_on_each_of_its_weekdays() -> None:
    rule = Weekly(weekdays=(4, 0), at=time(15))
    found = dues(rule, date(2026, 9, 28), date(2026, 10, 12))
    assert [deadline.nominal_on.day for deadline in found] == [28, 2, 5, 9]
    assert [local(deadline.due_at)[5:] for deadline in found] == [
        "09-28 15:00",
        "10-08 15:00",
        "10-08 15:00",
        "10-09 15:00",
    ]


def test_the_close_of_a_half_day_is_its_own() -> None:
    eve = office({date(2026, 9, 30): half("08:30-12:00")})
    (found,) = dues(DayOfMonth(day=30), date(2026, 9, 1), date(2026, 10, 1), eve)
    assert local(found.due_at) == "2026-09-30 12:00"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (DayOfMonth(day=1, roll=Roll.PRECEDING), "2026-09-30 18:00"),
        (DayOfMonth(day=1, roll=Roll.NONE, at=time(12)), "2026-10-01 12:00"),
        (DayOfMonth(day=1, roll=Roll.NONE), "2026-10-01 18:00"),
    ],
)
def test_roll_of_a_recurring_day(rule: DueRule, expected: str) -> None:
    (found,) = dues(rule, date(2026, 10, 1), date(2026, 10, 2))
    assert local(found.due_at) == expected
    assert found.nominal_on == date(2026, 10, 1)


@pytest.mark.parametrize(
    "rule",
    [
        DayOfMonth(day=1, roll=Roll.SKIP),
        Recurrence(rrule="FREQ=MONTHLY;BYMONTHDAY=1", start_on=date(2026, 1, 1), roll=Roll.SKIP),
    ],
)
def test_skip_owes_nothing_the_turn_whose_day_is_closed(rule: DueRule) -> None:
    found = dues(rule, date(2026, 9, 1), date(2027, 1, 1))
    assert [f"{one.nominal_on:%m-%d}" for one in found] == [
        "09-01",
        "12-01",
    ]  # 10-01 a holiday, 11-01 a Sunday


def test_an_open_duty_whose_day_was_closed_later_keeps_its_day() -> None:
    found = deadline_on(DayOfMonth(day=1, roll=Roll.SKIP), date(2026, 10, 1), office(HOLIDAYS))
    assert found.due_on == date(2026, 10, 1)


def test_an_event_skips_no_turn() -> None:
    with pytest.raises(RuleError, match="only a rule of the calendar can skip"):
        InDays(days=3, roll=Roll.SKIP)


def test_the_window_is_of_days_before_roll_and_half_open() -> None:
    rule = DayOfMonth(day=1)
    assert len(dues(rule, date(2026, 10, 1), date(2026, 11, 1))) == 1
    assert dues(rule, date(2026, 10, 2), date(2026, 11, 1)) == []
    assert dues(rule, date(2026, 11, 1), date(2026, 11, 1)) == []


def test_a_recurring_duty_opens_at_midnight_on_the_nth_workday_before_its_rolled_due() -> None:
    (found,) = dues(DayOfMonth(day=1), date(2026, 10, 1), date(2026, 10, 2))
    calendar = office(HOLIDAYS)
    assert local(opens_at(found, 5, calendar)) == "2026-09-24 00:00"
    assert local(opens_at(found, 1, calendar)) == "2026-09-30 00:00"
    assert local(opens_at(found, 0, calendar)) == "2026-10-08 00:00"


@pytest.mark.parametrize(
    ("rule", "nominal", "expected"),
    [
        (DayOfMonth(day=31), date(2026, 2, 28), date(2026, 2, 28)),
        (NthWorkday(n=1), date(2026, 10, 8), date(2026, 10, 1)),
        (Weekly(weekdays=(4,)), date(2026, 10, 2), date(2026, 10, 2)),
    ],
)
def test_a_turn_can_be_computed_again_by_a_changed_calendar(
    rule: DueRule, nominal: date, expected: date
) -> None:
    assert deadline_on(rule, nominal, office()).nominal_on == expected


def test_a_rule_that_needs_an_event_does_not_recur() -> None:
    with pytest.raises(TypeError, match="counts from an event"):
        list(deadlines_between(InDays(days=1), NEW_YEAR, date(2027, 1, 1), office()))
    with pytest.raises(TypeError, match="counts from an event"):
        deadline_on(InDays(days=1), NEW_YEAR, office())


def test_a_month_that_reaches_into_an_unpublished_year_is_provisional() -> None:
    calendar = office(source=FixedDays(by_day={}, published_through=2026))
    december, january = dues(DayOfMonth(day=1), date(2026, 12, 1), date(2027, 1, 2), calendar)
    assert (december.provisional, january.provisional) == (False, True)
    (counted,) = dues(NthWorkday(n=-1), date(2027, 1, 1), date(2027, 2, 1), calendar)
    assert counted.provisional


@pytest.mark.parametrize(
    ("rule", "day", "expected"),
    [
        (DayOfMonth(day=5), date(2026, 11, 5), (date(2026, 11, 1), date(2026, 12, 1))),
        (DayOfMonth(day=5, months=(1, 4, 7, 10)), date(2026, 11, 5), (date(2026, 10, 1), date(2027, 1, 1))),
        (DayOfMonth(day=5, months=(12,)), date(2026, 12, 5), (date(2026, 1, 1), date(2027, 1, 1))),
        (DayOfMonth(day=5, months=(1, 2)), date(2026, 2, 5), (date(2026, 2, 1), date(2026, 3, 1))),
        (NthWorkday(n=1, months=(1, 7)), date(2026, 7, 1), (date(2026, 7, 1), date(2027, 1, 1))),
        (Weekly(weekdays=(2,)), date(2026, 11, 18), (date(2026, 11, 16), date(2026, 11, 23))),
        (Recurrence(rrule="FREQ=DAILY", start_on=NEW_YEAR), NEW_YEAR, (NEW_YEAR, date(2026, 1, 2))),
        (
            Recurrence(rrule="FREQ=WEEKLY", start_on=NEW_YEAR),
            NEW_YEAR,
            (date(2025, 12, 29), date(2026, 1, 5)),
        ),
        (
            Recurrence(rrule="FREQ=MONTHLY;INTERVAL=3", start_on=NEW_YEAR),
            date(2026, 11, 1),
            (date(2026, 10, 1), date(2027, 1, 1)),
        ),
        (Recurrence(rrule="FREQ=YEARLY", start_on=NEW_YEAR), date(2026, 5, 1), (NEW_YEAR, date(2027, 1, 1))),
    ],
)
def test_the_unit_of_a_rule_is_how_often_it_comes_round(
    rule: DueRule, day: date, expected: tuple[date, date]
) -> None:
    assert rule.unit_around(day) == expected


@st.composite
def recurrences(draw: st.DrawFn) -> str:
    """Return RRULEs of all frequencies, with the parts that move with the start and those that do not."""
    freq = draw(st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 5))}"]
    days = st.lists(
        st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU")), min_size=1, max_size=3, unique=True
    )
    extra = draw(st.sampled_from(("", "BYDAY", "BYMONTHDAY", "BYSETPOS", "NTH", "BYMONTH")))
    if extra == "BYDAY":
        parts.append("BYDAY=" + ",".join(draw(days)))
    if extra == "BYMONTHDAY" and freq != "WEEKLY":
        parts.append(f"BYMONTHDAY={draw(st.sampled_from((1, 15, 28, -1)))}")
    if extra == "BYSETPOS" and freq in ("WEEKLY", "MONTHLY", "YEARLY"):
        parts += ["BYDAY=MO,TU,WE,TH,FR", f"BYSETPOS={draw(st.sampled_from((1, 2, -1)))}"]
    if extra == "NTH" and freq == "MONTHLY":
        parts.append(f"BYDAY={draw(st.sampled_from((1, 2, -1)))}FR")
    if extra == "BYMONTH":
        parts.append(f"BYMONTH={draw(st.sampled_from(('2', '3,9', '1,4,7,10')))}")
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(('SU', 'MO', 'WE')))}")
    ending = draw(st.sampled_from(("", "COUNT=40", "UNTIL=20240630")))
    return ";".join([*parts, *filter(None, [ending])])


@given(
    recurrences(),
    st.dates(date(2015, 1, 1), date(2024, 12, 31)),
    st.dates(date(2014, 6, 1), date(2026, 12, 31)),
    st.integers(1, 120),
)
def test_the_window_of_a_recurrence_is_what_a_walk_from_its_start_gives(
    text: str, start: date, first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    walked = rrulestr(text, dtstart=datetime.combine(start, time()))
    assert isinstance(walked, rrule)
    window = walked.between(
        datetime.combine(first, time()), datetime.combine(last - timedelta(days=1), time()), inc=True
    )
    try:
        rule = Recurrence(rrule=text, start_on=start)
    except RuleError:
        assert next(iter(walked), None) is None
        return
    found = list(rule.nominal_days(first, last, office()))
    assert found == [moment.date() for moment in window]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is not possible"),
        ("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "never comes round"),
        ("FREQ=DAILY;UNTIL=20200101", "never comes round"),
        ("FREQ=DAILY;COUNT=0", "COUNT=0 is not possible"),
        ("FREQ=DAILY;COUNT=999999", "COUNT=999999 is not possible"),
        ("FREQ=SECONDLY", "FREQ=SECONDLY is not possible; allowed are DAILY"),
        ("", "is unknown here"),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=DAILY;BYHOUR=9", "'BYHOUR' is unknown here"),
        ("FREQ=DAILY;UNTIL=soon", "UNTIL=SOON is no day"),
        ("FREQ=DAILY;UNTIL=20271231xyz", "UNTIL=20271231XYZ is no day"),
        ("FREQ=DAILY;UNTIL=20271231T250000Z", "UNTIL=20271231T250000Z is no day"),
        ("FREQ=DAILY;UNTIL=2027W011", "UNTIL=2027W011 is no day"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "exclude each other"),
        ("FREQ=DAILY;FREQ=DAILY", "only once"),
        ("FREQ=WEEKLY;BYDAY=XX", "rrule: BYDAY=XX is not possible; allowed are MO"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY=0MO is not possible"),
        ("FREQ=MONTHLY;BYDAY=MO,", "BYDAY=MO, is not possible"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH=13 is not possible; allowed are 1…12"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH=-1 is not possible"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 is not possible; allowed are -31…-1, 1…31"),
        ("FREQ=MONTHLY;BYMONTHDAY=1\nEXRULE:FREQ=DAILY", "is not possible"),
        ("FREQ=MONTHLY;BYSETPOS=999;BYDAY=MO", "BYSETPOS=999 is not possible"),
        ("FREQ=WEEKLY;WKST=monday", "WKST=MONDAY is not possible"),
        ("FREQ=DAILY;BYEASTER=0", "'BYEASTER' is unknown here"),
        ("FREQ=DAILY;" + "BYMONTH=1," * 80, "at most 500"),
    ],
)
def test_a_recurrence_that_is_endless_empty_or_malformed_is_refused(text: str, message: str) -> None:
    with pytest.raises(RuleError, match=message) as caught:
        Recurrence(rrule=text, start_on=NEW_YEAR)
    assert left_in_english(*caught.value.problems) == []


def test_a_recurrence_may_end_at_a_time_of_its_last_day() -> None:
    rule = Recurrence(rrule="FREQ=DAILY;UNTIL=20261022T120000Z", start_on=date(2026, 10, 21))
    days = [day.isoformat() for day in rule.nominal_days(date(2026, 10, 1), date(2026, 12, 1), office())]
    assert days == ["2026-10-21", "2026-10-22"]


def test_a_recurrence_rolls_and_takes_a_time_like_any_day() -> None:
    rule = Recurrence(rrule="FREQ=MONTHLY;BYDAY=1TH", start_on=date(2020, 1, 1), at=time(9, 30))
    assert shown(rule, date(2026, 10, 1), date(2026, 11, 6)) == ["2026-10-08 09:30", "2026-11-05 09:30"]


def test_the_month_a_duty_belongs_to_is_that_of_its_due_before_roll() -> None:
    (found,) = dues(DayOfMonth(day=31), date(2026, 1, 1), date(2026, 2, 1))
    assert found.due_at == at("2026-02-02 18:00")
    assert found.nominal_on.month == 1
