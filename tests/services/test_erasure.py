"""A subject's data goes, everywhere and for good; times, verdicts and the record of acts stay."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import Forbidden, NotFound, UsageError
from sla_tracker.services import erasure, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.months import archive
from sla_tracker.testing.company import a_context, an_actor
from tests.services.test_month_archive import NOVEMBER, at, clock_of, close, settled_context


def with_vehicle() -> ServiceContext:
    context = a_context()
    clock_of(context).set(at("2026-11-10T10:00"))
    registered = events.register(
        context,
        an_actor(context, "wang.fang"),
        "vehicle-delivered",
        subject="鄂F·12345",
        at=at("2026-11-10T09:30"),
    )
    sheet = next(duty for duty in registered.opened if duty.obligation == "decoration-sheet")
    operations.note(context, an_actor(context, "wang.fang"), sheet.id, "call Mr Li, 138…")
    return context


def admin(context: ServiceContext) -> str:
    return next(person.id for person in context.people.values() if person.role.value == "admin")


def test_live_duties_and_events_lose_the_subject_and_their_past() -> None:
    context = with_vehicle()
    before = context.store.read(lambda tx: tx.find(Duty))
    erased = erasure.erase(context, an_actor(context, admin(context)), "鄂f 12345", "the customer asked")
    assert (erased.duties, erased.others) == (len(before), 1)
    after = context.store.read(lambda tx: tx.find(Duty))
    assert {duty.subject for duty in after} == {erasure.ERASED}
    assert all(duty.notes == () for duty in after)
    assert {duty.due_at for duty in after} == {duty.due_at for duty in before}
    assert context.store.read(lambda tx: tx.find(Event))[0].subject == erasure.ERASED
    assert all(context.store.as_of(Duty, duty.id, duty_sequence(context, duty.id)) is None for duty in before)


def duty_sequence(context: ServiceContext, id: str) -> int:
    return context.store.history(id)[0].sequence


def test_closed_months_are_erased_too() -> None:
    context = settled_context()
    close(context)
    erasure.erase(context, an_actor(context, admin(context)), "鄂F·12345", "the customer asked")
    assert all(duty.subject != "鄂F·12345" for duty in archive.duties_of(context, NOVEMBER))


def test_the_reason_stays_on_record() -> None:
    context = with_vehicle()
    erasure.erase(context, an_actor(context, admin(context)), "鄂F·12345", "the customer asked")
    last = list(context.store.changes())[-1]
    assert (last.act.what, last.act.reason) == ("erased", "the customer asked")


def test_only_an_administrator_erases() -> None:
    with pytest.raises(Forbidden):
        erasure.erase(with_vehicle(), an_actor(with_vehicle(), "wang.fang"), "鄂F·12345", "because")


@pytest.mark.parametrize(("subject", "reason"), [("鄂F·12345", " "), ("··", "because")])
def test_a_reason_and_a_subject_are_needed(subject: str, reason: str) -> None:
    context = with_vehicle()
    with pytest.raises(UsageError):
        erasure.erase(context, an_actor(context, admin(context)), subject, reason)


def test_an_unknown_subject_says_so() -> None:
    context = with_vehicle()
    with pytest.raises(NotFound):
        erasure.erase(context, an_actor(context, admin(context)), "鄂F·99999", "because")
