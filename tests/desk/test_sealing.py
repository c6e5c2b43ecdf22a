"""Closed months leave the live store, keep their figures, and come back when they are reopened."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sla_tracker.core.duty import Duty, State
from sla_tracker.core.event import Event
from sla_tracker.core.month import Month
from sla_tracker.desk import duties, events, months, sealing
from sla_tracker.desk.desk import Desk, find_duty
from sla_tracker.desk.rollover import roll_over
from sla_tracker.errors import Forbidden, NotFound, Refused
from sla_tracker.testing.clock import FakeClock
from sla_tracker.testing.company import OBLIGATIONS, a_desk, an_actor

NOVEMBER = "2026-11"
OF_VEHICLES = [one for one in OBLIGATIONS if one.id in {"decoration-sheet", "order-sheet"}]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def clock_of(desk: Desk) -> FakeClock:
    assert isinstance(desk.clock, FakeClock)
    return desk.clock


def settled_desk() -> Desk:
    """A desk whose November holds one delivered vehicle with every duty of it accepted, on 1 December."""
    desk = a_desk(obligations=OF_VEHICLES)
    clock_of(desk).set(at("2026-11-10T10:00"))
    registered = events.register(
        desk, an_actor(desk, "wang.fang"), "vehicle-delivered", subject="鄂F·12345", at=at("2026-11-10T09:30")
    )
    for duty in registered.opened:
        owner, judge = (
            next(person for person in desk.people.values() if person.department == side)
            for side in (duty.provider, duty.consumer)
        )
        duties.deliver(
            desk,
            an_actor(desk, owner.id),
            duty.id,
            {field.id: "yes" for field in duty.terms.evidence if field.required},
        )
        duties.accept(desk, an_actor(desk, judge.id), duty.id)
    clock_of(desk).set(at("2026-12-15T10:00"))
    return desk


def owed(desk: Desk) -> list[Duty]:
    return desk.store.read(lambda tx: tx.find(Duty, month=NOVEMBER, state=(State.OPEN, State.HELD)))


def close(desk: Desk) -> sealing.SealedMonth:
    roll_over(desk)
    return sealing.close_and_seal(desk, an_actor(desk, "sun.hua"), NOVEMBER, mark_missed=True)


def test_a_sealed_month_is_out_of_sight_with_its_events_and_can_be_looked_at() -> None:
    desk = settled_desk()
    before = len(desk.store.read(lambda tx: tx.find(Duty, month=NOVEMBER)))
    sealed = close(desk)
    assert sealed.sealed >= before
    assert desk.store.read(lambda tx: tx.find(Duty, month=NOVEMBER)) == []
    assert desk.store.read(lambda tx: tx.find(Event)) == []
    assert len(sealing.duties_of(desk, NOVEMBER)) >= before


def test_its_figures_stay_with_the_month() -> None:
    desk = settled_desk()
    close(desk)
    month = desk.store.read(lambda tx: tx.get(Month, NOVEMBER))
    assert month is not None
    sheet = next(figure for figure in month.figures if figure.obligation == "decoration-sheet")
    assert (sheet.score.good, sheet.score.valid) == (1, 1)


def test_nothing_of_a_sealed_month_opens_again() -> None:
    desk = settled_desk()
    close(desk)
    roll_over(desk)
    assert owed(desk) == []


def test_a_correction_does_not_open_what_was_sealed() -> None:
    desk = settled_desk()
    close(desk)
    sealing.reopen_and_unseal(desk, an_actor(desk, "sun.hua"), NOVEMBER, "a return came late")
    event = desk.store.read(lambda tx: tx.find(Event))[0]
    corrected = events.correct(desk, an_actor(desk, "wang.fang"), event.id, subject="鄂F·54321")
    assert corrected.opened == ()


def test_a_reopened_month_is_live_again() -> None:
    desk = settled_desk()
    before = {duty.id for duty in desk.store.read(lambda tx: tx.find(Duty, month=NOVEMBER))}
    close(desk)
    sealing.reopen_and_unseal(desk, an_actor(desk, "sun.hua"), NOVEMBER, "a return came late")
    assert before <= {duty.id for duty in desk.store.read(lambda tx: tx.find(Duty, month=NOVEMBER))}
    assert dict(desk.store.seals()) == {}


def test_a_sealed_duty_says_where_it_lies_and_how_to_change_it() -> None:
    desk = settled_desk()
    close(desk)
    sealed = sealing.duties_of(desk, NOVEMBER)[0]
    with pytest.raises(Refused, match="To change it, open the month again first: sla period reopen 2026-11"):
        find_duty(desk, sealed.reference)
    with pytest.raises(NotFound):
        find_duty(desk, "ffffff")
    sealing.reopen_and_unseal(desk, an_actor(desk, "sun.hua"), NOVEMBER, "a sum was wrong")
    assert find_duty(desk, sealed.reference) == sealed


def test_sealing_twice_changes_nothing() -> None:
    desk = settled_desk()
    close(desk)
    sequence = desk.store.sequence()
    assert sealing.seal(desk, an_actor(desk, "sun.hua"), NOVEMBER) == 0
    assert desk.store.sequence() == sequence


def test_staff_may_not_close_a_month() -> None:
    desk = settled_desk()
    with pytest.raises(Forbidden):
        sealing.close_and_seal(desk, an_actor(desk, "wang.fang"), NOVEMBER, mark_missed=True)


def test_a_month_with_duties_that_are_owed_is_not_closed() -> None:
    desk = a_desk()
    clock_of(desk).set(at("2026-11-10T10:00"))
    events.register(
        desk, an_actor(desk, "wang.fang"), "vehicle-delivered", subject="X", at=at("2026-11-10T09:30")
    )
    clock_of(desk).set(at("2026-12-15T10:00"))
    with pytest.raises(Refused, match="cannot be closed"):
        months.close(desk, an_actor(desk, "sun.hua"), NOVEMBER)


def test_a_month_without_duties_says_so() -> None:
    with pytest.raises(NotFound):
        sealing.duties_of(a_desk(), "2020-01")
