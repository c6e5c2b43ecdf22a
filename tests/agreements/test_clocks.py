"""Clauses about clocks: elapsed and working time, calendars and zones of one clock, shifts, closing days."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from sla_tracker.domain.agreements.clocks import clock_for
from sla_tracker.domain.agreements.obligation import OnEvent, OnRequest
from sla_tracker.domain.agreements.occurrences import granted_by_event, granted_on_request
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.due import Interval, deadline_after, with_excuses
from sla_tracker.domain.deadlines.duty_clock import clock_of
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.duty import State
from sla_tracker.services.queries.rows import Bucket, bucket_at, day_of_due
from tests.agreements.clauses import clause, hours, local, lookup, on_clock, told, turns
from tests.agreements.test_conditions import EVENT


def asked(text: str, at: str) -> tuple[Deadline, Deadline | None]:
    """Return the limits of a request at a local time."""
    obligation = clause(f"on_request = {{ {text} }}")
    (trigger,) = obligation.triggers
    assert isinstance(trigger, OnRequest)
    found = granted_on_request(obligation, trigger, local(at), None, lookup())
    for one in found:
        assert one is None or recompute(one.steps) == one.due_at
    return found


def happened(due: str, at: str) -> Deadline:
    """Return the deadline of an event at a local time."""
    obligation = clause(f'on_event = {{ type = "paid", due = {due} }}')
    rule, calendar = clock_for(obligation, obligation.triggers[0].due, lookup())
    return deadline_after(rule, local(at), calendar)


@pytest.mark.parametrize(
    ("due", "at", "expected"),
    [
        ("{ minutes = 60 }", "2026-10-02 03:00", "2026-10-02 04:00"),
        ("{ hours = 24 }", "2026-11-20 17:00", "2026-11-21 17:00"),
        ("{ hours = -48 }", "2026-11-23 09:00", "2026-11-21 09:00"),
        ('{ working_minutes = 60, calendar = "always-open" }', "2026-10-02 03:00", "2026-10-02 04:00"),
        ("{ working_minutes = 60 }", "2026-10-02 03:00", "2026-10-08 09:30"),
        ('{ workdays = 1, calendar = "berlin" }', "2026-10-01 15:00", "2026-10-02 23:00"),
        ('{ workdays = 1, at = "15:00", zone = "consumer" }', "2026-11-19 09:00", "2026-11-20 22:00"),
        ('{ workdays = 1, at = "15:00", zone = "consumer" }', "2026-06-18 09:00", "2026-06-22 21:00"),
        ('{ workdays = 1, at = "15:00", zone = "America/New_York" }', "2026-11-19 09:00", "2026-11-21 04:00"),
    ],
)
def test_a_clock_ends_when_the_clause_says(due: str, at: str, expected: str) -> None:
    assert on_clock(happened(due, at).due_at) == expected


def test_an_elapsed_limit_is_never_provisional_and_says_how_it_counts() -> None:
    found = happened("{ hours = 24 }", "2030-10-01 03:00")
    assert not found.provisional
    zh, en = told(found)
    assert zh[-1] == "加 24 小时（不分昼夜和节假日），到 2030-10-02（周三）03:00。"
    assert en[-1] == "Plus 24 h, day and night, holidays too: Wed 2 Oct 2030 03:00."


def test_an_elapsed_limit_crosses_a_change_of_the_clock_by_the_clock() -> None:
    start = local("2026-03-28 12:00", "Europe/Berlin")
    rule, calendar = clock_for(
        clause('on_event = { type = "paid", due = { hours = 24, calendar = "berlin" } }'),
        clause('on_event = { type = "paid", due = { hours = 24, calendar = "berlin" } }').triggers[0].due,
        lookup(),
    )
    found = deadline_after(rule, start, calendar)
    assert on_clock(found.due_at, "Europe/Berlin") == "2026-03-29 13:00"


def test_a_hold_over_a_weekend_adds_63_hours_to_a_limit_of_24() -> None:
    hold = Interval(start_at=local("2026-11-20 18:00"), end_at=local("2026-11-23 09:00"), why="等样品")
    limit = happened("{ hours = 24 }", "2026-11-20 10:00")
    obligation = clause('on_event = { type = "paid", due = { hours = 24 } }')
    rule, calendar = clock_for(obligation, obligation.triggers[0].due, lookup())
    found = with_excuses(limit, [hold], clock_of(rule, calendar))
    assert found.due_at - limit.due_at == hours(63)
    assert recompute(found.steps) == found.due_at
    zh, en = told(found)
    assert zh[-2:] == [
        "2026-11-20（周五）18:00 至 2026-11-23（周一）09:00（等样品），扣除 63 小时。",
        "期限顺延 63 小时，到 2026-11-24（周二）01:00。",
    ]
    assert en[-1] == "The deadline moves on by 63 h, to Tue 24 Nov 2026 01:00."


def test_a_late_registration_counts_an_elapsed_limit_anew() -> None:
    obligation = clause('on_event = { type = "paid", due = { hours = 2 } }')
    (trigger,) = obligation.triggers
    assert isinstance(trigger, OnEvent)
    late = replace(EVENT, time_set_at=local("2026-11-21 03:00"))
    rule, calendar = clock_for(obligation, trigger.due, lookup())
    granted = granted_by_event("hr", replace(trigger, due=rule), late, calendar)
    assert granted is not None
    assert granted.opened_late
    assert on_clock(granted.deadline.due_at) == "2026-11-21 05:00"
    assert recompute(granted.deadline.steps) == granted.deadline.due_at
    zh, en = told(granted.deadline)
    assert (
        zh[-1]
        == "由他方于 2026-11-21（周六）03:00 登记，从登记时起算 2 小时，宽限到 2026-11-21（周六）05:00。"
    )
    assert en[-1].endswith("grace of 2 h from then, until Sat 21 Nov 2026 05:00.")
    own = granted_by_event("sales", replace(trigger, due=rule), late, calendar)
    assert own is not None
    assert not own.opened_late


def test_answer_and_settlement_may_each_have_a_calendar() -> None:
    settle, answer = asked(
        'due = { working_hours = 16 }, answer = { working_hours = 2, calendar = "always-open" }',
        "2026-11-20 20:00",
    )
    assert answer is not None
    assert (on_clock(answer.due_at), on_clock(settle.due_at)) == ("2026-11-20 22:00", "2026-11-24 18:00")


def test_the_last_workday_minus_two_at_15_in_the_consumers_zone() -> None:
    found = turns(clause('recurring = { due = { nth_workday = -3, at = "15:00", zone = "Europe/Berlin" } }'))
    winter, summer = found[0].deadline, found[6].deadline
    assert (on_clock(winter.due_at), on_clock(summer.due_at)) == ("2026-01-28 22:00", "2026-07-29 21:00")
    zh, en = told(winter)
    assert zh[-1] == "以 2026-01-28（周三）15:00 CET（22:00）为限。"
    assert en[-1] == "It is due on Wed 28 Jan 2026 at 15:00 CET (22:00)."
    zh, _en = told(summer, ZoneInfo("Europe/Berlin"))
    assert zh[-1] == "以 2026-07-29（周三）15:00 为限。"


def test_a_deadline_across_the_date_line_says_the_readers_day_too() -> None:
    found = happened('{ workdays = 1, at = "15:00", zone = "America/New_York" }', "2026-11-19 09:00")
    assert told(found)[0][-1] == "以 2026-11-20（周五）15:00 EST（2026-11-21（周六）04:00）为限。"


@pytest.mark.parametrize(
    ("due", "at", "expected"),
    [
        ('{ workdays = 1, calendar = "nights" }', "2026-11-18 23:00", "2026-11-20 06:00"),
        ('{ workdays = 1, calendar = "nights" }', "2026-11-19 03:00", "2026-11-20 06:00"),
        ('{ workdays = 0, calendar = "nights" }', "2026-11-19 03:00", "2026-11-19 06:00"),
        ('{ workdays = 0, calendar = "nights" }', "2026-11-19 07:00", "2026-11-20 06:00"),
        ('{ working_hours = 4, calendar = "nights" }', "2026-11-20 23:00", "2026-11-21 03:00"),
        ('{ working_hours = 9, calendar = "nights" }', "2026-11-20 23:00", "2026-11-24 00:00"),
        ('{ working_hours = 4, calendar = "nights" }', "2026-12-31 23:00", "2027-01-01 03:00"),
        ('{ working_hours = -4, calendar = "nights" }', "2026-11-21 01:00", "2026-11-20 05:00"),
    ],
)
def test_a_shift_over_midnight_belongs_to_the_day_on_which_it_begins(
    due: str, at: str, expected: str
) -> None:
    assert on_clock(happened(due, at).due_at) == expected


def test_the_close_of_a_night_shift_is_on_the_next_date_and_of_the_first_day() -> None:
    (one,) = turns(
        clause(
            'recurring = { due = { day = 30, calendar = "nights" }, valid_from = "2026-11-30", '
            'valid_until = "2026-12-01" }'
        )
    )
    assert (one.turn, f"{one.deadline.due_on}") == ("2026-11", "2026-11-30")
    assert on_clock(one.deadline.due_at) == "2026-12-01 06:00"
    zh, en = told(one.deadline)
    assert zh[-1] == "以 2026-11-30（周一）下班时间 次日 06:00 为限。"
    assert en[-1] == "It is due at the close of Mon 30 Nov 2026, 06:00 the next day."


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-27 10:00", "2026-11-27 12:00"),
        ("2026-11-30 10:00", "2026-12-01 10:30"),
        ("2026-12-31 08:00", "2027-01-04 10:30"),
    ],
)
def test_a_closing_day_is_worked_and_takes_no_requests(at: str, expected: str) -> None:
    settle, _answer = asked('due = { working_hours = 2, calendar = "closing" }', at)
    assert on_clock(settle.due_at) == expected


def test_a_request_on_a_closing_day_says_when_its_clock_starts() -> None:
    settle, _answer = asked('due = { hours = 2, calendar = "closing" }', "2026-11-30 10:00")
    assert on_clock(settle.due_at) == "2026-12-01 10:30"
    zh, en = told(settle)
    assert (
        zh[1] == "请求于 2026-11-30（周一）10:00 提出，当日不受理请求，从 2026-12-01（周二）08:30 开始计时。"
    )
    assert en[1] == (
        "It was asked for at Mon 30 Nov 2026 10:00, a day that takes no requests; "
        "the clock starts at Tue 1 Dec 2026 08:30."
    )


@pytest.mark.parametrize(
    ("due_at", "due_on", "expected"),
    [
        ("2026-12-01 06:00", date(2026, 11, 30), date(2026, 11, 30)),
        ("2026-12-01 00:00", date(2026, 11, 30), date(2026, 11, 30)),
        ("2026-11-30 18:00", date(2026, 11, 30), date(2026, 11, 30)),
        ("2026-11-30 09:00", date(2026, 12, 1), date(2026, 11, 30)),
        ("2026-12-01 06:00", None, date(2026, 12, 1)),
    ],
)
def test_lists_and_calendars_put_a_shift_under_the_day_on_which_it_begins(
    due_at: str, due_on: date | None, expected: date
) -> None:
    assert day_of_due(local(due_at), due_on, ZoneInfo("Asia/Shanghai")) == expected
    morning, zone = local(f"{expected} 05:00"), ZoneInfo("Asia/Shanghai")
    assert bucket_at(State.OPEN, local(due_at), morning, zone, due_on) is Bucket.TODAY
