"""Two months of a company give the same rows, figures and history on every store, to the last value.

Ids are counted instead of drawn, so that whole stores can be compared. On PostgreSQL everybody has connections of their
own, as in sessions of a service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count as counted_up
from itertools import groupby
from types import SimpleNamespace
from typing import TypeVar
from uuid import UUID

import pytest

from sla_tracker.domain.duties.complaint import ORDER
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.survey import Dimension, Mark
from sla_tracker.domain.people import SYSTEM, Actor
from sla_tracker.domain.reminders.policy import Policies
from sla_tracker.services import events, requests, undo
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints, handovers, shift_notes, surveys
from sla_tracker.services.duties import holds, operations, ratings, waivers
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.lookup import references
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Act, Reading, Store
from sla_tracker.services.queries.duties import owed_by, owed_to
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.storage.codec import KINDS, id_of
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.channels import Postbox, a_channel, some_channels
from sla_tracker.testing.company import a_context, an_actor, local, set_clock
from tests.services.acts import STEPS, TAKERS, TICKED
from tests.services.reminded import ADDRESSED
from tests.storage.factories import SERVICE, Databases

MARKS = {dimension: Mark(expectation=6, perception=5) for dimension in Dimension}
START = "2026-11-02 09:00"
# Somebody of each department, to look at its boards with.
LOOKERS = {"sales": "zhao.lei", "service": "liu.yang", "warehouse": "ma.chao", "finance": "chen.jing"}
T = TypeVar("T")


@dataclass
class Company:
    """A company at work; `opening` gives the store that a login works on."""

    opening: Callable[[str], Store]
    stores: dict[str, Store] = field(default_factory=dict)
    letters: Postbox = field(default_factory=Postbox)
    seen: list[tuple[object, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        mail = Policies(channels=some_channels(a_channel()), usual_channels=("mail",))
        self._context = a_context(now=START, store=self.store(SERVICE), people=ADDRESSED, reminders=mail)

    def store(self, login: str) -> Store:
        if login not in self.stores:
            self.stores[login] = self.opening(login)
        return self.stores[login]

    def of(self, person: str) -> tuple[ServiceContext, Actor]:
        context = self.context(person)
        return context, an_actor(context, person)

    def context(self, login: str = SERVICE) -> ServiceContext:
        return replace(self._context, store=self.store(login))

    def at(self, moment: str) -> None:
        """Let time pass; the service opens what falls due and sends what has to be said."""
        set_clock(self._context, moment)
        run_once(self.context(), {"mail": self.letters}, pool=1)

    def vehicle(self, plate: str, at: str, by: str = "wang.fang", **fields: str) -> dict[str, Duty]:
        done = events.register(*self.of(by), "vehicle-delivered", subject=plate, at=local(at), fields=fields)
        return {duty.obligation: duty for duty in done.opened}

    def look(self) -> None:
        """Note what every department sees on its two boards."""
        for department, person in LOOKERS.items():
            for board in (
                owed_by(self.context(person), department),
                owed_to(self.context(person), department),
            ):
                self.seen.append((department, *board.rows, board.counts, board.score))

    def close(self) -> None:
        for store in dict.fromkeys(self.stores.values()):
            store.close()


# --- the journeys -----------------------------------------------------------------------------------------------------


def a_duty_goes_back_and_forth(company: Company) -> None:
    opened = company.vehicle("鄂F·11111", "2026-11-02 08:40", cash="no")
    sheet = opened["decoration-sheet"].id
    company.look()
    operations.take(*company.of("wang.fang"), sheet)
    operations.fill_in(*company.of("wang.fang"), sheet, {"amount": "3200"})
    operations.deliver(*company.of("wang.fang"), sheet, TICKED)
    operations.return_(*company.of("chen.jing"), sheet, "缺客户签字")
    operations.deliver(*company.of("zhao.lei"), sheet, TICKED)
    operations.take_back(*company.of("zhao.lei"), sheet)
    operations.deliver(*company.of("zhao.lei"), sheet, TICKED, note="签好了")
    operations.accept(*company.of("chen.jing"), sheet)
    undo.undo(*company.of("chen.jing"))
    operations.accept(*company.of("sun.li"), sheet)
    ratings.rate(*company.of("sun.li"), sheet, 3)
    operations.reopen(*company.of("sun.hua"), sheet, "金额不对")
    operations.deliver(*company.of("wang.fang"), sheet, TICKED)
    operations.note(*company.of("chen.jing"), sheet, "下次请写清楚")
    operations.deliver(*company.of("wang.fang"), opened["order-sheet"].id)
    operations.deliver(*company.of("liu.yang"), opened["handover-check"].id)
    company.look()


def a_duty_waits_for_the_other_side(company: Company) -> None:
    company.at("2026-11-04 10:00")
    sheet = company.vehicle("鄂F·22222", "2026-11-04 09:30", by="ma.chao", cash="no")["decoration-sheet"].id
    holds.hold(*company.of("wang.fang"), sheet, waits_for="finance", reason="等发票")
    holds.object_to(*company.of("chen.jing"), sheet, "上周已给")
    company.look()
    company.at("2026-11-05 11:00")
    holds.confirm(*company.of("sun.hua"), sheet)
    holds.resume(*company.of("wang.fang"), sheet)
    waivers.ask(*company.of("wang.fang"), sheet, code="agreed", reason="停电")
    waivers.refuse(*company.of("sun.hua"), sheet, "不行")
    waivers.ask(*company.of("wang.fang"), sheet, code="agreed", reason="真的停电")
    waivers.grant(*company.of("sun.hua"), sheet)


def something_is_asked_for_and_handed_over(company: Company) -> None:
    company.at("2026-11-09 09:00")
    chen = company.of("chen.jing")
    _, answered = requests.ask(*chen, "invoice-copy", subject="HT-2200", text="第三联")
    requests.answer(*company.of("wang.fang"), answered.id, "下午")
    operations.deliver(*company.of("wang.fang"), answered.id)
    withdrawn, _ = requests.ask(*chen, "invoice-copy", text="又一份")
    requests.withdraw(*chen, withdrawn.id, "找到了")
    _, given = requests.ask(*chen, "invoice-copy", text="复印件")
    refused = handovers.offer(*company.of("wang.fang"), given.id, "service", reason="在售后")
    handovers.refuse(*company.of("zhou.min"), refused.id, "不在")
    taken = handovers.offer(*company.of("wang.fang"), given.id, "warehouse", reason="在仓库")
    company.look()
    _, linked = handovers.consent(*company.of("wu.di"), taken.id)
    operations.deliver(*company.of("ma.chao"), linked.id)
    company.look()


def a_planned_event_moves_and_is_cancelled(company: Company) -> None:
    wang = company.of("wang.fang")
    first = events.register(*wang, "settlement-scheduled", subject="HT-1", at=local("2026-11-18 10:00"))
    other = events.register(*wang, "settlement-scheduled", subject="HT-2", at=local("2026-11-19 10:00"))
    events.move(*wang, first.event.id, local("2026-11-20 15:00"), "客户改期")
    events.correct(*company.of("zhao.lei"), first.event.id, subject="HT-11")
    events.cancel(*wang, other.event.id, "不办了")
    company.look()


def people_say_what_they_think(company: Company) -> None:
    company.at("2026-11-12 16:00")
    complaint = complaints.lodge(*company.of("chen.jing"), "sales", "每周都迟")
    for stage in ORDER[1:]:
        STEPS[stage](*company.of(TAKERS[stage]), complaint.id)
    for person in ("chen.jing", "sun.li", "sun.hua"):
        surveys.answer(*company.of(person), "sales", MARKS, comment="还行")
    text, open_ones = shift_notes.draft(*company.of("wang.fang"), whole_department=True)
    assert open_ones
    note = shift_notes.write(*company.of("wang.fang"), text, whole_department=True)
    shift_notes.acknowledge(*company.of("zhao.lei"), note.id)
    company.seen.append(tuple(surveys.results(company.context(), "2026-Q4")))


def time_passes(company: Company) -> None:
    """Silence accepts, lists of the month open, reminders go out, what nobody delivers is overdue."""
    (stock,) = (
        duty for duty in company.context().store.read(lambda tx: tx.find(Duty, obligation="stock-list"))
    )
    operations.deliver(*company.of("ma.chao"), stock.id)
    for moment in ("2026-11-13 09:00", "2026-11-20 09:00", "2026-11-30 09:00", "2026-12-01 08:30"):
        company.at(moment)
        company.look()
    late = company.vehicle("鄂F·33333", "2026-11-30 17:30", cash="yes")
    assert "cash-slip" in late
    company.at("2026-12-03 10:00")
    operations.deliver(*company.of("wang.fang"), late["cash-slip"].id)
    ratings.explain(*company.of("wang.fang"), late["cash-slip"].id, "workload")
    company.look()


def the_month_is_closed(company: Company) -> None:
    company.at("2026-12-16 09:00")
    closed = archive.close_and_seal(*company.of("root"), "2026-11", mark_missed=True)
    assert closed.sealed > 10
    company.look()
    sealed = {duty.id: duty for duty in archive.duties_of(company.context(), "2026-11")}
    company.seen.append(tuple(sealed[id] for id in sorted(sealed)))
    company.at("2026-12-17 09:00")
    archive.reopen_and_unseal(*company.of("root"), "2026-11", "一张退单到得晚")
    archive.close_and_seal(*company.of("root"), "2026-11", mark_missed=True)
    company.at("2027-01-04 09:00")
    company.look()


JOURNEYS = (
    a_duty_goes_back_and_forth,
    a_duty_waits_for_the_other_side,
    something_is_asked_for_and_handed_over,
    a_planned_event_moves_and_is_cancelled,
    people_say_what_they_think,
    time_passes,
    the_month_is_closed,
)


# --- comparing --------------------------------------------------------------------------------------------------------


@pytest.fixture
def counted_ids(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give a way to begin counting ids anew."""

    def begin() -> None:
        numbers, others = counted_up(1), counted_up(1)
        counted = SimpleNamespace(urandom=lambda count: next(numbers).to_bytes(count))
        monkeypatch.setattr(references, "os", counted)
        monkeypatch.setattr(surveys, "uuid4", lambda: UUID(int=next(others)))

    return begin


