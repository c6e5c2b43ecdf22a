"""`sla request`, `requests`, `answer`, `withdraw`."""

import pytest

from tests.cli.runner import Line


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
    assert "Consumer → provider" in shown
    assert "Finance → Sales" in shown
    assert "11-20 Fri 18:00" in shown


def test_the_duty_shows_what_exactly_is_needed_and_what_was_answered(line: Line) -> None:
    duty = ask(line)["duty"]["reference"]
    line.run("answer", duty, "明天", "送到")
    shown = line.say("show", duty)
    assert "发票第二联" in shown
    assert "明天 送到" in shown
    document = line.json("show", duty)["duty"]
    assert (document["request_text"], document["request_answer"]) == ("发票第二联", "明天 送到")
    assert line.json("show", line.reference("order-sheet"))["duty"]["request_text"] is None


def test_a_wish_extends_the_limit_by_day_or_by_hour(line: Line) -> None:
    assert ask(line, "--wanted", "11-30")["duty"]["due_at"] == "2026-11-30T10:00:00Z"
    assert ask(line, "--wanted", "11-30 9:30", "--again")["duty"]["due_at"] == "2026-11-30T01:30:00Z"


def test_the_same_request_twice_is_doubted_and_again_insists(line: Line) -> None:
    ask(line)
    words = ("request", "invoice-copy", "--subject", "合同1")
    said = line.run(*words, person="chen.jing", code=4).stderr
    assert "about 合同 1 was already asked for by 陈静 at 2026-11-20 14:00. Ask for it again?" in said
    assert said.endswith("To go on, add --again.\n")
    assert "已由陈静于 2026-11-20 14:00 提出" in line.say(*words, "--lang", "zh", person="chen.jing", code=4)
    assert len(line.json("requests")["requests"]) == 1
    line.run(*words, "--again", person="chen.jing")
    assert len(line.json("requests")["requests"]) == 2


def test_where_nothing_was_promised_on_request_it_says_so(line: Line) -> None:
    said = line.run("request", "invoice-copies", person="wang.fang", code=3).stderr
    assert "“invoice-copies” cannot be asked for: nobody has promised your department anything" in said


@pytest.mark.parametrize("by", ["request", "duty"])
def test_an_answer_finds_its_request_by_either_reference(line: Line, by: str) -> None:
    reference = ask(line)[by]["reference"]
    assert line.say("answer", reference, "明天", "送到").startswith(f"Answered: {reference} ")
    (request,) = line.json("requests")["requests"]
    assert request["state"] == "answered"
    assert request["answer"] == "明天 送到"


@pytest.mark.parametrize("by", ["request", "duty"])
def test_a_withdrawn_request_is_gone_from_the_list_and_named_as_it_was_typed(line: Line, by: str) -> None:
    reference = ask(line)[by]["reference"]
    said = line.say("withdraw", reference, "--reason", "找到了", person="chen.jing")
    assert said.startswith(f"Withdrawn: {reference} ")
    assert "No request is open" in line.say("requests")
    assert line.json("requests", "--all")["requests"][0]["reason"] == "找到了"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("request", "tea"), 3, "There is no obligation “tea”; there are invoice-copy"),
        (("request", "装饰单"), 4, "“Decoration sheet” cannot be asked for"),
        (("request", "decoration-sheet"), 4, "cannot be asked for"),
        (
            ("request", "invoice-copy"),
            2,
            "Say what “Copy of an invoice” is asked for: name a subject, or write a text",
        ),
        (("request",), 2, "Your department has been promised: invoice-copy (Copy of an invoice)."),
        (("request", "invoice-copy", "--wanted", "asap"), 2, "“asap” is no time"),
        (("answer", "ffffff", "x"), 3, "Nothing goes by “ffffff”; sla requests shows the references."),
        (("withdraw", "ffffff", "--reason", "x"), 3, "“ffffff”; sla requests shows the references."),
    ],
)
def test_what_is_wrong_is_said(line: Line, words: tuple[str, ...], code: int, sentence: str) -> None:
    assert sentence in line.say(*words, person="chen.jing", code=code)


def test_a_duty_nobody_asked_for_has_no_answer(line: Line) -> None:
    reference = line.reference("order-sheet")
    assert "was not asked for by a request" in line.say("answer", reference, "x", code=4)
    assert "is owed without a request" in line.say(
        "withdraw", reference, "--reason", "x", person="chen.jing", code=4
    )


def ask_apart(line: Line) -> str:
    words = ("request", "--to", "Sales", "--subject", "打印机", "--text", "修一下打印机")
    document = line.json(*words, person="chen.jing")
    assert document["duty"] is None
    assert document["request"]["answer_due_at"] is None
    return str(document["request"]["reference"])


def test_what_no_obligation_covers_is_asked_answered_and_settled_apart(line: Line) -> None:
    ask(line)
    reference = ask_apart(line)
    shown = line.say("requests")
    assert shown.index("Copy of an invoice") < shown.index("Covered by no obligation (1):")
    assert shown.index("Covered by no obligation (1):") < shown.index("修一下打印机")
    assert line.json("requests")["uncovered"] == 1
    assert line.say("answer", reference, "明天来修").startswith("Answered: ")
    assert "may not withdraw a request" in line.say("settle", reference, code=5)
    assert line.say("settle", reference, person="chen.jing").startswith("Settled: ")
    assert line.json("requests")["uncovered"] == 0
    (settled,) = (one for one in line.json("requests", "--all")["requests"] if not one["duty"])
    assert (settled["state"], settled["answer"]) == ("settled", "明天来修")


def test_what_no_obligation_covers_is_said_in_both_languages_and_withdrawn(line: Line) -> None:
    words = ("request", "--to", "销售部", "--text", "修一下打印机")
    said = line.run(*words, "--lang", "zh", person="chen.jing").output
    assert "约定之外" in said
    assert "约定之外的（1）" in line.say("requests", "--lang", "zh")
    reference = line.json("requests")["requests"][0]["reference"]
    assert "修一下打印机" in line.say("withdraw", reference, "--reason", "修好了", person="chen.jing")
    assert line.json("requests")["requests"] == []


def test_a_covered_request_is_settled_by_its_duty(line: Line) -> None:
    reference = ask(line)["request"]["reference"]
    assert "settled by its duty" in line.say("settle", reference, person="chen.jing", code=4)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("request",), 2, "--to DEPARTMENT --text TEXT"),
        (("request", "invoice-copy", "--to", "sales"), 2, "name a subject"),
        (("request", "--to", "sales", "--text", "x", "--wanted", "11-30"), 2, "leave out --wanted"),
        (("request", "--to", "sales"), 2, "Say what you ask for"),
        (("request", "--to", "finance", "--text", "x"), 4, "another department"),
        (("request", "--to", "moon", "--text", "x"), 3, "moon"),
    ],
)
def test_what_is_wrong_with_an_uncovered_one_is_said(
    line: Line, words: tuple[str, ...], code: int, sentence: str
) -> None:
    assert sentence in line.say(*words, person="chen.jing", code=code)
