"""Two heads agree from the command line."""

from __future__ import annotations

from sla_tracker.testing.company import set_clock
from tests.cli.runner import Line


def proposed(line: Line, *words: str, person: str = "li.na", of: str = "commission-list") -> str:
    said = line.say("agree", "propose", of, *words, person=person)
    assert said.startswith("Proposed: ")
    return str(said.split()[1])


def test_terms_are_proposed_countered_and_agreed(line: Line) -> None:
    reference = proposed(line, "--due", "每月8日前", "--target", "90%", "--note", "The 5th is too early.")
    shown = line.say("agree", "show", reference, person="sun.hua")
    for said in (
        "1. proposed by 李娜 on 2026-11-20  undecided",
        "Limit: day 8 of each month",
        "Day off: moves to the workday before",
        "Target: 90.0 %",
        "from 2026-12-01 on",
        "Note: The 5th is too early.",
        f"sla agree accept {reference} 1",
    ):
        assert said in shown
    countered = line.say(
        "agree", "counter", reference, "1", "--due", "{ day = 7 }", "--until", "2027-11-30", person="sun.hua"
    )
    assert "Limit: day 7 of each month" in countered  # what is not named stays as it was proposed
    assert "Day off: moves to the workday before" in countered
    assert "from 2026-12-01 until 2027-11-30" in countered
    assert "already countered by" in line.say("agree", "accept", reference, "1", person="li.na", code=4)
    assert line.say("agree", "accept", reference, "2", person="li.na").startswith("Agreed: ")
    assert "by 孙华 and 李娜, version 2" in line.say("agree", "list", person="li.na")
    set_clock(line.deployments.context, "2026-12-02 09:00")
    line.say("due")
    assert "agreed on 2026-11-20 by 孙华 and 李娜, version 2" in line.say(
        "why", "commission-list", person="li.na"
    )
    (duty,) = [
        one
        for one in line.json("due", person="li.na")["duties"]
        if one["obligation"] == "commission-list" and one["due_at"] > "2026-12"
    ]
    assert "by 孙华 and 李娜, version 2" in line.say("show", duty["reference"])
    kept = line.json("show", duty["reference"])["duty"]["agreed"]
    assert (kept["version"], kept["parts"]) == (2, ["due", "roll", "target"])


def test_a_proposal_that_nobody_decided_is_no_duty_to_deliver(line: Line) -> None:
    reference = proposed(line, "--due", "每月8日前")
    shown = line.say("--lang", "zh", "agree", "show", reference)
    assert "待定" in shown
    assert "待交付" not in shown
    line.say("agree", "accept", reference, "1", person="sun.hua")
    shown = line.say("--lang", "zh", "agree", "show", reference)
    assert "已同意" in shown
    assert "已验收" not in shown


def test_what_is_only_assumed_is_agreed_as_it_is(line: Line) -> None:
    assert "not agreed: what happens on a day off" in line.say("agree", "list", "--assumed", person="li.na")
    reference = proposed(line)
    assert "agreed to by 孙华" in line.say("agree", "accept", reference, "1", person="sun.hua")
    assert "Commission list" not in line.say("agree", "list", "--assumed", person="li.na")
    (terms,) = [
        one
        for one in line.json("agree", "list", person="li.na")["terms"]
        if one["obligation"] == "commission-list"
    ]
    assert (terms["standing"], terms["version"], terms["assumed_parts"]) == ("agreed", 1, [])
    (document,) = line.json("agree", "show", reference)["agreement"]["proposals"]
    (limit,) = document["limits"]
    said = {key: value for key, value in limit.items() if value is not None}
    assert said == {"trigger": "recurring", "due": {"day": 5}, "roll": "following"}


def test_a_proposal_whose_first_day_has_passed_is_not_shown_as_one_to_accept(line: Line) -> None:
    reference = proposed(line, "--from", "2026-11-24")
    set_clock(line.deployments.context, "2026-11-24 17:00")
    assert f"sla agree accept {reference} 1" in line.run("agree", "show", reference).stderr
    set_clock(line.deployments.context, "2026-11-25 09:00")
    said = line.run("agree", "show", reference).stderr
    assert "Its first day, 2026-11-24, has passed" in said
    assert f"sla agree counter {reference} 1 --from DAY" in said
    assert "sla agree accept" not in said
    countered = ("agree", "counter", reference, "1", "--from", "2026-12-01")
    assert "2026-12-01" in line.say(*countered, person="sun.hua")


