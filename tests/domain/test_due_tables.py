"""Due rules as people write them, and what they are told when they write them wrong."""

from datetime import UTC, date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.deadlines.due import (
    AtEvent,
    DayOfMonth,
    DueRule,
    EachWorkday,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    ListedDays,
    MovedTurn,
    NthWorkday,
    Recurrence,
    Roll,
    RuleError,
    Weekly,
    rule_from_table,
    rule_to_table,
)
from sla_tracker.errors import SlaError
from tests.chinese import left_in_english

NOON = time(12)
PAYDAY = date(2027, 1, 15)


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ({"at_event": True}, AtEvent()),
        ({"days": 3}, InDays(days=3)),
        ({"days": 0}, InDays(days=0)),
        ({"days": 7, "at": "12:00", "roll": "none"}, InDays(days=7, at=NOON, roll=Roll.NONE)),
        ({"days": -1}, InDays(days=-1)),
        ({"workdays": 1}, InWorkdays(workdays=1)),
        ({"workdays": 2, "at": "09:30"}, InWorkdays(workdays=2, at=time(9, 30))),
        ({"working_hours": 4}, InWorkingTime(span=timedelta(hours=4))),
        ({"working_hours": -2}, InWorkingTime(span=timedelta(hours=-2))),
        ({"working_minutes": 90}, InWorkingTime(span=timedelta(minutes=90))),
        ({"day": 5}, DayOfMonth(day=5)),
        ({"day": 5, "at": "12:00", "months": [1, 7]}, DayOfMonth(day=5, at=NOON, months=(1, 7))),
        ({"nth_workday": -1}, NthWorkday(n=-1)),
        ({"weekdays": ["fri", "mon"]}, Weekly(weekdays=(4, 0))),
        (
            {"rrule": "FREQ=MONTHLY;BYDAY=1MO", "start": "2026-01-01"},
            Recurrence(rrule="FREQ=MONTHLY;BYDAY=1MO", start_on=date(2026, 1, 1)),
        ),
        ({"hours": 24}, InElapsedTime(elapsed=timedelta(hours=24))),
        ({"hours": -48}, InElapsedTime(elapsed=timedelta(hours=-48))),
        ({"minutes": 15, "calendar": "lab"}, InElapsedTime(elapsed=timedelta(minutes=15), calendar="lab")),
        ({"workdays": 1, "calendar": "berlin"}, InWorkdays(workdays=1, calendar="berlin")),
        ({"days": 2, "at": "12:00", "zone": "consumer"}, InDays(days=2, at=NOON, zone="consumer")),
        ({"day": -1}, DayOfMonth(day=-1)),
        ({"day": 25, "offset": -3}, DayOfMonth(day=25, offset=-3)),
        (
            {"nth_workday": -3, "at": "12:00", "zone": "Europe/Berlin"},
            NthWorkday(n=-3, at=NOON, zone="Europe/Berlin"),
        ),
        ({"every_workday": True, "at": "12:00"}, EachWorkday(at=NOON)),
        ({"on": ["2027-01-15", "2027-01-29"]}, ListedDays(on=(date(2027, 1, 15), date(2027, 1, 29)))),
        ({"on": ["2027-01-15"], "roll": "following"}, ListedDays(on=(PAYDAY,), roll=Roll.FOLLOWING)),
        (
            {"weekdays": ["tue"], "except": ["2027-02-09"], "moved": {"2027-01-12": "2027-01-15"}},
            Weekly(
                weekdays=(1,),
                left_out=(date(2027, 2, 9),),
                moved=(MovedTurn(turn_on=date(2027, 1, 12), to_on=PAYDAY),),
            ),
        ),
    ],
)
def test_a_table_is_a_rule_and_back(table: dict[str, object], rule: DueRule) -> None:
    assert rule_from_table(table) == rule
    assert rule_to_table(rule) == table


