"""What was renamed is found, judged and counted under its present id; what is stored stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.duties.duty import Duty, DutyParties, State
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.people import Role
from sla_tracker.errors import Forbidden, NotFound
from sla_tracker.services import events
from sla_tracker.services.access import ReadingRule
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.services.lookup.references import find_duty_to_read
from sla_tracker.services.months import archive, service_levels
from sla_tracker.services.ports import Store
from sla_tracker.services.queries.reading import ReadersStore, ReadingRights
from sla_tracker.services.queries.renamed import with_present_ids
from sla_tracker.services.turns.rosters import roster_of
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import a_context, local, set_clock
from tests.services.acts import TICKED, rolled_to, sheet, stored, who

CAR_SHEET = "decoration-sheet"


def company(store: Store, now: str = "2026-11-20 14:00") -> ServiceContext:
    """Return the small company before anything is renamed."""
    return a_context(store=store, now=now)


def renamed(
    context: ServiceContext,
    *,
    departments: Mapping[str, str] | None = None,
    obligations: Mapping[str, str] | None = None,
    event_types: Mapping[str, str] | None = None,
) -> ServiceContext:
    """Return the company after renames, old id to new, with plugins and settings that say so."""
    teams, promises, kinds = departments or {}, obligations or {}, event_types or {}
    before = context.catalogue
    after = Catalogue(
        departments={
            teams.get(id, id): replace(
                one,
                id=teams.get(id, id),
                renamed_from=(*one.renamed_from, id) if id in teams else one.renamed_from,
            )
            for id, one in before.departments.items()
        },
        obligations={
            promises.get(id, id): replace(
                _with_names(one, teams, promises, kinds),
                renamed_from=(*one.renamed_from, id) if id in promises else one.renamed_from,
            )
            for id, one in before.obligations.items()
        },
        event_types={
            kinds.get(id, id): replace(
                one,
                id=kinds.get(id, id),
                renamed_from=(*one.renamed_from, id) if id in kinds else one.renamed_from,
            )
            for id, one in before.event_types.items()
        },
        digest=f"{before.digest} {teams} {promises} {kinds}",
    )
    people = {
        id: replace(person, department=teams.get(person.department, person.department))
        for id, person in context.people.items()
    }
    store = with_present_ids(getattr(context.store, "stored", context.store), after)
    return replace(context, declared=after, people=people, store=store)


def _with_names(
    one: Obligation, teams: Mapping[str, str], promises: Mapping[str, str], kinds: Mapping[str, str]
) -> Obligation:
    triggers = tuple(
        replace(trigger, event_type=kinds.get(trigger.event_type, trigger.event_type))
        if isinstance(trigger, OnEvent)
        else trigger
        for trigger in one.triggers
    )
    return replace(
        one,
        id=promises.get(one.id, one.id),
        provider=teams.get(one.provider, one.provider),
        consumer=teams.get(one.consumer, one.consumer),
        depends_on=tuple(promises.get(id, id) for id in map(str, one.depends_on)),
        triggers=triggers,
    )


def all_duties(context: ServiceContext) -> list[Duty]:
    return context.store.read(lambda tx: tx.find(Duty))


def as_kept(context: ServiceContext, id: str) -> Duty | None:
    """Return a duty as the store below keeps it."""
    below: Store = getattr(context.store, "stored", context.store)
    return below.read(lambda tx: tx.get(Duty, id))


class TestDepartments:
    def test_without_renames_the_store_is_the_store(self) -> None:
        store = MemoryStore()
        assert with_present_ids(store, company(store).catalogue) is store

    def test_its_people_deliver_what_is_open(self, any_store: Store) -> None:
        before = company(any_store)
        duty = sheet(before)
        after = renamed(before, departments={"sales": "marketing"})
        assert stored(after, duty).provider == "marketing"
        assert as_kept(after, duty.id) == duty
        done = operations.deliver(after, who(after, "wang.fang"), duty.id, TICKED)
        assert (done.state, done.provider) == (State.DELIVERED, "marketing")

    def test_without_the_rename_nobody_may(self, any_store: Store) -> None:
        before = company(any_store)
        duty = sheet(before)
        after = replace(renamed(before, departments={"sales": "marketing"}), store=any_store)
        with pytest.raises(Forbidden):
            operations.deliver(after, who(after, "wang.fang"), duty.id, TICKED)

    def test_it_is_found_by_provider_and_by_an_old_name(self, any_store: Store) -> None:
        before = company(any_store)
        duty = sheet(before)
        after = renamed(before, departments={"sales": "marketing"})
        assert after.catalogue.department("sales").id == "marketing"
        for name in ("marketing", "sales"):
            found = after.store.read(lambda tx, name=name: tx.find(Duty, provider=name))  # type: ignore[misc]
            assert duty.id in {one.id for one in found}
        among = after.store.read(lambda tx: tx.find(Duty, provider=("finance", "marketing")))
        assert duty.id in {one.id for one in among}
        assert after.store.read(lambda tx: tx.find(Duty, provider="finance")) == []

    def test_its_people_read_it_where_each_reads_the_own_only(self, any_store: Store) -> None:
        before = company(any_store)
        duty = sheet(before)
        after = renamed(before, departments={"sales": "marketing"})
        for person, sees in (("wang.fang", True), ("ma.chao", False)):
            rights = ReadingRights(after, who(after, person), ReadingRule.OWN)
            readers = ReadersStore(after.store, lambda rights=rights: rights)  # type: ignore[misc]
            assert (readers.read(lambda tx: tx.get(Duty, duty.id)) is not None) is sees

    def test_its_people_accept_what_was_delivered_to_it(self, any_store: Store) -> None:
        before = company(any_store)
        duty = operations.deliver(before, who(before, "wang.fang"), sheet(before).id, TICKED)
        after = renamed(before, departments={"finance": "accounts"})
        accepted = operations.accept(after, who(after, "chen.jing"), duty.id)
        assert (accepted.state, accepted.consumer) == (State.ACCEPTED, "accounts")

    def test_a_turn_gets_no_second_duty(self, any_store: Store) -> None:
        before = company(any_store)
        scheduler.tick(before)
        turns = len(all_duties(before))
        after = renamed(before, departments={"sales": "marketing", "finance": "accounts"})
        assert scheduler.tick(after).opened == ()
        assert len(all_duties(after)) == turns > 0
        later = rolled_to(after, "2026-12-28 09:00").opened
        assert {duty.provider for duty in later} >= {"marketing"}

    def test_an_open_offer_is_taken_over_by_its_people(self, any_store: Store) -> None:
        before = company(any_store)
        duty = sheet(before)
        offer = handovers.offer(before, who(before, "li.na"), duty.id, "service", reason="占不开")
        after = renamed(before, departments={"service": "after-sales"})
        assert [
            one.taker for one in after.store.read(lambda tx: tx.find(type(offer), taker="after-sales"))
        ] == ["after-sales"]

    def test_a_closed_month_keeps_its_figures_under_the_present_name(self, any_store: Store) -> None:
        before = company(any_store)
        duty = operations.deliver(before, who(before, "wang.fang"), sheet(before).id, TICKED)
        operations.accept(before, who(before, "chen.jing"), duty.id)
        set_clock(before, "2026-12-20 09:00")
        root = who(before, "root")
        closed = archive.close_and_seal(before, root, "2026-11", mark_missed=True).month
        after = renamed(before, departments={"sales": "marketing"})
        kept = find_duty_to_read(after, duty.reference)
        assert (kept.id, kept.provider) == (duty.id, "marketing")
        now = {"sales": "marketing"}
        by_pair = service_levels.levels(after, month_range("2026-11"), by=service_levels.By.PAIR)
        was = service_levels.levels(before, month_range("2026-11"), by=service_levels.By.PAIR)
        assert {(one.provider, one.consumer): one.score for one in by_pair.rows} == {
            (now.get(one.provider, one.provider), now.get(one.consumer, one.consumer)): one.score
            for one in was.rows
        }
        assert closed.figures
        archive.reopen_and_unseal(after, root, "2026-11", "查账")
        assert stored(after, duty).provider == "marketing"

    def test_open_figures_count_old_and_new_duties_together(self, any_store: Store) -> None:
        before = company(any_store)
        sheet(before)
        after = renamed(before, departments={"sales": "marketing"})
        sheet(after, subject="鄂F·33333")
        rows = service_levels.levels(after, month_range("2026-11")).rows
        (sales,) = [one for one in rows if one.provider in {"sales", "marketing"}]
        assert (sales.provider, sales.score.pending) == ("marketing", 4)


class TestObligations:
    def test_a_turn_gets_no_second_duty_and_keeps_its_first_day(self, any_store: Store) -> None:
        before = company(any_store)
        scheduler.tick(before)
        turns = len(all_duties(before))
        since = before.store.read(roster_of)
        after = renamed(before, obligations={"stock-list": "store-list", "commission-list": "bonus-list"})
        assert scheduler.tick(after).opened == ()
        assert len(all_duties(after)) == turns
        roster = after.store.read(roster_of)
        assert since is not None
        assert roster is not None
        assert roster.since["store-list"] == since.since["stock-list"]
        assert "stock-list" not in roster.triggers

    def test_what_depends_on_it_still_waits(self, any_store: Store) -> None:
        before = company(any_store)
        scheduler.tick(before)
        after = renamed(before, obligations={"stock-list": "store-list"})
        set_clock(after, "2026-12-10 09:00")
        scheduler.tick(after)
        by_obligation = {duty.obligation: duty for duty in all_duties(after)}
        margin, stock = by_obligation["parts-margin"], by_obligation["store-list"]
        assert margin.terms.depends_on == ("store-list",)
        operations.deliver(after, who(after, "ma.chao"), stock.id, {})
        waits = stored(after, margin).excuses
        assert [wait.waited_for for wait in waits] == [stock.id]

    def test_it_is_found_by_its_old_name(self) -> None:
        after = renamed(company(MemoryStore()), obligations={"stock-list": "store-list"})
        assert after.catalogue.obligation("stock-list").id == "store-list"
        with pytest.raises(NotFound):
            after.catalogue.obligation("stock")


class TestEventTypes:
    def test_an_event_is_corrected_and_opens_nothing_twice(self, any_store: Store) -> None:
        before = company(any_store)
        duty = sheet(before)
        after = renamed(
            before,
            event_types={"vehicle-delivered": "car-handed-over"},
            obligations={CAR_SHEET: "fitting-sheet"},
            departments={"sales": "marketing"},
        )
        count = len(all_duties(after))
        done = events.correct(
            after,
            who(after, "wang.fang"),
            duty.event,
            subject="鄂F·12345",
            at=local("2026-11-20 11:00"),
            fields={},
            reason="时间记错了",
        )
        assert (done.event.type, done.opened) == ("car-handed-over", ())
        assert len(all_duties(after)) == count
        known = {event.id for event in events.listed(after)}
        assert known == {duty.event}


def test_a_chain_of_two_renames(any_store: Store) -> None:
    first = company(any_store)
    oldest = sheet(first)
    scheduler.tick(first)
    second = renamed(first, departments={"sales": "marketing"}, obligations={CAR_SHEET: "fitting-sheet"})
    scheduler.tick(second)
    newer = sheet_of(second, "fitting-sheet", "鄂F·22222")
    third = renamed(second, departments={"marketing": "trade"}, obligations={"fitting-sheet": "car-sheet"})
    assert third.catalogue.departments["trade"].renamed_from == ("sales", "marketing")
    scheduler.tick(third)
    found = third.store.read(lambda tx: tx.find(Duty, provider="trade", obligation="car-sheet"))
    assert {one.id for one in found} == {oldest.id, newer.id}
    parties = third.store.read(lambda tx: [tx.get(DutyParties, one.id) for one in found])
    assert [one and (one.provider, one.consumer) for one in parties] == [("trade", "finance")] * 2
    for duty in found:
        assert operations.deliver(third, who(third, "wang.fang"), duty.id, TICKED).state is State.DELIVERED


def sheet_of(context: ServiceContext, obligation: str, subject: str) -> Duty:
    """Register a delivered vehicle and return the duty of an obligation."""
    done = events.register(
        context,
        who(context, "wang.fang"),
        "vehicle-delivered",
        subject=subject,
        at=local("2026-11-20 10:00"),
        fields={},
    )
    return next(duty for duty in done.opened if duty.obligation == obligation)


def test_the_head_of_a_renamed_department_is_its_head() -> None:
    after = renamed(company(MemoryStore()), departments={"sales": "marketing"})
    assert after.person("li.na").role is Role.HEAD
    assert after.party("marketing") == "Sales"
