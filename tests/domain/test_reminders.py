"""When a duty's reminders fall due, whom they reach, and in which hours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest

from sla_tracker.domain.deadlines.due import Interval
from sla_tracker.domain.duties.duty import Delivery, Duty, State
from sla_tracker.domain.people import Absence, Person, Role
from sla_tracker.domain.reminders.allowed_hours import at_clock, last_allowed, next_allowed
from sla_tracker.domain.reminders.due_reminders import ReminderInputs, due_reminders, turns
from sla_tracker.domain.reminders.policy import (
    DEFAULT_POLICY,
    IN_TERMINAL,
    AllowedHours,
    Anchor,
    ChannelTerms,
    EveryWorkday,
    InWorkingHours,
    Level,
    OnWorkday,
    Policies,
    Policy,
    Preference,
    Reach,
    ReminderStep,
)
from sla_tracker.domain.time.work_hours import Segment
from sla_tracker.testing.company import PEOPLE, ZONE, a_calendar, a_duty, local

CALENDAR = a_calendar()
MAIL = ChannelTerms(name="mail", kind="mail", reach=Reach.ADDRESS)
GROUP = ChannelTerms(name="wecom", kind="wecom", reach=Reach.GROUP, departments=("sales",))
CHANNELS = {"terminal": IN_TERMINAL, "mail": MAIL, "wecom": GROUP}
FOREVER = local("2027-12-31 00:00")


def around(
    *steps: ReminderStep,
    people: tuple[Person, ...] = PEOPLE,
    hours: AllowedHours = DEFAULT_POLICY.hours,
    usual: tuple[str, ...] = ("terminal",),
    preferences: dict[str, Preference] | None = None,
) -> ReminderInputs:
    policy = Policy(steps=steps or DEFAULT_POLICY.steps, hours=hours)
    return ReminderInputs(
        duty_calendar=lambda _duty: CALENDAR,
        department_calendar=lambda _department: CALENDAR,
        people={person.id: person for person in people},
        policies=Policies(channels=CHANNELS, usual_channels=usual, preferences=preferences or {}),
        policy_of=lambda _duty: policy,
    )


def step(
    when: OnWorkday | InWorkingHours | EveryWorkday,
    anchor: Anchor = Anchor.DUE,
    level: Level = Level.ASSIGNEE,
    channels: tuple[str, ...] = (),
) -> ReminderStep:
    return ReminderStep(id="s", when=when, anchor=anchor, level=level, channels=channels)


def moments(duty: Duty, surroundings: ReminderInputs) -> list[str]:
    return [f"{turn.at.astimezone(ZONE):%m-%d %H:%M}" for turn in turns(duty, surroundings)]


def reached(duty: Duty, surroundings: ReminderInputs, on: str = "2027-12-31 00:00") -> set[tuple[str, str]]:
    found = due_reminders(duty, surroundings, until=local(on))
    return {(due.recipient.id, due.recipient.channel) for due in found}


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (OnWorkday(workdays=-3, at=time(9)), ["11-16 16:40"]),  # 09:00 was before the opening
        (OnWorkday(workdays=-1, at=time(9)), ["11-18 09:00"]),
        (OnWorkday(workdays=0, at=time(9)), ["11-19 09:00"]),
        (OnWorkday(workdays=2, at=time(9, 30)), ["11-23 09:30"]),  # over the weekend
        (InWorkingHours(span=timedelta(hours=-2)), ["11-19 16:00"]),
        (InWorkingHours(span=timedelta(hours=-5)), ["11-19 11:30"]),  # over the lunch break
        (InWorkingHours(span=timedelta(minutes=30)), ["11-20 09:00"]),
        (EveryWorkday(most=3, at=time(9)), ["11-20 09:00", "11-23 09:00", "11-24 09:00"]),
    ],
)
def test_a_step_falls_due_as_the_policy_words_it(
    when: OnWorkday | InWorkingHours | EveryWorkday, expected: list[str]
) -> None:
    assert moments(a_duty(), around(step(when))) == expected


def test_the_usual_policy_climbs_to_the_heads_of_both_sides() -> None:
    duty = a_duty(assignee="wang.fang")
    found = [
        (f"{due.turn.at.astimezone(ZONE):%m-%d %H:%M}", due.turn.step.id, due.recipient.id)
        for due in due_reminders(duty, around(), until=local("2026-11-24 12:00"))
    ]
    assert found == [
        ("11-16 16:40", "opened", "wang.fang"),
        ("11-16 16:40", "three-days-before", "wang.fang"),
        ("11-19 09:00", "on-the-day", "wang.fang"),
        ("11-19 16:00", "two-hours-before", "wang.fang"),
        ("11-20 09:00", "overdue", "wang.fang"),
        ("11-20 09:00", "overdue-head", "li.na"),
        ("11-23 09:00", "overdue", "wang.fang"),
        ("11-24 09:00", "overdue", "wang.fang"),
        ("11-24 09:00", "overdue-consumer-head", "sun.hua"),
    ]


def test_only_what_lies_in_the_window_is_due() -> None:
    surroundings = around(step(EveryWorkday(most=5, at=time(9))))
    due = due_reminders(
        a_duty(assignee="wang.fang"),
        surroundings,
        since=local("2026-11-20 09:00"),
        until=local("2026-11-24 09:00"),
    )
    assert [f"{one.turn.at.astimezone(ZONE):%d}" for one in due] == ["23", "24"]


@pytest.mark.parametrize(
    "state", [State.HELD, State.ACCEPTED, State.WAIVED, State.CANCELLED, State.MISSED, State.HANDED_OVER]
)
def test_nothing_is_said_about_what_nobody_has_to_do(state: State) -> None:
    assert moments(a_duty(state=state), around()) == []


def test_nothing_is_said_while_the_clock_stands_still() -> None:
    waiting = Interval(start_at=local("2026-11-19 12:00"), end_at=None, why="waiting:abcdef")
    steps = (
        step(OnWorkday(workdays=0, at=time(9))),
        replace(step(EveryWorkday(most=2, at=time(9))), id="overdue"),
    )
    assert moments(a_duty(excuses=(waiting,)), around(*steps)) == ["11-19 09:00"]


def test_a_verdict_is_reminded_of_on_the_consumers_side() -> None:
    delivery = Delivery(at=local("2026-11-18 10:00"), by="wang.fang")
    duty = a_duty(state=State.DELIVERED, deliveries=(delivery,), accept_by_at=local("2026-11-23 18:00"))
    assert moments(duty, around()) == ["11-20 09:00"]
    assert reached(duty, around()) == {(id, "terminal") for id in ("chen.jing", "sun.li", "sun.hua")}


def test_an_answer_is_reminded_of_until_it_is_given() -> None:
    asked = a_duty(answer_due_at=local("2026-11-17 12:00"))
    surroundings = around(step(InWorkingHours(span=timedelta(hours=-1)), Anchor.ANSWER))
    assert moments(asked, surroundings) == ["11-17 11:00"]
    assert moments(replace(asked, answered_at=local("2026-11-17 09:00")), surroundings) == []


# --- hours ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "following", "before"),
    [
        ("2026-11-20 08:00", "2026-11-20 08:00", "2026-11-20 08:00"),
        ("2026-11-20 20:00", "2026-11-20 20:00", "2026-11-20 20:00"),
        ("2026-11-20 07:59", "2026-11-20 08:00", "2026-11-19 20:00"),
        ("2026-11-20 20:01", "2026-11-23 08:00", "2026-11-20 20:00"),
        ("2026-11-21 12:00", "2026-11-23 08:00", "2026-11-20 20:00"),
    ],
)
def test_closed_days_and_nights_are_quiet(at: str, following: str, before: str) -> None:
    hours = AllowedHours()
    assert next_allowed(hours, local(at), CALENDAR) == local(following)
    assert last_allowed(hours, local(at), CALENDAR) == local(before)


def test_hours_may_cover_whole_days_and_closed_ones() -> None:
    always = AllowedHours(span=Segment(0, 1440), closed_days=True)
    midnight = local("2026-11-22 23:59")
    assert next_allowed(always, midnight, CALENDAR) == midnight
    nights_off = AllowedHours(span=Segment(600, 1440))
    assert next_allowed(nights_off, local("2026-11-21 00:00"), CALENDAR) == local("2026-11-23 10:00")


def test_a_digest_waits_for_its_time_of_day() -> None:
    hours = AllowedHours()
    assert at_clock(time(8, 30), local("2026-11-20 08:00"), hours, CALENDAR) == local("2026-11-20 08:30")
    assert at_clock(time(8, 30), local("2026-11-20 09:00"), hours, CALENDAR) == local("2026-11-23 08:30")
    assert at_clock(time(6), local("2026-11-20 09:00"), hours, CALENDAR) == local("2026-11-23 08:00")


def test_what_would_come_too_late_comes_early() -> None:
    """Due at 18:00 with quiet from 12:00 on: two hours before would only be said after the due time."""
    mornings = AllowedHours(span=Segment(9 * 60, 12 * 60))
    soon = step(InWorkingHours(span=timedelta(hours=-2)))
    assert moments(a_duty(), around(soon, hours=mornings)) == ["11-19 12:00"]


# --- whom -------------------------------------------------------------------------------------------------------------


def test_what_nobody_has_taken_reaches_the_department() -> None:
    on_the_day = around(step(OnWorkday(workdays=0, at=time(9))))
    assert {id for id, _ in reached(a_duty(), on_the_day)} == {"wang.fang", "zhao.lei", "li.na"}


def test_a_deputy_stands_in_and_is_told_for_whom() -> None:
    people = tuple(
        replace(person, away=(Absence(first_on=date(2026, 11, 19), last_on=date(2026, 11, 20)),))
        if person.id == "wang.fang"
        else person
        for person in PEOPLE
    )
    surroundings = around(step(OnWorkday(workdays=0, at=time(9))), people=people)
    (due,) = due_reminders(a_duty(assignee="wang.fang"), surroundings, until=FOREVER)
    assert (due.recipient.id, due.recipient.instead_of) == ("zhao.lei", "wang.fang")


def away(person: Person) -> Person:
    return replace(person, away=(Absence(first_on=date(2026, 1, 1), last_on=date(2027, 12, 31)),))


def test_when_the_deputy_is_away_too_the_head_is_told() -> None:
    people = tuple(away(person) if person.id in {"wang.fang", "zhao.lei"} else person for person in PEOPLE)
    surroundings = around(step(OnWorkday(workdays=0, at=time(9))), people=people)
    assert reached(a_duty(assignee="wang.fang"), surroundings) == {("li.na", "terminal")}


def test_when_everybody_is_away_nothing_is_lost() -> None:
    people = tuple(map(away, PEOPLE))
    surroundings = around(step(OnWorkday(workdays=0, at=time(9))), people=people)
    assert reached(a_duty(assignee="wang.fang"), surroundings) == {("wang.fang", "terminal")}


def test_deputies_of_each_other_do_not_go_round_for_ever() -> None:
    one, two = (
        away(Person(id=id, name=id, department="sales", deputy=other))
        for id, other in (("one", "two"), ("two", "one"))
    )
    surroundings = around(step(OnWorkday(workdays=0, at=time(9))), people=(one, two))
    assert reached(a_duty(assignee="one"), surroundings) == {("one", "terminal")}


def test_a_leavers_duties_are_the_departments() -> None:
    people = tuple(
        replace(person, left_on=date(2026, 11, 18)) if person.id == "wang.fang" else person
        for person in PEOPLE
    )
    surroundings = around(step(OnWorkday(workdays=0, at=time(9))), people=people)
    assert {id for id, _ in reached(a_duty(assignee="wang.fang"), surroundings)} == {"zhao.lei", "li.na"}


def test_a_department_without_a_head_is_told_as_a_whole() -> None:
    people = tuple(person for person in PEOPLE if person.role is not Role.HEAD)
    surroundings = around(step(OnWorkday(workdays=1, at=time(9)), level=Level.HEAD), people=people)
    assert {id for id, _ in reached(a_duty(), surroundings)} == {"wang.fang", "zhao.lei"}


def test_readers_are_not_reminded() -> None:
    surroundings = around(step(OnWorkday(workdays=0, at=time(9)), level=Level.CONSUMER))
    assert "guest" not in {id for id, _ in reached(a_duty(), surroundings)}


def test_without_an_address_a_message_goes_to_the_terminal() -> None:
    with_mail = tuple(
        replace(person, addresses={"mail": "x@example.com"}) if person.id == "li.na" else person
        for person in PEOPLE
    )
    surroundings = around(step(OnWorkday(workdays=0, at=time(9))), people=with_mail, usual=("mail",))
    assert reached(a_duty(), surroundings) == {
        ("wang.fang", "terminal"),
        ("zhao.lei", "terminal"),
        ("li.na", "mail"),
    }


def test_a_group_is_told_once_and_names_who_is_meant() -> None:
    surroundings = around(step(OnWorkday(workdays=0, at=time(9)), channels=("wecom",)))
    (due,) = due_reminders(a_duty(assignee="wang.fang"), surroundings, until=FOREVER)
    assert (due.recipient.id, due.recipient.channel, due.recipient.mentions) == (
        "@sales",
        "wecom",
        ("wang.fang",),
    )


def test_a_department_without_that_group_is_told_in_the_terminal() -> None:
    surroundings = around(
        step(OnWorkday(workdays=0, at=time(9)), level=Level.CONSUMER_HEAD, channels=("wecom",))
    )
    assert reached(a_duty(), surroundings) == {("sun.hua", "terminal")}


def test_a_person_may_prefer_another_channel() -> None:
    surroundings = around(
        step(OnWorkday(workdays=0, at=time(9))), preferences={"wang.fang": Preference(channels=("wecom",))}
    )
    assert reached(a_duty(assignee="wang.fang"), surroundings) == {("@sales", "wecom")}


def test_moving_the_due_time_to_another_day_begins_anew() -> None:
    duty = a_duty()
    moved = replace(
        duty,
        due_at=duty.due_at + timedelta(days=1),
        deadline=replace(duty.deadline, due_at=duty.due_at + timedelta(days=1), due_on=date(2026, 11, 20)),
    )
    surroundings = around(step(OnWorkday(workdays=0, at=time(9))))
    keys = [turn.key for one in (duty, moved) for turn in turns(one, surroundings)]
    assert keys == ["s@2026-11-19", "s@2026-11-20"]


def test_an_answer_does_not_depend_on_when_it_is_asked() -> None:
    surroundings = around()
    duty = a_duty(assignee="wang.fang")
    whole = due_reminders(duty, surroundings, until=FOREVER)
    days = [local("2026-11-16 00:00") + timedelta(days=day) for day in range(30)]
    parts = [
        due
        for start, end in pairwise(days)
        for due in due_reminders(duty, surroundings, since=start, until=end)
    ]
    assert parts == whole


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        next_allowed(AllowedHours(), datetime(2026, 11, 20, 9), CALENDAR)  # noqa: DTZ001
