"""A year's notice imported by an admin, before the package has it."""

from datetime import date

import pytest

from sla_china.imports import ImportedYear, imported_year
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus
from tests.chinese import left_in_english
from tests.plugins.china_notices import NOTICE


def from_toml(text: str, year: int = 2027) -> ImportedYear:
    return imported_year(f"china-{year}.toml", text, year)


def good(read: ImportedYear) -> dict[date, DayRule]:
    assert [problem.en for problem in read.problems] == []
    return dict(read.days)


def problems_of(text: str) -> str:
    problems = from_toml(text).problems
    assert problems
    assert left_in_english(*problems) == []
    return "\n".join(problem.en for problem in problems)


def test_a_notice_in_toml() -> None:
    days = good(from_toml(NOTICE))
    off = [day for day, rule in days.items() if rule.status is DayStatus.CLOSED]
    worked = [day for day, rule in days.items() if rule.status is DayStatus.USUAL]
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
        ("source =", "sauce =", "“sauce” is unknown. Did you mean “source”?"),
        ("year = 2027", "year = 2028", "The file says it is about 2028"),
        ("to = 2027-10-07", "to = 2026-10-07", "no possible length"),
        ("to = 2027-10-07", "to = 2027-12-07", "no possible length"),
        (
            "from = 2027-06-09",
            "from = 2027-06-10",
            "not in this file: 2027-06-09 (Dragon Boat Festival); is",
        ),
        ("2027-09-26, ", "2027-10-06, ", "2027-10-06 is both a day off and a make-up day"),
        ("2027-09-26, ", "2026-09-26, ", "is not in 2027"),
        ("makeup = [2027-05-08]", "makeup = 2027-05-08", "makeup has to be a list of days"),
        ("makeup = [2027-05-08]", "makeup = ['soon']", "makeup has to be a list of days"),
        ("makeup = [2027-05-08]", "make_up = []", "“make_up” is unknown. Did you mean “makeup”"),
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
        ("year =", "china-2027.toml"),
    ],
)
def test_what_is_no_notice_at_all_is_refused(text: str, message: str) -> None:
    assert message in problems_of(text)


def test_all_problems_of_a_notice_are_told_at_once() -> None:
    told = problems_of(NOTICE.replace("2027-06-09", "2027-06-10").replace("2027-05-08", "2028-05-07"))
    assert "2028-05-07" in told
    assert "2027-06-09" in told


def test_a_year_before_the_law_of_2025_is_not_held_against_it() -> None:
    read = from_toml("year = 2003\n[[holiday]]\nname = '元旦'\nfrom = 2003-01-01\n", 2003)
    assert list(good(read)) == [date(2003, 1, 1)]


def test_a_notice_of_days_off_only_is_noticed_by_the_balance() -> None:
    without = "\n".join(line for line in NOTICE.splitlines() if not line.startswith("makeup"))
    assert "so 4 make-up days are due, and this file has 0" in problems_of(without)


def test_a_confirmed_file_is_taken_and_says_what_contradicts_the_law() -> None:
    read = from_toml(
        NOTICE.replace("from = 2027-06-09", "from = 2027-06-10").replace("source", "confirmed = true\nsource")
    )
    assert date(2027, 6, 10) in good(read)
    assert "2027-06-09 (Dragon Boat Festival)" in read.doubts[0].en


def test_a_weekday_said_to_be_worked_changes_nothing() -> None:
    read = from_toml(NOTICE.replace("[2027-05-08]", "[2027-05-08, 2027-05-10]"))
    assert date(2027, 5, 10) not in good(read)
    assert "2027-05-10 is said to be worked, which it is anyway" in read.remarks[0].en


def test_a_notice_may_move_days_of_the_december_before() -> None:
    read = from_toml(
        NOTICE.replace("from = 2027-01-01", "from = 2026-12-31").replace(
            "to = 2027-01-03", "to = 2027-01-03\nmakeup = [2026-12-26]"
        )
    )
    assert [day for day in good(read) if day.year != 2027] == []
    assert {day: rule.status for day, rule in read.december_before.items()} == {
        date(2026, 12, 31): DayStatus.CLOSED,
        date(2026, 12, 26): DayStatus.USUAL,
    }
