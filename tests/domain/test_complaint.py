"""A complaint goes through exactly eight steps, in this order."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.duties.complaint import (
    ORDER,
    Complaint,
    ComplaintState,
    Stage,
    Taken,
    acting_department,
    escalated,
    stepped,
)
from sla_tracker.errors import IllegalTransition, Incomplete, Overtaken, Refused, UsageError
from sla_tracker.testing.company import local

NOW = local("2026-11-20 10:00")
OUTCOMES = {
    Stage.JUDGE: "yes",
    Stage.NAME: "service",
    Stage.ANALYSE: "workload",
    Stage.APPROVE: "yes",
    Stage.EVALUATE: "3",
}


def recorded() -> Complaint:
    return Complaint(
        id="c-1",
        complainant="finance",
        against="sales",
        judge="warehouse",
        subject="",
        subject_key="",
        duties=(),
        taken=(Taken(stage=Stage.RECORD, at=NOW, by="chen.jing", text="late again"),),
        next=Stage.JUDGE,
        due_at=NOW + timedelta(days=4),
    )


def step(complaint: Complaint, stage: Stage, outcome: str | None = None, by: str = "li.na") -> Complaint:
    given_outcome = OUTCOMES.get(stage, "") if outcome is None else outcome
    return stepped(complaint, stage, text=f"words on {stage.value}", outcome=given_outcome, by=by, now=NOW)


def after(stage: Stage) -> Complaint:
    complaint = recorded()
    for one in ORDER[1 : ORDER.index(stage) + 1]:
        complaint = step(complaint, one)
    return complaint


def test_there_are_eight_steps() -> None:
    assert [stage.value for stage in ORDER] == [
        "record",
        "judge",
        "name",
        "analyse",
        "propose",
        "approve",
        "carry_out",
        "evaluate",
    ]


def test_all_steps_in_order_settle_it() -> None:
    complaint = after(Stage.EVALUATE)
    assert (complaint.state, complaint.next) == (ComplaintState.CLOSED, None)
    assert tuple(taken.stage for taken in complaint.taken) == ORDER
    assert complaint.responsible == "service"


def test_an_unfounded_one_ends_with_its_reason() -> None:
    complaint = step(recorded(), Stage.JUDGE, "no")
    assert (complaint.state, complaint.next) == (ComplaintState.UNFOUNDED, None)
    assert complaint.taken[-1].text == "words on judge"


def test_a_remedy_that_is_not_approved_is_proposed_again() -> None:
    complaint = step(after(Stage.PROPOSE), Stage.APPROVE, "no")
    assert complaint.next is Stage.PROPOSE
    assert step(step(complaint, Stage.PROPOSE, by="liu.yang"), Stage.APPROVE).next is Stage.CARRY_OUT
    assert step(complaint, Stage.PROPOSE, by="liu.yang").proposer() == "liu.yang"


@pytest.mark.parametrize("reached", ORDER)
@pytest.mark.parametrize("wanted", ORDER)
def test_every_other_step_is_refused(reached: Stage, wanted: Stage) -> None:
    complaint = after(reached)
    if wanted is complaint.next:
        assert step(complaint, wanted).taken[-1].stage is wanted
        return
    with pytest.raises(Refused) as refusal:
        step(complaint, wanted)
    expected = Overtaken if ORDER.index(wanted) <= ORDER.index(reached) else IllegalTransition
    assert isinstance(refusal.value, expected)
    assert "{" not in refusal.value.sentence()


def test_nothing_follows_an_unfounded_one() -> None:
    with pytest.raises(IllegalTransition, match="unfounded"):
        step(step(recorded(), Stage.JUDGE, "no"), Stage.NAME)


@pytest.mark.parametrize(
    ("stage", "outcome", "error"),
    [
        (Stage.JUDGE, "perhaps", UsageError),
        (Stage.APPROVE, "", UsageError),
        (Stage.NAME, "", Incomplete),
        (Stage.ANALYSE, "", Incomplete),
        (Stage.EVALUATE, "5", UsageError),
        (Stage.EVALUATE, "", UsageError),
    ],
)
def test_a_step_says_what_it_must(stage: Stage, outcome: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        step(after(ORDER[ORDER.index(stage) - 1]), stage, outcome)


@pytest.mark.parametrize("stage", ORDER[1:])
def test_every_step_needs_words(stage: Stage) -> None:
    complaint = after(ORDER[ORDER.index(stage) - 1])
    with pytest.raises(UsageError, match="reason"):
        stepped(complaint, stage, text=" ", outcome=OUTCOMES.get(stage, ""), by="li.na", now=NOW)


def test_whose_turn_it_is() -> None:
    turns = [acting_department(after(stage)) for stage in ORDER]
    assert turns == ["warehouse", "warehouse", "service", "service", "service", "service", "finance", ""]


def test_a_passed_limit_shows_until_the_step_is_taken() -> None:
    complaint = recorded()
    limit = NOW + timedelta(days=4)
    assert not complaint.is_escalated(limit)
    assert complaint.is_escalated(limit + timedelta(seconds=1))
    written = escalated(complaint)
    assert written.escalated_at == limit
    later = stepped(written, Stage.JUDGE, text="yes", outcome="yes", by="li.na", now=limit)
    assert later.taken[-1].escalated
    assert not later.is_escalated(limit + timedelta(days=99))


@given(st.lists(st.tuples(st.sampled_from(ORDER), st.sampled_from(["yes", "no", "3", "service", ""]))))
def test_no_walk_ever_skips_a_step(walk: list[tuple[Stage, str]]) -> None:
    complaint = recorded()
    for stage, outcome in walk:
        try:
            complaint = step(complaint, stage, outcome)
        except (Refused, UsageError):
            continue
    taken = [one.stage for one in complaint.taken]
    for earlier, later in itertools.pairwise(taken):
        forward = ORDER.index(later) - ORDER.index(earlier)
        assert forward == 1 or (earlier, later) == (Stage.APPROVE, Stage.PROPOSE)
