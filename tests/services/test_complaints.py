"""Complaints between departments: who takes which step, by when, and what happens when nobody does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from sla_tracker.domain.duties.complaint import ComplaintState, Stage
from sla_tracker.domain.people import Absence
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import Forbidden, IllegalTransition, NotFound, Overtaken, Refused, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.testing.company import PEOPLE, a_context, local, set_clock
from tests.services.acts import (
    TAKERS,
    complained,
    complaint_at,
    rolled_to,
    sheet,
    step_complaint,
    stored_complaint,
    who,
)


def test_from_the_first_to_the_last_step(context: ServiceContext) -> None:
    complaint = step_complaint(context, complaint_at(context, Stage.EVALUATE), Stage.EVALUATE)
    assert complaint.state is ComplaintState.CLOSED
    assert [taken.by for taken in complaint.taken] == ["chen.jing", *TAKERS.values()]
    assert complaint.taken[-1].outcome == "3"
    assert stored_complaint(context, complaint) == complaint


@pytest.mark.parametrize("stage", TAKERS)
def test_each_step_has_its_people(context: ServiceContext, stage: Stage) -> None:
    complaint = complaint_at(context, stage)
    allowed = {
        person.id
        for person in PEOPLE
        if complaints.may_step(context, who(context, person.id), complaint, context.now())
    }
    assert (
        allowed
        == {
            Stage.JUDGE: {"wu.di"},
            Stage.NAME: {"wu.di"},
            Stage.ANALYSE: {"liu.yang", "zhou.min"},
            Stage.PROPOSE: {"liu.yang", "zhou.min"},
            Stage.APPROVE: {"zhou.min", "wu.di"},
            Stage.CARRY_OUT: {"liu.yang", "zhou.min"},
            Stage.EVALUATE: {"chen.jing", "sun.li", "sun.hua"},
        }[stage]
    )
    for person in PEOPLE:
        if person.id not in allowed:
            with pytest.raises(Forbidden):
                step_complaint(context, complaint, stage, person.id)


def test_nobody_approves_their_own_remedy(context: ServiceContext) -> None:
    complaint = step_complaint(context, complaint_at(context, Stage.PROPOSE), Stage.PROPOSE, "zhou.min")
    with pytest.raises(Forbidden, match="You proposed this remedy"):
        step_complaint(context, complaint, Stage.APPROVE, "zhou.min")
    assert step_complaint(context, complaint, Stage.APPROVE, "wu.di").next is Stage.CARRY_OUT


def test_a_remedy_sent_back_is_proposed_again(context: ServiceContext) -> None:
    complaint = complaint_at(context, Stage.APPROVE)
    back = complaints.approve(
        context, who(context, "zhou.min"), complaint.id, approved=False, reason="too dear"
    )
    assert (back.next, back.due_at) == (Stage.PROPOSE, local("2026-11-24 18:00"))


def test_an_unfounded_one_ends_with_its_reason(context: ServiceContext) -> None:
    complaint = complained(context)
    ended = complaints.judge(
        context, who(context, "wu.di"), complaint.id, founded=False, reason="they were in time"
    )
    assert (ended.state, ended.due_at) == (ComplaintState.UNFOUNDED, None)
    assert ended.taken[-1].text == "they were in time"
    assert complaints.listed(context, "sales") == []
    assert complaints.listed(context, "sales", ended=True) == [ended]


def test_who_was_first_is_named(context: ServiceContext) -> None:
    complaint = step_complaint(context, complained(context), Stage.JUDGE)
    with pytest.raises(Overtaken, match=r"already done by wu\.di"):
        step_complaint(context, complaint, Stage.JUDGE)


class TestWhoJudges:
    def test_no_party_judges_even_if_the_settings_name_it(self) -> None:
        for named in ("sales", "finance", ""):
            context = a_context(complaint_judge=named)
            complaint = complained(context)
            assert complaint.neutral_judge == ""
            for head in ("li.na", "sun.hua", "wu.di"):
                with pytest.raises(Forbidden, match="an administrator of neither party"):
                    step_complaint(context, complaint, Stage.JUDGE, head)
            assert step_complaint(context, complaint, Stage.JUDGE, "root").next is Stage.NAME

    def test_nor_in_a_complaint_that_an_older_version_recorded(self) -> None:
        context = a_context(complaint_judge="")
        complaint = replace(complained(context), judge="sales")
        context.write(None, Verb.LODGED_COMPLAINT, lambda tx, _now: tx.put(complaint))
        with pytest.raises(Forbidden):
            step_complaint(context, complaint, Stage.JUDGE, "li.na")

    def test_an_administrator_of_a_party_chooses_a_third_department(self) -> None:
        context = a_context(complaint_judge="")
        root = replace(context.people["root"], department="finance")
        context = replace(context, people={**context.people, "root": root})
        complaint = complained(context)
        with pytest.raises(Forbidden):
            step_complaint(context, complaint, Stage.JUDGE, "root")
        with pytest.raises(UsageError, match="never judged by a party"):
            complaints.refer(context, who(context, "root"), complaint.id, "sales", "they know it best")
        complaints.refer(context, who(context, "root"), complaint.id, "仓库", "not concerned")
        assert step_complaint(context, complaint, Stage.JUDGE, "wu.di").next is Stage.NAME
        step_complaint(context, complaint, Stage.NAME, "wu.di")
        with pytest.raises(IllegalTransition, match="judged already"):
            complaints.refer(context, who(context, "root"), complaint.id, "service", "too late")

    def test_what_waits_for_an_administrator_is_in_his_inbox(self) -> None:
        context = a_context(complaint_judge="")
        complaint = complained(context)
        (entry,) = [one for one in inbox_entries(context, who(context, "root")) if one.id == complaint.id]
        assert entry.mine
        others = [one for one in inbox_entries(context, who(context, "li.na")) if one.id == complaint.id]
        assert [one.mine for one in others] == [False]

    def test_one_is_asked_for_where_a_third_department_could_judge(self) -> None:
        assert complaints.judge_missing("hr", ("hr", "finance", "sales")) is None
        assert complaints.judge_missing("", ("finance", "sales")) is None
        asked = complaints.judge_missing("", ("hr", "finance", "sales"))
        assert asked is not None
        assert "[complaints]" in asked.sentence()


def test_the_heads_deputy_judges_while_the_head_is_away(context: ServiceContext) -> None:
    complaint = complained(context)
    today = Absence(first_on=date(2026, 11, 20), last_on=date(2026, 11, 20))
    head = replace(context.people["wu.di"], deputy="ma.chao", away=(today,))
    away = replace(context, people={**context.people, "wu.di": head})
    assert step_complaint(away, complaint, Stage.JUDGE, "ma.chao").next is Stage.NAME
    set_clock(away, "2026-11-23 09:00")
    with pytest.raises(Forbidden):
        step_complaint(away, complaint, Stage.NAME, "ma.chao")


class TestLimits:
    def test_each_step_has_the_close_of_its_nth_workday(self, context: ServiceContext) -> None:
        limits = {
            stage: complaint_at(context, stage).due_at
            for stage in (Stage.JUDGE, Stage.NAME, Stage.CARRY_OUT, Stage.EVALUATE)
        }
        assert limits == {
            Stage.JUDGE: local("2026-11-24 18:00"),
            Stage.NAME: local("2026-11-23 18:00"),
            Stage.CARRY_OUT: local("2026-12-04 18:00"),
            Stage.EVALUATE: local("2026-11-27 18:00"),
        }

    def test_a_passed_limit_is_written_down_once(self, context: ServiceContext) -> None:
        rolled_to(context, "2026-11-20 14:00")
        complaint = complained(context)
        assert rolled_to(context, "2026-11-24 18:00").escalated == ()
        (escalated,) = rolled_to(context, "2026-11-24 18:01").escalated
        assert (escalated.id, escalated.escalated_at) == (complaint.id, local("2026-11-24 18:00"))
        assert rolled_to(context, "2026-11-24 18:02").escalated == ()

    def test_the_late_step_stays_marked(self, context: ServiceContext) -> None:
        complaint = complained(context)
        set_clock(context, "2026-11-30 09:00")
        judged = step_complaint(context, complaint, Stage.JUDGE)
        assert judged.taken[-1].escalated
        assert not judged.is_escalated(context.now())


class TestRecording:
    def test_linked_to_duties_it_has_their_subject(self, context: ServiceContext) -> None:
        duty = sheet(context)
        complaint = complaints.lodge(
            context, who(context, "chen.jing"), "sales", "late", duties=[duty.id, duty.id]
        )
        assert (complaint.duties, complaint.subject_key) == ((duty.id,), "鄂F12345")

    def test_what_cannot_be_recorded(self, context: ServiceContext) -> None:
        chen = who(context, "chen.jing")
        with pytest.raises(Refused, match="another department"):
            complaints.lodge(context, chen, "finance", "late")
        with pytest.raises(NotFound):
            complaints.lodge(context, chen, "moon", "late")
        with pytest.raises(NotFound):
            complaints.lodge(context, chen, "sales", "late", duties=["nothing"])
        with pytest.raises(UsageError):
            complaints.lodge(context, chen, "sales", " ")
        with pytest.raises(Forbidden):
            complaints.lodge(context, who(context, "guest"), "sales", "late")

    def test_a_cause_is_one_of_the_list(self, context: ServiceContext) -> None:
        complaint = complaint_at(context, Stage.ANALYSE)
        with pytest.raises(UsageError, match="too much work"):
            complaints.analyse(context, who(context, "liu.yang"), complaint.id, "weather", "rain")

    def test_those_concerned_see_it(self, context: ServiceContext) -> None:
        complaint = complaint_at(context, Stage.ANALYSE)
        for department in ("finance", "sales", "service", "warehouse"):
            assert complaints.listed(context, department) == [complaint]
        assert complaints.listed(context, "loan") == []
