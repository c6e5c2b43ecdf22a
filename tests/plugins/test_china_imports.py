"""A year's notice imported by an admin, before the package has it."""

from datetime import date

import pytest

from sla_china.imports import ImportProblems, year_from_ics, year_from_toml
from sla_tracker.domain.time.calendar_layers import DayStatus
from tests.chinese import left_in_english

NOTICE = """
year = 2027
source = "a notice written for this test"

[[holiday]]
name = "元旦"
name_en = "New Year's Day"
from = 2027-01-01
to = 2027-01-03

[[holiday]]
name = "春节"
from = 2027-02-05
to = 2027-02-11
makeup = [2027-01-31, 2027-02-20]

[[holiday]]
name = "清明节"
from = 2027-04-05

[[holiday]]
name = "劳动节"
from = 2027-05-01
to = 2027-05-05
makeup = [2027-05-08]

[[holiday]]
name = "端午节"
from = 2027-06-09

[[holiday]]
name = "中秋节"
from = 2027-09-15

[[holiday]]
name = "国庆节"
from = 2027-10-01
to = 2027-10-07
makeup = [2027-09-26, 2027-10-09]
"""


def problems_of(text: str) -> str:
    with pytest.raises(ImportProblems) as caught:
        year_from_toml(text)
    assert left_in_english(*caught.value.problems) == []
    return str(caught.value)


def test_a_notice_in_toml() -> None:
    year, days = year_from_toml(NOTICE)
    off = [day for day, rule in days.items() if rule.status is DayStatus.CLOSED]
    worked = [day for day, rule in days.items() if rule.status is DayStatus.USUAL]
    assert year == 2027
    assert len(off) == 3 + 7 + 1 + 5 + 1 + 1 + 7
    assert [f"{day:%m-%d}" for day in worked] == ["01-31", "02-20", "05-08", "09-26", "10-09"]
    assert days[date(2027, 1, 1)].name.en == "New Year's Day"
    assert days[date(2027, 2, 6)].name.get("en") == "春节"
    assert not any(rule.provisional for rule in days.values())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("year = 2027", "year = 27", "year: write which year it is"),
        ("year = 2027", "", "year: write which year it is"),
        ("source =", "sauce =", "sauce is unknown; allowed are year, source, holiday"),
        ("to = 2027-10-07", "to = 2026-10-07", "no possible length"),
        ("to = 2027-10-07", "to = 2027-12-07", "no possible length"),
        (
            "from = 2027-06-09",
            "from = 2027-06-10",
            "not in this file: 2027-06-09 (Dragon Boat Festival); is",
        ),
        ("2027-09-26, ", "2027-10-06, ", "2027-10-06 is both a day off and a make-up day"),
        ("2027-09-26, ", "2027-09-27, ", "2027-09-27 is a make-up day, but no Saturday or Sunday"),
        ("2027-09-26, ", "2026-09-26, ", "is not in 2027"),
        ("makeup = [2027-05-08]", "makeup = 2027-05-08", "makeup has to be a list of days"),
        ("makeup = [2027-05-08]", "makeup = ['soon']", "makeup has to be a list of days"),
        ("makeup = [2027-05-08]", "make_up = []", "make_up is unknown"),
        ('name = "元旦"', "name = 3", "name has to be a text"),
        ("from = 2027-04-05", 'from = "soon"', "from and to have to be days"),
    ],
)
def test_a_wrong_notice_is_refused_in_words(old: str, new: str, message: str) -> None:
    assert old in NOTICE
    assert message in problems_of(NOTICE.replace(old, new, 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("year = 2027", "one [[holiday]] for each festival"),
        ("year = 2027\nholiday = [1]", "write it as a [[holiday]] table"),
        ("year =", "not TOML"),
        ("#" * 300_000, "larger than 256 KiB"),
    ],
)
def test_what_is_no_notice_at_all_is_refused(text: str, message: str) -> None:
    assert message in problems_of(text)


def test_all_problems_of_a_notice_are_told_at_once() -> None:
    told = problems_of(NOTICE.replace("2027-06-09", "2027-06-10").replace("2027-05-08", "2027-05-07"))
    assert "2027-06-09" in told
    assert "2027-05-07" in told


def test_a_year_before_the_law_of_2025_is_not_held_against_it() -> None:
    year, days = year_from_toml("year = 2003\n[[holiday]]\nname = '元旦'\nfrom = 2003-01-01\n")
    assert (year, list(days)) == (2003, [date(2003, 1, 1)])


def event(summary: str, start: str, end: str = "", mark: str = "") -> str:
    lines = ["BEGIN:VEVENT", f"UID:{summary}{start}", "DTSTAMP:20261101T000000Z", f"SUMMARY:{summary}"]
    lines.append(f"DTSTART;VALUE=DATE:{start}")
    if end:
        lines.append(f"DTEND;VALUE=DATE:{end}")
    if mark:
        lines.append(f"X-APPLE-SPECIAL-DAY:{mark}")
    return "\r\n".join([*lines, "END:VEVENT"])


def ics(*events: str) -> str:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//test//EN", *events, "END:VCALENDAR", ""]
    )


WHOLE_YEAR = (
    event("元旦（休）", "20270101", "20270104"),
    event("春节 休", "20270205", "20270212"),
    event("春节 班", "20270131"),
    event("春节 补班", "20270220", "20270221"),
    event("清明节", "20270405", "20270406", "WORK-HOLIDAY"),
    event("劳动节", "20270501", "20270506", "WORK-HOLIDAY"),
    event("劳动节", "20270508", "20270509", "ALTERNATE-WORKDAY"),
    event("端午节放假", "20270609"),
    event("中秋节假期", "20270915"),
    event("国庆节（休）", "20271001", "20271008"),
    event("植树节", "20270312"),
    event("元旦（休）", "20280101"),
)


def test_a_notice_in_a_calendar_file() -> None:
    days = year_from_ics(ics(*WHOLE_YEAR), 2027)
    worked = [day for day, rule in days.items() if rule.status is DayStatus.USUAL]
    assert sorted(worked) == [date(2027, 1, 31), date(2027, 2, 20), date(2027, 5, 8)]
    assert len(days) - len(worked) == 3 + 7 + 1 + 5 + 1 + 1 + 7
    assert date(2027, 3, 12) not in days
    assert days[date(2027, 1, 1)].name.zh == "元旦"
    assert days[date(2027, 2, 20)].name.zh == "春节"


def test_a_calendar_file_that_lacks_a_festival_is_refused() -> None:
    with pytest.raises(ImportProblems, match="Dragon Boat Festival"):
        year_from_ics(ics(*(entry for entry in WHOLE_YEAR if "端午节" not in entry)), 2027)


def test_an_event_without_a_start_is_named() -> None:
    broken = event("国庆节 休", "20271001").replace("DTSTART;VALUE=DATE:20271001\r\n", "")
    with pytest.raises(ImportProblems, match="has no DTSTART"):
        year_from_ics(ics(*WHOLE_YEAR, broken), 2027)


@pytest.mark.parametrize("text", ["", "hello", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"])
def test_what_is_no_calendar_file_is_refused(text: str) -> None:
    with pytest.raises(ImportProblems):
        year_from_ics(text, 2027)


def test_times_of_day_in_a_calendar_file_are_read_as_their_days() -> None:
    timed = event("国庆节（休）", "20271001", "20271008").replace(";VALUE=DATE:20271001", ":20271001T000000")
    days = year_from_ics(ics(*(entry for entry in WHOLE_YEAR if "国庆节" not in entry), timed), 2027)
    assert date(2027, 10, 1) in days
