"""What ties subjects to each other is shown and never acts; what looks mistyped is asked about once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.obligation import OnEvent
from sla_tracker.domain.deadlines.rules import InDays
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event, EventType
from sla_tracker.domain.text import Text
from sla_tracker.errors import NeedsConfirmation, NotFound
from sla_tracker.services import erasure, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Store
from sla_tracker.services.subjects.erased_copies import ERASED
from sla_tracker.services.subjects.ties import about_tied, ties_of
from sla_tracker.testing.company import EVENT_TYPES, a_context, an_actor, local, set_clock


def naming(id: str, en: str, kind: FieldKind = FieldKind.TEXT) -> Field:
    return Field(id=id, kind=kind, label=Text(zh=en, en=en), required=False, is_subject=True)


PLATE, CONTRACT = Text(zh="车牌", en="Plate"), Text(zh="合同", en="Contract")
SIGNED = EventType(
    id="contract-signed",
    title=Text(zh="签订合同", en="Contract signed"),
    subject=CONTRACT,
    fields=(naming("customer", "Customer"), naming("vehicle", "Vehicle", FieldKind.REFERENCE)),
)
ARRIVED = EventType(id="vehicle-arrived", title=Text(zh="到车", en="Arrived"), subject=PLATE)
DELIVERED = replace(
    EVENT_TYPES[0],
    subject=PLATE,
    fields=(*EVENT_TYPES[0].fields, naming("customer", "Customer")),
    subject_patterns=("鄂@·?????", "鄂@·??????"),
)


def a_company(store: Store | None = None, **terms: object) -> ServiceContext:
    context = a_context(store=store, **terms)  # type: ignore[arg-type]
    types = {one.id: one for one in (*EVENT_TYPES, SIGNED, ARRIVED, DELIVERED)}
    return replace(context, declared=replace(context.catalogue, event_types=types))


def register(
    context: ServiceContext, kind: str, subject: str, *, again: bool = False, **fields: str
) -> Event:
    return events.register(
        context,
        an_actor(context, "wang.fang"),
        kind,
        subject=subject,
        at=local("2026-11-20 09:00"),
        fields=fields,
        again=again,
    ).event


def names(context: ServiceContext, subject: str) -> list[str]:
    return [tie.subject for tie in ties_of(context, subject).found]


def test_a_customer_leads_to_contract_and_vehicle_and_no_further(any_store: Store) -> None:
    context = a_company(any_store)
    register(context, "contract-signed", "合同2211", customer="张三", vehicle="鄂F·12345")
    register(context, "vehicle-delivered", "鄂F12345", customer=" 李四 ")
    register(context, "vehicle-delivered", "鄂F·90000", customer="王五")
    register(context, "vehicle-delivered", "鄂F·90001", customer="李四")
    assert sorted(names(context, "张三")) == ["合同2211", "李四", "鄂F·12345"]
    # The next owner's other vehicle is three steps from 张三.
    assert "鄂F·90001" in names(context, "李四")
    assert names(context, "王五") == ["鄂F·90000"]
    assert names(context, "鄂F·77777") == names(context, "") == []
    tied = {one.tie.subject: one for one in about_tied(context, ties_of(context, "张三"), context.now())}
    assert {row.subject for row in tied["鄂F·12345"].duties} == {"鄂F12345"}
    assert tied["合同2211"].tie.through == "张三"
    assert tied["李四"].tie.through == "鄂F·12345"


def test_a_cancelled_event_and_a_field_that_names_nothing_tie_nothing() -> None:
    context = a_company()
    event = register(context, "contract-signed", "合同2211", customer="张三", vehicle="··")
    assert names(context, "张三") == ["合同2211"]
    events.cancel(context, an_actor(context, "wang.fang"), event.id, "signed by nobody")
    assert names(context, "张三") == []


def test_ties_never_act() -> None:
    context = a_company()
    register(context, "vehicle-delivered", "鄂F·12345")
    before = context.store.read(lambda tx: tx.find(Duty))
    event = register(context, "contract-signed", "合同2211", customer="张三", vehicle="鄂F·12345")
    events.cancel(context, an_actor(context, "wang.fang"), event.id, "signed by nobody")
    assert context.store.read(lambda tx: tx.find(Duty)) == before


def test_more_ties_than_are_shown_are_counted() -> None:
    context = a_company()
    for number in range(25):
        register(context, "contract-signed", f"合同{number:05}", customer="示范银行", again=True)
    ties = ties_of(context, "示范银行")
    assert (len(ties.found), ties.left_off) == (20, 5)


def test_a_closed_month_still_ties_its_subjects() -> None:
    context = a_company(obligations=())
    set_clock(context, "2026-11-10 10:00")
    events.register(
        context,
        an_actor(context, "wang.fang"),
        "contract-signed",
        subject="合同2211",
        at=local("2026-11-10 09:30"),
        fields={"customer": "张三"},
    )
    set_clock(context, "2026-12-10 10:00")
    archive.close_and_seal(context, an_actor(context, "sun.hua"), "2026-11", mark_missed=True)
    assert context.store.read(lambda tx: tx.find(Event)) == []
    assert names(context, "张三") == ["合同2211"]
    erasure.erase(context, an_actor(context, "root"), "张三", "he asked")
    assert names(context, "张三") == []


def test_erasing_a_person_takes_the_name_from_other_events_and_leaves_what_is_tied(any_store: Store) -> None:
    context = a_company(any_store)
    register(context, "contract-signed", "合同2211", customer="张三", vehicle="鄂F·12345")
    register(context, "vehicle-delivered", "鄂F·12345", customer="张 三")
    root = an_actor(context, "root")
    erased = erasure.erase(context, root, "张三", "he asked")
    assert (erased.duties, erased.others) == (0, 2)
    kept = context.store.read(lambda tx: tx.find(Event))
    assert {event.subject for event in kept} == {"合同2211", "鄂F·12345"}
    assert {event.fields["customer"] for event in kept} == {ERASED}
    assert all("张三" not in str(event) and "张 三" not in str(event) for event in kept)
    assert names(context, "张三") == []
    past = [
        context.store.as_of(Event, event.id, change.sequence)
        for event in kept
        for change in context.store.history(event.id)
    ]
    assert all(one is None or "三" not in str(one) for one in past)


def test_what_is_tied_goes_too_where_each_is_named() -> None:
    context = a_company()
    register(context, "contract-signed", "合同2211", customer="张三", vehicle="鄂F·12345")
    register(context, "vehicle-delivered", "鄂F·12345", customer="李四")
    root = an_actor(context, "root")
    with pytest.raises(NotFound, match="合同9"):
        erasure.erase(context, root, "张三", "he asked", also=["合同9"])
    erasure.erase(context, root, "张三", "he asked", also=["合同 2211"])
    kept = context.store.read(lambda tx: tx.find(Event))
    assert sorted(event.subject for event in kept) == [ERASED, "鄂F·12345"]
    assert next(event for event in kept if event.subject == "鄂F·12345").fields == {"customer": "李四"}


@pytest.mark.parametrize(
    ("subject", "asks"),
    [("鄂F·12345", False), ("鄂f12345", False), ("鄂F·AB1234", False), ("临A1234", True), ("鄂F·1234", True)],
)
def test_an_unusual_subject_is_asked_about_once(subject: str, asks: bool) -> None:
    context = a_company()
    if asks:
        with pytest.raises(NeedsConfirmation, match="鄂@·"):
            register(context, "vehicle-delivered", subject)
    register(context, "vehicle-delivered", subject, again=asks)
    set_clock(context, "2026-11-23 10:00")
    events.register(
        context,
        an_actor(context, "wang.fang"),
        "vehicle-delivered",
        subject=subject,
        at=local("2026-11-23 09:00"),
    )


def test_a_neighbour_that_waits_for_this_kind_of_event_is_named() -> None:
    context = a_company(obligations=())
    register(context, "vehicle-arrived", "鄂F·12345")
    register(context, "vehicle-delivered", "鄂F·12346")  # nothing is owed for the neighbour: it does not wait

    context = a_company()
    register(context, "vehicle-delivered", "鄂F·12346")
    register(context, "vehicle-delivered", "鄂F·12345")  # the neighbour has been delivered already
    context = with_arrivals()
    register(context, "vehicle-arrived", "鄂F·12345")
    register(context, "vehicle-arrived", "鄂F·12340")
    with pytest.raises(NeedsConfirmation, match="鄂F·12345"):
        register(context, "vehicle-delivered", "鄂F·12346")
    register(context, "vehicle-delivered", "鄂F·99999")
    register(context, "vehicle-delivered", "鄂F·12340")  # known itself
    register(context, "vehicle-delivered", "鄂F·12346", again=True)


def with_arrivals() -> ServiceContext:
    """Return a company in which an arrival opens a duty."""
    context = a_company()
    obligation = context.catalogue.obligations["decoration-sheet"]
    arrivals = replace(
        obligation, id="arrival-check", triggers=(OnEvent(event_type="vehicle-arrived", due=InDays(days=3)),)
    )
    known = {**context.catalogue.obligations, arrivals.id: arrivals}
    return replace(context, declared=replace(context.catalogue, obligations=known))
