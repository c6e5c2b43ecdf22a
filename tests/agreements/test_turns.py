"""Clauses about turns: TOML as an admin writes it, the dues of 2026 by hand, the reason in both languages."""

from datetime import date

import pytest

from sla_tracker.domain.agreements.obligation import About
from tests.agreements.clauses import clause, days, told, turns

# Each clause, and the days of 2026 on which it is due, counted by hand from the published calendar.
CLAUSES: dict[str, tuple[str, str]] = {
    "attendance of the last month by the 5th, on a closed day earlier": (
        'recurring = { due = { day = 5, roll = "preceding" } }',
        "01-05 02-05 03-05 04-03 04-30 06-05 07-03 08-05 09-04 09-30 11-05 12-04",
    ),
    "performance pay of the next month by the 15th": (
        'recurring = { due = { day = 15 }, about = "next" }',
        "01-15 02-24 03-16 04-15 05-15 06-15 07-15 08-17 09-15 10-15 11-16 12-15",
    ),
    "closing on the first workday, from July on the last": (
        """
[[obligation.recurring]]
id = "closing"
due = { nth_workday = 1 }
valid_until = "2026-06-30"
[[obligation.recurring]]
id = "closing"
due = { nth_workday = -1 }
valid_from = "2026-07-01"
""",
        "01-04 02-02 03-02 04-01 05-06 06-01 07-31 08-31 09-30 10-30 11-30 12-31",
    ),
    "third last workday": (
        "recurring = { due = { nth_workday = -3 } }",
        "01-28 02-26 03-27 04-28 05-27 06-26 07-29 08-27 09-28 10-28 11-26 12-29",
    ),
    "every second Tuesday, on a holiday the next business day": (
        'recurring = { due = { rrule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", start = "2026-01-06" } }',
        (
            "01-06 01-20 02-03 02-24 03-03 03-17 03-31 04-14 04-28 05-12 05-26 06-09 06-23 07-07 07-21 "
            "08-04 08-18 09-01 09-15 09-29 10-13 10-27 11-10 11-24 12-08 12-22"
        ),
    ),
    "a published table, one of its days moved, one left out": (
        (
            'recurring = { due = { on = ["2026-01-09", "2026-01-23", "2026-11-26", "2026-12-24"], '
            'moved = { "2026-11-26" = "2026-11-24" }, except = ["2026-12-24"] } }'
        ),
        "01-09 01-23 11-24",
    ),
    "listed days are final, also on a Saturday": (
        'recurring = { due = { on = ["2026-01-10", "2026-10-01"] } }',
        "01-10 10-01",
    ),
    "listed days that roll because it says so": (
        'recurring = { due = { on = ["2026-01-10", "2026-10-01"], roll = "following" } }',
        "01-12 10-08",
    ),
    "last day of each quarter, except the fourth": (
        'recurring = { due = { day = -1, months = [3, 6, 9], roll = "preceding" } }',
        "03-31 06-30 09-30",
    ),
    "three workdays before the 25th": (
        "recurring = { due = { day = 25, offset = -3 } }",
        "01-21 02-13 03-20 04-22 05-20 06-22 07-22 08-20 09-22 10-21 11-20 12-22",
    ),
    "two workdays before the last day of the quarter, at 15:00": (
        'recurring = { due = { day = -1, months = [3, 6, 9, 12], offset = -2, at = "15:00" } }',
        "03-27 06-26 09-28 12-29",
    ),
    "a turn on a closed day is not owed": (
        (
            'recurring = { due = { weekdays = ["thu"], roll = "skip" }, valid_from = "2026-09-24", '
            'valid_until = "2026-10-15" }'
        ),
        "09-24 10-08 10-15",
    ),
    "valid from and until, both days included": (
        'recurring = { due = { weekdays = ["mon"] } }\nvalid_from = "2026-11-02"\nvalid_until = "2026-11-30"',
        "11-02 11-09 11-16 11-23 11-30",
    ),
    "a moved day is final, and keeps the turn": (
        (
            'recurring = { due = { day = 15, moved = { "2026-02-15" = "2026-02-14" } }, '
            'valid_until = "2026-03-31" }'
        ),
        "01-15 02-14 03-16",
    ),
    "each workday, with make-up days, none on a holiday": (
        'recurring = { due = { every_workday = true }, valid_from = "2026-09-19", valid_until = "2026-10-11" }',
        "09-20 09-21 09-22 09-23 09-24 09-28 09-29 09-30 10-08 10-09 10-10",
    ),
}


