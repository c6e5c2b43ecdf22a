"""`sla why`: the steps of a deadline, present or to come."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.obligation import OnEvent, OnRequest, Recurring
from sla_tracker.domain.agreements.request_terms import Limit
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due import DayOfMonth, InWorkdays, InWorkingTime, Recurrence
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, FixedDays, Layer
from sla_tracker.services.context import COMPANY
from sla_tracker.testing.company import OBLIGATIONS, a_calendar, a_context, an_obligation
from tests.cli.runner import Line, TestDeployments


def test_a_duty_explains_its_deadline_step_by_step(line: Line) -> None:
    reference = line.reference("decoration-sheet")
    said = line.say("why", reference)
    assert "due 11-23 Mon 18:00" in said
    assert "is no workday, so it moves on to Mon 23 Nov 2026" in said
    assert line.say("why", reference, "--short").count("\n") == 1


def test_the_steps_are_kept_in_the_document(line: Line) -> None:
    deadline = line.json("why", line.reference("decoration-sheet"))["deadline"]
    assert deadline["due_at"] == "2026-11-23T10:00:00Z"
    assert [step["kind"] for step in deadline["steps"]][-4:] == ["anchor", "days", "roll", "close"]


@pytest.mark.parametrize("day", ["2026-12-05", "2026-12-07", "12-07"])
def test_a_planned_duty_is_found_by_its_day_before_or_after_roll(line: Line, day: str) -> None:
    assert "due 12-07 Mon 18:00" in line.say("why", "commission-list", "--on", day)


def test_the_next_one_is_meant_without_a_day(line: Line) -> None:
    assert "due 12-07 Mon 18:00" in line.say("why", "commission-list")


def test_an_event_that_might_happen_is_counted_from(line: Line) -> None:
    assert "due 11-27 Fri 18:00" in line.say("why", "decoration-sheet", "--at", "11-24 16:40")


def test_an_event_that_would_open_nothing_is_not_given_a_deadline(line: Line) -> None:
    for time in ("16:30", "17:00"):
        said = line.run("why", "cash-slip", "--at", f"11-24 {time}").stdout
        assert said.startswith("Nothing would be owed: “")
        assert said.endswith(f"opens only after 17:00, and 11-24 Tue {time} is not after that.\n")
    document = line.json("why", "cash-slip", "--at", "11-24 16:30")
    assert document["deadline"] is None
    assert "17:00" in document["nothing_owed"]
    assert "17:00 之后" in line.say("--lang", "zh", "why", "cash-slip", "--at", "11-24 16:30")
    owed = line.run("why", "cash-slip", "--at", "11-24 17:01")
    assert "due 11-25 Wed 12:00" in owed.stdout
    assert "Owed only where the event says: " in owed.stderr
    assert "Owed only" not in line.run("why", "decoration-sheet", "--at", "11-24 16:40").stderr


def with_loan(deployments: TestDeployments, *triggers: OnEvent | OnRequest) -> Line:
    loan = an_obligation("loan-file", triggers=triggers)
    deployments.context = a_context(trial=True, obligations=[*OBLIGATIONS, loan])
    return Line(deployments)


DELIVERED = OnEvent(event_type="vehicle-delivered", due=InWorkdays(workdays=1))
ASKED = OnRequest(due=InWorkdays(workdays=2), answer=InWorkingTime(span=timedelta(hours=4)))


def test_each_trigger_that_can_open_is_explained_with_its_cause(deployments: TestDeployments) -> None:
    line = with_loan(deployments, DELIVERED, ASKED)
    said = line.say("why", "loan-file", "--at", "11-23 09:00")
    assert "due 11-24 Tue 18:00\n  1. Trigger: Vehicle delivered.\n" in said
    assert "due 11-25 Wed 18:00\n  1. Trigger: Request.\n" in said
    assert "The request is to be answered by 11-23 Mon 14:30" in said
    assert line.say("why", "loan-file", "--at", "11-23 09:00", "--short").count("\n") == 2
    document = line.json("why", "loan-file", "--at", "11-23 09:00")
    event, request = document["triggers"]
    assert document["deadline"] == event["deadline"]
    assert (event["trigger"], event["event_type"], event["limits"]) == ("on_event", "vehicle-delivered", [])
    assert (request["trigger"], request["event_type"]) == ("on_request", None)
    assert [one["limit"] for one in request["limits"]] == ["answer"]


def test_a_deadline_of_an_unpublished_year_is_marked_wherever_it_is_told(
    deployments: TestDeployments,
) -> None:
    context = a_context(trial=True, now="2026-12-31 16:00")
    unpublished = replace(a_calendar(), source=FixedDays(by_day={}, published_through=2026))
    deployments.context = replace(context, calendars={**context.calendars, COMPANY: unpublished})
    line = Line(deployments)
    added = line.say(
        "event", "add", "vehicle-delivered", "鄂F·1", "--at", "2026-12-31 15:30", "-f", "cash=no"
    )
    assert "due 2027-01-04 Mon 18:00 (provisional)" in added
    asked = line.say("request", "invoice-copy", "--text", "copy of 12", person="chen.jing")
    assert asked.count(" (provisional)") == 2
    said = line.say("why", "invoice-copy", "--at", "2026-12-31 15:59")
    assert said.count(" (provisional)") == 2
    assert "provisional)" not in line.say("why", "decoration-sheet", "--at", "2026-12-01 9:00")


def test_a_trigger_to_come_begins_as_the_duty_that_it_opens(line: Line) -> None:
    opened = line.vehicle("16:40")["opened"]
    (reference,) = (one["reference"] for one in opened if one["obligation"] == "decoration-sheet")
    steps = line.json("why", reference)["deadline"]["steps"]
    assert line.json("why", "decoration-sheet", "--at", "2026-11-19 16:40")["deadline"]["steps"] == steps


def test_only_the_triggers_that_given_values_meet_are_explained(deployments: TestDeployments) -> None:
    quick = replace(DELIVERED, due=InWorkdays(workdays=0), condition=Condition(field="cash", equals="yes"))
    slow = replace(DELIVERED, condition=Condition(field="cash", equals="no"))
    line = with_loan(deployments, quick, slow)
    at = ("why", "loan-file", "--at", "11-23 09:00")
    assert line.run(*at).stderr.count("Owed only where the event says: ") == 2
    assert "due 11-23" in (said := line.say(*at, "-f", "cash=yes"))
    assert "due 11-24" not in said
    assert "There is no field “colour”" in line.say(*at, "-f", "colour=red", code=2)


def test_a_limit_by_a_field_is_explained_for_a_value(deployments: TestDeployments) -> None:
    urgent = Limit(values=("P1",), due=InWorkingTime(span=timedelta(hours=1)))
    priority = Field(id="priority", label=Text("优先级", "Priority"), kind=FieldKind.TEXT)
    line = with_loan(deployments, replace(ASKED, limits=(urgent,), limits_by="priority", fields=(priority,)))
    at = ("why", "loan-file", "--at", "11-23 09:00")
    assert "due 11-25" in line.say(*at)
    assert "due 11-23 Mon 10:00" in line.say(*at, "-f", "priority=P1")


def test_who_must_ask_is_named(deployments: TestDeployments) -> None:
    line = with_loan(
        deployments,
        replace(DELIVERED, condition=Condition(asked_by=("finance",))),
        replace(ASKED, condition=Condition(asked_by=("finance",))),
    )
    said = line.run("why", "loan-file", "--at", "11-23 09:00").stderr
    assert "Owed only where one of these registers it: Finance." in said
    assert "Owed only where one of these asks: Finance." in said


def test_who_gave_too_little_time_is_named(line: Line) -> None:
    made = line.json(
        "event", "add", "settlement-scheduled", "合同 7", "--at", "今天 16:00", person="chen.jing"
    )
    (reference,) = (duty["reference"] for duty in made["opened"] if duty["obligation"] == "settlement-papers")
    said = line.run("why", reference).stderr
    assert "陈静 gave the event's time on 11-20 Fri 14:00, when this was already due" in said
    assert re.search(r"Notice +陈静 gave", line.say("show", reference))
    assert line.json("show", reference)["duty"]["short_notice_by"]["person"] == "chen.jing"
    assert "陈静于 11-20 周五 14:00 才给出时间" in line.run("--lang", "zh", "why", reference).stderr


def test_the_explanation_is_chinese_too(line: Line) -> None:
    said = line.say("--lang", "zh", "why", "commission-list")
    assert "提成表" in said
    assert "2026-12-07（周一）" in said


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("commission-list", "--on", "2026-12-24"), 3, "is not due on 2026-12-24; near it there is"),
        (("decoration-sheet", "--on", "2026-12-24"), 2, "say when it would happen with --at"),
        (("commission-list", "--at", "tomorrow 9:00"), 2, "name a due day with --on"),
        (("decoration-sheet", "-f", "cash=yes"), 2, "-f needs --at"),
        (("commission-list", "--on", "12-07", "--at", "12-07 9:00"), 2, "give one of them"),
        (("ffffff", "--on", "2026-12-24"), 2, "“ffffff” is none"),
        (("comission-list",), 3, "There is no obligation “comission-list”. Did you mean commission-list?"),
        (("no such",), 3, "sla agree list --all lists them all"),
        ((), 2, "sla agree list --all"),
        (("fff",), 3, "type at least 4"),
        (("ffffff",), 3, "Nothing goes by “ffffff”"),
        (("commission-list", "--on", "whenever"), 2, "is no day"),
    ],
)
def test_what_cannot_be_explained_is_said(
    line: Line, words: tuple[str, ...], code: int, sentence: str
) -> None:
    assert sentence in line.say("why", *words, code=code)


def with_review(deployments: TestDeployments, rule: RecurringRule) -> Line:
    review = an_obligation("review", triggers=(Recurring(due=rule),))
    deployments.context = a_context(trial=True, obligations=[*OBLIGATIONS, review])
    return Line(deployments)


def test_the_next_one_of_a_rare_rule_is_found(deployments: TestDeployments) -> None:
    rare = Recurrence(rrule="FREQ=YEARLY;INTERVAL=3", start_on=date(2025, 6, 16))
    assert "due 2028-06-16 Fri 18:00" in with_review(deployments, rare).say("why", "review")


@pytest.mark.parametrize("day", ["2026-12-10", "2027-02-18"])
def test_a_due_after_a_long_closure_is_found(deployments: TestDeployments, day: str) -> None:
    line = with_review(deployments, DayOfMonth(day=10))
    closed = DayRule(status=DayStatus.CLOSED, name=Text(zh="停", en="Closed"))
    days = {date(2026, 12, 1) + timedelta(days=n): closed for n in range(79)}
    calendar = a_calendar().with_layer(Layer(name="company", days=days))
    context = deployments.context
    deployments.context = replace(context, calendars={**context.calendars, COMPANY: calendar})
    assert "due 2027-02-18 Thu 18:00" in line.say("why", "review", "--on", day)


def test_what_is_near_a_day_without_a_due_is_named(deployments: TestDeployments) -> None:
    yearly = DayOfMonth(day=16, months=(6,))
    said = with_review(deployments, yearly).say("why", "review", "--on", "2026-12-01", code=3)
    assert "is not due on 2026-12-01; near it there is 2026-06-16, 2027-06-16" in said
