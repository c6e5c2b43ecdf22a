"""`sla why` explains every limit with its steps: of an answer, of silence, of a complaint's step, of a survey."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.deadlines.steps import StepKind
from sla_tracker.domain.duties.complaint import ORDER
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.limits import complaint_limit, survey_limit
from sla_tracker.services.queries.duties import detail
from sla_tracker.services.queries.limits import LimitKind
from sla_tracker.testing.company import a_context, local, set_clock
from tests.cli.runner import Line
from tests.services.acts import complaint_at, delivered

ASKED = ("request", "invoice-copy", "--text", "copy of 12")


def test_the_answer_to_a_request_is_explained(line: Line) -> None:
    asked = line.json(*ASKED, person="chen.jing")
    for reference in (asked["duty"]["reference"], asked["request"]["reference"]):
        said = line.say("why", reference)
        assert "The request is to be answered by 11-20 Fri 18:00" in said
        assert "Plus 4 h of working time" in said
        (limit,) = line.json("why", reference)["limits"]
        assert (limit["limit"], limit["due_at"]) == ("answer", asked["request"]["answer_due_at"])


def test_of_a_request_to_come_the_answer_is_explained_too(line: Line) -> None:
    (limit,) = line.json("why", "invoice-copy", "--at", "2026-11-23 09:00")["limits"]
    assert limit["due_at"] == "2026-11-23T06:30:00Z"  # 13:00 and a lunch break of an hour and a half


def test_a_request_of_an_older_version_keeps_its_limit_without_steps(line: Line) -> None:
    context = line.deployments.context
    asked = line.json(*ASKED, person="chen.jing")

    def forget(tx: object, _now: object) -> None:
        found = context.store.read(lambda reading: reading.get(Request, asked["request"]["id"]))
        assert found is not None
        tx.put(replace(found, answer_deadline=None))  # type: ignore[attr-defined]

    context.write(None, Verb.NOTED, forget)
    (limit,) = line.json("why", asked["duty"]["reference"])["limits"]
    assert limit["due_at"] == asked["request"]["answer_due_at"]
    assert [step["kind"] for step in limit["steps"]] == ["set"]


def test_silence_on_a_delivery_is_explained() -> None:
    context = a_context()
    duty = delivered(context)
    found = detail(context, duty.id)
    assert found is not None
    (limit,) = found.limits
    assert limit.kind is LimitKind.SILENCE
    assert limit.deadline.due_at == duty.accept_by_at == recompute(limit.deadline.steps)
    assert StepKind.WORKDAYS in [step.kind for step in limit.deadline.steps]


@pytest.mark.parametrize("stage", ORDER[1:])
def test_every_step_of_a_complaint_is_explained(stage: object) -> None:
    context = a_context()
    complaint = complaint_at(context, stage)  # type: ignore[arg-type]
    limit = complaint_limit(context, complaint)
    assert limit is not None
    assert limit.deadline.due_at == complaint.due_at == recompute(limit.deadline.steps)
    assert StepKind.SET not in [step.kind for step in limit.deadline.steps]


def test_a_complaint_goes_by_its_reference(line: Line) -> None:
    context: ServiceContext = line.deployments.context
    complaint = complaint_at(context, ORDER[1])
    said = line.run("why", complaint.id[-6:])
    assert "Workday number" in said.stdout
    assert "The complaint's next step is due by" in said.stderr
    assert line.say("why", complaint.id[-6:], "--short").count("\n") == 1


def test_the_survey_is_open_until_the_quarter_ends(line: Line) -> None:
    limit = survey_limit(line.deployments.context, line.deployments.today(trial=True))
    assert limit.deadline.due_at == local("2027-01-01 00:00") == recompute(limit.deadline.steps)
    said = line.run("why", "survey")
    assert "31 Dec 2026 at 24:00" in said.stdout
    assert "The survey can be answered until" in said.stderr
    set_clock(line.deployments.context, local("2026-11-20 14:00") + timedelta(days=1))
    assert line.json("why", "survey")["deadline"]["due_at"] == "2026-12-31T16:00:00Z"
