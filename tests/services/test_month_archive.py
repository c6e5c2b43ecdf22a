"""Closed months leave the live store, keep their figures, and come back when they are reopened."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import Forbidden, NotFound, Refused
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.lookup.references import find_duty
from sla_tracker.services.months import archive, closing
from sla_tracker.services.ports import Writing
from sla_tracker.testing.clock import FakeClock
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_actor

NOVEMBER = "2026-11"
OF_VEHICLES = [one for one in OBLIGATIONS if one.id in {"decoration-sheet", "order-sheet"}]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def clock_of(context: ServiceContext) -> FakeClock:
    assert isinstance(context.clock, FakeClock)
    return context.clock


def settled_context() -> ServiceContext:
    """A context whose November holds one delivered vehicle with every duty of it accepted, on 1 December."""
    context = a_context(obligations=OF_VEHICLES)
    clock_of(context).set(at("2026-11-10T10:00"))
    registered = events.register(
        context,
        an_actor(context, "wang.fang"),
        "vehicle-delivered",
        subject="鄂F·12345",
        at=at("2026-11-10T09:30"),
    )
    for duty in registered.opened:
        owner, judge = (
            next(person for person in context.people.values() if person.department == side)
            for side in (duty.provider, duty.consumer)
        )
        operations.deliver(
            context,
            an_actor(context, owner.id),
            duty.id,
            {field.id: "yes" for field in duty.terms.evidence if field.required},
        )
        operations.accept(context, an_actor(context, judge.id), duty.id)
    clock_of(context).set(at("2026-12-15T10:00"))
    return context


def owed(context: ServiceContext) -> list[Duty]:
    return context.store.read(lambda tx: tx.find(Duty, month=NOVEMBER, state=(State.OPEN, State.HELD)))


def close(context: ServiceContext) -> archive.SealedMonth:
    tick(context)
    return archive.close_and_seal(context, an_actor(context, "sun.hua"), NOVEMBER, mark_missed=True)


def test_a_sealed_month_is_out_of_sight_with_its_events_and_can_be_looked_at() -> None:
    context = settled_context()
    before = len(context.store.read(lambda tx: tx.find(Duty, month=NOVEMBER)))
    sealed = close(context)
    assert sealed.sealed >= before
    assert context.store.read(lambda tx: tx.find(Duty, month=NOVEMBER)) == []
    assert context.store.read(lambda tx: tx.find(Event)) == []
    assert len(archive.duties_of(context, NOVEMBER)) >= before


def test_its_figures_stay_with_the_month() -> None:
    context = settled_context()
    close(context)
    month = context.store.read(lambda tx: tx.get(Month, NOVEMBER))
    assert month is not None
    sheet = next(figure for figure in month.figures if figure.obligation == "decoration-sheet")
    assert (sheet.score.good, sheet.score.valid) == (1, 1)


def test_nothing_of_a_sealed_month_opens_again() -> None:
    context = settled_context()
    close(context)
    tick(context)
    assert owed(context) == []


def test_a_correction_does_not_open_what_was_sealed() -> None:
    context = settled_context()
    close(context)
    archive.reopen_and_unseal(context, an_actor(context, "sun.hua"), NOVEMBER, "a return came late")
    event = context.store.read(lambda tx: tx.find(Event))[0]
    corrected = events.correct(context, an_actor(context, "wang.fang"), event.id, subject="鄂F·54321")
    assert corrected.opened == ()


def test_a_reopened_month_is_live_again() -> None:
    context = settled_context()
    before = {duty.id for duty in context.store.read(lambda tx: tx.find(Duty, month=NOVEMBER))}
    close(context)
    archive.reopen_and_unseal(context, an_actor(context, "sun.hua"), NOVEMBER, "a return came late")
    assert before <= {duty.id for duty in context.store.read(lambda tx: tx.find(Duty, month=NOVEMBER))}
    assert dict(context.store.seals()) == {}


def test_a_sealed_duty_says_where_it_lies_and_how_to_change_it() -> None:
    context = settled_context()
    close(context)
    sealed = archive.duties_of(context, NOVEMBER)[0]
    with pytest.raises(Refused, match="To change it, open the month again first: sla period reopen 2026-11"):
        find_duty(context, sealed.reference)
    with pytest.raises(NotFound):
        find_duty(context, "ffffff")
    archive.reopen_and_unseal(context, an_actor(context, "sun.hua"), NOVEMBER, "a sum was wrong")
    assert find_duty(context, sealed.reference) == sealed


def test_sealing_twice_changes_nothing() -> None:
    context = settled_context()
    close(context)
    sequence = context.store.sequence()
    assert archive.seal(context, an_actor(context, "sun.hua"), NOVEMBER) == 0
    assert context.store.sequence() == sequence


def test_staff_may_not_close_a_month() -> None:
    context = settled_context()
    with pytest.raises(Forbidden):
        archive.close_and_seal(context, an_actor(context, "wang.fang"), NOVEMBER, mark_missed=True)


def test_a_month_with_duties_that_are_owed_is_not_closed() -> None:
    context = a_context()
    clock_of(context).set(at("2026-11-10T10:00"))
    events.register(
        context, an_actor(context, "wang.fang"), "vehicle-delivered", subject="X", at=at("2026-11-10T09:30")
    )
    clock_of(context).set(at("2026-12-15T10:00"))
    with pytest.raises(Refused, match="cannot be closed"):
        closing.close(context, an_actor(context, "sun.hua"), NOVEMBER)


def test_a_month_without_duties_says_so() -> None:
    with pytest.raises(NotFound):
        archive.duties_of(a_context(), "2020-01")


def test_an_event_of_the_first_night_of_the_next_month_is_not_sealed_with_this_one() -> None:
    context = settled_context()
    clock_of(context).set(at("2026-12-01T09:00"))
    early = events.register(
        context, an_actor(context, "wang.fang"), "vehicle-delivered", subject="X", at=at("2026-12-01T03:00")
    ).event

    def waive(tx: Writing, _now: datetime) -> None:
        for duty in owed(context):
            tx.put(replace(duty, state=State.WAIVED))

    context.write(None, Verb.WAIVED, waive)
    close(context)
    assert [event.id for event in context.store.read(lambda tx: tx.find(Event))] == [early.id]