@pytest.mark.parametrize("name", CLAUSES)
def test_a_clause_is_due_on_the_days_counted_by_hand(name: str) -> None:
    text, expected = CLAUSES[name]
    assert days(clause(text)) == expected


def test_each_turn_has_a_key_of_its_own_and_a_moved_one_keeps_it() -> None:
    (first, second, third) = turns(clause(CLAUSES["a moved day is final, and keeps the turn"][0]))
    assert [one.turn for one in (first, second, third)] == ["2026-01", "2026-02", "2026-03"]
    assert (second.period_start, second.period_end) == (date(2026, 1, 1), date(2026, 2, 1))
    listed = turns(clause(CLAUSES["a published table, one of its days moved, one left out"][0]))
    assert [one.turn for one in listed] == ["2026-01-09", "2026-01-23", "2026-11-26"]
    each = turns(clause(CLAUSES["each workday, with make-up days, none on a holiday"][0]))
    assert each[0].turn == "2026-09-20"
    assert (each[0].period_start, each[0].period_end) == (date(2026, 9, 20), date(2026, 9, 21))


def test_two_versions_of_a_trigger_share_their_key() -> None:
    text = CLAUSES["closing on the first workday, from July on the last"][0]
    assert {one.known.name for one in turns(clause(text))} == {"closing"}


def test_about_the_next_month_names_the_month_after_the_turn() -> None:
    (first, *_rest, last) = turns(clause('recurring = { due = { day = 15 }, about = "next" }'))
    assert (first.period_start, first.period_end) == (date(2026, 2, 1), date(2026, 3, 1))
    assert (last.period_start, last.period_end) == (date(2027, 1, 1), date(2027, 2, 1))


def test_every_second_week_is_about_two_weeks() -> None:
    (first, *_rest) = turns(clause(CLAUSES["every second Tuesday, on a holiday the next business day"][0]))
    assert first.trigger.about is About.PREVIOUS
    assert (first.period_start, first.period_end) == (date(2025, 12, 22), date(2026, 1, 5))


def test_a_moved_turn_says_so() -> None:
    (_first, second, _third) = turns(clause(CLAUSES["a moved day is final, and keeps the turn"][0]))
    zh, en = told(second.deadline)
    assert zh == [
        "所属期间 2026-01-01（周四）至 2026-01-31（周六）。",
        "约定在 15 日，即 2026-02-15（周日）。",
        "本期约定由 2026-02-15（周日）改到 2026-02-14（周六）。",
        "以 2026-02-14（周六）下班时间 18:00 为限。",
    ]
    assert en[2] == "By agreement this turn is moved from Sun 15 Feb 2026 to Sat 14 Feb 2026."


def test_an_offset_says_which_days_it_did_not_count() -> None:
    (_first, second, *_rest) = turns(clause("recurring = { due = { day = 25, offset = -3 } }"))
    zh, en = told(second.deadline)
    assert zh[1:3] == [
        "约定在 25 日，即 2026-02-25（周三）。",
        "提前 3 个工作日是 2026-02-13（周五）（不计 02-15、02-16、02-17、02-18、02-19、…、02-23）。",
    ]
    assert en[1:3] == [
        "It is due on day 25 of the month: Wed 25 Feb 2026.",
        "3 workdays before it is Fri 13 Feb 2026 (not counting 02-15, 02-16, 02-17, 02-18, 02-19, …, 02-23).",
    ]


def test_each_workday_and_a_listed_day_say_so() -> None:
    (each, *_rest) = turns(clause(CLAUSES["each workday, with make-up days, none on a holiday"][0]))
    zh, en = told(each.deadline)
    assert (zh[1], en[1]) == (
        "约定每个工作日，即 2026-09-20（周日）。",
        "It is due every workday: Sun 20 Sep 2026.",
    )
    (listed, *_rest) = turns(clause('recurring = { due = { on = ["2026-01-10"] } }'))
    zh, en = told(listed.deadline)
    assert (zh[1], en[1]) == (
        "约定的日期表中是 2026-01-10（周六）。",
        "The agreed list of days has Sat 10 Jan 2026.",
    )
