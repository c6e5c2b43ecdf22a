"""A recipient's messages of one day: what goes at once, what waits for the digest, what is one message."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.message_day import MessageDay, message_day
from sla_tracker.domain.reminders.policy import (
    InWorkingHours,
    Level,
    OnWorkday,
    Preference,
    Reach,
    ReminderStep,
)
from sla_tracker.domain.reminders.reminder import ReminderState
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.reminders.planner import plan
from sla_tracker.services.reminders.sender import Round, run_once
from sla_tracker.testing.channels import Postbox, a_channel, some_channels
from sla_tracker.testing.company import PEOPLE, a_duty, local, set_clock
from tests.services.reminded import a_reminding_context, duties, keep, reminders

ON_THE_DAY = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9)))
TWO_HOURS = ReminderStep(id="two-hours", when=InWorkingHours(span=timedelta(hours=-2)))


def due_at(number: int, at: str, **changes: object) -> Duty:
    """Build a duty of 王芳 that is due at a time of day."""
    duty = a_duty(id=f"01932f00-0000-7000-8000-{number:012x}", assignee="wang.fang", **changes)
    due = local(f"2026-11-19 {at}")
    return replace(duty, due_at=due, deadline=replace(duty.deadline, due_at=due))


def told(context: ServiceContext, at: str, *boxes: tuple[str, Postbox]) -> list[list[str]]:
    """Let a moment come; return the duties of each message that goes out then, by channel."""
    set_clock(context, at)
    before = [len(box.letters) for _, box in boxes]
    run_once(context, dict(boxes))
    return [
        [line.duty[-1] for letter in box.letters[start:] for line in letter.lines]
        for (_, box), start in zip(boxes, before, strict=True)
    ]


def test_a_step_before_a_limit_goes_at_once_and_what_can_wait_comes_with_the_digest() -> None:
    late = replace(ON_THE_DAY, id="day-after", when=OnWorkday(workdays=1, at=time(14)))
    context = a_reminding_context(due_at(1, "18:00"), steps=[TWO_HOURS, late])
    box = ("mail", Postbox())
    assert told(context, "2026-11-19 15:59", box) == [[]]
    assert told(context, "2026-11-19 16:00", box) == [["1"]]
    assert told(context, "2026-11-20 14:00", box) == [[]]
    assert told(context, "2026-11-23 08:59", box) == [[]]
    assert told(context, "2026-11-23 09:00", box) == [["1"]]


def test_an_escalation_goes_at_once() -> None:
    head = ReminderStep(id="head", when=OnWorkday(workdays=1, at=time(14)), level=Level.HEAD)
    context, box = a_reminding_context(due_at(1, "18:00"), steps=[head]), ("mail", Postbox())
    assert told(context, "2026-11-20 14:00", box) == [["1"]]
    assert box[1].letters[0].recipient == "li.na"


def test_beyond_the_days_budget_even_what_is_urgent_waits_for_the_digest() -> None:
    """Five a day: the digest's is free again once it went, and there was none on this day."""
    hours = [f"{hour}:00" for hour in ("13", "14", "15", "16", "17", "18")]
    step = replace(TWO_HOURS, when=InWorkingHours(span=timedelta(hours=-1)))
    context = a_reminding_context(
        *(due_at(number, at) for number, at in enumerate(hours, 1)),
        steps=[step],
        policies={"messages_a_day": 3},
    )
    box = ("mail", Postbox())
    day = [told(context, f"2026-11-19 {hour}:00", box) for hour in range(10, 20)]
    assert [duty for (said,) in day for duty in said] == ["1", "2", "3"]
    assert len(reminders(context, ReminderState.WAITING)) == 3
    assert told(context, "2026-11-20 09:00", box) == [["4", "5", "6"]]
    assert len(box[1].letters) == 4
    assert told(context, "2026-11-20 10:00", box) == [[]]


