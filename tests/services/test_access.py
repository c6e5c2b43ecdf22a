"""One table of rights, used by every use case; the same answer in every front end."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import closing as closed_afterwards
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker import i18n
from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.survey import Dimension, Mark
from sla_tracker.domain.people import Absence, Actor, Person, Role
from sla_tracker.errors import Forbidden
from sla_tracker.services import events, requests
from sla_tracker.services.access import ROLE_WORDS, RULES, Right, Side, may, require
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes, surveys
from sla_tracker.services.duties import holds, operations, ratings, waivers
from sla_tracker.services.months import archive, closing
from sla_tracker.services.open_requests import field_changes, progress
from sla_tracker.testing.company import PEOPLE, a_context, local, set_clock
from tests.services.acts import TICKED, complained, delivered, sheet, who
from tests.services.acts import complaint_at as at
from tests.storage.factories import Databases

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
        Side.CLOSING: {"sales", "finance", "service", ""} if role is Role.ADMIN else set(),
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
def test_the_refusal_names_departments_in_the_readers_language(
    context: ServiceContext, right: Right, lang: str
) -> None:
    i18n.use(lang)
    with pytest.raises(Forbidden) as refusal:
        context.require(who(context, "guest"), right, context.now(), **SIDES)
    sentence = refusal.value.sentence()
    assert "来访" in sentence
    assert "{" not in sentence
    assert ("财务部" if lang == "zh_CN" else "Finance") in sentence
    assert "finance" not in sentence


class TestClosing:
    @pytest.mark.parametrize(
        ("closing", "allowed"), [((), {"root"}), (("finance",), {"root", "sun.hua"}), (("hr",), {"root"})]
    )
    def test_heads_of_the_departments_named_and_administrators_may(
        self, closing: tuple[str, ...], allowed: set[str]
    ) -> None:
        context = a_context(closing_departments=closing)

        def may_close(person: str) -> bool:
            try:
                context.require(who(context, person), Right.CLOSE_PERIOD, context.now())
            except Forbidden:
                return False
            return True

        assert {person.id for person in PEOPLE if may_close(person.id)} == allowed

    def test_without_a_department_the_refusal_asks_for_an_administrator(self) -> None:
        context = a_context(closing_departments=())
        with pytest.raises(Forbidden, match=r"it takes administrator \(sla access"):
            context.require(who(context, "sun.hua"), Right.CLOSE_PERIOD, context.now())


class TestStandingIn:
    away = Absence(first_on=date(2026, 11, 20), last_on=date(2026, 11, 21))

    def with_head(self, **changes: object) -> ServiceContext:
        people = [replace(one, **changes) if one.id == "sun.hua" else one for one in PEOPLE]  # type: ignore[arg-type]
        return a_context(people=people)

    def test_the_deputy_of_an_absent_head_has_the_heads_rights(self) -> None:
        context = self.with_head(deputy="chen.jing", away=(self.away,))
        chen = who(context, "chen.jing")
        context.require(chen, Right.WAIVE, context.now(), **SIDES)
        assert context.acting(chen, context.now()).id == "chen.jing"
        with pytest.raises(Forbidden):
            context.require(who(context, "sun.li"), Right.WAIVE, context.now(), **SIDES)
        set_clock(context, context.now() + timedelta(days=2))
        with pytest.raises(Forbidden):
            context.require(chen, Right.WAIVE, context.now(), **SIDES)

    @pytest.mark.parametrize("deputy", ["wang.fang", "guest"])
    def test_somebody_of_another_department_or_a_reader_does_not_stand_in(self, deputy: str) -> None:
        context = self.with_head(deputy=deputy, away=(self.away,))
        with pytest.raises(Forbidden):
            context.require(who(context, deputy), Right.WAIVE, context.now(), **SIDES)
        own = who(context, deputy)
        assert context.acting(own, context.now()) == own, "nor in the department of the deputy"

    def test_without_an_absence_nobody_stands_in(self) -> None:
        context = self.with_head(deputy="chen.jing")
        with pytest.raises(Forbidden):
            context.require(who(context, "chen.jing"), Right.WAIVE, context.now(), **SIDES)


Call = Callable[[ServiceContext, Actor], object]
USE_CASES: dict[str, Call] = {
    "complaints.analyse": lambda context, one: complaints.analyse(
        context, one, analysed(context), "workload", "x"
    ),
    "complaints.approve": lambda context, one: complaints.approve(
        context, one, at(context, Stage.APPROVE).id, approved=True, reason="x"
    ),
    "complaints.carry_out": lambda context, one: complaints.carry_out(
        context, one, at(context, Stage.CARRY_OUT).id, "x"
    ),
    "complaints.evaluate": lambda context, one: complaints.evaluate(
        context, one, at(context, Stage.EVALUATE).id, 3, "x"
    ),
    "complaints.judge": lambda context, one: complaints.judge(
        context, one, complained(context).id, founded=True, reason="x"
    ),
    "complaints.name": lambda context, one: complaints.name(
        context, one, at(context, Stage.NAME).id, "service", "x"
    ),
    "complaints.refer": lambda context, one: complaints.refer(
        context, one, complained(context).id, "service", "x"
    ),
    "complaints.propose": lambda context, one: complaints.propose(
        context, one, at(context, Stage.PROPOSE).id, "x"
    ),
    "complaints.lodge": lambda context, one: complaints.lodge(context, one, "service", "x"),
    "operations.accept": lambda context, one: operations.accept(context, one, delivered(context).id),
    "operations.assign": lambda context, one: operations.assign(context, one, sheet(context).id, "zhao.lei"),
    "operations.deliver": lambda context, one: operations.deliver(context, one, sheet(context).id, TICKED),
    "operations.fill_in": lambda context, one: operations.fill_in(context, one, sheet(context).id, TICKED),
    "operations.note": lambda context, one: operations.note(context, one, sheet(context).id, "x"),
    "operations.release": lambda context, one: operations.release(context, one, sheet(context).id),
    "operations.reopen": lambda context, one: operations.reopen(context, one, accepted(context), "x"),
    "operations.return_": lambda context, one: operations.return_(context, one, delivered(context).id, "x"),
    "operations.take": lambda context, one: operations.take(context, one, sheet(context).id),
    "operations.take_back": lambda context, one: operations.take_back(context, one, delivered(context).id),
    "events.cancel": lambda context, one: events.cancel(context, one, sheet(context).event, "x"),
    "events.correct": lambda context, one: events.correct(context, one, sheet(context).event, subject="x1"),
    "events.move": lambda context, one: events.move(
        context, one, planned(context), local("2026-12-01 10:00")
    ),
    "events.preview_cancel": lambda context, one: events.preview_cancel(context, one, sheet(context).event),
    "events.preview_move": lambda context, one: events.preview_move(
        context, one, planned(context), local("2026-12-01 10:00")
    ),
    "events.register": lambda context, one: events.register(
        context, one, "vehicle-delivered", subject="x1", at=local("2026-11-20 10:00")
    ),
    "handovers.consent": lambda context, one: handovers.consent(context, one, offered(context)),
    "handovers.offer": lambda context, one: handovers.offer(
        context, one, sheet(context).id, "service", reason="x"
    ),
    "handovers.refuse": lambda context, one: handovers.refuse(context, one, offered(context), "x"),
    "handovers.withdraw": lambda context, one: handovers.withdraw(context, one, offered(context)),
    "field_changes.change_fields": lambda context, one: field_changes.change_fields(
        context, one, asked(context).duty, {"priority": "P1"}, "x"
    ),
    "field_changes.judge_change": lambda context, one: field_changes.judge_change(
        context, one, asked(context).duty, confirmed=True
    ),
    "field_changes.object_to_change": lambda context, one: field_changes.object_to_change(
        context, one, asked(context).duty, "x"
    ),
    "progress.tell_update": lambda context, one: progress.tell_update(context, one, asked(context).duty, "x"),
    "progress.tick_papers": lambda context, one: progress.tick_papers(
        context, one, asked(context).duty, ["x"]
    ),
    "holds.confirm": lambda context, one: holds.confirm(context, one, held(context, objected=True)),
    "holds.hold": lambda context, one: holds.hold(context, one, sheet(context).id, waits_for="x", reason="y"),
    "holds.object_to": lambda context, one: holds.object_to(context, one, held(context), "x"),
    "holds.refuse": lambda context, one: holds.refuse(context, one, held(context, objected=True)),
    "holds.resume": lambda context, one: holds.resume(context, one, held(context)),
    "closing.close": lambda context, one: closing.close(context, one, "2026-10"),
    "archive.close_and_seal": lambda context, one: archive.close_and_seal(context, one, "2026-10"),
    "archive.seal": lambda context, one: archive.seal(context, one, "2026-10"),
    "archive.reopen_and_unseal": lambda context, one: archive.reopen_and_unseal(context, one, "2026-10", "x"),
    "ratings.explain": lambda context, one: ratings.explain(
        context, one, sheet(context, "2026-11-10 10:00").id, "forgotten"
    ),
    "ratings.rate": lambda context, one: ratings.rate(context, one, accepted(context), 3),
    "requests.answer": lambda context, one: requests.answer(context, one, asked(context).duty, "x"),
    "requests.answer_uncovered": lambda context, one: requests.answer_uncovered(
        context, one, uncovered(context), "x"
    ),
    "requests.ask": lambda context, one: requests.ask(context, one, "invoice-copy", text="May"),
    "requests.ask_uncovered": lambda context, one: requests.ask_uncovered(context, one, "service", text="x"),
    "requests.settle_uncovered": lambda context, one: requests.settle_uncovered(
        context, one, uncovered(context)
    ),
    "requests.withdraw": lambda context, one: requests.withdraw(context, one, asked(context).id, "x"),
    "shift_notes.acknowledge": lambda context, one: shift_notes.acknowledge(context, one, written(context)),
    "shift_notes.edit": lambda context, one: shift_notes.edit(context, one, written(context), "x"),
    "shift_notes.write": lambda context, one: shift_notes.write(context, one, "x"),
    "surveys.answer": lambda context, one: surveys.answer(context, one, "sales", MARKS),
    "waivers.ask": lambda context, one: waivers.ask(
        context, one, sheet(context).id, code="other", reason="x"
    ),
    "waivers.grant": lambda context, one: waivers.grant(context, one, wished(context)),
    "waivers.refuse": lambda context, one: waivers.refuse(context, one, wished(context), "x"),
    "waivers.waive": lambda context, one: waivers.waive(
        context, one, sheet(context).id, code="other", reason="x"
    ),
}
MODULES = (
    archive,
    complaints,
    field_changes,
    progress,
    operations,
    events,
    handovers,
    holds,
    closing,
    ratings,
    requests,
    shift_notes,
    surveys,
    waivers,
)
# These only read or check, or answer per entry.
OTHERS = {
    "events.new_event",  # stores nothing
    "complaints.may_step",
    "complaints.require_turn",
    "operations.require_own_or_head",
    "shift_notes.draft",
    "surveys.asked",
    "surveys.providers_of",
}
# What anybody of any department may do, as long as they are more than readers.
FOR_EVERYBODY = {
    "complaints.lodge",
    "events.register",
    "requests.ask_uncovered",
    "shift_notes.write",
    "surveys.answer",
}


def accepted(context: ServiceContext) -> str:
    return operations.accept(context, who(context, "chen.jing"), delivered(context).id).id


def analysed(context: ServiceContext) -> str:
    return at(context, Stage.ANALYSE).id


def asked(context: ServiceContext) -> Request:
    return requests.ask(context, who(context, "chen.jing"), "invoice-copy", text="May")[0]


def held(context: ServiceContext, *, objected: bool = False) -> str:
    duty = holds.hold(context, who(context, "wang.fang"), sheet(context).id, waits_for="finance", reason="x")
    if objected:
        holds.object_to(context, who(context, "chen.jing"), duty.id, "no")
    return duty.id


def offered(context: ServiceContext) -> str:
    return handovers.offer(context, who(context, "wang.fang"), sheet(context).id, "service", reason="x").id


def planned(context: ServiceContext) -> str:
    chen = who(context, "chen.jing")
    done = events.register(
        context, chen, "settlement-scheduled", subject="2211", at=local("2026-11-30 10:00")
    )
    return done.event.id


def uncovered(context: ServiceContext) -> str:
    return requests.ask_uncovered(context, who(context, "chen.jing"), "sales", text="x").id


def wished(context: ServiceContext) -> str:
    duty = sheet(context)
    return waivers.ask(context, who(context, "wang.fang"), duty.id, code="other", reason="x").id


def written(context: ServiceContext) -> str:
    return shift_notes.write(context, who(context, "wang.fang"), "x").id


def test_the_list_of_use_cases_is_complete() -> None:
    found = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "actor" in inspect.signature(function).parameters
        and inspect.signature(function).return_annotation != "DutyAction"
    }
    assert found == set(USE_CASES) | OTHERS


def refused_after_setting_up(context: ServiceContext, actor: Actor, call: Call) -> None:
    """Refuse the call, and store nothing of it."""
    with pytest.raises(Forbidden):
        call(context, actor)
    last = list(context.store.changes(0))[-1:]
    assert [change.act.by for change in last if change.act.by == actor.id] == []


@pytest.mark.parametrize("name", USE_CASES)
def test_a_reader_changes_nothing(context: ServiceContext, name: str) -> None:
    refused_after_setting_up(context, who(context, "guest"), USE_CASES[name])


@pytest.mark.parametrize("name", [name for name in USE_CASES if name not in FOR_EVERYBODY])
def test_a_department_that_it_does_not_concern_changes_nothing(context: ServiceContext, name: str) -> None:
    refused_after_setting_up(context, who(context, "ma.chao"), USE_CASES[name])


@pytest.mark.postgres
def test_a_store_on_a_server_lets_nobody_do_more(
    databases: Databases, effort: Callable[[int, int], int]
) -> None:
    """Its one login may write in everybody's name: who may do what is decided by the program alone, as everywhere."""
    calls = [(name, "guest") for name in USE_CASES]
    calls += [(name, "ma.chao") for name in USE_CASES if name not in FOR_EVERYBODY]
    for name, person in calls[:: effort(11, 1)]:
        with closed_afterwards(databases.store(databases.emptied())) as store:
            context = a_context(store=store)
            refused_after_setting_up(context, who(context, person), USE_CASES[name])


def test_somebody_of_no_department_is_told_who_may() -> None:
    nobody = Actor(person=Person(id="root", name="root", department="", role=Role.READER), via="test")
    with pytest.raises(Forbidden) as refused:
        require(nobody, Right.COMPLAIN, consumer="")
    assert str(refused.value) == (
        "root (reader, no department) may not file a complaint: it takes staff (sla access lists the rights)."
    )
    i18n.use("zh")
    assert str(refused.value) == "root（无部门，只读）无权提出投诉：须由员工办理（权限见 sla access）。"
