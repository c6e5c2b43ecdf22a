"""Steps in percent of a duty's time: when they are passed, what stands still, what is said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.deadlines.due import InElapsedTime, Interval, deadline_after, with_excuses
from sla_tracker.domain.deadlines.duty_clock import DutyClock, clock_of
from sla_tracker.domain.duties.duty import Duty, Opened, State, Terms
from sla_tracker.domain.reminders.due_reminders import highest_shares, still_stands, turns
from sla_tracker.domain.reminders.policy import Anchor, Level, Policy, ReminderStep, TimeUsed
from sla_tracker.domain.reminders.policy_toml import PolicyError, policy_from_table
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.domain.reminders.time_used import clock_start, last_share, used_at
from sla_tracker.testing.company import ZONE, a_calendar, a_duty, local
from tests.domain.test_reminders import around

CALENDAR = a_calendar()
STEPS = (
    ReminderStep(id="half", when=TimeUsed(percent=50)),
    ReminderStep(id="most", when=TimeUsed(percent=80), level=Level.HEAD),
)


def excused(duty: Duty, *excuses: tuple[str, str | None]) -> Duty:
    """Return the duty with excused time, its deadline extended as the services do it."""
    intervals = tuple(Interval(start_at=local(a), end_at=local(b) if b else None) for a, b in excuses)
    deadline = with_excuses(duty.deadline, intervals, DutyClock(CALENDAR))
    return replace(duty, granted=duty.deadline, deadline=deadline, due_at=deadline.due_at, excuses=intervals)


@pytest.mark.parametrize(
    ("excuses", "percent", "expected"),
    [
        # From Monday 16:40 to Thursday 18:00 there are 1520 working minutes.
        ((), 50, "11-18 11:50"),
        ((), 80, "11-19 11:26"),
        ((), 100, "11-19 18:00"),
        ((("2026-11-18 09:00", "2026-11-18 11:00"),), 50, "11-18 15:20"),
        ((("2026-11-18 09:00", "2026-11-18 11:00"),), 100, "11-20 10:30"),
        ((("2026-11-18 09:00", None),), 50, None),
        ((("2026-11-18 12:30", None),), 50, "11-18 11:50"),
        ((("2026-11-18 09:00", "2026-11-18 10:00"), ("2026-11-18 09:30", "2026-11-18 11:00")), 50, "11-18 15:20"),
    ],
)  # fmt: skip
def test_a_share_is_passed_when_so_much_of_the_clock_has_run(
    excuses: tuple[tuple[str, str | None], ...], percent: int, expected: str | None
) -> None:
    duty = excused(a_duty(), *excuses) if excuses else a_duty()
    at = used_at(duty, percent, CALENDAR)
    assert (at and f"{at.astimezone(ZONE):%m-%d %H:%M}") == expected


@pytest.mark.parametrize(
    ("hold", "percent", "expected"),
    [
        (None, 50, "11-21 04:00"),  # a night from Friday to Saturday counts
        (("2026-11-20 18:00", "2026-11-23 09:00"), 50, "11-23 19:00"),
        (("2026-11-20 18:00", "2026-11-23 09:00"), 100, "11-24 07:00"),
    ],
)
def test_the_share_of_an_elapsed_limit_counts_day_and_night(
    hold: tuple[str, str] | None, percent: int, expected: str
) -> None:
    rule, asked = InElapsedTime(elapsed=timedelta(hours=24)), local("2026-11-20 16:00")
    deadline = deadline_after(rule, asked, CALENDAR)
    duty = a_duty(
        terms=Terms(due=rule, opened=Opened.ON_REQUEST),
        opened_at=asked,
        deadline=deadline,
        due_at=deadline.due_at,
    )
    if hold:
        one = Interval(start_at=local(hold[0]), end_at=local(hold[1]))
        longer = with_excuses(deadline, [one], clock_of(rule, CALENDAR))
        duty = replace(duty, granted=deadline, deadline=longer, due_at=longer.due_at, excuses=(one,))
    at = used_at(duty, percent, CALENDAR)
    assert at is not None
    assert f"{at.astimezone(ZONE):%m-%d %H:%M}" == expected


@given(st.integers(1, 100), st.integers(0, 600), st.integers(0, 600))
def test_all_of_the_time_is_used_at_the_due_whatever_was_excused(percent: int, start: int, span: int) -> None:
    begins = a_duty().opened_at
    hold = (CALENDAR.add_working_time(begins, _minutes(start)), _minutes(span))
    interval = Interval(start_at=hold[0], end_at=hold[0] + hold[1])
    duty = a_duty()
    deadline = with_excuses(duty.deadline, [interval], DutyClock(CALENDAR))
    held = replace(
        duty, granted=duty.deadline, deadline=deadline, due_at=deadline.due_at, excuses=(interval,)
    )
    whole, part = used_at(held, 100, CALENDAR), used_at(held, percent, CALENDAR)
    assert whole is not None
    assert part is not None
    assert CALENDAR.working_time_between(whole, held.due_at) == _minutes(0)
    assert part <= whole


def _minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


def test_the_clock_begins_at_the_event_unless_that_was_registered_late() -> None:
    event = local("2026-11-16 16:40")
    duty = a_duty(opened_at=local("2026-11-17 10:00"))
    assert clock_start(duty) == event
    assert clock_start(replace(duty, opened_late=True)) == duty.opened_at


@pytest.mark.parametrize(
    ("now", "state", "expected"),
    [
        ("2026-11-18 11:49", State.OPEN, ""),
        ("2026-11-18 11:50", State.OPEN, "half"),
        ("2026-11-19 11:26", State.OPEN, "most"),
        ("2026-11-19 18:00", State.OPEN, "most"),
        ("2026-11-19 18:01", State.OPEN, ""),  # overdue says more
        ("2026-11-19 12:00", State.HELD, ""),
        ("2026-11-19 12:00", State.DELIVERED, ""),
    ],
)
def test_the_list_shows_the_last_step_before_lateness(now: str, state: State, expected: str) -> None:
    step = last_share(a_duty(state=state), Policy(steps=STEPS), CALENDAR, local(now))
    assert (step.id if step else "") == expected


def test_of_two_levels_at_one_percentage_the_list_shows_the_higher() -> None:
    both = (ReminderStep(id="head", when=TimeUsed(percent=50), level=Level.HEAD), STEPS[0])
    step = last_share(a_duty(), Policy(steps=both), CALENDAR, local("2026-11-18 12:00"))
    assert step is both[0]


def test_what_is_passed_at_once_is_said_once_the_highest_only() -> None:
    late = a_duty(
        opened_at=local("2026-11-19 15:00")
    )  # the event was on Monday, its registration on Thursday
    found = turns(late, around(*STEPS, ReminderStep(id="day", when=TimeUsed(percent=99))))
    at_once = [turn for turn in found if turn.at == late.opened_at]
    assert [turn.step.id for turn in at_once] == ["half", "most"]
    assert [turn.step.id for turn in highest_shares(at_once)] == ["most"]


def test_a_hold_does_not_repeat_a_step() -> None:
    before = {turn.key for turn in turns(a_duty(), around(*STEPS))}
    held = excused(a_duty(), ("2026-11-18 12:00", "2026-11-24 12:00"))
    assert held.due_at > a_duty().due_at
    assert {turn.key for turn in turns(held, around(*STEPS))} == before
    assert before == {"half%@2026-11-19", "most%@2026-11-19"}


def test_percent_is_read_and_refused_where_it_has_no_meaning() -> None:
    policy = policy_from_table({"steps": [{"percent": 80, "to": "head"}]})
    (step,) = policy.steps
    assert (step.id, step.when, step.level) == ("due-head-80p-used", TimeUsed(percent=80), Level.HEAD)
    with pytest.raises(PolicyError) as caught:
        policy_from_table(
            {
                "steps": [
                    {"percent": 101},
                    {"percent": 50, "from": "verdict", "id": "a"},
                    {"percent": 50, "at": "09:00", "id": "b"},
                    {"percent": 0.5, "id": "c"},
                ]
            }
        )
    assert [problem.sentence() for problem in caught.value.problems] == [
        "steps[1].percent: 101 is not possible; allowed are whole numbers from 1 to 100.",
        "steps[2]: percent counts the time until the due; leave out from.",
        "steps[3]: at is not possible beside percent.",
        "steps[4].percent: 0.5 is not possible; allowed are whole numbers from 1 to 100.",
    ]


def test_a_share_still_stands_while_the_rule_is_the_same() -> None:
    reminder = Reminder(
        id="x",
        duty="d",
        turn="half%@2026-11-19",
        anchor=Anchor.DUE,
        level=Level.ASSIGNEE,
        recipient="wang.fang",
        channel="terminal",
        fell_due_at=local("2026-11-18 11:50"),
        planned_at=local("2026-11-18 11:50"),
        send_at=None,
    )
    held = excused(a_duty(), ("2026-11-18 12:00", "2026-11-24 12:00"))
    assert still_stands(held, reminder, CALENDAR)
    assert not still_stands(a_duty(state=State.DELIVERED), reminder, CALENDAR)