def test_before_the_digest_one_message_of_the_day_is_kept_for_it() -> None:
    step = replace(TWO_HOURS, when=InWorkingHours(span=timedelta(hours=-1)))
    context = a_reminding_context(
        due_at(1, "12:00"),
        due_at(2, "14:00"),
        steps=[step],
        policies={"messages_a_day": 1, "digest_at": time(16)},
    )
    box = ("mail", Postbox())
    assert [told(context, f"2026-11-19 {hour}:00", box) for hour in (11, 13, 14)] == [[[]], [[]], [[]]]
    assert told(context, "2026-11-19 16:00", box) == [["1", "2"]]
    assert len(box[1].letters) == 1


def test_one_message_on_two_channels_counts_once() -> None:
    people = tuple(
        replace(person, addresses={"mail": "x@example.com", "pager": "7"})
        if person.id == "wang.fang"
        else person
        for person in PEOPLE
    )
    context = a_reminding_context(
        due_at(1, "14:00"),
        due_at(2, "15:00"),
        due_at(3, "16:00"),
        steps=[replace(TWO_HOURS, when=InWorkingHours(span=timedelta(hours=-1)))],
        people=people,
        policies={
            "channels": some_channels(a_channel(), a_channel("pager")),
            "usual_channels": ("mail", "pager"),
            "messages_a_day": 2,
        },
    )
    boxes = ("mail", Postbox()), ("pager", Postbox())
    assert told(context, "2026-11-19 13:00", *boxes) == [["1"], ["1"]]
    assert told(context, "2026-11-19 14:00", *boxes) == [["2"], ["2"]]
    assert told(context, "2026-11-19 15:00", *boxes) == [[], []]


def test_channels_served_by_different_programs_count_as_one_message() -> None:
    people = tuple(replace(person, addresses={"mail": "x", "pager": "7"}) for person in PEOPLE)
    context = a_reminding_context(
        due_at(1, "18:00"),
        steps=[TWO_HOURS],
        people=people,
        policies={
            "channels": some_channels(a_channel(), a_channel("pager")),
            "usual_channels": ("mail", "pager"),
            "messages_a_day": 1,
        },
        now="2026-11-19 12:00",
    )
    assert told(context, "2026-11-19 16:00", ("mail", Postbox())) == [["1"]]
    assert told(context, "2026-11-19 16:10", ("pager", Postbox())) == [["1"]]
    (day,) = context.store.read(lambda tx: tx.find(MessageDay))
    assert (day.id, len(day.told)) == ("wang.fang", 1)


def test_what_the_terminal_shows_is_no_message() -> None:
    context = a_reminding_context(
        *duties(9, assignee="wang.fang"),
        steps=[replace(TWO_HOURS, channels=("terminal",))],
        now="2026-11-19 16:30",
    )
    assert run_once(context, {"mail": Postbox()}) == Round(planned=9)
    assert context.store.read(lambda tx: tx.find(MessageDay)) == []


def test_of_the_steps_of_one_day_the_last_is_sent_when_the_duty_is_known() -> None:
    early = ReminderStep(id="early", when=OnWorkday(workdays=-1, at=time(9)))
    context = a_reminding_context(due_at(1, "18:00"), steps=[early, ON_THE_DAY, TWO_HOURS])
    box = ("mail", Postbox())
    assert told(context, "2026-11-18 09:00", box) == [["1"]]
    assert told(context, "2026-11-19 09:00", box) == [[]]
    assert told(context, "2026-11-19 16:00", box) == [["1"]]


def test_a_duty_of_one_workday_is_told_once_on_its_day_and_early() -> None:
    duty = replace(due_at(1, "18:00"), opened_at=local("2026-11-19 00:00"))
    context = a_reminding_context(duty, steps=[ON_THE_DAY, TWO_HOURS])
    box = ("mail", Postbox())
    assert told(context, "2026-11-19 09:00", box) == [["1"]]
    assert told(context, "2026-11-19 16:00", box) == [[]]


def test_a_duty_that_was_delivered_before_the_last_step_of_the_day_is_never_told_again() -> None:
    early = ReminderStep(id="early", when=OnWorkday(workdays=-1, at=time(9)))
    context = a_reminding_context(due_at(1, "18:00"), steps=[early, ON_THE_DAY, TWO_HOURS])
    box = ("mail", Postbox())
    told(context, "2026-11-18 09:00", box)
    keep(context, replace(due_at(1, "18:00"), state="accepted"))  # type: ignore[arg-type]
    assert told(context, "2026-11-19 09:00", box) == [[]]
    assert told(context, "2026-11-19 16:00", box) == [[]]


