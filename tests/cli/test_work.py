"""Taking, filling in, delivering, judging and undoing from the command line."""

import re

import pytest

from sla_tracker.testing.company import set_clock
from tests.cli.runner import Line, TestDeployments


def test_a_duty_goes_all_the_way_with_one_return(line: Line, deployments: TestDeployments) -> None:
    reference = line.reference("decoration-sheet")
    assert "due 11-23 Mon 18:00" in line.say(
        "deliver", reference, "--all-ticks", "--note", "所有交付材料已附"
    )
    set_clock(deployments.context, "2026-11-20 15:00")
    returned = line.say("return", reference, "--reason", "装饰单没有盖章", person="chen.jing")
    assert returned.startswith("Returned: ")
    shown = line.say("show", reference)
    assert "returned by 陈静 at 11-20 Fri 15:00: 装饰单没有盖章" in shown
    line.run("deliver", reference, "-e", "sheet", "-e", "amount=１,200.50")
    assert line.say("accept", reference, person="chen.jing").startswith("Accepted: ")
    shown = line.say("show", reference)
    assert "accepted by 陈静 at 11-20 Fri 15:00" in shown
    assert "Verdict " not in shown
    document = line.json("show", reference)["duty"]
    assert document["state"] == "accepted"
    assert document["deliveries"][1]["evidence"] == {"sheet": "yes", "amount": "1200.50"}
    assert [act["what"] for act in document["history"]] == [
        "registered_event", "delivered", "returned", "delivered", "accepted",
    ]  # fmt: skip


