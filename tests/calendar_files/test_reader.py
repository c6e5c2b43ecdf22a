"""The forms of calendar files, their encodings, and feeds of other countries."""

from __future__ import annotations

import codecs
from datetime import date

import pytest

from sla_tracker.calendar_files.csv import read_calendar_csv
from sla_tracker.calendar_files.decode import decode
from sla_tracker.calendar_files.entries import CalendarEntry, CalendarFile, EntryKind
from sla_tracker.calendar_files.reader import read_calendar_file, read_calendar_year
from sla_tracker.calendar_files.titles import Meaning, meaning_of
from sla_tracker.calendar_files.toml import calendar_toml, read_calendar_toml
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayStatus
from sla_tracker.errors import UsageError
from tests.calendar_files.feeds import event, feed, ics


def german(*events: str) -> CalendarFile:
    return read_calendar_file(
        "germany-2027.ics",
        ics(*events),
        zone="Europe/Berlin",
        first_year=2027,
        last_year=2027,
        names_are_off=True,
    )


def kinds(file: CalendarFile) -> dict[date, EntryKind]:
    assert [problem.sentence() for problem in file.problems] == []
    return {entry.day: entry.kind for entry in file.entries}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_chinese_names_come_out_of_every_encoding_of_chinese_programs(encoding: str) -> None:
    text = feed()
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    "content",
    [
        "Mariä Himmelfahrt".encode("latin-1"),
        "Fête nationale".encode("latin-1"),
        "Año nuevo".encode("latin-1"),
        b"\xff\xff\xff",
        codecs.BOM_UTF16_LE + b"\x00\xd8",
    ],
)
def test_what_would_be_guessed_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError, match="save it as UTF-8"):
        decode(content)


def test_a_line_that_is_folded_within_a_character_is_joined() -> None:
    content = (
        feed().encode().replace("元旦".encode()[:4], "元旦".encode()[:2] + b"\r\n " + "元旦".encode()[2:4], 1)
    )
    assert "元旦（休）" in decode(content, folded=True)


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(UsageError, match="larger than 256 KiB"):
        decode(b"#" * 300_000)


def test_a_feed_of_public_holidays_needs_no_marks() -> None:
    found = kinds(
        german(
            event("Neujahr", start="20270101", end="20270102"),
            event("Weihnachtstage", start="20271225", end="20271227"),
            event("Valentinstag", "DESCRIPTION:Observance\\nTo hide observances …", start="20270214"),
            event("Ann's birthday", start="20270301"),
        )
    )
    assert found[date(2027, 1, 1)] is found[date(2027, 12, 26)] is EntryKind.OFF
    assert found[date(2027, 2, 14)] is found[date(2027, 3, 1)] is EntryKind.UNCLEAR


def test_a_yearly_rule_gives_the_day_of_each_year_in_range() -> None:
    assert list(kinds(german(event("Neujahr", "RRULE:FREQ=YEARLY", start="19900101")))) == [date(2027, 1, 1)]


def test_excluded_and_moved_occurrences_are_followed() -> None:
    found = kinds(
        german(
            event("Brückentag", "RRULE:FREQ=WEEKLY;COUNT=4", "EXDATE;VALUE=DATE:20270115", start="20270108"),
            event("Brückentag", "RECURRENCE-ID;VALUE=DATE:20270122", start="20270125").replace(
                "UID:Brückentag-20270125-1", "UID:Brückentag-20270108-2"
            ),
        )
    )
    assert list(found) == [date(2027, 1, 8), date(2027, 1, 25), date(2027, 1, 29)]


def test_a_period_among_the_added_dates_has_a_length_of_its_own() -> None:
    found = kinds(german(event("Betriebsruhe", "RDATE;VALUE=PERIOD:20270301T230000Z/P2D", start="20270201")))
    assert list(found) == [date(2027, 2, 1), date(2027, 3, 2), date(2027, 3, 3)]


def test_whole_days_written_as_midnights_of_utc_stay_on_their_day() -> None:
    days = event("Neujahr", "DTSTART:20270101T000000Z", "DTEND:20270102T000000Z")
    assert list(kinds(german(days))) == [date(2027, 1, 1)]


def test_a_day_of_another_zone_stays_that_day() -> None:
    days = event(
        "新年", "DTSTART;TZID=Asia/Shanghai:20270101T000000", "DTEND;TZID=Asia/Shanghai:20270101T235900"
    )
    assert list(kinds(german(days))) == [date(2027, 1, 1)]


def test_a_rule_that_never_ends_is_bounded_by_the_years_asked_for() -> None:
    file = german(event("Ruhetag", "RRULE:FREQ=DAILY", start="19010101"))
    assert len(file.entries) == 365 + 31