def test_what_is_planned_after_the_digest_went_waits_for_the_next() -> None:
    context, box = a_reminding_context(due_at(1, "18:00"), steps=[ON_THE_DAY]), ("mail", Postbox())
    assert told(context, "2026-11-19 09:00", box) == [["1"]]
    keep(context, due_at(2, "18:00"))
    assert told(context, "2026-11-19 10:00", box) == [[]]
    assert told(context, "2026-11-20 09:00", box) == [["2"]]


def test_a_machine_that_was_off_sends_the_digest_when_it_is_back() -> None:
    context, box = a_reminding_context(due_at(1, "18:00"), steps=[ON_THE_DAY]), ("mail", Postbox())
    assert told(context, "2026-11-19 15:00", box) == [["1"]]


def test_who_has_a_digest_of_their_own_gets_everything_with_it() -> None:
    context = a_reminding_context(
        due_at(1, "18:00"),
        steps=[TWO_HOURS],
        policies={"preferences": {"wang.fang": Preference(digest_at=time(17, 30))}},
    )
    box = ("mail", Postbox())
    assert told(context, "2026-11-19 16:00", box) == [[]]
    assert told(context, "2026-11-19 17:30", box) == [["1"]]


def test_a_group_has_a_budget_like_a_person() -> None:
    context = a_reminding_context(
        *(due_at(number, f"{13 + number}:00") for number in range(1, 4)),
        steps=[TWO_HOURS],
        policies={
            "channels": some_channels(a_channel("wecom", Reach.GROUP)),
            "usual_channels": ("wecom",),
            "messages_a_day": 2,
        },
    )
    box = ("wecom", Postbox())
    day = [told(context, f"2026-11-19 {hour:02}:00", box) for hour in range(9, 18)]
    assert [duty for (said,) in day for duty in said] == ["1", "2"]
    assert {letter.recipient for letter in box[1].letters} == {"@sales"}


def test_what_is_overdue_for_weeks_is_told_once_to_each() -> None:
    context = a_reminding_context(*duties(3, assignee="wang.fang"))
    set_clock(context, "2026-12-14 09:00")
    planned = [
        (one.duty[-1], one.recipient, one.turn.partition("@")[0]) for one in plan(context) if one.send_at
    ]
    assert sorted(planned) == [
        (number, recipient, step)
        for number in ("1", "2", "3")
        for recipient, step in (
            ("li.na", "overdue-head"),
            ("sun.hua", "overdue-consumer-head"),
            ("wang.fang", "overdue#5"),
        )
    ]
    box = Postbox()
    run_once(context, {"mail": box})
    assert sorted(letter.recipient for letter in box.letters) == ["li.na", "sun.hua", "wang.fang"]


@pytest.mark.parametrize("n", [301, 700])
def test_thousands_for_one_person_are_one_message_that_names_some_and_counts_the_rest(n: int) -> None:
    context, box = a_reminding_context(*duties(n, assignee="wang.fang"), steps=[ON_THE_DAY]), Postbox()
    set_clock(context, "2026-11-19 09:00")
    done = run_once(context, {"mail": box})
    assert (done.sent, done.counted) == (50, n - 50)
    (letter,) = box.letters
    assert letter.text.endswith(f"… and {n - 50} more: sla due")
    assert run_once(context, {"mail": box}) == Round()


def test_a_day_ends_at_midnight() -> None:
    yesterday = MessageDay(id="wang.fang", on=local("2026-11-18 12:00").date(), told=("a", "b"))
    today = message_day(yesterday, "wang.fang", local("2026-11-19 12:00").date())
    assert today.left(5, is_digest_ahead=False) == 5
    assert today.left(5, is_digest_ahead=True) == 4
    assert yesterday.left(5, is_digest_ahead=False) == 3
