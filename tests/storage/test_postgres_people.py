"""Each person has an own login: what the services let a person do, the database lets the login do too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest

from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.duties.duty import Duty, Hold, State
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, Layer
from sla_tracker.errors import Forbidden, NotFound
from sla_tracker.services import erasure, event_claims, events, requests, undo
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes, surveys
from sla_tracker.services.duties import holds, operations, ratings, waivers
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.months import closing
from sla_tracker.services.ports import Act, Store
from sla_tracker.testing.clock import FakeClock
from sla_tracker.testing.company import a_calendar, a_context, an_actor, local, set_clock
from tests.storage.factories import SERVICE, Databases

pytestmark = pytest.mark.postgres


class Office:
    """One database, one clock, and for each person a context with an own login."""

    def __init__(self, databases: Databases, database: str) -> None:
        self._databases = databases
        self._database = database
        self._clock = FakeClock(local("2026-11-16 16:40"))
        self.stores: dict[str, Store] = {}

    def context(self, login: str) -> ServiceContext:
        if login not in self.stores:
            self.stores[login] = self._databases.store(self._database, login)
        return replace(a_context(store=self.stores[login]), clock=self._clock)

    def of(self, person: str) -> tuple[ServiceContext, Actor]:
        context = self.context(person)
        return context, an_actor(context, person)

    def at(self, text: str) -> datetime:
        set_clock(self.context(SERVICE), text)
        return local(text)

    def duty(self, id: str, login: str = SERVICE) -> Duty | None:
        return self.context(login).store.read(lambda tx: tx.get(Duty, id))

    def state(self, id: str) -> State:
        duty = self.duty(id)
        assert duty is not None
        return duty.state


@pytest.fixture
def office(databases: Databases, database: str) -> Iterator[Office]:
    office = Office(databases, database)
    yield office
    for store in office.stores.values():
        store.close()


def delivered_vehicle(office: Office, by: str = "wang.fang") -> dict[str, Duty]:
    """Register a delivery and return the duties it opened, by obligation."""
    registered = events.register(
        *office.of(by), "vehicle-delivered", subject="鄂F12345", at=local("2026-11-16 16:30")
    )
    return {duty.obligation: duty for duty in registered.opened}


def test_an_event_opens_the_duties_of_departments_that_one_cannot_see(office: Office) -> None:
    opened = delivered_vehicle(office, by="ma.chao")
    assert set(opened) == {"decoration-sheet", "order-sheet", "handover-check"}
    for id in (duty.id for duty in opened.values()):
        assert office.duty(id) is not None
        assert office.duty(id, "ma.chao") is not None, "who opened a duty may see what became of it"
        assert office.duty(id, "wang.fang") is not None
        assert office.duty(id, "auditor") is not None
    assert office.duty(opened["order-sheet"].id, "liu.yang") is None
    assert office.duty(opened["handover-check"].id, "chen.jing") is None


def test_a_duty_goes_its_whole_way(office: Office) -> None:
    id = delivered_vehicle(office)["decoration-sheet"].id
    operations.take(*office.of("wang.fang"), id)
    operations.fill_in(*office.of("wang.fang"), id, {"amount": "12"})
    operations.note(*office.of("chen.jing"), id, "请尽快")
    operations.deliver(*office.of("wang.fang"), id, {"sheet": "yes"}, claimed_at=local("2026-11-16 16:35"))
    operations.return_(*office.of("chen.jing"), id, "缺章")
    operations.deliver(*office.of("zhao.lei"), id, {"sheet": "yes"})
    operations.take_back(*office.of("zhao.lei"), id)
    operations.deliver(*office.of("zhao.lei"), id, {"sheet": "yes"})
    operations.accept(*office.of("chen.jing"), id)
    ratings.rate(*office.of("chen.jing"), id, 3)
    ratings.explain(*office.of("wang.fang"), id, "workload")
    operations.reopen(*office.of("sun.hua"), id, "错了")
    operations.assign(*office.of("li.na"), id, "wang.fang")
    assert office.state(id) is State.OPEN
    assert [change.act.by for change in office.context("wang.fang").store.history(id)][:2] == [
        "wang.fang"
    ] * 2


def test_holds_objections_and_waivers(office: Office) -> None:
    opened = delivered_vehicle(office)
    held, waived = opened["decoration-sheet"].id, opened["order-sheet"].id
    holds.hold(*office.of("wang.fang"), held, waits_for="finance", reason="等发票")
    holds.object_to(*office.of("chen.jing"), held, "已给")
    holds.confirm(*office.of("sun.hua"), held)
    holds.resume(*office.of("wang.fang"), held)
    waivers.ask(*office.of("wang.fang"), waived, code="agreed", reason="停电")
    waivers.refuse(*office.of("sun.hua"), waived, "不行")
    waivers.ask(*office.of("wang.fang"), waived, code="agreed", reason="真的停电")
    waivers.grant(*office.of("sun.hua"), waived)
    assert (office.state(held), office.state(waived)) == (State.OPEN, State.WAIVED)


def test_an_event_that_moves_takes_everybodys_duties_along(office: Office) -> None:
    registered = events.register(
        *office.of("ma.chao"), "settlement-scheduled", subject="合同 2211", at=local("2026-11-25 10:00")
    )
    moved = events.move(*office.of("ma.chao"), registered.event.id, local("2026-11-27 10:00"))
    assert {duty.id for duty in moved.moved} == {duty.id for duty in registered.opened}
    events.correct(*office.of("sun.li"), registered.event.id, subject="合同 2212")
    cancelled = events.cancel(*office.of("ma.chao"), registered.event.id, "取消")
    assert {office.state(duty.id) for duty in cancelled.cancelled} == {State.CANCELLED}
    assert len(cancelled.cancelled) == len(registered.opened) == 2


def test_a_request_is_answered_settled_and_withdrawn(office: Office) -> None:
    request, duty = requests.ask(*office.of("chen.jing"), "invoice-copy", subject="鄂F12345", text="复印件")
    requests.answer(*office.of("wang.fang"), duty.id, "明天")
    operations.deliver(*office.of("wang.fang"), duty.id)
    stored = office.context("chen.jing").store.read(lambda tx: tx.get(Request, request.id))
    assert stored is not None
    assert stored.state is RequestState.SETTLED
    other, its_duty = requests.ask(*office.of("chen.jing"), "invoice-copy", text="又一份")
    requests.withdraw(*office.of("chen.jing"), other.id, "不用了")
    assert office.state(its_duty.id) is State.CANCELLED


def test_a_duty_is_handed_over_and_its_request_follows(office: Office) -> None:
    request, duty = requests.ask(*office.of("chen.jing"), "invoice-copy", text="复印件")
    offer = handovers.offer(*office.of("wang.fang"), duty.id, "warehouse", reason="在仓库")
    assert office.duty(duty.id, "wu.di") is not None, "who is offered a duty may look at it"
    assert office.duty(duty.id, "liu.yang") is None
    given, linked = handovers.consent(*office.of("wu.di"), offer.id)
    assert (given.state, linked.provider) == (State.HANDED_OVER, "warehouse")
    operations.deliver(*office.of("ma.chao"), linked.id)
    stored = office.context("chen.jing").store.read(lambda tx: tx.get(Request, request.id))
    assert stored is not None
    assert (stored.duty, stored.state) == (linked.id, RequestState.SETTLED)


def test_undo_puts_back_what_one_did_oneself(office: Office) -> None:
    id = delivered_vehicle(office)["decoration-sheet"].id
    operations.deliver(*office.of("wang.fang"), id, {"sheet": "yes"})
    operations.accept(*office.of("chen.jing"), id)
    undo.undo(*office.of("chen.jing"))
    assert office.state(id) is State.DELIVERED
    undo.undo(*office.of("wang.fang"))
    assert office.state(id) is State.OPEN


def test_any_session_rolls_over_for_everybody_and_none_opens_twice(office: Office) -> None:
    office.at("2026-11-27 09:00")
    first = tick(office.context("liu.yang"))
    assert {duty.obligation for duty in first.opened} >= {"stock-list", "commission-list"}
    for login in ("wang.fang", "ma.chao", "sun.hua", "root", SERVICE):
        tick(office.context(login))
    found = office.context(SERVICE).store.read(lambda tx: tx.find(Duty))
    assert len({duty.key for duty in found}) == len(found) == len(first.opened)


def test_silence_accepts_in_any_session_that_sees_the_delivery(office: Office) -> None:
    id = delivered_vehicle(office)["decoration-sheet"].id
    operations.deliver(*office.of("wang.fang"), id, {"sheet": "yes"})
    office.at("2026-11-19 18:00")
    tick(office.context("wang.fang"))
    assert office.state(id) is State.DELIVERED
    office.at("2026-11-19 18:01")
    tick(office.context("wang.fang"))
    assert office.state(id) is State.ACCEPTED


def test_each_session_lets_its_own_duties_follow_a_calendar_until_all_have(office: Office) -> None:
    opened = delivered_vehicle(office)
    tick(office.context(SERVICE))
    closed = DayRule(status=DayStatus.CLOSED, name=Text(zh="停业", en="Closed"))
    calendar = a_calendar().with_layer(Layer(name="company", days={date(2026, 11, 19): closed}))

    def rolled(login: str) -> set[str]:
        context = replace(office.context(login), calendars={"": calendar})
        return {duty.obligation for duty in tick(context).recomputed}

    office.at("2026-11-17 09:00")
    assert "decoration-sheet" in rolled("chen.jing")
    assert rolled("chen.jing") == set()
    duty = office.duty(opened["decoration-sheet"].id)
    assert duty is not None
    assert duty.due_at == local("2026-11-20 18:00")


def test_complaints_surveys_and_shifts(office: Office) -> None:
    duty = delivered_vehicle(office)["handover-check"]
    complaint = complaints.lodge(*office.of("wang.fang"), "service", "迟", duties=[duty.id])
    complaints.judge(*office.of("wu.di"), complaint.id, founded=True, reason="是")
    note = shift_notes.write(*office.of("wang.fang"), "交班", successor="zhao.lei")
    shift_notes.acknowledge(*office.of("zhao.lei"), note.id)
    assert complaints.listed(office.context("liu.yang"), "service")
    assert complaints.listed(office.context("ma.chao"), "warehouse"), "a head of the warehouse judges it"
    assert complaints.listed(office.context("chen.jing"), "service") == []
    assert surveys.asked(*office.of("chen.jing"))


def test_an_administrator_alone_chooses_another_judge_of_a_complaint(office: Office) -> None:
    complaint = complaints.lodge(*office.of("wang.fang"), "warehouse", "迟")
    assert complaint.neutral_judge == "", "the judging department is a party to it"
    referred = complaints.refer(*office.of("root"), complaint.id, "finance", "无关")
    assert referred.judge == "finance"
    wang = office.context("wang.fang")
    act = Act(what="referred_complaint", by="wang.fang", at=wang.now())
    with pytest.raises(Forbidden):
        wang.store.write(act, lambda tx: tx.put(replace(referred, judge="service")))
    judged = complaints.judge(*office.of("sun.hua"), complaint.id, founded=True, reason="是")
    assert judged.next is Stage.NAME
    other = complaints.lodge(*office.of("ma.chao"), "service", "迟")
    assert complaints.judge(*office.of("root"), other.id, founded=False, reason="否").next is None


def test_a_claim_about_an_event_is_confirmed_by_another_side_only(office: Office) -> None:
    office.at("2026-11-20 14:00")
    wang = office.of("wang.fang")
    event = events.register(
        *wang, "vehicle-delivered", subject="鄂F·7", at=local("2026-11-17 10:00"), fields={"cash": "no"}
    ).event
    office.at("2026-11-20 15:30")
    claimed = events.correct(*wang, event.id, at=local("2026-11-20 13:00")).claimed
    sheet = next(duty for duty in claimed if duty.obligation == "decoration-sheet")
    confirmed = tuple(replace(change, confirmed=True) for change in sheet.event_changes)
    with pytest.raises(Forbidden):
        wang[0].store.write(
            Act(what="confirmed_event", by="wang.fang", at=wang[0].now()),
            lambda tx: tx.put(replace(sheet, event_changes=confirmed, event_time=None)),
        )
    event_claims.confirm(*office.of("chen.jing"), event.id, duty_id=sheet.id)
    changed = office.duty(sheet.id)
    assert changed is not None
    assert changed.due_at == local("2026-11-23 18:00")
    events.correct(*office.of("liu.yang"), event.id, at=local("2026-11-20 12:00"))
    events.cancel(*wang, event.id, "sold back")
    office.at("2026-11-25 09:00")
    event_claims.confirm(*office.of("chen.jing"), event.id)
    assert office.state(sheet.id) is State.CANCELLED


def test_an_administrator_closes_a_month_seals_it_and_erases(office: Office) -> None:
    id = delivered_vehicle(office)["decoration-sheet"].id
    operations.deliver(*office.of("wang.fang"), id, {"sheet": "yes"})
    operations.accept(*office.of("chen.jing"), id)
    with pytest.raises(Forbidden):
        erasure.erase(*office.of("li.na"), "鄂F12345", "要求")
    assert erasure.erase(*office.of("root"), "鄂F12345", "要求").duties == 3
    assert office.context("wang.fang").store.as_of(Duty, id, 1) is None
    office.at("2026-12-01 09:00")
    closed = closing.close(*office.of("root"), "2026-11", mark_missed=True)
    assert {duty.obligation for duty in closed.missed} == {"order-sheet", "handover-check"}
    store = office.context("root").store
    act = Act(what="sealed_month", by="root", at=local("2026-12-01 09:00"))
    store.write(
        act, lambda tx: tx.seal("2026-11", [(Duty, duty.id) for duty in tx.find(Duty, month="2026-11")])
    )
    assert office.duty(id) is None
    assert office.context("wang.fang").store.read(lambda tx: tx.find(Month, closed=True))
    assert {
        value.id for value in office.context("liu.yang").store.sealed("2026-11") if isinstance(value, Duty)
    } == {duty.id for duty in closed.missed if duty.obligation == "handover-check"}


def test_a_wait_ends_with_the_delivery_of_a_department_that_is_no_side_of_it(office: Office) -> None:
    tick(office.context(SERVICE))
    waiting, needed = (the_list(office, name) for name in ("parts-margin", "stock-list"))
    assert office.duty(needed.id, "liu.yang") is not None, "who waits for a duty sees when it arrives"
    assert office.duty(waiting.id, "ma.chao") is not None, "who keeps others waiting sees what waits"
    assert office.duty(waiting.id, "wang.fang") is None
    office.at("2026-12-04 10:00")
    operations.take(*office.of("liu.yang"), waiting.id)
    (running,) = the_list(office, "parts-margin").excuses
    assert (running.start_at, running.end_at) == (needed.due_at, None)
    delivered_at = office.at("2026-12-07 11:00")
    operations.deliver(*office.of("ma.chao"), needed.id)
    (ended,) = the_list(office, "parts-margin").excuses
    assert ended.end_at == delivered_at
    with pytest.raises(NotFound):
        operations.note(*office.of("wang.fang"), waiting.id, "x")


def test_who_waits_for_the_turn_before_reads_that_turn_only(office: Office) -> None:
    office.at("2026-11-30 09:00")
    context = office.context(SERVICE)
    margin = context.catalogue.obligations["parts-margin"]
    earlier = replace(margin, depends_on=(Dependency(obligation="stock-list", turn=Turn.PREVIOUS),))
    obligations = {**context.catalogue.obligations, "parts-margin": earlier}
    tick(replace(context, declared=replace(context.catalogue, obligations=obligations)))
    lists = sorted(
        context.store.read(lambda tx: tx.find(Duty, obligation="stock-list")), key=lambda one: one.due_at
    )
    assert [one.month for one in lists] == ["2026-11", "2026-12"]
    seen = [office.duty(one.id, "liu.yang") is not None for one in lists]
    assert seen == [True, False], "the list on October, which the report on November waits for"


def test_who_keeps_others_waiting_changes_nothing_but_the_wait(office: Office) -> None:
    tick(office.context(SERVICE))
    waiting = the_list(office, "parts-margin")
    store, at = office.context("ma.chao").store, office.context("ma.chao").now()
    for changed in (
        replace(waiting, assignee="ma.chao"),
        replace(waiting, state=State.CANCELLED, closed_at=at),
    ):
        with pytest.raises(Forbidden):
            store.write(Act(what="changed", by="ma.chao", at=at), lambda tx, value=changed: tx.put(value))  # type: ignore[misc]
    hold = Hold(start_at=at, by="ma.chao", waits_for="sales", reason="x")
    with pytest.raises(Forbidden):
        store.write(Act(what="held", by="ma.chao", at=at), lambda tx: tx.put(replace(waiting, holds=(hold,))))


def the_list(office: Office, obligation: str) -> Duty:
    """Return the next monthly list of an obligation."""
    found = office.context(SERVICE).store.read(lambda tx: tx.find(Duty, obligation=obligation))
    return max(found, key=lambda duty: duty.due_at)
