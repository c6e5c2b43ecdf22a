"""A subject's data goes, everywhere and for good; times, verdicts and the record of acts stay."""

from __future__ import annotations

import pytest

from sla_tracker.core.duty import Duty
from sla_tracker.core.event import Event
from sla_tracker.desk import duties, erasing, events, sealing
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import Forbidden, NotFound, UsageError
from sla_tracker.testing.company import a_desk, an_actor
from tests.desk.test_sealing import NOVEMBER, at, clock_of, close, settled_desk


def with_vehicle() -> Desk:
    desk = a_desk()
    clock_of(desk).set(at("2026-11-10T10:00"))
    registered = events.register(
        desk, an_actor(desk, "wang.fang"), "vehicle-delivered", subject="鄂F·12345", at=at("2026-11-10T09:30")
    )
    sheet = next(duty for duty in registered.opened if duty.obligation == "decoration-sheet")
    duties.note(desk, an_actor(desk, "wang.fang"), sheet.id, "call Mr Li, 138…")
    return desk


def admin(desk: Desk) -> str:
    return next(person.id for person in desk.people.values() if person.role.value == "admin")


def test_live_duties_and_events_lose_the_subject_and_their_past() -> None:
    desk = with_vehicle()
    before = desk.store.read(lambda tx: tx.find(Duty))
    erased = erasing.erase(desk, an_actor(desk, admin(desk)), "鄂f 12345", "the customer asked")
    assert (erased.duties, erased.others) == (len(before), 1)
    after = desk.store.read(lambda tx: tx.find(Duty))
    assert {duty.subject for duty in after} == {erasing.ERASED}
    assert all(duty.notes == () for duty in after)
    assert {duty.due_at for duty in after} == {duty.due_at for duty in before}
    assert desk.store.read(lambda tx: tx.find(Event))[0].subject == erasing.ERASED
    assert all(desk.store.as_of(Duty, duty.id, duty_sequence(desk, duty.id)) is None for duty in before)


def duty_sequence(desk: Desk, id: str) -> int:
    return desk.store.history(id)[0].sequence


def test_closed_months_are_erased_too() -> None:
    desk = settled_desk()
    close(desk)
    erasing.erase(desk, an_actor(desk, admin(desk)), "鄂F·12345", "the customer asked")
    assert all(duty.subject != "鄂F·12345" for duty in sealing.duties_of(desk, NOVEMBER))


def test_the_reason_stays_on_record() -> None:
    desk = with_vehicle()
    erasing.erase(desk, an_actor(desk, admin(desk)), "鄂F·12345", "the customer asked")
    last = list(desk.store.changes())[-1]
    assert (last.act.what, last.act.reason) == ("erased", "the customer asked")


def test_only_an_administrator_erases() -> None:
    with pytest.raises(Forbidden):
        erasing.erase(with_vehicle(), an_actor(with_vehicle(), "wang.fang"), "鄂F·12345", "because")


@pytest.mark.parametrize(("subject", "reason"), [("鄂F·12345", " "), ("··", "because")])
def test_a_reason_and_a_subject_are_needed(subject: str, reason: str) -> None:
    desk = with_vehicle()
    with pytest.raises(UsageError):
        erasing.erase(desk, an_actor(desk, admin(desk)), subject, reason)


def test_an_unknown_subject_says_so() -> None:
    desk = with_vehicle()
    with pytest.raises(NotFound):
        erasing.erase(desk, an_actor(desk, admin(desk)), "鄂F·99999", "because")
