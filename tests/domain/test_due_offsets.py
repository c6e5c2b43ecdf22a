"""Rules that count from an event or a request: one test for each row of the table of borders."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.deadlines.due import (
    AtEvent,
    DayOfMonth,
    Deadline,
    DueRule,
    InDays,
    InWorkdays,
    InWorkingTime,
    Roll,
    deadline_after,
)
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.time.work_calendar import CalendarError, FixedDays, WorkCalendar
from tests.domain.calendars import at, closed, local, made_up, office

NOON = time(12)
NATIONAL_DAY = {date(2026, 10, day): closed("National Day") for day in range(1, 8)} | {
    date(2026, 9, 20): made_up(),
    date(2026, 10, 10): made_up(),
}
HOUR = timedelta(hours=1)


def due(rule: DueRule, event: str, calendar: WorkCalendar | None = None) -> Deadline:
    """Compute a deadline, and hold every one of this file to its steps."""
    found = deadline_after(rule, at(event), calendar or office(NATIONAL_DAY))
    assert recompute(found.steps) == found.due_at
    return found


@pytest.mark.parametrize(
    ("event", "workdays", "expected"),
    [
        ("2026-11-20 09:00", 1, "2026-11-23 18:00"),
        ("2026-11-20 17:59", 1, "2026-11-23 18:00"),
        ("2026-11-20 23:00", 1, "2026-11-23 18:00"),
        ("2026-11-21 10:00", 1, "2026-11-23 18:00"),  # a closed day is not rolled first
        ("2026-09-30 16:40", 1, "2026-10-08 18:00"),
        ("2026-10-09 16:40", 1, "2026-10-10 18:00"),  # a make-up Saturday
        ("2026-09-30 16:40", 3, "2026-10-10 18:00"),
    ],
)
def test_within_n_workdays_ends_at_the_close_of_the_nth_after_the_events_day(
    event: str, workdays: int, expected: str
) -> None:
    found = due(InWorkdays(workdays=workdays), event)
    assert local(found.due_at) == expected
    assert found.nominal_on == found.due_on


@pytest.mark.parametrize(
    ("event", "days", "expected"),
    [
        ("2026-11-16 16:40", 3, "2026-11-19 18:00"),  # 交车后 3 日内
        ("2026-11-16 23:59", 1, "2026-11-17 18:00"),  # next day
        ("2026-11-16 16:40", 7, "2026-11-23 18:00"),  # within a week
        ("2026-11-19 16:40", 3, "2026-11-23 18:00"),  # Sunday, then rolled
        ("2026-09-30 08:00", 1, "2026-10-08 18:00"),
    ],
)
def test_within_n_days_counts_calendar_days_without_the_events_day_and_then_rolls(
    event: str, days: int, expected: str
) -> None:
    assert local(due(InDays(days=days), event).due_at) == expected


def test_the_day_before_roll_decides_the_month() -> None:
    found = due(InDays(days=1), "2026-09-30 08:00")
    assert (found.nominal_on, found.due_on) == (date(2026, 10, 1), date(2026, 10, 8))


@pytest.mark.parametrize("rule", [InDays(days=0), InWorkdays(workdays=0), InDays(days=0, roll=Roll.NONE)])
@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("2026-11-20 09:00", "2026-11-20 18:00"),
        ("2026-11-20 17:59", "2026-11-20 18:00"),
        ("2026-11-20 18:00", "2026-11-23 18:00"),  # at the close
        ("2026-11-20 20:00", "2026-11-23 18:00"),  # after it
        ("2026-11-21 10:00", "2026-11-23 18:00"),  # on a closed day
        ("2026-11-20 06:00", "2026-11-20 18:00"),
        ("2026-11-20 12:30", "2026-11-20 18:00"),  # in the lunch break
    ],
)
def test_same_day_is_that_days_close_and_later_counts_as_the_next_workday(
    rule: DueRule, event: str, expected: str
) -> None:
    assert local(due(rule, event).due_at) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("2026-11-20 11:59", "2026-11-20 12:00"),
        ("2026-11-20 12:00", "2026-11-23 12:00"),
        ("2026-11-21 09:00", "2026-11-23 12:00"),
    ],
)
def test_a_same_day_rule_with_a_time_is_up_at_that_time(event: str, expected: str) -> None:
    assert local(due(InDays(days=0, at=NOON, roll=Roll.NONE), event).due_at) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (
            InDays(days=1, at=time(12, 30)),
            "2026-11-23 12:30",
        ),  # inside the lunch break, and rolled with its clock time
        (InDays(days=1, at=time(12, 30), roll=Roll.NONE), "2026-11-21 12:30"),  # on a closed day
        (InDays(days=1, at=time(23, 0), roll=Roll.PRECEDING), "2026-11-23 23:00"),
        (InWorkdays(workdays=1, at=time(7, 15)), "2026-11-23 07:15"),
        (InDays(days=4, at=time(0)), "2026-11-24 00:00"),
    ],
)
def test_a_stated_time_stands_as_it_is(rule: DueRule, expected: str) -> None:
    assert local(due(rule, "2026-11-20 16:40").due_at) == expected


def test_a_stated_time_keeps_its_seconds() -> None:
    found = due(InDays(days=3, at=time(12, 0, 30)), "2026-11-20 16:40")
    assert found.due_at == at("2026-11-23 12:00:30")


def test_a_closed_day_without_roll_ends_at_the_usual_close() -> None:
    found = due(InDays(days=1, roll=Roll.NONE), "2026-11-20 16:40")
    assert local(found.due_at) == "2026-11-21 18:00"


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        (Roll.FOLLOWING, "2026-11-23 18:00"),
        (Roll.PRECEDING, "2026-11-20 18:00"),
        (Roll.NONE, "2026-11-22 18:00"),
    ],
)
def test_a_due_day_that_is_no_workday_rolls(roll: Roll, expected: str) -> None:
    assert local(due(InDays(days=5, roll=roll), "2026-11-17 16:40").due_at) == expected


def test_working_time_and_the_events_own_instant_are_never_rolled() -> None:
    assert local(due(AtEvent(), "2026-11-21 03:00").due_at) == "2026-11-21 03:00"
    assert local(due(InWorkingTime(span=2 * HOUR), "2026-11-20 16:00").due_at) == "2026-11-20 18:00"


@pytest.mark.parametrize(
    ("event", "days", "expected"),
    [
        ("2026-11-20 16:40", 1, "2026-11-23 18:00"),  # Saturday → Friday is the event's day → Monday
        ("2026-11-20 16:40", 2, "2026-11-23 18:00"),
        ("2026-11-19 16:40", 2, "2026-11-20 18:00"),
        ("2026-10-02 09:00", 3, "2026-10-08 18:00"),  # inside the holiday everything goes on
    ],
)
def test_preceding_that_lands_on_the_events_day_or_before_becomes_following(
    event: str, days: int, expected: str
) -> None:
    assert local(due(InDays(days=days, roll=Roll.PRECEDING), event).due_at) == expected


def test_following_before_a_planned_event_never_lands_on_or_after_it() -> None:
    assert local(due(InDays(days=-1), "2026-11-23 10:00").due_at) == "2026-11-20 18:00"
    assert local(due(InDays(days=-3), "2026-11-24 10:00").due_at) == "2026-11-23 18:00"


@pytest.mark.parametrize(
    ("rule", "event", "expected"),
    [
        (InWorkingTime(span=-2 * HOUR), "2026-11-23 09:00", "2026-11-20 16:30"),
        (InWorkingTime(span=-2 * HOUR), "2026-11-20 15:30", "2026-11-20 13:30"),
        (InWorkdays(workdays=-2), "2026-11-23 09:00", "2026-11-19 18:00"),
        (InWorkdays(workdays=-1, at=NOON), "2026-11-22 09:00", "2026-11-20 12:00"),
        (InDays(days=-7, at=NOON), "2026-11-23 09:00", "2026-11-16 12:00"),
    ],
)
def test_a_negative_offset_lies_before_the_event(rule: DueRule, event: str, expected: str) -> None:
    assert local(due(rule, event).due_at) == expected


@pytest.mark.parametrize(
    ("event", "minutes", "expected"),
    [
        ("2026-11-20 16:40", 240, "2026-11-23 11:10"),
        ("2026-11-20 08:30", 210, "2026-11-20 12:00"),
        ("2026-11-21 10:00", 0, "2026-11-23 08:30"),
        ("2026-11-20 10:00", 0, "2026-11-20 10:00"),
    ],
)
def test_working_time_after_an_event(event: str, minutes: int, expected: str) -> None:
    assert local(due(InWorkingTime(span=timedelta(minutes=minutes)), event).due_at) == expected


def test_a_due_at_24_00_belongs_to_the_day_that_ends() -> None:
    late = office(hours=("20:00-24:00",))
    for rule in (InDays(days=0), InWorkingTime(span=4 * HOUR)):
        found = due(rule, "2026-11-19 19:00", late)
        assert local(found.due_at) == "2026-11-20 00:00"
        assert (found.due_on, found.nominal_on) == (date(2026, 11, 19), date(2026, 11, 19))


@pytest.mark.parametrize(
    ("rule", "event", "expected"),
    [
        (InWorkdays(workdays=3), "2026-12-30 10:00", True),
        (InWorkdays(workdays=1), "2026-12-30 10:00", False),
        (InDays(days=3, at=NOON, roll=Roll.NONE), "2026-12-30 10:00", False),  # no day was looked at
        (InDays(days=3, at=NOON), "2026-12-30 10:00", True),
        (InDays(days=1, roll=Roll.FOLLOWING), "2026-12-30 10:00", False),
        (InWorkingTime(span=HOUR), "2026-12-31 17:30", True),
        (InWorkingTime(span=-HOUR), "2027-01-04 08:30", True),
        (AtEvent(), "2027-03-01 10:00", False),
    ],
)
def test_provisional_when_any_day_that_was_looked_at_is_not_published(
    rule: DueRule, event: str, expected: bool
) -> None:
    found = due(rule, event, office(source=FixedDays(by_day={}, published_through=2026)))
    assert found.provisional is expected
    assert any(step.kind == "provisional" for step in found.steps) is expected
    assert ("2027:" in found.calendar_version) is expected


def test_a_stated_time_that_comes_round_twice_is_not_due_before_its_event() -> None:
    # In St John's the clocks of 2006-10-29 went back from 00:01 to 23:01 of the day before.
    calendar = office(zone="America/St_Johns")
    second_evening = calendar.instant_of(date(2006, 10, 29), time()) + timedelta(minutes=30)
    assert calendar.local_date(second_evening) == date(2006, 10, 28)
    found = deadline_after(InDays(days=1, at=time(0), roll=Roll.NONE), second_evening, calendar)
    assert found.due_at == second_evening == recompute(found.steps)


def test_a_recurring_rule_has_no_event() -> None:
    with pytest.raises(TypeError, match="counts from the calendar"):
        deadline_after(DayOfMonth(day=5), at("2026-11-20 09:00"), office())


@pytest.mark.parametrize(
    ("moment", "expected"), [("16:40:00", False), ("17:00:00", False), ("17:00:01", True), ("17:10:00", True)]
)
def test_after_five_does_not_hold_at_five_sharp(moment: str, expected: bool) -> None:
    condition = Condition(after=time(17), field="cash")
    assert condition.holds(time.fromisoformat(moment), {"cash": "yes"}) is expected
    assert not condition.holds(time.fromisoformat(moment), {"cash": "no"})


@pytest.mark.parametrize("rule", [InDays(days=5), InWorkdays(workdays=5), InWorkingTime(span=40 * HOUR)])
def test_a_deadline_beyond_the_last_year_is_refused_in_words(rule: DueRule) -> None:
    with pytest.raises(CalendarError, match="calendars"):
        deadline_after(rule, datetime(9999, 12, 30, tzinfo=UTC), office())