def test_a_hold_says_for_whom_it_waits_and_for_what(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    line.run("hold", reference, "--for", "财务部", "--reason", "the contract")
    assert "Finance: the contract" in line.say("show", reference)
    line.run("resume", reference)
    assert "Waits for" not in line.say("show", reference)


def test_missing_evidence_is_named_and_nothing_happens(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    said = line.run("deliver", reference, code=4)
    assert said.stdout == ""
    assert "Decoration sheet (sheet) is missing." in said.stderr
    assert "Type it like this: -e sheet\n" in said.stderr
    assert line.json("show", reference)["duty"]["state"] == "open"


def test_evidence_can_be_kept_before_delivering(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    assert line.say("fill", reference, "-e", "sheet=是").startswith("Kept: ")
    assert "[x]" in line.say("show", reference)
    line.run("deliver", reference)


@pytest.mark.parametrize(
    ("evidence", "sentence"),
    [
        (
            "colour=red",
            "There is no field “colour”; the fields are sheet (Decoration sheet), amount (Amount).",
        ),
        ("amount=much", "“much” is not a number"),
        ("sheet=perhaps", "a tick takes the value “yes” only"),
        ("=x", "“=x” names no field"),
    ],
)
def test_wrong_evidence_is_explained(line: Line, evidence: str, sentence: str) -> None:
    reference = line.reference("decoration-sheet")
    code = 2 if evidence == "=x" else 4
    assert sentence in line.say("deliver", reference, "--all-ticks", "-e", evidence, code=code)


def test_the_second_of_two_who_deliver_is_told_who_was_first(line: Line) -> None:
    reference = line.reference("order-sheet")
    line.run("deliver", reference)
    said = line.say("deliver", reference, person="zhao.lei", code=4)
    assert "was already delivered by" in said
    assert "2026-11-20 14:00" in said


def test_a_claimed_time_counts_once_the_consumer_confirms_it(
    line: Line, deployments: TestDeployments
) -> None:
    reference = line.reference("order-sheet", at="09:00", day="2026-11-20")
    set_clock(deployments.context, "2026-11-23 09:00")
    line.run("deliver", reference, "--claimed", "上周五 17:30")
    assert "claims 11-20 Fri 17:30, not confirmed" in line.say("show", reference)
    line.run("accept", reference, "--confirm-claim", person="chen.jing")
    assert "claims 11-20 Fri 17:30, confirmed" in line.say("show", reference)


def test_taking_giving_and_releasing(line: Line) -> None:
    reference = line.reference("order-sheet")
    assert line.say("take", reference).startswith("Taken: ")
    assert "already with 王芳" in line.say("take", reference, person="zhao.lei", code=4)
    assert line.say("assign", reference, "--to", "赵磊").startswith("Given to 赵磊: ")
    line.run("release", reference, person="zhao.lei")
    assert line.json("show", reference)["duty"]["assignee"] is None
    assert "is not in Sales" in line.say("assign", reference, "--to", "chen.jing", person="li.na", code=4)
    assert "There is nobody called “nobody”" in line.say("assign", reference, "--to", "nobody", code=3)


def test_several_are_accepted_at_once_and_what_fails_is_said(line: Line) -> None:
    first = line.reference("order-sheet")
    second = line.json("due")["duties"][-1]["reference"]
    line.run("deliver", first)
    said = line.run("accept", "000000", first, second, person="chen.jing", code=4)
    assert said.stdout.count("Accepted: ") == 1
    assert "Nothing goes by “000000”" in said.stderr
    assert "“Decoration sheet”" in said.stderr


def test_what_was_done_to_several_is_undone_at_once(line: Line) -> None:
    references = {duty["reference"] for duty in line.vehicle()["opened"] if duty["provider"] == "sales"}
    assert len(references) > 1
    line.run("take", *references)
    told = line.say("undo").splitlines()
    assert told[0].startswith("Undone: taking of “")
    assert told[0].endswith(f", and {len(references) - 1} more")
    assert {one.split()[0] for one in told[1:]} == references
    assert {line.json("show", one)["duty"]["assignee"] for one in references} == {None}


def test_of_several_the_one_that_may_not_be_done_is_named(line: Line) -> None:
    opened = line.vehicle()["opened"]
    mine, theirs = (
        next(duty["reference"] for duty in opened if (duty["provider"] == "sales") is own)
        for own in (True, False)
    )
    told = line.run("take", theirs, mine, code=5)
    assert told.stdout.startswith(f"Taken: {mine}")
    assert f"({theirs}): 王芳" in told.stderr


def test_the_wrong_side_may_not(line: Line) -> None:
    reference = line.reference("order-sheet")
    assert "may not deliver" in line.say("deliver", reference, person="chen.jing", code=5)
    line.run("deliver", reference)
    assert "may not accept" in line.say("accept", reference, code=5)


def test_a_delivery_is_taken_back_or_undone(line: Line) -> None:
    reference = line.reference("order-sheet")
    line.run("deliver", reference)
    assert line.say("take-back", reference).startswith("Taken back: ")
    line.run("deliver", reference)
    assert line.say("undo").startswith("Undone: delivery of “Order sheet” 鄂F·12345 to Finance\n")
    assert line.json("show", reference)["duty"]["state"] == "open"
    assert line.say("redo").startswith("Done again: delivery of “Order sheet” 鄂F·12345 to Finance\n")
    assert line.json("show", reference)["duty"]["state"] == "delivered"
    assert "nothing of yours today to do again" in line.say("redo", code=4)
    assert [
        "undid “delivered”" in line.say("log", "--last", "2"),
        "did “delivered” again" in line.say("log", "--last", "1"),
    ] == [True, True]
    assert "There is nothing of yours to undo" in line.say("undo", person="sun.li", code=4)
    line.run("event", "add", "vehicle-delivered", "鄂F·54321")
    assert "stays: event registered: “Vehicle delivered” 鄂F·54321" in line.say("undo", code=4)


def test_a_note_is_read_by_both_sides(line: Line) -> None:
    reference = line.reference("order-sheet")
    line.run("note", reference, "客户", "下午来")
    assert "王芳: 客户 下午来" in line.say("show", reference, person="chen.jing")


@pytest.mark.parametrize(
    "command", ["show", "why", "take", "release", "deliver", "take-back", "accept", "note"]
)
def test_an_unknown_reference_is_one_sentence(line: Line, command: str) -> None:
    extra = ("x",) if command == "note" else ()
    said = line.run(command, "ffffff", *extra, code=3)
    assert said.stdout == ""
    assert said.stderr.count("\n") == 1
    assert "“ffffff”" in said.stderr


@pytest.mark.parametrize(
    "command", ["show", "take", "deliver", "accept", "assign", "note", "return", "answer"]
)
def test_a_reference_has_to_be_given(line: Line, command: str) -> None:
    assert re.search(r" is missing: [^.]+\. (For example: .+\. )?See: sla", line.say(command, code=2))


def test_a_return_needs_a_reason(line: Line) -> None:
    reference = line.reference("order-sheet")
    line.run("deliver", reference)
    assert "needs a reason" in line.say("return", reference, person="chen.jing", code=2)


def test_an_ambiguous_reference_names_the_candidates(line: Line) -> None:
    ids = {duty["id"] for duty in line.vehicle()["opened"]}
    beginning = next(iter(ids))[:6]
    assert "fits several" in line.say("show", beginning, code=2)


@pytest.mark.parametrize(
    ("subject", "person", "code", "sentence"),
    [
        ("鄂F·12345", "wang.fang", 5, "may not administer"),
        ("鄂F·00000", "root", 3, "Nothing is kept about “鄂F·00000”."),
        ("鄂F·12345", "root", 2, "Nothing was erased; confirm with --yes."),
    ],
)
def test_only_what_can_be_erased_is_asked_about(
    line: Line, subject: str, person: str, code: int, sentence: str
) -> None:
    line.vehicle()
    assert sentence in line.say("erase", subject, "--reason", "asked for", person=person, code=code)


def test_the_calendar_says_what_is_no_longer_owed(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    assert re.search(f"{reference}$", line.say("calendar"), re.MULTILINE)
    line.run("deliver", reference, "--all-ticks")
    assert f"{reference} delivered\n" in line.say("calendar")


def test_the_log_says_how_much_of_it_is_shown_and_takes_a_day(line: Line) -> None:
    line.run("deliver", line.reference("decoration-sheet"), "--all-ticks")
    every = line.run("log", "--last", "0")
    assert re.search(r"^\d+ changes\.$", every.stderr, re.MULTILINE)
    assert re.search(
        r"The last 1 of \d+ changes; all of them: --last 0", line.run("log", "--last", "1").stderr
    )
    assert line.run("log", "--since", "today").stdout == every.stdout
    assert "delivered" not in line.say("log", "--since", "tomorrow")


def test_the_log_names_the_login_that_acted_as_somebody_else(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    line.run("note", reference, "x", person="chen.jing")
    assert "王芳 (" not in line.say("log", "--person", "wang.fang")
    assert "陈静 (wang.fang)" in line.say("log", "--person", "chen.jing")


def test_help_says_which_options_have_to_be_given(line: Line) -> None:
    assert re.search(
        r"--reason TEXT +Why; kept on record\. It has to be given\.", line.say("reopen", "--help")
    )
    assert "It has to be given" not in line.say("take", "--help")
    assert re.search(r"--reason TEXT +理由；.*必填。", line.say("--lang", "zh", "reopen", "--help"))