@pytest.mark.parametrize(
    ("table", "rule"),
    [
        ({"working_hours": 1.5}, InWorkingTime(span=timedelta(minutes=90))),
        ({"day": 1, "at": NOON}, DayOfMonth(day=1, at=NOON)),  # TOML has times and days of its own
        ({"day": 1, "at": "9:00"}, DayOfMonth(day=1, at=time(9))),
        (
            {"rrule": "FREQ=DAILY", "start": date(2026, 1, 1)},
            Recurrence(rrule="FREQ=DAILY", start_on=date(2026, 1, 1)),
        ),
        ({"days": 1, "at": "12:00:30"}, InDays(days=1, at=time(12, 0, 30))),
    ],
)
def test_other_ways_to_write_the_same(table: dict[str, object], rule: DueRule) -> None:
    assert rule_from_table(table) == rule


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, ["exactly one of", "found none"]),
        ({"days": 1, "workdays": 1}, ["exactly one of", "found days, workdays"]),
        ({"dais": 1}, ["“dais” is unknown. Did you mean “days”? Allowed are at_event"]),
        ({"qqq": 1, "days": 1}, ["“qqq” is unknown; allowed are at_event, days,"]),
        ({"workdays": 1, "roll": "none"}, ["roll: not possible beside workdays", "allowed there: at"]),
        ({"at_event": True, "at": "12:00"}, ["at: not possible beside at_event, which stands alone"]),
        ({"at_event": False}, ["at_event = true"]),
        ({"days": "3"}, ["days: '3' is no whole number"]),
        ({"days": True}, ["days: true is no whole number"]),
        ({"days": 99999}, ["days: 99999 is out of reach", "-3660 to 3660"]),
        ({"workdays": 5000}, ["workdays: 5000 is out of reach"]),
        ({"working_hours": 5000}, ["at most 2000 hours"]),
        ({"working_hours": 0.001}, ["working_hours: 0.001 is no number of whole minutes"]),
        ({"working_minutes": float("inf")}, ["inf is no number of whole minutes"]),
        ({"working_hours": True}, ["no number of whole minutes"]),
        ({"day": 32}, ["day: 32 is no day of a month"]),
        ({"day": 1, "months": [13]}, ["months: 13 is no month", "1 to 12"]),
        ({"day": 1, "months": [1, 1]}, ["months: one of them is named twice"]),
        ({"day": 1, "months": 4}, ["months: 4 is no list"]),
        ({"nth_workday": 0}, ["nth_workday: 0 is not possible"]),
        ({"weekdays": []}, ["weekdays: name at least one"]),
        ({"weekdays": ["fri", "fri"]}, ["weekdays: one of them is named twice"]),
        ({"weekdays": ["frid"]}, ["weekdays: “frid” is unknown", "Did you mean “fri”?"]),
        ({"weekdays": [7]}, ["weekdays: “7” is unknown; allowed are mon, tue, wed"]),
        ({"weekdays": "fri"}, ["weekdays: 'fri' is no list"]),
        ({"rrule": 3, "start": "2026-01-01"}, ["rrule: 3 is no text"]),
        ({"rrule": "FREQ=DAILY"}, ["start: an rrule needs its first day"]),
        ({"rrule": "FREQ=DAILY", "start": time(9)}, ["start: 09:00:00 is no day"]),
        ({"rrule": "FREQ=DAILY;INTERVAL=0", "start": "2026-01-01"}, ["rrule: INTERVAL=0 is not possible"]),
        ({"days": 1, "at": "25:00"}, ["at: '25:00' is no time of day"]),
        ({"days": 1, "at": 12}, ["at: 12 is no time of day"]),
        ({"days": 1, "at": "12:00+08:00"}, ["at: give the local clock time"]),
        ({"hours": 1, "at": "12:00"}, ["at: not possible beside hours; allowed there: calendar"]),
        ({"minutes": 0.5}, ["minutes: 0.5 is no number of whole minutes"]),
        ({"hours": 90000}, ["Elapsed time: at most 87840 hours"]),
        ({"hours": 10**12}, ["Elapsed time: at most 87840 hours"]),
        ({"minutes": -(10**5000)}, ["Elapsed time: at most 87840 hours"]),
        ({"working_hours": 1e300}, ["Working time: at most 2000 hours"]),
        ({"minutes": float("nan")}, ["nan is no number of whole minutes"]),
        ({"days": 16**5000}, ["days: 0x1000", "… is out of reach"]),
        ({"zone": 16**5000, "days": 1, "at": "12:00"}, ["zone: 0x1000", "… is no name"]),
        ({"every_workday": 1}, ["every_workday: write every_workday = true"]),
        ({"every_workday": True, "roll": "none"}, ["roll: not possible beside every_workday"]),
        ({"on": "2027-01-15"}, ["on: '2027-01-15' is no list of days"]),
        ({"on": ["15.1.2027"]}, ["on: '15.1.2027' is no day"]),
        ({"on": []}, ["on: name between 1 and 400 days"]),
        ({"on": ["2027-01-29", "2027-01-15"]}, ["on: write the days in their order"]),
        ({"on": ["2027-01-15", "2027-01-15"]}, ["on: one of them is named twice"]),
        ({"day": 5, "zone": "Europe/Berlin"}, ["zone: give the time beside it"]),
        ({"day": 5, "at": "12:00", "zone": "Berlin"}, ["zone: 'Berlin' is no time zone"]),
        ({"day": 5, "at": "12:00", "zone": "../etc"}, ["is no time zone"]),
        ({"day": 5, "at": "12:00", "zone": 1}, ["zone: 1 is no name"]),
        ({"day": 5, "calendar": ""}, ["calendar: '' is no name"]),
        ({"day": 5, "offset": 16}, ["offset: 16 is out of reach"]),
        ({"day": 5, "offset": 1, "roll": "none"}, ["roll: not possible beside offset"]),
        ({"day": 5, "except": "x"}, ["except: 'x' is no list of days"]),
        ({"day": 5, "except": ["2027-01-05"] * 2}, ["except: one of them is named twice"]),
        ({"day": 5, "moved": ["2027-01-05"]}, ["moved: ", "is no table"]),
        ({"day": 5, "moved": {"2027-01-05": "2027-03-05"}}, ["further than 31 days"]),
        (
            {"day": 5, "moved": {"2027-01-05": "2027-01-04"}, "except": ["2027-01-05"]},
            ["is left out by “except” as well"],
        ),
        ({"days": 1, "roll": "folowing"}, ["roll: “folowing” is unknown", "Did you mean “following”?"]),
    ],
)
def test_a_wrong_table_says_the_key_what_is_wrong_and_what_is_allowed(
    table: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(RuleError) as caught:
        rule_from_table(table)
    for word in words:
        assert word in str(caught.value)
    assert left_in_english(*caught.value.problems) == []


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(RuleError) as caught:
        rule_from_table({"day": 40, "at": "noon", "roll": "back", "month": 3})
    values = [problem.values for problem in caught.value.problems]
    assert [found.get("key", found.get("wrong")) for found in values] == ["month", "at", "roll", "day"]


KEYS = (
    "at_event days workdays working_hours working_minutes day nth_workday weekdays rrule start at roll months"
)
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.dates()
    | st.times()
    | st.sampled_from(["none", "12:00", "2026-01-01", "FREQ=DAILY", "FREQ=MONTHLY;BYDAY=1"])
)


@given(
    st.dictionaries(st.sampled_from([*KEYS.split(), "month", "周"]), values | st.lists(values, max_size=3))
)
def test_no_table_breaks_the_reader_or_is_answered_in_english(table: dict[str, object]) -> None:
    problems: tuple[SlaError, ...] = ()
    try:
        rule_from_table(table)
    except RuleError as error:
        problems = error.problems
        assert problems
    assert left_in_english(*problems) == []


def test_a_rule_made_in_code_is_checked_too() -> None:
    with pytest.raises(RuleError, match="whole minutes"):
        InWorkingTime(span=timedelta(seconds=90))
    with pytest.raises(RuleError, match="without a time zone"):
        DayOfMonth(day=1, at=time(12, tzinfo=UTC))
    with pytest.raises(RuleError, match="weekdays: 7 is no weekday"):
        Weekly(weekdays=(7,))


def test_an_unknown_kind_of_rule_is_not_written_down() -> None:
    with pytest.raises(TypeError, match="no due rule of this version"):
        rule_to_table(DueRule())
