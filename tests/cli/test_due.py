"""`sla due`: whose duties, how far ahead, and in what form."""

import pytest

from tests.cli.runner import Line, TestDeployments


def obligations(document: dict[str, list[dict[str, str]]]) -> list[str]:
    return [duty["obligation"] for duty in document["duties"]]


def test_a_person_sees_what_the_department_owes_the_most_urgent_first(line: Line) -> None:
    line.vehicle("17:10", cash="yes")
    assert obligations(line.json("due")) == [
        "commission-list",
        "order-sheet",
        "cash-slip",
        "decoration-sheet",
    ]
    shown = line.run("due")
    assert (
        shown.stdout.index("Overdue")
        < shown.stdout.index("Next workday 11-23 Mon")
        < shown.stdout.index("Decoration sheet")
    )
    assert "15 days overdue" in shown.stdout
    assert shown.stderr == "Sales: 3 overdue, 0 today, Mon 1, 0 this week, 0 later, 4 not taken.\n"


def test_the_consumer_sees_what_it_is_owed(line: Line) -> None:
    line.vehicle()
    document = line.json("due", "--owed-to-us", person="chen.jing")
    assert {"stock-list", "parts-margin", "commission-list", "order-sheet", "decoration-sheet"} == set(
        obligations(document)
    )
    assert {duty["consumer"] for duty in document["duties"]} == {"finance"}
    assert document["department"] == "finance"


def test_a_department_that_owes_nothing_is_told_where_to_look(line: Line) -> None:
    shown = line.run("due", person="chen.jing")
    assert shown.stdout == ""
    assert "sla due --owed-to-us" in shown.stderr


def test_mine_and_the_pool_share_out_what_the_department_owes(line: Line) -> None:
    taken = line.reference("decoration-sheet")
    line.run("take", taken)
    assert obligations(line.json("due", "--mine")) == ["decoration-sheet"]
    assert obligations(line.json("due", "--pool")) == ["commission-list", "order-sheet"]


def test_another_department_is_looked_at_by_its_name_in_either_language(line: Line) -> None:
    for name in ("warehouse", "仓库", "Warehouse"):
        assert obligations(line.json("due", "--department", name)) == ["stock-list"]


def test_until_shows_all_departments_and_what_is_only_planned(line: Line) -> None:
    document = line.json("due", "--until", "2027-01-31")
    planned = [(duty["obligation"], duty["due_at"]) for duty in document["duties"] if duty["planned"]]
    assert planned == [
        ("stock-list", "2026-12-03T10:00:00Z"),
        ("parts-margin", "2026-12-04T10:00:00Z"),
        ("commission-list", "2026-12-07T10:00:00Z"),
        ("parts-margin", "2027-01-04T10:00:00Z"),
        ("stock-list", "2027-01-04T10:00:00Z"),
        ("commission-list", "2027-01-05T10:00:00Z"),
    ]
    assert {duty["reference"] for duty in document["duties"] if duty["planned"]} == {None}
    text = line.run("due", "--until", "2027-01-31").stdout
    assert text.count("planned") == 6
    assert "Warehouse → Finance" in text


def test_what_is_only_planned_is_counted_apart_from_what_nobody_has_taken(line: Line) -> None:
    rows = line.json("due", "--until", "2027-01-31")["duties"]
    planned = sum(row["planned"] for row in rows)
    assert planned > 0
    pool = sum(not row["planned"] and not row["assignee"] and row["state"] == "open" for row in rows)
    said = line.run("due", "--until", "2027-01-31").stderr
    assert f", {pool} not taken" in said
    assert said.endswith(f", {planned} planned.\n")


def test_until_a_day_that_has_passed_is_refused(line: Line) -> None:
    said = line.say("due", "--until", "2026-11-19", code=2)
    assert "“2026-11-19” is 2026-11-19, which has passed; give today or a later day." in said


def test_a_day_that_no_calendar_has_is_refused_with_a_day_for_an_example(line: Line) -> None:
    said = line.say("due", "--until", "2029-02-29", code=2)
    assert "no calendar has this day. Write it like 2026-11-20." in said


