"""Both front ends use the same words."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sla_tracker
from sla_tracker import i18n
from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.duties.states import Opened, State
from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.domain.people import SYSTEM, Person
from sla_tracker.domain.text import Text
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import UsageError
from sla_tracker.i18n.punctuation import together
from sla_tracker.plugin_host.trigger_checks import ASSUMABLE
from sla_tracker.services import codes
from sla_tracker.services.ports import Act
from sla_tracker.services.queries.rows import Bucket, DutyRow, bucket_at
from sla_tracker.storage.codec import KINDS
from sla_tracker.storage.journal.maintenance.erase import FINISHED
from sla_tracker.wording import duties, times

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
        i18n.use(lang)
        said[lang] = duties.format_due(due_at, NOW, ZONE)
    assert said == {"zh": zh, "en": en}


def test_another_year_is_named() -> None:
    assert duties.format_due(datetime(2027, 3, 1, 10, tzinfo=UTC), NOW, ZONE) == "2027-03-01"
    assert duties.format_moment(datetime(2026, 11, 20, 10, tzinfo=UTC), NOW, ZONE) == "11-20 18:00"


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
        i18n.use(lang)
        said[lang] = duties.format_standing(row, NOW, ZONE)
    assert said == {"zh": zh, "en": en}
    assert duties.format_standing(replace(row, planned=True, state=State.OPEN), NOW, ZONE) == ""


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2026, 10, 1), date(2026, 11, 1), "2026-10"),
        (date(2026, 12, 1), date(2027, 1, 1), "2026-12"),
        (date(2026, 11, 16), date(2026, 11, 23), "2026-11-16 … 2026-11-22"),
        (date(2026, 7, 1), date(2026, 10, 1), "2026-07-01 … 2026-09-30"),
        (None, date(2026, 11, 1), ""),
    ],
)
def test_a_whole_month_goes_by_its_name_and_the_rest_by_its_first_and_last_day(
    start: date | None, end: date | None, said: str
) -> None:
    assert duties.format_period(start, end) == said


def test_every_bucket_and_weekday_has_a_word() -> None:
    i18n.use("zh")
    assert [duties.bucket_word(bucket) for bucket in (Bucket.OVERDUE, Bucket.DELIVERED)] == ["逾期", "待验收"]
    assert duties.weekday_word(date(2026, 11, 20)) == "周五"


def test_unknown_acts_and_people_are_shown_cleaned() -> None:
    people = {"wang": Person(id="wang", name="王芳\x1b[2J", department="sales")}
    assert duties.person_word(people, "wang") == "王芳"
    assert duties.person_word(people, "gone\x07") == "gone?"
    assert duties.person_word(people, SYSTEM) == "system"
    assert duties.act_word("invented\x9b") == "invented?"


def test_answers_are_shown_as_people_read_them() -> None:
    label = Text(zh="方式", en="Method")
    choice = Field(
        id="pay",
        kind=FieldKind.CHOICE,
        label=label,
        choices=(Choice(id="cash", label=Text(zh="现金", en="Cash")),),
    )
    tick = Field(id="sheet", kind=FieldKind.TICK, label=label)
    assert duties.format_value(choice, "cash") == "Cash"
    assert duties.format_value(choice, "barter\x00") == "barter?"
    assert duties.format_value(tick, "yes") == "✓"


@pytest.mark.parametrize(
    ("good", "valid", "target", "shown"),
    [
        (1, 3, "0.95", "33.3 %"),
        (2, 3, "0.95", "66.7 %"),
        (1, 16, "0.95", "6.3 %"),  # 6.25, half up
        (1999, 2000, "1", "99.9 %"),  # 99.95 is not all
        (3, 3, "0.95", "100.0 %"),
        (18999, 20000, "0.95", "94.9 %"),  # 94.995 would look like the target
        (19, 20, "0.95", "95.0 %"),
        (9548, 10000, "0.9555", "95.5 %"),
        (9552, 10000, "0.9555", "95.5 %"),
        (0, 7, "0.95", "0.0 %"),
    ],
)
def test_a_rate_is_half_up_and_never_flatters(good: int, valid: int, target: str, shown: str) -> None:
    assert duties.percent_on_time(Score(good=good, valid=valid, target=Decimal(target))) == shown


@given(valid=st.integers(1, 100_000), data=st.data(), thousandths=st.integers(1, 100_000))
def test_no_rate_looks_like_a_target_or_a_whole_that_it_misses(
    valid: int, data: st.DataObject, thousandths: int
) -> None:
    good = data.draw(st.integers(0, valid))
    target = Decimal(thousandths) / 100_000
    rate, aim = (
        duties.percent_on_time(Score(good=good, valid=valid, target=target)),
        duties.percent_target(target),
    )
    figure = Fraction(rate.removesuffix(" %"))
    exact = Fraction(100 * good, valid)
    assert abs(figure - exact) <= Fraction(1, 10)
    assert (figure == 100) == (good == valid)
    if exact < Fraction(target) * 100:
        assert figure < Fraction(aim.removesuffix(" %"))
    elif not exact % 1:
        assert figure == exact


@pytest.mark.parametrize(("target", "shown"), [("0.95", "95.0 %"), ("0.9555", "95.55 %"), ("1", "100.0 %")])
def test_a_target_is_shown_with_the_decimals_it_has(target: str, shown: str) -> None:
    assert duties.percent_target(Decimal(target)) == shown
    assert duties.percent(None) == duties.percent_target(None) == "–"


def test_every_verb_on_record_has_a_word_and_no_other() -> None:
    assert duties.ACT_WORDS.keys() == set(Verb)


def test_every_verb_is_recorded_by_something() -> None:
    package = Path(sla_tracker.__file__).parent
    recording = [*(package / "services").rglob("*.py"), *(package / "deployment").rglob("*.py")]
    used = set(
        re.findall(r"\bVerb\.(\w+)", "\n".join(path.read_text(encoding="utf-8") for path in recording))
    )
    of_older_versions = {Verb.UNSEALED_MONTH.name}
    assert {verb.name for verb in Verb} - used == {Verb(FINISHED).name} | of_older_versions


def test_a_verb_is_named_as_it_is_stored() -> None:
    assert all(verb.name == verb.value.upper().replace(" ", "_") for verb in Verb)


def test_every_kind_of_document_has_words() -> None:
    i18n.use("zh")
    said = duties.format_touched(kind.name for kind in KINDS)
    assert not any(kind.name in said for kind in KINDS)
    i18n.use("en")
    assert duties.format_touched(["events", "duties", "duties"]) == "1 event, 2 duties"
    assert duties.format_touched(["new\x07"]) == "1 new?"


def test_a_moment_of_another_year_is_its_day_where_there_is_little_room() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    local = datetime(2026, 12, 31, 23, 30, tzinfo=zone)
    assert times.format_moment_short(local, NOW, zone) == "12-31 23:30"
    assert times.format_moment_short(local + timedelta(hours=1), NOW, zone) == "2027-01-01"


def test_every_part_that_may_be_assumed_has_words() -> None:
    parts = {part for allowed in ASSUMABLE.values() for part in allowed}
    assert parts == set(duties.ASSUMED_WORDS)
    i18n.use("zh")
    assert (
        duties.format_assumed(["due", "about"])
        == "未约定：期限、所指的月份。双方部门负责人可以约定：sla agree。"
    )
    assert duties.format_assumed([]) == ""


def test_an_undo_names_the_change_it_took_back() -> None:
    act = Act(what="undid", by="wang", at=NOW, reason="6")
    assert duties.format_reason(act) == "undid change 6"
    assert duties.format_reason(act, {"6": "delivered"}) == "undid “delivered”"
    again = replace(act, what="redid")
    assert duties.format_reason(again) == "did change 6 again"
    assert duties.format_reason(again, {"6": "delivered"}) == "did “delivered” again"
    assert duties.format_reason(replace(act, what="returned", reason="unsigned")) == "unsigned"


def test_an_act_of_an_import_names_it_as_lists_do() -> None:
    act = Act(what="imported_events", by="wang", at=NOW, reason="01a20b48-0900-7119-a32b-5ce99e949b13")
    assert duties.format_reason(act) == "import 949b13"
    assert duties.format_reason(replace(act, reason="")) == ""


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("given", ["forgotten", " 忘记 ", "Forgotten"])
def test_a_code_goes_by_its_id_and_by_its_word_in_any_language(given: str, lang: str) -> None:
    i18n.use(lang)
    assert codes.coded_cause(given, ("workload", "forgotten")) == "forgotten"
    assert codes.coded_waiver("不可抗力", ("force_majeure",)) == "force_majeure"
    assert codes.coded_cause("Parts missing", ("parts missing",)) == "parts missing"


def test_an_unknown_code_is_answered_with_the_words_there_are() -> None:
    i18n.use("zh")
    with pytest.raises(UsageError, match="workload（工作量大）、forgotten（忘记）、停电"):
        codes.coded_cause("weather", ("workload", "forgotten", "停电"))


@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "已验收。按 u 可撤销。"), ("en", "已验收。 按 u 可撤销。")]
)
def test_chinese_sentences_have_no_blank_between_them(lang: str, said: str) -> None:
    with i18n.speaking(lang):
        assert together("已验收。", "", "按 u 可撤销。") == said
