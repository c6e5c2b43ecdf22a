"""Questions that are asked where somebody is there to answer, and only there."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_tracker.cli.answers import explaining_missing
from sla_tracker.domain.agreements.fields import Field, FieldKind, problems_with
from sla_tracker.domain.text import Text
from sla_tracker.errors import Incomplete
from sla_tracker.testing.company import set_clock
from tests.cli.runner import Line, TestDeployments


@pytest.fixture(autouse=True)
def somebody_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_tracker.cli.invocation.is_there", lambda: True)


def answering(line: Line, *words: str, answers: str, person: str = "wang.fang", code: int = 0) -> Result:
    outcome = CliRunner().invoke(
        line.root, ["--deployment", str(line.deployments.folder), "--as", person, *words], input=answers
    )
    assert outcome.exit_code == code, outcome.output
    return outcome


def test_missing_evidence_is_asked_for_on_stderr(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    said = answering(line, "deliver", reference, answers="y\n")
    assert "Decoration sheet – is it there?" in said.stderr
    assert "is it there" not in said.stdout
    assert line.json("show", reference)["duty"]["deliveries"][0]["evidence"] == {"sheet": "yes"}


@pytest.mark.parametrize(
    ("lang", "answers", "state", "said"),
    [
        ("zh_CN", "对\n是\n", "delivered", "是请输入 y 或“是”"),
        ("zh_CN", "否\n", "open", ""),
        ("en", "maybe\nYES\n", "delivered", "Type y or yes for yes, n or no for no"),
        ("en", "是\n", "delivered", ""),
    ],
)
def test_yes_and_no_are_understood_in_both_languages(
    line: Line, lang: str, answers: str, state: str, said: str
) -> None:
    reference = line.reference("decoration-sheet")
    code = 0 if state == "delivered" else 4
    shown = answering(line, "--lang", lang, "deliver", reference, answers=answers, code=code).stderr
    assert said in shown
    assert "Error" not in shown
    assert line.json("show", reference)["duty"]["state"] == state


def test_an_answer_of_no_delivers_nothing(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    assert "is missing" in answering(line, "deliver", reference, answers="n\n", code=4).stderr


def test_a_field_that_a_condition_needs_is_asked_until_it_is_right(line: Line) -> None:
    said = answering(
        line, "event", "add", "vehicle-delivered", "A1", "--at", "昨天 17:30", answers="perhaps\n是\n"
    )
    assert "Cash (yes Yes, no No)" in said.stderr
    assert "“perhaps” is not one of yes (Yes), no (No)" in said.stderr
    assert "Cash slip" in said.stdout


def test_a_doubtful_event_is_registered_when_confirmed(line: Line) -> None:
    line.vehicle()
    again = ("event", "add", "vehicle-delivered", "鄂F12345", "--at", "昨天 9:00")
    refused = answering(line, *again, answers="n\n", code=4).stderr
    assert "Register it again?" in refused
    assert refused.endswith("Nothing was done.\n")
    assert "--again" not in refused
    assert "Registered: " in answering(line, *again, answers="y\n").stdout


def test_the_reason_of_a_return_is_asked_for(line: Line) -> None:
    reference = line.reference("order-sheet")
    line.run("deliver", reference)
    said = answering(line, "return", reference, answers="没有签字\n", person="chen.jing")
    assert "Returned: " in said.stdout
    assert "没有签字" in line.say("show", reference)


def test_no_input_means_no_question(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    said = answering(line, "--no-input", "deliver", reference, answers="y\n", code=4)
    assert "is it there" not in said.output


def test_an_end_of_input_stops_without_a_change(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    assert "Stopped." in answering(line, "deliver", reference, answers="", code=130).stderr
    assert line.json("show", reference)["duty"]["state"] == "open"


@pytest.mark.parametrize(
    ("answers", "cause"),
    [("weather\nworkload\n", "workload"), ("\n", None), ("", None)],
    ids=["wrong, then right", "skipped", "end of input"],
)
def test_a_late_delivery_asks_why_once_and_stands_whatever_is_answered(
    line: Line, answers: str, cause: str | None
) -> None:
    late = line.reference("order-sheet")
    said = answering(line, "deliver", late, answers=answers)
    assert said.stderr.count("It was late; why? (too much work, ") == (2 if "weather" in answers else 1)
    assert ("“weather” is not one of" in said.stderr) == ("weather" in answers)
    assert line.json("show", late)["duty"]["state"] == "delivered"
    assert ("Cause given: too much work" in said.stderr) == (cause is not None)
    assert ("workload" in {row["cause"] for row in line.json("causes")["causes"]}) == (cause is not None)
    line.run("return", late, "--reason", "没有签字", person="chen.jing")
    assert "why?" not in answering(line, "deliver", late, answers="").stderr


def test_a_delivery_in_time_asks_nothing(line: Line) -> None:
    in_time = line.reference("decoration-sheet")
    assert "late" not in answering(line, "deliver", in_time, "--all-ticks", answers="").stderr


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--as", "", "due"), "--as"),
        (("due", "--department", ""), "--department"),
        (("due", "--until", " "), "--until"),
        (("log", "--since", ""), "--since"),
    ],
)
def test_an_option_with_nothing_in_it_is_refused(line: Line, words: tuple[str, ...], option: str) -> None:
    assert f"{option} is empty" in line.say(*words, code=2)


def test_numbers_and_quarters_that_cannot_be_are_refused(line: Line) -> None:
    assert "--last is -1" in line.say("log", "--last", "-1", code=2)
    assert "“2026-Q7” is no quarter" in line.say("survey", "results", "--quarter", "2026-Q7", code=2)


def test_a_long_past_is_asked_about(line: Line, deployments: TestDeployments, tmp_path: Path) -> None:
    words = ("demo", str(tmp_path / "long"), "--no-open", "--since", "1990-01-01")
    refused = answering(line, *words, answers="n\n", code=4).stderr
    assert "A past of 36 years takes many minutes. Play it all the same?" in refused
    assert "Nothing was done." in refused
    assert not deployments.made
    answering(line, *words, answers="y\n")
    assert len(deployments.made) == 1


@pytest.mark.parametrize("command", ["why", "show", "deliver"])
def test_a_missing_reference_is_answered_with_own_duties_as_examples(line: Line, command: str) -> None:
    reference = line.reference("order-sheet")
    told = line.say(command, person="wang.fang", code=2)
    assert "is missing: " in told
    assert "For example: " in told
    assert f"{reference} (Order sheet 鄂F·12345)" in told
    assert len(told) < 400
    assert "For example" not in line.say(command, person="chen.jing", code=2)


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (("cause", "{ref}"), "CAUSE is missing; choose one of too much work, waited for others, forgotten, "),
        (
            ("waiver", "ask", "{ref}", "--reason", "x"),
            "--code CODE is missing; choose one of nobody could help it, ",
        ),
        (("waive", "{ref}", "--reason", "x"), "--code CODE is missing; choose one of nobody could help it, "),
        (("complaint", "analyse", "{ref}"), "CAUSE is missing; choose one of too much work, "),
    ],
)
def test_a_missing_kind_is_answered_with_those_there_are(
    line: Line, words: tuple[str, ...], known: str
) -> None:
    reference = line.reference("order-sheet")
    assert known in line.say(*(word.format(ref=reference) for word in words), code=2)


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ("", "is missing."),
        ("  ", "is missing."),
        ("···", "“···” has no letter and no digit, by which it would be found again."),
        ("鄂" * 201, "has 201 characters; it may have 200."),
    ],
)
def test_a_subject_that_cannot_be_is_refused_with_the_true_reason(
    line: Line, subject: str, reason: str
) -> None:
    assert reason in line.say("event", "add", "vehicle-delivered", subject, "-f", "cash=no", code=4)
    if subject.strip():
        assert reason in line.say("complaint", "lodge", "finance", "why", "--subject", subject, code=2)
        assert reason in line.say("request", "invoice-copy", "--subject", subject, person="chen.jing", code=2)
        assert reason in line.say("subject", subject, code=2)


def test_the_reference_of_a_request_is_that_of_its_duty(line: Line) -> None:
    asked = line.json("request", "invoice-copy", "--subject", "HT-1", person="chen.jing")["request"]
    apart = line.json("request", "--to", "sales", "--text", "a copy", person="chen.jing")["request"]
    told = line.run("deliver", apart["reference"], code=4).stderr
    assert (
        f"is a request that no obligation covers, so it has no duty; answer it: sla answer {apart['reference']}"
        in told
    )
    line.run("take", asked["reference"])
    assert "Delivered: " in line.say("deliver", asked["reference"])


def test_taking_back_what_is_late_then_is_asked_about(line: Line, deployments: TestDeployments) -> None:
    opened = {duty["obligation"]: str(duty["reference"]) for duty in line.vehicle()["opened"]}
    sheet, forms = opened["decoration-sheet"], opened["order-sheet"]
    due = line.json("show", sheet)["duty"]["due_at"]
    day = date.fromisoformat(due[:10])
    set_clock(deployments.context, f"{day} 17:00")
    line.run("deliver", sheet, "--all-ticks")
    line.run("deliver", forms, "--all-ticks")
    set_clock(deployments.context, f"{day} 18:30")

    def state_of(reference: str) -> str:
        return str(line.json("show", reference)["duty"]["state"])

    assert "is late: it was due at" in answering(line, "take-back", sheet, answers="n\n", code=4).stderr
    assert state_of(sheet) == "delivered"
    assert "add --again" in line.run("--no-input", "take-back", sheet, code=4).stderr
    assert state_of(sheet) == "delivered"
    # Of several, all questions come first, and a single undo reverts what was done.
    assert answering(line, "take-back", sheet, forms, answers="y\n").stdout.count("Taken back") == 2
    assert answering(line, "undo", answers="y\n").stdout.startswith("Undone: taking back of")
    assert state_of(sheet) == state_of(forms) == "delivered"
    line.run("take-back", sheet, "--again")
    assert state_of(sheet) == "open"


def test_what_would_be_late_without_the_act_is_asked_about(line: Line, deployments: TestDeployments) -> None:
    reference = line.reference("decoration-sheet")
    due = line.json("show", reference)["duty"]["due_at"]
    day = date.fromisoformat(due[:10])
    set_clock(deployments.context, f"{day} 17:00")
    line.run("deliver", reference, "--all-ticks")
    set_clock(deployments.context, f"{day} 18:30")
    refused = answering(line, "undo", answers="n\n", code=4)
    assert "is late: it was due at" in refused.stderr
    assert line.json("show", reference)["duty"]["state"] == "delivered"
    assert answering(line, "undo", answers="y\n").stdout.startswith("Undone: delivery of")
    line.run("redo")
    assert "add --again" in line.run("--no-input", "undo", code=4).stderr
    line.run("undo", "--again")
    assert line.json("show", reference)["duty"]["state"] == "open"


def test_only_what_is_missing_is_shown_as_it_is_typed() -> None:
    fields = (
        Field(id="amount", label=Text("金额", "Amount"), kind=FieldKind.NUMBER),
        Field(id="orders", label=Text("份数", "Orders"), kind=FieldKind.NUMBER),
    )
    with pytest.raises(Incomplete) as problem, explaining_missing(fields, "-f"):
        raise Incomplete("x", problems_with(fields, {"orders": "many"}))
    assert "Type it like this: -f amount=…" in problem.value.sentence().splitlines()[-1]
    assert problem.value.sentence().endswith("-f amount=…")
