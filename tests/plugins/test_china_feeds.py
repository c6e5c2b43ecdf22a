"""Feeds of China's holidays as public sources write them: read right, or refused with the reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sla_china.imports import ImportedYear, imported_year
from sla_tracker.domain.time.calendar_layers import DayStatus
from tests.calendar_files.feeds import DAYS_OFF, event, feed, ics
from tests.chinese import left_in_english

WORKED = {date(2027, 1, 31), date(2027, 2, 13), date(2027, 5, 8), date(2027, 10, 9)}
OFF = 3 + 7 + 3 + 5 + 1 + 1 + 7


def read(text: str, year: int = 2027) -> ImportedYear:
    return imported_year(f"china-{year}.ics", text, year)


def days(text: str, year: int = 2027) -> tuple[set[date], set[date]]:
    """Return the days off and the days worked of a feed that is taken."""
    found = read(text, year)
    assert [problem.en for problem in found.problems] == []
    off = {day for day, rule in found.days.items() if rule.status is DayStatus.CLOSED}
    return off, set(found.days) - off


def refused(text: str) -> str:
    problems = read(text).problems
    assert left_in_english(*problems) == []
    return "\n".join(problem.en for problem in problems)


@pytest.mark.parametrize(
    ("off", "worked", "lines"),
    [
        ("{name}（休）", "{name}（班）", ()),
        ("{name} 休", "{name} 班", ()),
        ("{name}假期", "{name}调休", ("CATEGORIES:上班",)),
        ("{name}放假", "{name}调休", ()),
        ("{name}假期 第1天/共3天", "{name} 补班 第1天/共2天", ()),
        ("Holiday: {name}", "Special Working Day ({name})", ()),
        ("{name} Holiday", "Working day for {name} Holiday", ()),
        ("😊 {name}", "😡 补班", ()),
        ("{name}", "调休工作日", ()),
        ("2027年{name}【休】", "{name}【班】", ()),
        ("{name}", "{name}", ("X-APPLE-SPECIAL-DAY:ALTERNATE-WORKDAY",)),
        ("{name}节假日", "补班：{name}", ()),
    ],
)
def test_every_way_to_write_a_make_up_day_is_read(off: str, worked: str, lines: tuple[str, ...]) -> None:
    closed, open_days = days(feed(off, worked, worked_lines=lines))
    assert open_days == WORKED
    assert len(closed) == OFF


def test_the_names_are_those_of_the_festivals() -> None:
    found = read(feed("😊 {name} 放假", "{name} 补班")).days
    assert found[date(2027, 1, 1)].name.zh == "元旦"
    assert found[date(2027, 2, 13)].name.zh == "春节"


def test_one_event_that_cannot_be_read_leaves_the_file_out_by_its_name() -> None:
    said = refused(
        feed("{name}（休）", "{name}（班）", event("建厂日（休）", "DTSTART;VALUE=DATE:2027-09-31"))
    )
    assert "The event “建厂日（休）” cannot be read: DTSTART is no possible day: 2027-09-31" in said


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART;VALUE=DATE:20270901", "DTSTART;VALUE=DATE:20270902"),
        ("DTSTART;VALUE=DATE:99991231", "DURATION:P1D"),
        ("DTSTART;VALUE=TIME:120000",),
        ("DTSTART;VALUE=PERIOD:20270901T000000Z/P1D",),
        ("DTSTART:",),
        (),
        ("DTSTART;VALUE=DATE:20270901", "DTEND:"),
        ("DTSTART;VALUE=DATE:20270901", "DURATION:"),
        ("DTSTART;VALUE=DATE:20270901", "DTEND;VALUE=DATE:20270801"),
        ("DTSTART;VALUE=DATE:20270901", "DURATION:P400D"),
        ("DTSTART;VALUE=DATE:20270901", "RRULE:FREQ=NEVER"),
        ("DTSTART;VALUE=DATE:20270901", "RRULE:FREQ=SECONDLY"),
        ("DTSTART;VALUE=DATE:20270901", "RDATE;VALUE=DATE:2027"),
        ("DTSTART;VALUE=DATE:20270901", "EXDATE:"),
        ("DTSTART:20270901T130000", "DTEND:20270901T180000"),
        ("DTSTART:20270901T020000Z", "DTEND:20270902T020000Z", "RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2"),
    ],
)
def test_whatever_is_wrong_with_an_event_it_is_named_and_nothing_else_is_lost(lines: tuple[str, ...]) -> None:
    broken = event("建厂日（休）", *lines)
    assert "建厂日（休）" in refused(feed("{name}（休）", "{name}（班）", broken))
    private = event("赵六生日", *lines)
    assert days(feed("{name}（休）", "{name}（班）", private))[1] == WORKED


def test_private_events_are_passed_over_and_said() -> None:
    found = read(
        feed(
            "{name}（休）",
            "{name}（班）",
            event("韩梅梅年假", start="20270705", end="20270710"),
            event("新人培训班", start="20270619"),
            event("钱工退休茶会", start="20270812"),
            event("季末加班", start="20271218"),
            event("Team training workday", start="20271211"),
            event("Lily's birthday", start="20271213"),
        )
    )
    assert not found.problems
    assert {date(2027, 7, 5), date(2027, 6, 19), date(2027, 8, 12), date(2027, 12, 18)}.isdisjoint(found.days)
    assert {date(2027, 12, 11), date(2027, 12, 13)}.isdisjoint(found.days)
    assert "Passed over (6), as nothing says whether they are days off or worked" in found.remarks[0].en


def test_a_private_event_with_a_mark_counts() -> None:
    assert (
        date(2027, 7, 4)
        in days(feed("{name}（休）", "{name}（班）", event("高温年假（休）", start="20270704")))[0]
    )


def test_days_off_only_are_noticed_by_the_balance() -> None:
    assert "4 make-up days are due, and this file has 0" in refused(feed(make_up={}))


def test_a_feed_without_a_day_of_the_law_is_refused() -> None:
    assert "2027-06-09 (Dragon Boat Festival)" in refused(feed(without=["端午节"]))


def test_a_cancelled_event_does_not_count() -> None:
    cancelled = event("端午节（休）", "STATUS:CANCELLED", start="20270614")
    assert date(2027, 6, 14) not in days(feed("{name}（休）", "{name}（班）", cancelled))[0]


def test_a_redundant_note_on_a_weekday_refuses_nothing() -> None:
    found = read(feed("{name}（休）", "{name}（班）", event("上班(补春节假期)", start="20270212")))
    assert not found.problems
    assert date(2027, 2, 12) not in found.days
    assert "2027-02-12 is said to be worked, which it is anyway" in found.remarks[-1].en


def test_days_off_that_end_at_a_minute_to_midnight_keep_their_last_day() -> None:
    def until(end: str) -> str:
        last = date.fromisoformat(end) - timedelta(days=1)
        return f"DTEND;TZID=Asia/Shanghai:{last:%Y%m%d}T235959"

    events = [
        event(f"{name} 放假", f"DTSTART;TZID=Asia/Shanghai:{start}T000000", until(end))
        for name, (start, end) in DAYS_OFF.items()
    ]
    worked = [event("补班", start=f"{day:%Y%m%d}") for day in sorted(WORKED)]
    assert len(days(ics(*events, *worked))[0]) == OFF


def test_instants_in_utc_are_days_of_china() -> None:
    def instant(day: str) -> str:
        return f"{date.fromisoformat(day) - timedelta(days=1):%Y%m%d}T160000Z"

    events = [
        event(f"{name}（休）", f"DTSTART:{instant(start)}", f"DTEND:{instant(end)}")
        for name, (start, end) in DAYS_OFF.items()
    ]
    worked = [event("补班", f"DTSTART:{instant(str(day))}", "DURATION:P1D") for day in sorted(WORKED)]
    assert days(ics(*events, *worked)) == days(feed())


def test_recurring_events_and_added_dates_are_days_too() -> None:
    rule = event("元旦 放假", "RRULE:FREQ=DAILY;COUNT=3", start="20270101", end="20270102")
    added = event("春节（班）", "RDATE;VALUE=DATE:20270213", start="20270131", end="20270201")
    text = feed(without=["元旦"], make_up={"20270508": "劳动节", "20271009": "国庆节"}).replace(
        "END:VCALENDAR", f"{rule}\r\n{added}\r\nEND:VCALENDAR"
    )
    assert days(text) == days(feed())


def test_days_of_the_december_before_are_kept_apart() -> None:
    found = read(
        feed(
            "{name}（休）",
            "{name}（班）",
            event("元旦（休）", start="20261231"),
            event("元旦（班）", start="20261226"),
        )
    )
    assert not found.problems
    assert {day: rule.status for day, rule in found.december_before.items()} == {
        date(2026, 12, 26): DayStatus.USUAL,
        date(2026, 12, 31): DayStatus.CLOSED,
    }


def test_the_same_day_off_and_worked_is_a_contradiction() -> None:
    assert "2027-10-02 is both a day off and a make-up day" in refused(
        feed("{name}（休）", "{name}（班）", event("国庆节（班）", start="20271002"))
    )


@pytest.mark.parametrize(
    "text", ["", "hello", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "BEGIN:VCARD\r\nEND:VCARD\r\n"]
)
def test_what_is_no_calendar_file_is_refused(text: str) -> None:
    assert refused(text)
