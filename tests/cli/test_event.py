"""`sla event`: register, list, show, correct, move, cancel."""

import re

import pytest

from tests.cli.runner import Line


def opened(document: dict[str, list[dict[str, str]]], key: str = "opened") -> list[str]:
    return sorted(duty["obligation"] for duty in document[key])


def test_the_kinds_say_what_they_ask_for(line: Line) -> None:
    said = line.say("event", "types")
    assert "vehicle-delivered" in said
    assert "cash (Cash)" in said
    assert [kind["id"] for kind in line.json("event", "types")["event_types"]] == [
        "vehicle-delivered", "settlement-scheduled",
    ]  # fmt: skip


def test_the_hour_and_a_field_decide_what_an_event_opens(line: Line) -> None:
    assert opened(line.vehicle("16:40")) == ["decoration-sheet", "handover-check", "order-sheet"]
    late = line.vehicle("17:10", subject="鄂F·2", cash="是")
    assert opened(late) == ["cash-slip", "decoration-sheet", "handover-check", "order-sheet"]
    assert late["event"]["fields"] == {"cash": "yes"}


def test_a_kind_may_be_named_by_its_title(line: Line) -> None:
    assert "Vehicle delivered 鄂F·9" in line.say("event", "add", "车辆交付", "鄂F·9", "--at", "昨天 16:40")


def test_an_event_of_now_needs_no_time(line: Line) -> None:
    assert line.json("event", "add", "vehicle-delivered", "A1")["event"]["at"] == "2026-11-20T06:00:00Z"


def test_an_event_before_the_first_day_says_why_nothing_opens(line: Line) -> None:
    said = line.run("event", "add", "settlement-scheduled", "合同 7", "--at", "2025-01-03 10:00").stderr
    assert "would be due on 2025-01-03, before 2026-11-01, the first day whose duties are kept here." in said
    document = line.json("event", "add", "settlement-scheduled", "合同 8", "--at", "2025-01-03 10:00")
    assert {one["obligation"] for one in document["nothing_owed"]} >= {"settlement-papers"}


def test_what_an_event_does_not_open_is_in_the_document_with_its_reason(line: Line) -> None:
    by_day = {one["obligation"]: one["reason"] for one in line.vehicle("16:40")["nothing_owed"]}
    assert by_day == {"cash-slip": "“Cash slip” opens only after 17:00."}
    no_cash = {
        one["obligation"]: one["reason"] for one in line.vehicle("17:10", subject="鄂F·3")["nothing_owed"]
    }
    assert "opens only where" in no_cash["cash-slip"]
    assert line.vehicle("17:10", subject="鄂F·4", cash="是")["nothing_owed"] == []


def test_the_same_event_twice_is_doubted_and_again_insists(line: Line) -> None:
    line.vehicle()
    said = line.run("event", "add", "vehicle-delivered", "鄂f12345", "--at", "昨天 9:00", code=4)
    assert "was already registered by 王芳" in said.stderr
    assert said.stderr.endswith("To go on, add --again.\n")
    line.run("event", "add", "vehicle-delivered", "鄂f12345", "--at", "昨天 9:00", "--again")
    assert len(line.json("event", "list")["events"]) == 2


def test_a_planned_event_is_moved_and_its_duties_with_it(line: Line) -> None:
    planned = line.json("event", "add", "settlement-scheduled", "合同 7", "--at", "下周五 9:00")
    reference = planned["event"]["reference"]
    moved = line.json("event", "move", reference, "--at", "11-30 10:00", "--reason", "客户改期")
    assert opened(moved, "moved") == ["settlement-papers", "settlement-present"]
    assert moved["event"]["at"] == "2026-11-30T02:00:00Z"
    assert "Moves: " in line.say("event", "move", reference, "--at", "12-01 10:00")


def test_a_correction_cancels_what_no_longer_holds(line: Line) -> None:
    reference = line.vehicle("17:10", cash="yes")["event"]["reference"]
    corrected = line.json("event", "correct", reference, "--at", "昨天 16:10", "--subject", "鄂F·54321")
    assert opened(corrected, "claimed") == [
        "cash-slip"
    ]  # it is overdue, and sales itself says that it is not owed
    assert corrected["event"]["subject"] == "鄂F·54321"
    confirmed = line.json("event", "confirm", reference, person="chen.jing")
    assert opened(confirmed, "cancelled") == ["cash-slip"]


def test_a_time_that_is_claimed_says_so_until_it_is_refused(line: Line) -> None:
    reference = line.vehicle("9:00", subject="鄂F·3")["event"]["reference"]
    said = line.run("event", "correct", reference, "--at", "今天 10:00", "--reason", "typo")
    assert "To be confirmed: " in said.stdout
    assert "Nobody moves a deadline of his own" in said.stderr
    assert "claimed by 王芳; until it is confirmed, 11-19 09:00 counts for the duties of Sales" in line.say(
        "event", "show", reference
    )
    assert "claimed" in line.say("event", "list")
    duties = line.json("event", "show", reference)["duties"]
    sheet = next(duty["reference"] for duty in duties if duty["obligation"] == "order-sheet")
    for command in ("show", "why"):
        told = " ".join(line.run(command, sheet).stdout.split() + line.run(command, sheet).stderr.split())
        assert "It does not count until Finance confirms it." in told
    change = line.json("show", sheet)["duty"]["event_changes"][0]
    assert (change["kind"], change["effect"], change["pending"]) == ("corrected", "when_confirmed", True)
    line.run("event", "refuse", reference, "--reason", "no", code=5)
    line.say("event", "refuse", reference, "--reason", "the gate log says 9:00", person="chen.jing")
    assert line.json("event", "show", reference, person="chen.jing")["event"]["before_claim"] is None
    line.run("event", "confirm", reference, code=4, person="chen.jing")


