"""One table of rights, asked by every use case; the same answer on every door."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker import locale
from sla_tracker.core.complaint import Stage
from sla_tracker.core.people import Absence, Actor, Person, Role
from sla_tracker.core.request import Request
from sla_tracker.core.survey import Dimension, Mark
from sla_tracker.desk import (
    complaints,
    duties,
    events,
    handovers,
    holds,
    months,
    ratings,
    requests,
    shifts,
    surveys,
    waivers,
)
from sla_tracker.desk.access import ROLE_WORDS, RULES, Right, Side, may, require
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Forbidden
from sla_tracker.testing.company import PEOPLE, a_desk, local, set_clock
from tests.desk.acts import TICKED, complained, delivered, sheet, who
from tests.desk.acts import complaint_at as at

MARKS = {dimension: Mark(expectation=6, perception=5) for dimension in Dimension}
SIDES = {"provider": "sales", "consumer": "finance"}
roles = st.sampled_from(list(Role))
departments = st.sampled_from(["sales", "finance", "service", ""])


def actor(role: Role, department: str) -> Actor:
    return Actor(person=Person(id="x", name="X", department=department, role=role), via="test")


def test_every_right_has_its_rule() -> None:
    assert set(RULES) == set(Right)
    assert set(ROLE_WORDS) == set(Role)


@given(st.sampled_from(list(Right)), roles, departments)
def test_a_rule_asks_for_role_and_side(right: Right, role: Role, department: str) -> None:
    rule = RULES[right]
    rank = list(Role)
    enough = rank.index(role) >= rank.index(rule.role)
    sides = {
        Side.ANY: {"sales", "finance", "service", ""},
        Side.PROVIDER: {"sales"},
        Side.CONSUMER: {"finance"},
        Side.EITHER: {"sales", "finance"},
    }
    expected = enough and department in sides[rule.side]
    assert may(actor(role, department), right, **SIDES) is expected
    if not expected:
        with pytest.raises(Forbidden):
            require(actor(role, department), right, provider="sales", consumer="finance")


@pytest.mark.parametrize("right", Right)
def test_a_reader_never_may(right: Right) -> None:
    assert not may(actor(Role.READER, "sales"), right, provider="sales", consumer="sales")


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("right", Right)
def test_the_refusal_names_departments_in_the_readers_language(desk: Desk, right: Right, lang: str) -> None:
    locale.use(lang)
    with pytest.raises(Forbidden) as refusal:
        desk.require(who(desk, "guest"), right, desk.now(), **SIDES)
    sentence = refusal.value.sentence()
    assert "来访" in sentence
    assert "{" not in sentence
    assert ("财务部" if lang == "zh_CN" else "Finance") in sentence
    assert "finance" not in sentence


class TestStandingIn:
    away = Absence(first_on=date(2026, 11, 20), last_on=date(2026, 11, 21))

    def with_head(self, **changes: object) -> Desk:
        people = [replace(one, **changes) if one.id == "sun.hua" else one for one in PEOPLE]  # type: ignore[arg-type]
        return a_desk(people=people)

    def test_the_deputy_of_an_absent_head_has_the_heads_rights(self) -> None:
        desk = self.with_head(deputy="chen.jing", away=(self.away,))
        chen = who(desk, "chen.jing")
        desk.require(chen, Right.WAIVE, desk.now(), **SIDES)
        assert desk.acting(chen, desk.now()).id == "chen.jing"
        with pytest.raises(Forbidden):
            desk.require(who(desk, "sun.li"), Right.WAIVE, desk.now(), **SIDES)
        set_clock(desk, desk.now() + timedelta(days=2))
        with pytest.raises(Forbidden):
            desk.require(chen, Right.WAIVE, desk.now(), **SIDES)

    @pytest.mark.parametrize("deputy", ["wang.fang", "guest"])
    def test_somebody_of_another_department_or_a_reader_does_not_stand_in(self, deputy: str) -> None:
        desk = self.with_head(deputy=deputy, away=(self.away,))
        with pytest.raises(Forbidden):
            desk.require(who(desk, deputy), Right.WAIVE, desk.now(), **SIDES)

    def test_without_an_absence_nobody_stands_in(self) -> None:
        desk = self.with_head(deputy="chen.jing")
        with pytest.raises(Forbidden):
            desk.require(who(desk, "chen.jing"), Right.WAIVE, desk.now(), **SIDES)


Call = Callable[[Desk, Actor], object]
USE_CASES: dict[str, Call] = {
    "complaints.analyse": lambda desk, one: complaints.analyse(desk, one, analysed(desk), "workload", "x"),
    "complaints.approve": lambda desk, one: complaints.approve(
        desk, one, at(desk, Stage.APPROVE).id, approved=True, reason="x"
    ),
    "complaints.carry_out": lambda desk, one: complaints.carry_out(
        desk, one, at(desk, Stage.CARRY_OUT).id, "x"
    ),
    "complaints.evaluate": lambda desk, one: complaints.evaluate(
        desk, one, at(desk, Stage.EVALUATE).id, 3, "x"
    ),
    "complaints.judge": lambda desk, one: complaints.judge(
        desk, one, complained(desk).id, founded=True, reason="x"
    ),
    "complaints.name": lambda desk, one: complaints.name(desk, one, at(desk, Stage.NAME).id, "service", "x"),
    "complaints.propose": lambda desk, one: complaints.propose(desk, one, at(desk, Stage.PROPOSE).id, "x"),
    "complaints.lodge": lambda desk, one: complaints.lodge(desk, one, "service", "x"),
    "duties.accept": lambda desk, one: duties.accept(desk, one, delivered(desk).id),
    "duties.assign": lambda desk, one: duties.assign(desk, one, sheet(desk).id, "zhao.lei"),
    "duties.deliver": lambda desk, one: duties.deliver(desk, one, sheet(desk).id, TICKED),
    "duties.fill_in": lambda desk, one: duties.fill_in(desk, one, sheet(desk).id, TICKED),
    "duties.note": lambda desk, one: duties.note(desk, one, sheet(desk).id, "x"),
    "duties.release": lambda desk, one: duties.release(desk, one, sheet(desk).id),
    "duties.reopen": lambda desk, one: duties.reopen(desk, one, accepted(desk), "x"),
    "duties.return_": lambda desk, one: duties.return_(desk, one, delivered(desk).id, "x"),
    "duties.take": lambda desk, one: duties.take(desk, one, sheet(desk).id),
    "duties.take_back": lambda desk, one: duties.take_back(desk, one, delivered(desk).id),
    "events.cancel": lambda desk, one: events.cancel(desk, one, sheet(desk).event, "x"),
    "events.correct": lambda desk, one: events.correct(desk, one, sheet(desk).event, subject="x1"),
    "events.move": lambda desk, one: events.move(desk, one, planned(desk), local("2026-12-01 10:00")),
    "events.register": lambda desk, one: events.register(
        desk, one, "vehicle-delivered", subject="x1", at=local("2026-11-20 10:00")
    ),
    "handovers.consent": lambda desk, one: handovers.consent(desk, one, offered(desk)),
    "handovers.offer": lambda desk, one: handovers.offer(desk, one, sheet(desk).id, "service", reason="x"),
    "handovers.refuse": lambda desk, one: handovers.refuse(desk, one, offered(desk), "x"),
    "handovers.withdraw": lambda desk, one: handovers.withdraw(desk, one, offered(desk)),
    "holds.confirm": lambda desk, one: holds.confirm(desk, one, held(desk, objected=True)),
    "holds.hold": lambda desk, one: holds.hold(desk, one, sheet(desk).id, waits_for="x", reason="y"),
    "holds.object_to": lambda desk, one: holds.object_to(desk, one, held(desk), "x"),
    "holds.refuse": lambda desk, one: holds.refuse(desk, one, held(desk, objected=True)),
    "holds.resume": lambda desk, one: holds.resume(desk, one, held(desk)),
    "months.close": lambda desk, one: months.close(desk, one, "2026-10"),
    "months.reopen": lambda desk, one: months.reopen(desk, one, "2026-10", "x"),
    "ratings.explain": lambda desk, one: ratings.explain(
        desk, one, sheet(desk, "2026-11-10 10:00").id, "forgotten"
    ),
    "ratings.rate": lambda desk, one: ratings.rate(desk, one, accepted(desk), 3),
    "requests.answer": lambda desk, one: requests.answer(desk, one, asked(desk).duty, "x"),
    "requests.answer_uncovered": lambda desk, one: requests.answer_uncovered(desk, one, uncovered(desk), "x"),
    "requests.ask": lambda desk, one: requests.ask(desk, one, "invoice-copy", text="May"),
    "requests.ask_uncovered": lambda desk, one: requests.ask_uncovered(desk, one, "service", text="x"),
    "requests.settle_uncovered": lambda desk, one: requests.settle_uncovered(desk, one, uncovered(desk)),
    "requests.withdraw": lambda desk, one: requests.withdraw(desk, one, asked(desk).id, "x"),
    "shifts.acknowledge": lambda desk, one: shifts.acknowledge(desk, one, written(desk)),
    "shifts.edit": lambda desk, one: shifts.edit(desk, one, written(desk), "x"),
    "shifts.write": lambda desk, one: shifts.write(desk, one, "x"),
    "surveys.answer": lambda desk, one: surveys.answer(desk, one, "sales", MARKS),
    "waivers.ask": lambda desk, one: waivers.ask(desk, one, sheet(desk).id, code="other", reason="x"),
    "waivers.grant": lambda desk, one: waivers.grant(desk, one, wished(desk)),
    "waivers.refuse": lambda desk, one: waivers.refuse(desk, one, wished(desk), "x"),
    "waivers.waive": lambda desk, one: waivers.waive(desk, one, sheet(desk).id, code="other", reason="x"),
}
MODULES = (complaints, duties, events, handovers, holds, months, ratings, requests, shifts, surveys, waivers)
# These only read, or answer per entry.
OTHERS = {
    "complaints.may_step",
    "shifts.draft",
    "surveys.asked",
}
# What anybody of any department may do, as long as they are more than readers.
FOR_EVERYBODY = {
    "complaints.lodge",
    "events.register",
    "requests.ask_uncovered",
    "shifts.write",
    "surveys.answer",
}


def accepted(desk: Desk) -> str:
    return duties.accept(desk, who(desk, "chen.jing"), delivered(desk).id).id


def analysed(desk: Desk) -> str:
    return at(desk, Stage.ANALYSE).id


def asked(desk: Desk) -> Request:
    return requests.ask(desk, who(desk, "chen.jing"), "invoice-copy", text="May")[0]


def held(desk: Desk, *, objected: bool = False) -> str:
    duty = holds.hold(desk, who(desk, "wang.fang"), sheet(desk).id, waits_for="finance", reason="x")
    if objected:
        holds.object_to(desk, who(desk, "chen.jing"), duty.id, "no")
    return duty.id


def offered(desk: Desk) -> str:
    return handovers.offer(desk, who(desk, "wang.fang"), sheet(desk).id, "service", reason="x").id


def planned(desk: Desk) -> str:
    chen = who(desk, "chen.jing")
    done = events.register(desk, chen, "settlement-scheduled", subject="2211", at=local("2026-11-30 10:00"))
    return done.event.id


def uncovered(desk: Desk) -> str:
    return requests.ask_uncovered(desk, who(desk, "chen.jing"), "sales", text="x").id


def wished(desk: Desk) -> str:
    duty = sheet(desk)
    return waivers.ask(desk, who(desk, "wang.fang"), duty.id, code="other", reason="x").id


def written(desk: Desk) -> str:
    return shifts.write(desk, who(desk, "wang.fang"), "x").id


def test_the_list_of_use_cases_is_complete() -> None:
    found = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "actor" in inspect.signature(function).parameters
        and inspect.signature(function).return_annotation != "Deed"
    }
    assert found == set(USE_CASES) | OTHERS


def refused_after_setting_up(desk: Desk, actor: Actor, call: Call) -> None:
    """Refuse the call, and store nothing of it."""
    with pytest.raises(Forbidden):
        call(desk, actor)
    last = list(desk.store.changes(0))[-1:]
    assert [change.act.by for change in last if change.act.by == actor.id] == []


@pytest.mark.parametrize("name", USE_CASES)
def test_a_reader_changes_nothing(desk: Desk, name: str) -> None:
    refused_after_setting_up(desk, who(desk, "guest"), USE_CASES[name])


@pytest.mark.parametrize("name", [name for name in USE_CASES if name not in FOR_EVERYBODY])
def test_a_department_that_it_does_not_concern_changes_nothing(desk: Desk, name: str) -> None:
    refused_after_setting_up(desk, who(desk, "ma.chao"), USE_CASES[name])


def test_somebody_of_no_department_is_told_who_may() -> None:
    nobody = Actor(person=Person(id="root", name="root", department="", role=Role.READER), via="test")
    with pytest.raises(Forbidden) as refused:
        require(nobody, Right.COMPLAIN, consumer="")
    assert str(refused.value) == (
        "root (reader, no department) may not file a complaint: it takes staff (sla access lists the rights)."
    )
    locale.use("zh")
    assert str(refused.value) == "root（无部门，只读）无权提出投诉：须由员工办理（权限见 sla access）。"