def in_memory(_request: pytest.FixtureRequest) -> Callable[[str], Store]:
    store = MemoryStore()
    return lambda _login: store


def in_files(request: pytest.FixtureRequest) -> Callable[[str], Store]:
    """Give each login a store of its own on the same files, as each would have in a process of its own."""
    folder = request.getfixturevalue("tmp_path") / "store"
    return lambda _login: TinyStore.open(folder, create=True)


def on_server(request: pytest.FixtureRequest) -> Callable[[str], Store]:
    databases: Databases = request.getfixturevalue("databases")
    database: str = request.getfixturevalue("database")
    return lambda _login: databases.store(database)


def played(opening: Callable[[str], Store]) -> Company:
    company = Company(opening)
    tick(company.context())
    for journey in JOURNEYS:
        journey(company)
    return company


@pytest.fixture
def model(request: pytest.FixtureRequest, counted_ids: Callable[[], None]) -> Iterator[Company]:
    """Play everything in memory, and let ids begin anew."""
    counted_ids()
    company = played(in_memory(request))
    counted_ids()
    yield company
    company.close()


def test_the_journeys_have_something_to_compare(model: Company) -> None:
    store = model.context().store
    acts = {change.act.what for change in store.changes()}
    assert len(acts) > 35
    assert acts >= {"rolled_over", "reminded", "sent_reminders", "sealed_month", "reopened_month", "undid"}
    (month,) = store.read(lambda tx: tx.find(Month))
    assert sum(figure.score.valid for figure in month.figures) > 8
    assert len(model.letters.letters) > 20
    sealed = [one for one in store.sealed("2026-11") if isinstance(one, Duty)]
    assert {duty.state for duty in sealed} == {
        State.ACCEPTED,
        State.CANCELLED,
        State.HANDED_OVER,
        State.MISSED,
        State.WAIVED,
    }
    assert any(duty.accepted_by == SYSTEM for duty in sealed)


