"""`sla request`, `requests`, `answer`, `withdraw`."""

import pytest

from tests.cli.front import Line


def ask(line: Line, *extra: str) -> dict[str, dict[str, str]]:
    document: dict[str, dict[str, str]] = line.json(
        "request", "invoice-copy", "--subject", "合同 1", "--text", "发票第二联", *extra, person="chen.jing"
    )
    return document


def test_a_request_opens_a_duty_with_two_clocks(line: Line) -> None:
    asked = ask(line)
    assert asked["request"]["answer_due_at"] == "2026-11-20T10:00:00Z"
    assert asked["duty"]["due_at"] == "2026-11-25T10:00:00Z"
    shown = line.say("requests")
    assert "Finance → Sales" in shown
    assert "11-20 Fri 18:00" in shown


def test_a_wish_extends_the_limit_by_day_or_by_hour(line: Line) -> None:
    assert ask(line, "--wanted", "11-30")["duty"]["due_at"] == "2026-11-30T10:00:00Z"
    assert ask(line, "--wanted", "11-30 9:30")["duty"]["due_at"] == "2026-11-30T01:30:00Z"


@pytest.mark.parametrize("by", ["request", "duty"])
def test_an_answer_finds_its_request_by_either_reference(line: Line, by: str) -> None:
    reference = ask(line)[by]["reference"]
    assert line.say("answer", reference, "明天", "送到").startswith("Answered: ")
    (request,) = line.json("requests")["requests"]
    assert request["state"] == "answered"
    assert request["answer"] == "明天 送到"


@pytest.mark.parametrize("by", ["request", "duty"])
def test_a_withdrawn_request_is_gone_from_the_list(line: Line, by: str) -> None:
    reference = ask(line)[by]["reference"]
    line.run("withdraw", reference, "--reason", "找到了", person="chen.jing")
    assert "No request is open" in line.say("requests")
    assert line.json("requests", "--all")["requests"][0]["reason"] == "找到了"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("request", "tea"), 3, "There is no obligation “tea”"),
        (("request", "decoration-sheet"), 4, "cannot be asked for"),
        (("request", "invoice-copy", "--wanted", "asap"), 2, "“asap” is no time"),
        (("answer", "ffffff", "x"), 3, "Nothing goes by “ffffff”"),
        (("withdraw", "ffffff", "--reason", "x"), 3, "Nothing goes by “ffffff”"),
    ],
)
def test_what_is_wrong_is_said(line: Line, words: tuple[str, ...], code: int, sentence: str) -> None:
    assert sentence in line.say(*words, person="chen.jing", code=code)


def test_a_duty_nobody_asked_for_has_no_answer(line: Line) -> None:
    reference = line.reference("order-sheet")
    assert "was not asked for by a request" in line.say("answer", reference, "x", code=4)
    assert "Nothing goes by" in line.say("withdraw", reference, "--reason", "x", person="chen.jing", code=3)
