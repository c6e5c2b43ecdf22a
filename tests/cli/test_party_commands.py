"""Holds, waivers, reopening, ratings and causes from the command line."""

import re

import pytest

from sla_tracker.domain.people import Role
from sla_tracker.testing.company import PEOPLE, set_clock
from tests.cli.runner import Line, TestDeployments

HEAD = next(person.id for person in PEOPLE if person.department == "finance" and person.role is Role.HEAD)


@pytest.fixture
def reference(line: Line) -> str:
    return line.reference("decoration-sheet")


def accepted(line: Line, reference: str) -> None:
    line.run("deliver", reference, "--all-ticks")
    line.run("accept", reference, person="chen.jing")


def test_a_hold_is_objected_to_confirmed_and_extends_the_deadline(
    line: Line, deployments: TestDeployments, reference: str
) -> None:
    assert line.say("hold", reference, "--for", "finance", "--reason", "等发票").startswith("On hold: ")
    assert line.json("show", reference)["duty"]["state"] == "held"
    assert "on hold" in next(row for row in line.say("due", "--all").splitlines() if reference in row)
    assert line.json("due", "--mine")["duties"] == []
    line.run("object", reference, "--reason", "发票早已给出", person="chen.jing")
    assert "Say --confirm or --refuse." in line.say("judge-hold", reference, person=HEAD, code=2)
    set_clock(deployments.context, "2026-11-20 17:00")
    assert line.say("resume", reference).startswith("Resumed: ")
    assert line.say("judge-hold", reference, "--confirm", person=HEAD).startswith("Confirmed: ")
    assert line.json("show", reference)["duty"]["due_at"] == "2026-11-24T03:30:00Z"


def test_of_several_holds_one_is_named_and_said(
    line: Line, deployments: TestDeployments, reference: str
) -> None:
    for start, end in (("15:00", "16:00"), ("16:01", "16:02")):
        set_clock(deployments.context, f"2026-11-20 {start}")
        line.run("hold", reference, "--for", "finance", "--reason", f"等发票 {start}")
        set_clock(deployments.context, f"2026-11-20 {end}")
        line.run("resume", reference)
    objected = ("object", reference, "--reason", "发票早已给出")
    said = line.say(*objected, "--began", "11-20 15:00", person="chen.jing").splitlines()
    assert said[0].startswith("Objected: ")
    assert said[1].endswith("11-20 15:00 – 16:00 · Finance: 等发票 15:00")
    assert "16:01" in line.say(*objected, person="chen.jing")
    assert "began at" in line.say(*objected, "--began", "11-20 14:00", person="chen.jing", code=4)
    assert "15:00" in line.say("judge-hold", reference, "--refuse", person=HEAD)
    assert "16:01" in line.say("judge-hold", reference, "--confirm", "--began", "11-20 16:01", person=HEAD)


def test_a_waiver_is_asked_for_listed_and_granted(
    line: Line, deployments: TestDeployments, reference: str
) -> None:
    refused = line.say("waiver", "ask", reference, "--code", "lazy", "--reason", "x", code=2)
    assert "is not one of force_majeure (nobody could help it), agreed (agreed between" in refused
    line.run("waiver", "ask", reference, "--code", "agreed", "--reason", "客户改装")
    assert "王芳: agreed between the departments, 客户改装" in line.say("waiver", "list", person=HEAD)
    assert len(line.json("waiver", "list", person=HEAD)["duties"]) == 1
    assert "  agreed between the departments: 客户改装 · asked by 王芳\n" in line.say("show", reference)
    line.run("waiver", "refuse", reference, "--answer", "不行", person=HEAD)
    assert "客户改装 · refused by 孙华: 不行\n" in line.say("show", reference)
    line.run("waive", reference, "--code", "not_needed", "--reason", "撤单", person=HEAD)
    assert line.json("show", reference)["duty"]["state"] == "waived"
    other = line.reference("order-sheet", subject="鄂F·2")
    line.run("waiver", "ask", other, "--code", "agreed", "--reason", "还是算了")
    assert line.say("waiver", "grant", other, person=HEAD).startswith("Waived: ")
    assert "No waiver waits" in line.say("waiver", "list", person=HEAD)


def test_a_rating_of_nothing_on_what_was_accepted_is_doubted(line: Line, reference: str) -> None:
    accepted(line, reference)
    assert line.say("rate", reference, "3", "很", "及时", person="chen.jing").startswith("Rated: ")
    assert "Keep both" in line.say("rate", reference, "0", person="chen.jing", code=4)
    assert "3 beyond what is owed: 很 及时\n" in line.say("show", reference)
    line.run("rate", reference, "0", "--again", person="chen.jing")
    assert "a whole number" in line.say("rate", reference, "good", person="chen.jing", code=2)


def test_what_was_accepted_is_reopened_by_the_head(line: Line, reference: str) -> None:
    accepted(line, reference)
    assert "may not reopen" in line.say("reopen", reference, "--reason", "x", person="chen.jing", code=5)
    assert line.say("reopen", reference, "--reason", "金额不符", person=HEAD).startswith("Open again: ")
    assert line.json("show", reference)["duty"]["state"] == "open"


def test_a_late_duty_is_explained(line: Line) -> None:
    late = line.reference("order-sheet")
    assert "is not one of" in line.say("cause", late, "weather", code=2)
    assert line.say("cause", late, "workload", "月底忙").startswith("Cause given: ")
    assert re.search(r"^Cause +too much work: 月底忙$", line.say("show", late), re.MULTILINE)