@pytest.mark.postgres
@pytest.mark.parametrize("kind", [in_files, on_server])
def test_every_store_shows_the_same(
    kind: Callable[[pytest.FixtureRequest], Callable[[str], Store]],
    model: Company,
    request: pytest.FixtureRequest,
) -> None:
    with closing(played(kind(request))) as company:
        assert len(company.seen) == len(model.seen)
        for mine, models in zip(company.seen, model.seen, strict=True):
            assert mine == models
        ours, theirs = company.context().store, model.context().store
        assert acts_of(ours) == acts_of(theirs)
        assert live_of(ours) == live_of(theirs)
        assert sealed_in(ours) == sealed_in(theirs)
        assert sorted(told(company)) == sorted(told(model))


def acts_of(store: Store) -> list[Act]:
    """Return who did what, in order; what was sent together is written down in as many acts as there is time for."""
    return [act for act, _ in groupby(change.act for change in store.changes())]


def live_of(store: Store) -> dict[str, dict[str, object]]:
    """Return every live value by kind and id."""

    def of(tx: Reading, kind: type[object]) -> dict[str, object]:
        return {id_of(value): value for value in tx.find(kind)}

    return store.read(lambda tx: {kind.name: of(tx, kind.type) for kind in KINDS})


def sealed_in(store: Store) -> dict[str, dict[str, object]]:
    """Return every sealed value by archive and id."""
    return {name: {id_of(value): value for value in store.sealed(name)} for name in store.seals()}


def told(company: Company) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (letter.recipient, letter.key, tuple(line.duty for line in letter.lines))
        for letter in company.letters.letters
    ]