def test_an_argument_of_a_command_without_any_is_called_that(line: Line) -> None:
    assert "“2028-02” is more than sla forecast takes, which has options only" in line.say(
        "forecast", "2028-02", code=2
    )
    assert "quote a text with blanks" in line.say("show", "abcdef", "more", code=2)


def test_a_field_of_an_event_without_fields_is_refused_plainly(line: Line) -> None:
    said = line.say(
        "event", "add", "settlement-scheduled", "合同 7", "--at", "tomorrow 9:00", "-f", "x=1", code=4
    )
    assert "There is no field “x”; nothing is asked for here." in said


def test_until_with_a_side_shows_only_that_side(line: Line) -> None:
    document = line.json("due", "--until", "12-31", "--department", "service")
    assert {duty["provider"] for duty in document["duties"]} == {"service"}
    document = line.json("due", "--until", "12-31", "--owed-to-us", "--department", "sales")
    assert document["duties"] == []


def test_the_document_names_what_every_line_says(line: Line) -> None:
    line.vehicle()
    (duty,) = [one for one in line.json("due")["duties"] if one["obligation"] == "decoration-sheet"]
    assert duty.pop("id").endswith(duty.pop("reference"))
    assert duty == {
        "month": "2026-11",
        "obligation": "decoration-sheet",
        "title": {"zh": "装饰单", "en": "Decoration sheet"},
        "provider": "sales",
        "consumer": "finance",
        "subject": "鄂F·12345",
        "period_start": None,
        "period_end": None,
        "due_at": "2026-11-23T10:00:00Z",
        "counts_from": None,
        "earliest_on": None,
        "papers_missing": 0,
        "update_due_at": None,
        "answer_due_at": None,
        "state": "open",
        "bucket": "later",
        "opened": "on_event",
        "assignee": None,
        "evidence_done": 0,
        "evidence_asked": 1,
        "planned": False,
        "provisional": False,
        "assumed": False,
        "roll_assumed": True,  # its third day is a Sunday
        "percent_used": None,
        "escalated_to": None,
        "returned": False,
        "opened_late": False,
        "short_notice": False,
    }


def test_chinese_columns_stand_under_each_other(line: Line) -> None:
    from sla_tracker.cli.formats.text_table import width

    line.vehicle()
    rows = [row for row in line.run("--lang", "zh", "due").stdout.splitlines() if "财务部" in row]
    assert len(rows) == 3
    assert len({width(row[: row.index("财务部")]) for row in rows}) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--until", "someday"), "“someday” is no day"),
        (
            ("--department", "kitchen"),
            "there are sales (Sales), service (Service), warehouse (Warehouse), finance (Finance).",
        ),
        (("--department", "Salez"), "There is no department “Salez”. Did you mean Sales?"),
        (("--all", "--department", "sales"), "exclude each other"),
        (("--until",), "The option --until needs a value"),
        (("--reason", "x"), "There is no option “--reason”. See: "),
        (("--untli", "x"), "There is no option “--untli”. Did you mean --until"),
        (("extra",), "“extra” is more than sla due takes"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(line: Line, words: tuple[str, ...], sentence: str) -> None:
    code = 3 if {"kitchen", "Salez"} & set(words) else 2
    shown = line.run("due", *words, code=code)
    assert shown.stdout == ""
    assert sentence in shown.stderr


def test_somebody_without_a_department_sees_everything_and_may_choose(
    line: Line, deployments: TestDeployments
) -> None:
    from dataclasses import replace

    stranger = replace(deployments.context.person("wang.fang"), id="guest", department="")
    deployments.context = replace(deployments.context, people={"guest": stranger})
    deployments.login = "guest"
    assert line.json("due")["scope"] == "all"
    assert "say which one with --department" in line.say("due", "--mine", code=2)


def test_what_is_delivered_or_on_hold_is_counted_apart(line: Line) -> None:
    delivered = line.reference("decoration-sheet")
    line.run("deliver", delivered, "--all-ticks")
    assert line.run("due").stderr.endswith("0 later, 2 not taken, 1 awaiting verdict.\n")
    assert "，待验收 1。" in line.run("--lang", "zh", "due").stderr
    line.run("take-back", delivered)
    line.run("hold", delivered, "--for", "finance", "--reason", "the contract")
    assert ", 1 on hold.\n" in line.run("due").stderr
