"""Complaints, hand-overs, shift notes and surveys from the command line."""

from __future__ import annotations

import re

import pytest

from sla_tracker.testing.company import set_clock
from tests.cli.runner import Line, TestDeployments


def filed(line: Line) -> str:
    said = line.say("complaint", "lodge", "sales", "late", "every", "week", person="chen.jing")
    assert "next: judge whether it is founded (Warehouse) by 11-24 Tue 18:00" in said
    return str(said.split()[0])


@pytest.mark.parametrize("named", ["sales", "销售部", "Sales"])
def test_a_department_goes_by_its_name_too(line: Line, named: str) -> None:
    assert "→ Sales" in line.say("complaint", "lodge", named, "late", person="chen.jing")


def test_a_complaint_goes_through_all_steps(line: Line) -> None:
    reference = filed(line)
    steps = [
        ("wu.di", "judge", reference, "--founded", "so it is"),
        ("wu.di", "name", reference, "service", "they hold the papers"),
        ("liu.yang", "analyse", reference, "workload", "too few on Mondays"),
        ("liu.yang", "propose", reference, "a second person"),
        ("zhou.min", "approve", reference, "--no", "too dear"),
        ("liu.yang", "propose", reference, "another day"),
        ("zhou.min", "approve", reference, "--yes", "good"),
        ("liu.yang", "carry-out", reference, "done"),
    ]
    for person, *words in steps:
        assert "next: " in line.say("complaint", *words, person=person)
    assert "settled" in line.say("complaint", "evaluate", reference, "3", "better", person="chen.jing")
    shown = line.say("complaint", "show", reference)
    for said in ("founded", "Service", "too much work", "sent back", "3 beyond what is owed"):
        assert said in shown
    (complaint,) = line.json("complaint", "list", "--all", person="chen.jing")["complaints"]
    assert complaint["reference"] == reference
    assert [step["step"] for step in complaint["steps"]][-1] == "evaluate"
    assert "No complaint" in line.say("complaint", "list", person="chen.jing")


def test_a_step_says_what_it_needs_and_who_may(line: Line) -> None:
    reference = filed(line)
    assert "Say --founded or --unfounded." in line.say(
        "complaint", "judge", reference, "x", person="wu.di", code=2
    )
    for person in ("ma.chao", "li.na"):
        assert "head of department of Warehouse" in line.say(
            "complaint", "judge", reference, "x", "--founded", person=person, code=5
        )
    assert "comes later" in line.say("complaint", "propose", reference, "x", person="li.na", code=4)
    assert "unfounded" in line.say("complaint", "judge", reference, "x", "--unfounded", person="wu.di")


def test_an_administrator_chooses_who_judges(line: Line) -> None:
    reference = filed(line)
    refused = line.say("complaint", "refer", reference, "sales", "they know it", person="root", code=2)
    assert "never judged by a party" in refused
    said = line.say("complaint", "refer", reference, "service", "not concerned", person="root")
    assert "(Service) by" in said
    assert line.say("complaint", "refer", reference, "service", "x", person="zhou.min", code=5)
    assert "next: " in line.say("complaint", "judge", reference, "--founded", "so", person="zhou.min")


def test_a_passed_limit_shows(line: Line, deployments: TestDeployments) -> None:
    reference = filed(line)
    set_clock(deployments.context, "2026-11-30 09:00")
    assert line.json("complaint", "show", reference)["complaint"]["escalated"] is True
    line.run("complaint", "judge", reference, "--founded", "so it is", person="wu.di")
    assert "too late" in line.say("complaint", "show", reference)


def test_an_offer_goes_by_its_duty_too(line: Line) -> None:
    duty = line.reference("decoration-sheet")
    gone = line.say("hand-over", "withdraw", duty, code=3)
    assert f"Nothing goes by “{duty}”; sla hand-over list shows the references." in gone
    line.run("hand-over", "offer", duty, "--to", "service", "--reason", "the car is there", "--within", "2")
    assert line.say("hand-over", "agree", duty, person="zhou.min").startswith("Taken over: ")