def test_a_move_can_be_objected_to(line: Line) -> None:
    planned = line.json("event", "add", "settlement-scheduled", "合同 7", "--at", "下周五 9:00")
    reference = planned["event"]["reference"]
    line.say("event", "move", reference, "--at", "12-04 10:00")
    papers = next(one["reference"] for one in planned["opened"] if one["obligation"] == "settlement-papers")
    assert "Objected: " in line.say(
        "event", "object", papers, "--reason", "the buyer knows nothing", person="chen.jing"
    )
    line.run("event", "confirm", reference, code=5, person="chen.jing")
    confirmed = line.json("event", "confirm", reference, "--duty", papers, person="sun.hua")
    assert opened(confirmed, "moved") == ["settlement-papers"]


def test_a_cancelled_event_takes_its_duties_with_it_and_is_listed_on_demand(line: Line) -> None:
    reference = line.vehicle()["event"]["reference"]
    said = line.say("event", "cancel", reference, "--reason", "登记错误")
    assert (said.count("Cancels: "), said.count("To be confirmed: ")) == (2, 1)  # the order sheet is overdue
    assert "No event is registered yet" in line.say("event", "list")
    assert "登记错误" in line.say("event", "show", reference)
    assert "cancelled" in line.say("event", "list", "--cancelled")
    assert "16:40  ·  cancelled\n" in line.say("subject", "鄂F·12345")


@pytest.mark.parametrize("typed", ["鄂F·12345", "鄂f12345", "鄂Ｆ１２３４５"])
def test_everything_about_a_subject_is_on_one_page_however_it_is_typed(line: Line, typed: str) -> None:
    line.vehicle()
    line.run("event", "add", "settlement-scheduled", "鄂F12345", "--at", "下周五 9:00")
    said = line.say("subject", typed)
    assert said.index("Vehicle delivered") < said.index("Settlement scheduled") < said.index("Order sheet")
    assert "Service → Sales" in said
    document = line.json("subject", typed)
    assert len(document["events"]) == 2
    assert {duty["provider"] for duty in document["duties"]} == {"sales", "service"}


def test_a_subject_of_which_nothing_is_known_is_said(line: Line) -> None:
    assert line.run("subject", "鄂F·0", code=3).stderr == "Nothing is kept about “鄂F·0”.\n"


def test_an_event_shows_its_duties(line: Line) -> None:
    reference = line.vehicle()["event"]["reference"]
    said = line.say("event", "show", reference)
    assert re.search(r"Cash +No", said)
    assert said.count("Sales → Finance") == 2
    assert len(line.json("event", "show", reference)["duties"]) == 3


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("add", "vehicle-sold", "A1"), 3, "There is no event type “vehicle-sold”"),
        (("add", "vehicle-delivered"), 2, "SUBJECT is missing"),
        (("add", "vehicle-delivered", "·", "--at", "昨天 9:00"), 4, "Plate: “·” has no letter and no digit"),
        (("add", "vehicle-delivered", "A1", "--at", "tomorrow 9:00"), 2, "lies ahead"),
        (("add", "vehicle-delivered", "A1", "--at", "昨天"), 2, "without a time"),
        (
            ("add", "vehicle-delivered", "A1", "-f", "cash=maybe"),
            4,
            "“maybe” is not one of yes (Yes), no (No)",
        ),
        (("add", "vehicle-delivered", "A1", "-f", "color=red"), 4, "There is no field “color”"),
        (("add", "vehicle-delivered", "A1", "--at", "昨天 18:00"), 4, "Cash (cash) is missing"),
        (("add", "vehicle-delivered", "A1", "--at", "昨天 18:00"), 4, "Type it like this: -f cash="),
        (("add", "settlement-scheduled", "C1"), 2, "say when with --at"),
        (("show", "ffffff"), 3, "Nothing goes by “ffffff”"),
        (("correct", "ffffff", "--subject", "x"), 3, "Nothing goes by “ffffff”"),
        (("correct", "ffffff"), 2, "Say what was wrong"),
        (("move", "ffffff"), 2, "--at TIME is missing: "),
        (("cancel", "ffffff"), 2, "--reason TEXT is missing: Why; kept on record."),
        (("lst",), 2, "There is no command “lst”. Did you mean list?"),
        ((), 2, "sla event --help"),
    ],
)
def test_what_is_wrong_is_said(line: Line, words: tuple[str, ...], code: int, sentence: str) -> None:
    said = line.run("event", *words, code=code)
    assert said.stdout == ""
    assert sentence in said.stderr


def test_what_has_happened_is_not_moved(line: Line) -> None:
    reference = line.vehicle()["event"]["reference"]
    assert "correct its time instead" in line.say("event", "move", reference, "--at", "tomorrow 9:00", code=4)