def test_a_new_obligation_is_agreed(line: Line) -> None:
    said = line.say(
        "agree", "new", "Weekly report", "--owed-to", "finance", "--due", "every Friday", "--evidence", "Report",
        person="li.na",
    )  # fmt: skip
    reference = said.split()[1]
    assert "new: it exists once the other head accepts" in line.say("agree", "list", person="sun.hua")
    line.say("agree", "accept", reference, "1", person="sun.hua")
    set_clock(line.deployments.context, "2026-12-02 09:00")
    assert "Weekly report" in line.say("due", person="li.na")


def test_a_new_request_with_fields_rows_and_a_condition_is_agreed_and_opened(line: Line) -> None:
    said = line.say(
        "agree", "new", "Server repair", "--owed-by", "sales", "--on-request", "--due", "3 workdays",
        "--field", "Priority: P1, P2", "--field", "金额 (number)",
        "--row", "P1: 4 working hours / 1 working hour / 98%",
        "--when", "金额>=1000", "--evidence", "Report", "--from", "2026-11-20", person="sun.hua",
    )  # fmt: skip
    reference = said.split()[1]
    for expected in (
        "Asks for: Priority (P1, P2); 金额",
        "Only where: 金额: at least 1000",
        "Evidence: Report",
        "Limit (P1): within 4 hours of working time",
        "First answer (P1): within 1 hour of working time",
        "Target (P1): 98.0 %",
    ):
        assert expected in said
        assert expected in line.say("agree", "show", reference, person="li.na")
    row = "P1: within 4 hours of working time"
    assert row in line.say("agree", "list", person="li.na")
    line.say("agree", "accept", reference, "1", person="li.na")
    assert row in line.say("agree", "list", person="li.na")
    (terms,) = [
        one for one in line.json("agree", "list", person="li.na")["terms"] if one["agreement"] == reference
    ]
    assert [(one["value"], one["target"]) for one in terms["limits"]] == [(None, None), ("p1", "0.98")]
    ask = ("request", "server-repair", "--field", "priority=P1", "--field")
    line.say(*ask, "jine=2000", "--text", "It is down.", person="sun.hua")
    found = line.json("due", "--all", person="sun.hua")["duties"]
    (duty,) = [one for one in found if one["obligation"] == "server-repair"]
    assert duty["due_at"] < "2026-11-24"  # three workdays would be the 25th
    assert (
        "Server repair"
        not in line.run(*ask, "jine=10", "--text", "A mouse.", person="sun.hua", code=4).stdout
    )


def test_what_a_new_obligation_cannot_have_is_told(line: Line) -> None:
    new = ("agree", "new", "Repair", "--owed-by", "sales", "--due", "3 workdays")
    for words, told in (
        (("--field", "Reason"), "Only a request asks for fields"),
        (("--when", "x=1"), "What the calendar opens has no condition"),
        (("--on-request", "--field", "Priority: P1"), "at least two values"),
        (("--on-request", "--field", "Priority: P1, P2", "--row", "P3: 1 workday"), "has the choice “P3”"),
        (
            ("--on-request", "--field", "Priority: P1, P2", "--row", "P1"),
            "A line has limit / first answer / target",
        ),
        (("--on-request", "--field", "Size: S, L", "--when", "Size>3"), "is no condition"),
        (("--on-request", "--field", "Size: S, L", "--when", "Size>=3"), "only a number with a number"),
        (("--on-request", "--when", "Size=3"), "There is no field “Size”"),
    ):
        assert told in line.say(*new, *words, person="sun.hua", code=2)


