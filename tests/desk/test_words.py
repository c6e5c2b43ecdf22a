"""What every door says in the same words."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sla_tracker import locale
from sla_tracker.core.fields import Choice, Field, FieldKind
from sla_tracker.core.people import SYSTEM, Person
from sla_tracker.core.states import Opened, State
from sla_tracker.core.text import Text
from sla_tracker.desk import words
from sla_tracker.desk.rows import Bucket, DutyRow, bucket_at

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 20, 14, 2, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("due", "zh", "en"),
    [
        ((11, 19, 18, 0), "逾期 1 天", "1 day overdue"),
        ((11, 20, 12, 0), "逾期 2 小时", "2 hours overdue"),
        ((11, 20, 14, 1), "逾期 1 分钟", "1 minute overdue"),
        ((11, 20, 14, 2), "1 分钟后", "in 1 minute"),
        ((11, 20, 18, 0), "3 小时后", "in 3 hours"),
        ((11, 21, 0, 30), "10 小时后", "in 10 hours"),
        ((11, 21, 18, 0), "明天 18:00", "tomorrow 18:00"),
        ((11, 23, 18, 0), "3 天后", "in 3 days"),
        ((12, 31, 18, 0), "12-31", "12-31"),
    ],
)
def test_due_in_words(due: tuple[int, int, int, int], zh: str, en: str) -> None:
    due_at = datetime(2026, *due, tzinfo=ZONE).astimezone(UTC)
    said = {}
    for lang in ("zh", "en"):
        locale.use(lang)
        said[lang] = words.due_in_words(due_at, NOW, ZONE)
    assert said == {"zh": zh, "en": en}


def test_another_year_is_named() -> None:
    assert words.due_in_words(datetime(2027, 3, 1, 10, tzinfo=UTC), NOW, ZONE) == "2027-03-01"
    assert words.moment_in_words(datetime(2026, 11, 20, 10, tzinfo=UTC), NOW, ZONE) == "11-20 18:00"


@pytest.mark.parametrize(
    ("state", "zh", "en"),
    [
        (State.OPEN, "逾期 17 天", "17 days overdue"),
        (State.HELD, "逾期 17 天", "17 days overdue"),
        (State.DELIVERED, "11-24 前验收", "verdict by 11-24"),
        (State.ACCEPTED, "已验收", "accepted"),
        (State.MISSED, "未履行", "missed"),
    ],
)
def test_only_what_is_owed_is_overdue(state: State, zh: str, en: str) -> None:
    row = DutyRow(
        id="1",
        reference="1",
        obligation="order-sheet",
        title=Text(zh="单", en="sheet"),
        provider="sales",
        consumer="finance",
        subject="",
        due_at=datetime(2026, 11, 3, 10, tzinfo=UTC),
        bucket=bucket_at(state, datetime(2026, 11, 3, 10, tzinfo=UTC), NOW, ZONE),
        state=state,
        assignee="",
        month="2026-11",
        opened=Opened.ON_EVENT,
        accept_by_at=datetime(2026, 11, 24, 10, tzinfo=UTC) if state is State.DELIVERED else None,
    )
    said = {}
    for lang in ("zh", "en"):
        locale.use(lang)
        said[lang] = words.standing_in_words(row, NOW, ZONE)
    assert said == {"zh": zh, "en": en}
    assert words.standing_in_words(replace(row, planned=True, state=State.OPEN), NOW, ZONE) == ""


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2026, 10, 1), date(2026, 11, 1), "2026-10"),
        (date(2026, 12, 1), date(2027, 1, 1), "2026-12"),
        (date(2026, 10, 1), date(2026, 10, 31), "2026-10-01 … 2026-10-31"),
        (date(2026, 10, 2), date(2026, 11, 1), "2026-10-02 … 2026-11-01"),
        (None, date(2026, 11, 1), ""),
    ],
)
def test_a_whole_month_goes_by_its_name(start: date | None, end: date | None, said: str) -> None:
    assert words.period_in_words(start, end) == said


def test_every_bucket_and_weekday_has_a_word() -> None:
    locale.use("zh")
    assert [words.bucket_word(bucket) for bucket in (Bucket.OVERDUE, Bucket.DELIVERED)] == ["逾期", "待验收"]
    assert words.weekday_word(date(2026, 11, 20)) == "周五"


def test_unknown_acts_and_people_are_shown_cleaned() -> None:
    people = {"wang": Person(id="wang", name="王芳\x1b[2J", department="sales")}
    assert words.person_word(people, "wang") == "王芳"
    assert words.person_word(people, "gone\x07") == "gone?"
    assert words.person_word(people, SYSTEM) == "system"
    assert words.act_word("invented\x9b") == "invented?"


def test_answers_are_shown_as_people_read_them() -> None:
    label = Text(zh="方式", en="Method")
    choice = Field(
        id="pay",
        kind=FieldKind.CHOICE,
        label=label,
        choices=(Choice(id="cash", label=Text(zh="现金", en="Cash")),),
    )
    tick = Field(id="sheet", kind=FieldKind.TICK, label=label)
    assert words.value_in_words(choice, "cash") == "Cash"
    assert words.value_in_words(choice, "barter\x00") == "barter?"
    assert words.value_in_words(tick, "yes") == "✓"


@pytest.mark.parametrize(("ratio", "shown"), [("0.9996", "99.9 %"), ("1", "100.0 %"), ("0.95", "95.0 %")])
def test_a_percentage_never_rounds_up(ratio: str, shown: str) -> None:
    assert words.percent(Decimal(ratio)) == shown
    assert words.percent(None) == "–"