def test_a_duty_is_offered_and_taken_over(line: Line) -> None:
    duty = line.reference("decoration-sheet")
    said = line.say(
        "hand-over", "offer", duty, "--to", "service", "--reason", "the car is there", "--within", "2"
    )
    assert "Sales → Service" in said
    (offer,) = line.json("hand-over", "list", person="zhou.min")["offers"]
    reference = offer["id"][-6:]
    assert offer["within"] == 2
    assert "no room" not in line.say("hand-over", "list")
    assert "may not consent" in line.say("hand-over", "agree", reference, person="liu.yang", code=5)
    assert line.say("hand-over", "agree", reference, person="zhou.min").startswith("Taken over: ")
    assert "already agreed to" in line.say("hand-over", "withdraw", reference, code=4)
    assert line.json("show", duty)["duty"]["state"] == "handed_over"
    taken = re.search(r"Handed over to +Service (\w{6})\n", line.say("show", duty))
    assert taken is not None
    assert f"Handed over from  Sales {duty}\n" in line.say("show", taken[1])


def test_a_shift_note_is_drafted_written_and_acknowledged(line: Line) -> None:
    duty = line.reference("decoration-sheet")
    assert "There is no open duty to write about" in line.say("shift", "write", code=2)
    line.run("take", duty)
    assert duty in line.say("shift", "draft")
    reference = line.say("shift", "write", "--to", "zhao.lei").split()[0]
    assert "not acknowledged" in line.say("shift", "list", person="zhao.lei")
    assert "call the garage" in line.say("shift", "edit", reference, "call the garage")
    assert "acknowledged by 赵磊" in line.say("shift", "acknowledge", reference, person="zhao.lei")
    assert "Every shift note is acknowledged." in line.say("shift", "list")
    assert len(line.json("shift", "list", "--all")["notes"]) == 1


def test_whom_nobody_owes_anything_has_no_survey(line: Line) -> None:
    assert "so there is no survey for it" in line.say("survey", "list", person="liu.yang")
    assert "Sales" in line.say("survey", "list", person="sun.hua")


def test_surveys_are_answered_and_added_up(line: Line) -> None:
    marks = ("6/5", "7/4", "6/6", "5/5", "4/6")
    for person in ("chen.jing", "sun.li", "sun.hua"):
        assert "-0.40" not in line.say("survey", "results")
        line.run("survey", "answer", "sales", *marks, person=person)
    assert "-0.40" in line.say("survey", "results")
    (found,) = line.json("survey", "results")["results"]
    assert (found["answers"], found["gaps"]["reliability"]) == (3, "-3")
    assert "already answered" in line.say("survey", "answer", "sales", *marks, person="sun.hua", code=4)
    assert "Sales" not in line.say("survey", "list", person="sun.hua")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("6/5",), "five pairs"),
        (("6/5", "7/4", "6/6", "5/5", "x"), "no pair"),
        (("6/5", "7/4", "6/6", "5/5", "9/1"), "from 1 to 7"),
        (("6/5", "7/4", "6/6", "5/5", "4/6", "--weights", "20,30"), "no five weights"),
        (("6/5", "7/4", "6/6", "5/5", "4/6", "--weights", "20,30,20,15,16"), "add up to 100"),
    ],
)
def test_what_cannot_be_an_answer_is_said(line: Line, words: tuple[str, ...], said: str) -> None:
    assert said in line.say("survey", "answer", "sales", *words, person="chen.jing", code=2)


def test_it_speaks_chinese(line: Line) -> None:
    reference = filed(line)
    said = line.say("--lang", "zh", "complaint", "show", reference)
    assert "下一步：判定是否成立（仓库）" in said


@pytest.mark.parametrize(
    "words",
    [
        ("shift", "acknowledge", "ffffff"),
        ("complaint", "judge", "ffffff", "x", "--founded"),
        ("event", "show", "ffffff"),
    ],
)
def test_what_is_not_there_is_looked_up_where_it_is_listed(line: Line, words: tuple[str, ...]) -> None:
    assert f"sla {words[0]} list shows the references." in line.say(*words, code=3)
