"""`sla score` and `sla causes`: the figures of a month, open or closed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.request_counts import RequestCounts
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.months import archive, service_levels
from sla_tracker.services.months.people_levels import people_levels
from sla_tracker.services.months.service_levels import By
from sla_tracker.testing.company import OBLIGATIONS, a_context, set_clock
from sla_tracker.wording.figures.ranges import months_word
from tests.cli.runner import Line, TestDeployments
from tests.services.acts import who


@pytest.fixture
def deployments(tmp_path: Path) -> TestDeployments:
    """Open onto a company in which only sales owes something."""
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    only = [one for one in OBLIGATIONS if one.provider == "sales"]
    return TestDeployments(folder=tmp_path, context=a_context(trial=True, obligations=only))


@pytest.fixture
def worked(line: Line, deployments: TestDeployments) -> Line:
    """Let sales deliver one sheet late and one in time, finance judge both, and ask for two things."""
    late, in_time = line.reference("order-sheet"), line.reference("decoration-sheet", subject="鄂F·2")
    for reference in (late, in_time):
        line.run("deliver", reference, "--all-ticks")
    line.run("cause", late, "workload")
    set_clock(deployments.context, "2026-11-20 15:30")
    line.run("accept", late, person="chen.jing")
    line.run("return", in_time, "--reason", "金额不符", person="chen.jing")
    line.run("request", "--to", "sales", "--text", "修一下打印机", person="chen.jing")
    asked = line.json("request", "invoice-copy", "--text", "May", person="chen.jing")["request"]["reference"]
    line.run("answer", asked, "明天")
    return line


def of(document: dict[str, list[dict[str, object]]], **wanted: str) -> dict[str, object]:
    (row,) = (row for row in document["levels"] if wanted.items() <= row.items())
    return row


def test_a_department_has_its_rate_its_verdicts_and_its_requests(worked: Line) -> None:
    document = worked.json("score")
    assert (document["month"], document["closed"], document["by"]) == ("2026-11", False, "department")
    sales = of(document, provider="sales")
    assert (sales["good"], sales["misses_allowed"], sales["target"]) == (0, 0, "0.95")
    assert sales["first_pass"] == sales["judged"] == 1
    asked = {"asked": 2, "answered_in_time": 1, "answers_judged": 1, "uncovered": 1}
    assert isinstance(sales["requests"], dict)
    assert asked.items() <= sales["requests"].items()
    finance = of(document, provider="finance")
    assert finance["verdicts"] == {
        "count": 2,
        "by_silence": 0,
        "median_minutes": 90,
        "longest_minutes": 90,
    }


@pytest.mark.parametrize(
    ("rows", "name"),
    [
        ("asked", "asked"),
        ("answered", "answered_in_time"),
        ("answers-due", "answers_judged"),
        ("uncovered", "uncovered"),
        ("withdrawn", "withdrawn"),
    ],
)
def test_numbers_of_requests_open_their_requests(worked: Line, rows: str, name: str) -> None:
    number = of(worked.json("score"), provider="sales")["requests"][name]  # type: ignore[index]
    opened = worked.json("score", "--rows", rows, "--department", "sales")["rows"]
    assert len(opened) == number
    assert (
        worked.say("score", "--rows", rows, "--department", "sales", "--lang", "zh").count("财务部") >= number
    )


def test_a_median_opens_the_verdicts_it_is_counted_from(worked: Line) -> None:
    verdicts = of(worked.json("score"), provider="finance")["verdicts"]
    opened = worked.json("score", "--rows", "verdicts", "--consumer", "finance")["rows"]
    assert len(opened) == verdicts["count"] == 2  # type: ignore[index]
    assert opened[0]["minutes"] == verdicts["longest_minutes"]  # type: ignore[index]
    assert {one["result"] for one in opened} == {"accepted", "returned"}
    said = worked.say("score", "--rows", "verdicts", "--obligation", "order-sheet", code=2)
    assert "not counted by obligation" in said


def test_ratings_open_for_the_rater_and_the_rated_head_alone(worked: Line) -> None:
    (late,) = worked.json("score", "--rows", "judged")["rows"]
    worked.run("rate", late["reference"], "3", person="chen.jing")
    opened = {
        person: worked.json("score", "--rows", "rated", person=person)["rows"]
        for person in ("wang.fang", "li.na", "chen.jing", "zhou.min", "root")
    }
    assert {person for person, rows in opened.items() if rows} == {"chen.jing", "li.na"}
    assert opened["li.na"][0]["rating"] == 3


def test_numbers_of_complaints_open_them_and_the_time_of_a_step(worked: Line) -> None:
    worked.run("complaint", "lodge", "sales", "又晚了", person="chen.jing")
    figures = worked.json("complaint", "figures")
    for rows in ("lodged", "founded", "running", "repeated"):
        opened = worked.json("complaint", "figures", "--rows", rows, "--group", "sales")["rows"]
        assert len(opened) == figures["total"][rows]
    assert worked.json("complaint", "figures", "--rows", "judge")["rows"] == figures["steps"] == []
    assert "又晚了" not in worked.say("complaint", "figures", "--rows", "lodged")
    assert "--group" in worked.say("complaint", "figures", "--group", "sales", code=2)


def test_a_screen_shows_the_same_in_both_languages(worked: Line) -> None:
    said = worked.say("score")
    assert "Half within" in said
    assert "1 h 30 min" in said
    assert "Uncovered" in said
    zh = worked.say("score", "--lang", "zh")
    assert "1 小时 30 分" in zh
    assert "约定之外" in zh


def test_lines_are_given_by_obligation_and_by_person(worked: Line) -> None:
    row = of(worked.json("score", "--by", "obligation"), obligation="order-sheet", provider="sales")
    assert (row["consumer"], row["valid"], row["first_pass"]) == ("finance", 2, 1)
    assert "Order sheet (Sales → Finance)" in worked.say("score", "--by", "obligation")
    assert "not taken" not in worked.say("score")


def test_of_people_everybody_sees_the_own_row_only(worked: Line) -> None:
    (own,) = worked.json("score", "--by", "person")["levels"]
    assert (own["person"], own["judged"], own["on_time"]) == ("wang.fang", 1, None)
    said = worked.say("score", "--by", "person")
    assert "王芳 (Sales)" in said
    assert "[people_figures]" in said
    assert worked.json("score", "--by", "person", person="chen.jing")["levels"] == []
    assert "People are not ranked" in worked.say("score", "--by", "person", "--worst", code=2)


def test_people_are_neither_ranked_nor_compared(worked: Line) -> None:
    for option in ("--worst", "--compare"):
        assert option in worked.say("score", "--by", "person", option, code=2)


def test_agreed_figures_of_people_begin_with_their_day(worked: Line, deployments: TestDeployments) -> None:
    context = deployments.context
    for since, shown in ((date(2026, 11, 1), {"wang.fang", ""}), (date(2026, 12, 1), set())):
        agreed = replace(
            context,
            settings=replace(
                context.settings, people_figures_since=since, people_figures_agreed_with="works council"
            ),
        )
        november = month_range("2026-11")
        found = people_levels(agreed, who(agreed, "chen.jing"), november)
        assert not found.is_withheld
        assert {row.person for row in found.levels.rows} == shown


def test_a_pair_of_departments_has_what_its_obligations_add_up_to(
    worked: Line, deployments: TestDeployments
) -> None:
    rows = worked.json("score", "--by", "pair")["levels"]
    single = worked.json("score", "--by", "obligation")["levels"]
    for row in rows:
        own = [
            one for one in single if (one["provider"], one["consumer"]) == (row["provider"], row["consumer"])
        ]
        assert (row["good"], row["valid"]) == (
            sum(one["good"] for one in own),
            sum(one["valid"] for one in own),
        )
    assert sum(row["valid"] for row in rows) == sum(row["valid"] for row in worked.json("score")["levels"])
    assert "Sales → Finance" in worked.say("score", "--by", "pair")
    assert "销售部 → 财务部" in worked.say("score", "--by", "pair", "--lang", "zh")
    pairs = {(row["provider"], row["consumer"], row["valid"]) for row in rows}
    closed(deployments)
    kept = worked.json("score", "2026-11", "--by", "pair")["levels"]
    assert {(row["provider"], row["consumer"]) for row in kept} == {pair[:2] for pair in pairs}


def test_causes_are_ranked_with_those_nobody_gave(worked: Line) -> None:
    rows = worked.json("causes")["causes"]
    assert rows[0]["cause"] is None
    assert (rows[1]["cause"], rows[1]["count"]) == ("workload", 1)
    assert sum(row["count"] for row in rows) == rows[0]["count"] + 1
    assert float(rows[-1]["cumulative"]) == 1
    said = worked.say("causes", "2026-11", "--department", "sales")
    assert "nobody said" in said
    assert "too much work" in said
    assert "100.0 %" in said
    assert "未说明" in worked.say("causes", "--lang", "zh")


def test_causes_are_compared_with_the_range_before_and_a_year_before(worked: Line) -> None:
    compared = worked.json("causes", "2026-11", "--compare")
    assert [compared[name]["range"]["id"] for name in ("before", "year_before")] == ["2026-10", "2025-11"]
    assert compared["before"]["causes"] == []
    said = worked.say("causes", "2026-11", "--compare").splitlines()
    assert {"2026-10", "2025-11"} <= set(said[0].split())
    later = worked.json("causes", "2026-12", "--compare")
    assert later["before"]["causes"] == compared["causes"]


def test_nothing_to_say_is_said(line: Line) -> None:
    assert "Nothing was owed in 2026-01" in line.say("score", "2026-01")
    assert "Nothing was late or returned in 2026-01" in line.say("causes", "2026-01")


@pytest.mark.parametrize(
    "command", [("score",), ("causes",), ("calendar",), ("league",), ("event", "import")]
)
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_value_is_not_taken_for_none(line: Line, command: tuple[str, ...], empty: str) -> None:
    assert " is empty; write it there or leave it out." in line.say(*command, empty, code=2)


def test_one_empty_value_of_several_is_refused(line: Line) -> None:
    words = ("request", "invoice-copy", "--text", "x", "--paper", "form", "--paper", "")
    assert "--paper is empty; write NAME behind it" in line.say(*words, code=2)


def test_a_month_goes_by_its_english_name(line: Line) -> None:
    assert line.json("score", "October")["range"]["id"] == "2026-10"


@pytest.mark.parametrize("command", ["score", "causes"])
def test_what_is_no_month_is_refused(line: Line, command: str) -> None:
    assert "“soon” is no month that can be understood" in line.say(command, "soon", code=2)


@pytest.mark.parametrize("month", ["2026-11", "11月", "this month", "本月"])
def test_the_figures_of_a_month_are_asked_for_by_what_people_call_it(line: Line, month: str) -> None:
    assert line.json("score", month) == line.json("score")
    assert line.json("causes", month) == line.json("causes")


def closed(deployments: TestDeployments) -> ServiceContext:
    context = deployments.context
    set_clock(context, "2027-01-04 09:00")
    archive.close_and_seal(context, who(context, "root"), "2026-11", mark_missed=True)
    return context


def test_an_event_of_a_closed_month_is_shown_from_its_archive(
    worked: Line, deployments: TestDeployments
) -> None:
    (event, *_others) = worked.json("event", "list")["events"]
    before = worked.json("event", "show", event["reference"])
    closed(deployments)
    after = worked.json("event", "show", event["reference"])
    assert (before["event"]["archive"], after["event"]["archive"]) == (None, "2026-11")
    assert [duty["id"] for duty in after["duties"]] == [duty["id"] for duty in before["duties"]]
    assert "of 2026-11, which is closed" in worked.say("event", "show", event["reference"])


def test_a_closed_month_keeps_its_figures_and_its_archive_stays_shut(
    worked: Line, deployments: TestDeployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(deployments.context, "2027-01-04 09:00")
    open_then = worked.json("score", "2026-11")
    pair = service_levels.beside(deployments.context, month_range("2026-11"), "sales", "finance")
    context = closed(deployments)
    opened: list[str] = []
    read = archive.duties_in_months

    def reading(context: ServiceContext, months: Sequence[str]) -> list[Duty]:
        opened.extend(months)
        return read(context, months)

    monkeypatch.setattr(archive, "duties_in_months", reading)
    document = worked.json("score", "2026-11")
    assert document["closed"]
    sales = of(document, provider="sales")
    assert sales["valid"] == sum(
        one.score.valid
        for one in service_levels.levels(context, month_range("2026-11"), by=By.OBLIGATION).rows
        if one.provider == "sales"
    )
    assert sales["requests"] == of(open_then, provider="sales")["requests"]
    assert sales["verdicts"] == of(open_then, provider="sales")["verdicts"]
    assert "2026-11 (closed)" in worked.say("score", "2026-11")
    assert service_levels.beside(context, month_range("2026-11"), "sales", "finance") == pair
    assert opened == []
    assert of(worked.json("score", "2026-11", "--by", "person"), person="wang.fang")["judged"] == 1
    assert {row["cause"] for row in worked.json("causes", "2026-11")["causes"]} == {None, "workload"}
    assert opened == ["2026-11", "2026-11"]


def test_a_month_closed_before_details_were_kept_shows_a_dash(
    worked: Line, deployments: TestDeployments
) -> None:
    context = closed(deployments)
    month = context.store.read(lambda tx: existing(tx, Month, "2026-11"))
    context.write(None, Verb.CLOSED_MONTH, lambda tx, _now: tx.put(replace(month, details=())))
    assert "requests" not in of(worked.json("score", "2026-11"), provider="sales")
    assert "closed before verdict times" in worked.say("score", "2026-11")
    assert "–" in worked.say("score", "2026-11")
    assert service_levels.beside(context, month_range("2026-11"), "sales") is None


def test_a_changed_target_does_not_reach_a_closed_month(worked: Line, deployments: TestDeployments) -> None:
    context = closed(deployments)
    november = month_range("2026-11")
    groups = [by for by in By if by is not By.PERSON]
    before = [service_levels.levels(context, november, by=by) for by in groups]
    stricter = replace(context, settings=replace(context.settings, target=Decimal("0.99")))
    assert [service_levels.levels(stricter, november, by=by) for by in groups] == before
    assert {row.score.target for row in before[0].rows if row.score.valid} == {Decimal("0.95")}


def test_beside_a_pair_stands_what_the_two_did(worked: Line, deployments: TestDeployments) -> None:
    pair = service_levels.beside(deployments.context, month_range("2026-11"), "sales", "finance")
    assert pair is not None
    assert (pair.verdicts.verdicts, pair.verdicts.median) == (2, timedelta(minutes=90))
    assert pair.requests.uncovered == 1
    other = service_levels.beside(deployments.context, month_range("2026-11"), "sales", "service")
    assert other is not None
    assert other.requests == RequestCounts()
    assert other.causes == ()


def test_a_month_is_closed_by_what_people_call_it(line: Line) -> None:
    assert "2026-10 is closed" in line.say("period", "close", "上个月", person="root")
    assert "2026-10 is open again" in line.say("period", "reopen", "10月", "--reason", "x", person="root")
    assert "no month that can be understood" in line.say("period", "show", "moonday", code=2)


def test_one_cause_is_given_for_several_in_one_act(line: Line, deployments: TestDeployments) -> None:
    refs = [line.reference("order-sheet", subject=f"鄂F·{number}") for number in (1, 2)]
    set_clock(deployments.context, "2026-11-23 09:00")
    said = line.say("cause", refs[0], "workload", "too", "few", "--also", refs[1])
    assert said.count("Cause given") == 2
    last = list(deployments.context.store.changes())[-1]
    assert (last.act.what, len(last.touched)) == ("explained_lateness", 2)
    listed = line.json("causes", "--rows", "workload")["rows"]
    assert {row["reference"] for row in listed} == set(refs)
    (row,) = (row for row in line.json("causes")["causes"] if row["cause"] == "workload")
    assert row["by_month"] == {"2026-11": 2}


def test_the_league_says_who_is_where_and_has_no_place_below_the_minimum(worked: Line) -> None:
    document = worked.json("league")
    (sales,) = document["departments"]
    assert (sales["department"], sales["place"], sales["valid"]) == ("sales", None, 3)
    assert (document["minimum"], sales["behind_points"], sales["best"]) == (10, None, None)
    said = worked.say("league", "--lang", "zh")
    assert "距第一名" in said
    assert "Own best" in worked.say("league")


def test_the_forecast_says_what_is_used_allowed_and_ahead(worked: Line) -> None:
    (sales,) = worked.json("forecast", "--department", "sales")["departments"]
    assert (sales["misses"], sales["misses_allowed"], sales["expected"]) == (3, 0, None)
    assert sales["ahead"] > 0
    assert "Still ahead" in worked.say("forecast")
    worked.run("forecast", "--department", "nobody", code=3)


def test_two_people_sign_the_checklist_of_a_month_in_which_nothing_is_left(line: Line) -> None:
    assert "6 of 6 points" in line.say("period", "sign", "2026-10", "all", person="chen.jing")
    assert "may not sign a point" in line.say(
        "period", "sign", "2026-10", "holds", "--review", person="chen.jing", code=5
    )
    said = line.say("period", "sign", "2026-10", "all", "--review", person="sun.hua")
    assert "6 of 6 signed by two" in said
    (holds,) = [one for one in line.json("period", "check", "2026-10")["checks"] if one["check"] == "holds"]
    assert (holds["prepared"]["by"], holds["reviewed"]["by"]) == ("chen.jing", "sun.hua")
    line.run("period", "sign", "2026-10", "all", "--take-back", person="sun.hua")
    assert "0 of 6 signed" in line.say("period", "check", "2026-10")
    line.run("period", "sign", "2026-10", "all", "--review", "--take-back", code=2)


def test_open_months_are_named_without_the_closed_ones_between_them() -> None:
    open_ones = [f"2026-{number:02d}" for number in (1, 2, 3, 4, 5, 11, 12)] + ["2027-01", "2027-02"]
    i18n.use("en")
    assert months_word(open_ones) == "2026-01 to 2026-05, 2026-11 to 2027-02"
    assert months_word(open_ones[5:7]) == "2026-11, 2026-12"
    assert months_word(()) == ""