@pytest.mark.parametrize(
    ("title", "meaning"),
    [
        ("不上班", Meaning.OFF),
        ("非工作日", Meaning.OFF),
        ("Non-working day", Meaning.OFF),
        ("调休放假", Meaning.OFF),
        ("春节调休", Meaning.SWAPPED),
        ("春节调休上班", Meaning.WORKED),
        ("厂庆日放假", Meaning.OFF),
        ("国庆节、中秋节放假", Meaning.OFF),
        ("植树节", Meaning.UNMARKED),
        ("部门同学班", Meaning.UNMARKED),
        ("陪产假", Meaning.PRIVATE),
        ("On holiday", Meaning.PRIVATE),
        ("Team party", Meaning.PRIVATE),
        ("National Day Golden Week", Meaning.OFF),
        ("Board review", Meaning.UNMARKED),
    ],
)
def test_titles_say_what_people_mean(title: str, meaning: Meaning) -> None:
    assert meaning_of(title) is meaning


def test_a_category_says_worked_and_never_opens_private_leave_to_everybody() -> None:
    assert meaning_of("春节调休", ["上班"]) is Meaning.WORKED
    assert meaning_of("Founders", ["Holiday"]) is Meaning.OFF
    assert meaning_of("韩梅梅年假", ["假期"]) is Meaning.PRIVATE


@pytest.mark.parametrize(
    "text",
    [
        "date,name,kind\n2027-01-01,New Year,off\n2027-01-02,,worked\n",
        "日期;名称;类型\n2027/1/1;元旦;休\n2027年1月2日;;班\n",
        "day\tholiday\n01.01.2027\tHoliday\n20270102\t补班\n",
    ],
)
def test_tables_of_any_separator_are_read(text: str) -> None:
    assert kinds(read_calendar_csv(text)) == {
        date(2027, 1, 1): EntryKind.OFF,
        date(2027, 1, 2): EntryKind.WORKED,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("date,name\n01/02/2027,New Year\n", "row 2: “01/02/2027” is no day"),
        ("date,kind\n2027-01-01,maybe\n", "row 2: “maybe” is neither off nor worked"),
        ("date,to,name\n2027-01-05,2027-01-01,x\n", "row 2: x: 2027-01-05 to 2027-01-01"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(text: str, said: str) -> None:
    assert said in read_calendar_csv(text).problems[0].sentence()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_a_table_without_days_is_refused(text: str) -> None:
    assert read_calendar_year("x-2027.csv", text, 2027, zone="UTC").problems


def test_a_written_file_is_read_back() -> None:
    entries = (
        CalendarEntry(date(2026, 12, 31), EntryKind.OFF, Text("元旦", "New Year")),
        CalendarEntry(date(2027, 1, 1), EntryKind.OFF, Text("元旦", "New Year")),
        CalendarEntry(date(2027, 1, 3), EntryKind.WORKED, Text("", 'a "b" \\ c')),
        CalendarEntry(date(2027, 5, 1), EntryKind.OFF, Text("劳动节", "")),
        CalendarEntry(date(2027, 5, 3), EntryKind.OFF, Text("劳动节", "")),
    )
    text = calendar_toml(entries, year=2027, source="a.ics", confirmed=True, comment="imported")
    file = read_calendar_toml(text, "x-2027.toml")
    assert file.confirmed
    assert [problem.sentence() for problem in file.problems] == []
    assert [(one.day, one.kind) for one in file.entries] == [(one.day, one.kind) for one in entries]


def test_a_year_of_a_file_has_its_days_and_the_december_before() -> None:
    days = [event("Jahreswechsel", start="20261231", end="20270102"), event("Heiligabend", start="20271224")]
    assert german(*days).years() == (2027,)
    year = read_calendar_year("g-2027.ics", ics(*days), 2027, zone="Europe/Berlin", names_are_off=True)
    assert set(year.days) == {date(2027, 1, 1), date(2027, 12, 24)}
    assert year.december_before[date(2026, 12, 31)].status is DayStatus.CLOSED


def test_a_file_whose_rules_never_come_round_keeps_nobody_waiting() -> None:
    never = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"
    file = german(*(event(f"Ruhetag {number}", never, start="19100101") for number in range(500)))
    assert len(file.problems) == 21
    assert file.problems[-1].sentence() == "The file has 20 or more events that cannot be read."


def test_a_file_that_names_too_many_days_is_refused() -> None:
    file = german(*(event(f"Ruhetag {number}", "RRULE:FREQ=DAILY", start="20200101") for number in range(90)))
    assert file.problems[-1].sentence() == "The file names more than 20000 days."


def test_a_quotation_that_does_not_end_is_a_problem_of_that_file_only() -> None:
    text = 'date,name\n2027-01-01,"New Year\n' + "x" * 200_000
    found = read_calendar_year("x-2027.csv", text, 2027, zone="UTC")
    assert "cannot be read as CSV" in found.problems[0].en