def test_refusing_and_withdrawing_are_on_record(line: Line) -> None:
    reference = proposed(line, "--target", "0.8")
    assert "may not propose, accept or refuse" in line.say(
        "agree", "accept", reference, "1", person="wang.fang", code=5
    )
    line.say("agree", "refuse", reference, "1", "--reason", "Too low.", person="sun.hua")
    again = proposed(line, "--target", "0.85")
    assert again == reference
    line.say("agree", "withdraw", reference, person="li.na")
    shown = line.say("agree", "show", "commission-list", person="li.na")
    assert "refused by 孙华 on 2026-11-20: Too low." in shown
    assert "withdrawn by 李娜 on 2026-11-20" in shown
    assert [one["what"] for one in line.json("log")["changes"]][-4:] == [
        "proposed_agreement",
        "refused_agreement",
        "proposed_agreement",
        "withdrew_agreement",
    ]


def test_what_is_not_understood_is_told_with_examples(line: Line) -> None:
    for words, said in (
        (
            ("--due", "soon"),
            "“soon” is not understood as a limit; write something like each month by the 5th",
        ),
        (("--due", "{ day = 99 }"), "99 is no day of a month"),
        (("--roll", "sideways"), "choose one of following (moves to the workday after)"),
        (("--target", "nearly all"), "write a share such as 95% or 0.95"),
        (("--due", "3 workdays"), "opens by the calendar: propose a day"),
    ):
        assert said in line.say("agree", "propose", "commission-list", *words, person="li.na", code=2)
    assert "Say who owes it" in line.say("agree", "new", "X", "--due", "every Friday", person="li.na", code=2)


def test_a_new_obligation_may_have_several_triggers(line: Line) -> None:
    said = line.say(
        "agree", "new", "Service report", "--owed-by", "sales", "--due", "every Friday", "--field", "金额 (number)",
        "--also", "request: 2 workdays / 4 working hours if 金额>=1000, 金额<5000", "--also", "车辆交付：3个工作日",
        "--from", "2026-11-20", person="sun.hua",
    )  # fmt: skip
    reference = said.split()[1]
    for expected in (
        "Opens (on_request:2): by a request",
        "Only where (on_request:2): 金额: at least 1000, below 5000",
        "Opens (on_event:3): Vehicle delivered",
        "Limit (recurring): every Friday",
        "Limit (on_request:2): within 2 workdays",
        "First answer (on_request:2): within 4 hours of working time",
        "Limit (on_event:3): within 3 workdays",
    ):
        assert expected in said
        assert expected in line.say("agree", "show", reference, person="li.na")
    (also, other) = line.json("agree", "show", reference)["agreement"]["also_opened_by"]
    assert (also["trigger"], also["condition"]["less_than"]) == ("on_request:2", "5000")
    assert (other["trigger"], other["event_type"]) == ("on_event:3", "vehicle-delivered")
    line.say("agree", "accept", reference, "1", person="li.na")
    line.say("event", "add", "vehicle-delivered", "鄂F·55555", "--at", "10:00", person="sun.hua")
    ask = ("request", "service-report", "--text", "x", "--field")
    line.say(*ask, "jine=2000", person="sun.hua")
    refused = line.run(*ask, "jine=9000", person="sun.hua", code=4)
    assert "Service report" not in refused.stdout
    line.say("due")
    found = [
        one["due_at"][:10]
        for one in line.json("due", "--all", person="sun.hua")["duties"]
        if one["obligation"] == "service-report"
    ]
    assert sorted(found) == ["2026-11-20", "2026-11-24", "2026-11-25", "2026-11-27"]


def test_what_a_further_trigger_cannot_be_is_told(line: Line) -> None:
    new = ("agree", "new", "Repair", "--owed-by", "sales", "--due", "every Friday", "--also")
    for words, told in (
        ("soon", "says not what opens it"),
        ("Rain: 3 workdays", "“Rain” opens nothing"),
        ("calendar: by the 5th if x=1", "What the calendar opens has no condition"),
        ("calendar: by the 5th / 2 hours", "Only a request has a first answer"),
        ("request: soon", "is not understood as a limit"),
        ("request: 3 workdays if Size>=3", "There is no field “Size”"),
    ):
        assert told in line.say(*new, words, person="sun.hua", code=2)
