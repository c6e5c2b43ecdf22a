"""What several departments owe, each for itself: keys, first days, departments that come, go and are renamed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import (
    EVERY,
    Department,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
)
from sla_tracker.domain.agreements.roster import PluginSet
from sla_tracker.domain.deadlines.due import DayOfMonth, InDays, InWorkdays
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.text import Text
from sla_tracker.errors import Refused, UsageError
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.services.months import archive, service_levels
from sla_tracker.services.ports import Store
from sla_tracker.services.queries.duties import planned_rows
from sla_tracker.services.queries.renamed import with_present_ids
from sla_tracker.services.turns.rosters import roster_of
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import DEPARTMENTS, a_context, an_obligation, local, set_clock
from tests.services.acts import live, rolled_to, stored, who

ATTENDANCE = an_obligation(
    "attendance", provider=EVERY, triggers=(Recurring(due=DayOfMonth(day=5)),), not_from=("warehouse",)
)
TEAMS = {one.id: one for one in DEPARTMENTS}
PARTS = Department(id="parts", name=Text("配件部", "Parts"))


def company(
    *obligations: Obligation, store: Store | None = None, now: str = "2026-11-02 09:00"
) -> ServiceContext:
    return a_context(store=store or MemoryStore(), now=now, obligations=obligations or (ATTENDANCE,))


def changed(context: ServiceContext, departments: dict[str, Department], *owed: Obligation) -> ServiceContext:
    """Return the company after its plugins changed."""
    before = context.catalogue
    after = Catalogue(
        departments=departments,
        obligations={one.id: one for one in owed} or before.obligations,
        event_types=before.event_types,
        digest=f"{sorted(departments)} {owed}",
    )
    store = with_present_ids(getattr(context.store, "stored", context.store), after)
    return replace(context, declared=after, store=store)


def owing(context: ServiceContext, month: str, obligation: str = "attendance") -> dict[str, str]:
    """Return who owes an obligation for a month, with the days of the dues."""
    found = [one for one in live(context, obligation) if one.month == month]
    assert len({one.provider for one in found}) == len(found)
    return {one.provider: one.deadline.due_on.isoformat() for one in found}


def test_every_department_but_the_consumer_and_the_excepted_owes_its_own(any_store: Store) -> None:
    context = company(store=any_store)
    rolled_to(context, "2026-11-02 09:00")
    assert owing(context, "2026-11") == {"sales": "2026-11-05", "service": "2026-11-05"}
    assert [one.key for one in live(context, "attendance") if one.provider == "service"] == [
        "attendance/service/recurring/2026-11"
    ]
    rolled_to(context, "2026-12-01 09:00")
    rolled_to(context, "2026-12-01 10:00")
    assert owing(context, "2026-12") == {"sales": "2026-12-07", "service": "2026-12-07"}


def test_a_list_of_providers_owes_alike() -> None:
    context = company(replace(ATTENDANCE, provider="", providers=("service", "warehouse"), not_from=()))
    rolled_to(context, "2026-11-02 09:00")
    assert set(owing(context, "2026-11")) == {"service", "warehouse"}


def test_an_event_opens_one_for_each_provider_and_not_again() -> None:
    once = replace(ATTENDANCE, triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=3)),))
    context = company(once)
    done = events.register(
        context, who(context, "chen.jing"), "vehicle-delivered", subject="鄂F·1", at=local("2026-11-02 08:40")
    )
    assert sorted(one.provider for one in done.opened) == ["sales", "service"]
    set_clock(context, "2026-11-02 09:10")
    again = events.correct(
        context, who(context, "chen.jing"), done.event.id, subject="鄂F·2", reason="mistyped"
    )
    assert again.opened == ()
    assert len(live(context, "attendance")) == 2


def test_figures_tell_the_providers_apart() -> None:
    context = company()
    rolled_to(context, "2026-11-02 09:00")
    duty = next(one for one in live(context, "attendance") if one.provider == "sales")
    operations.deliver(context, who(context, "wang.fang"), duty.id)
    operations.accept(context, who(context, "chen.jing"), duty.id)
    set_clock(context, "2026-12-01 09:00")
    archive.close_and_seal(context, who(context, "root"), "2026-11", mark_missed=True)
    found = service_levels.levels(context, month_range("2026-11"), by=service_levels.By.OBLIGATION)
    assert {one.provider: (one.score.good, one.score.valid) for one in found.rows} == {
        "sales": (1, 1),
        "service": (0, 1),
    }


class TestComingAndGoing:
    def test_a_department_that_appears_is_asked_from_the_first_turn_due_after_that_day(self) -> None:
        context = company(now="2026-11-05 09:00")
        rolled_to(context, "2026-11-05 09:00")
        later = changed(context, {**TEAMS, "parts": PARTS})
        rolled_to(later, "2026-11-05 10:00")
        assert "parts" not in owing(later, "2026-11")  # due on this very day
        rolled_to(later, "2026-12-01 09:00")
        assert owing(later, "2026-12")["parts"] == "2026-12-07"

    def test_one_that_appears_while_a_turn_is_open_is_asked_for_that_turn(self) -> None:
        context = company(now="2026-11-03 09:00")
        rolled_to(context, "2026-11-03 09:00")
        later = changed(context, {**TEAMS, "parts": PARTS})
        assert {row.provider for row in planned_rows(later, local("2026-12-31 00:00").date())} >= {"parts"}
        rolled_to(later, "2026-11-03 10:00")
        assert owing(later, "2026-11")["parts"] == "2026-11-05"

    def test_one_that_goes_leaves_its_open_duty_and_gets_no_new_one(self) -> None:
        context = company()
        rolled_to(context, "2026-11-02 09:00")
        left = next(one for one in live(context, "attendance") if one.provider == "service")
        later = changed(context, {id: one for id, one in TEAMS.items() if id != "service"})
        rolled_to(later, "2026-12-01 09:00")
        assert set(owing(later, "2026-12")) == {"sales"}
        done = operations.deliver(later, who(later, "liu.yang"), left.id)
        assert done.provider == "service"

    def test_one_that_a_broken_plugin_hides_has_not_gone(self) -> None:
        context = company()
        rolled_to(context, "2026-11-02 09:00")
        hidden = changed(context, {id: one for id, one in TEAMS.items() if id != "service"})
        rolled_to(replace(hidden, plugins=PluginSet(missing=frozenset({"service"}))), "2026-11-30 09:00")
        rolled_to(changed(hidden, TEAMS), "2026-12-08 09:00")
        assert set(owing(changed(hidden, TEAMS), "2026-12")) == {"sales", "service"}

    def test_one_that_is_renamed_has_no_second_duty_of_the_turn(self, any_store: Store) -> None:
        context = company(store=any_store)
        rolled_to(context, "2026-11-02 09:00")
        teams = {id: one for id, one in TEAMS.items() if id != "service"}
        teams["workshop"] = Department(
            id="workshop", name=Text("维修部", "Workshop"), renamed_from=("service",)
        )
        after = changed(context, teams)
        rolled_to(after, "2026-11-03 09:00")
        assert set(owing(after, "2026-11")) == {"sales", "workshop"}
        assert len(live(after, "attendance")) == 2
        rolled_to(after, "2026-12-01 09:00")
        assert set(owing(after, "2026-12")) == {"sales", "workshop"}

    def test_what_one_owed_alone_goes_on_when_all_owe_it(self) -> None:
        alone = replace(ATTENDANCE, provider="sales", not_from=())
        context = company(alone)
        rolled_to(context, "2026-11-02 09:00")
        first = live(context, "attendance")
        shared = changed(context, TEAMS, ATTENDANCE)
        rolled_to(shared, "2026-11-02 10:00")
        assert set(owing(shared, "2026-11")) == {"sales", "service"}
        assert first[0] in live(shared, "attendance")
        back = changed(shared, TEAMS, alone)
        rolled_to(back, "2026-12-01 09:00")
        assert set(owing(back, "2026-12")) == {"sales"}

    def test_the_roster_keeps_each_provider(self) -> None:
        context = company()
        rolled_to(context, "2026-11-02 09:00")
        roster = context.store.read(roster_of)
        assert roster is not None
        assert sorted(roster.since) == ["attendance/sales", "attendance/service"]

    def test_a_first_day_that_is_moved_holds_for_all_that_were_there(self) -> None:
        context = company(now="2026-11-10 09:00")
        rolled_to(context, "2026-11-10 09:00")
        later = changed(context, {**TEAMS, "parts": PARTS})
        rolled_to(later, "2026-11-10 10:00")
        early = replace(
            later, settings=replace(later.settings, in_force_from=local("2026-10-01 12:00").date())
        )
        rolled_to(early, "2026-11-11 09:00")
        assert set(owing(early, "2026-10")) == {"sales", "service"}


class TestRequests:
    ASKED = replace(ATTENDANCE, triggers=(OnRequest(due=InWorkdays(workdays=2)),))

    def test_one_of_several_is_asked(self) -> None:
        context = company(self.ASKED)
        request, duty = requests.ask(
            context, who(context, "chen.jing"), "attendance", provider="service", text="who was there"
        )
        assert (request.provider, duty.provider) == ("service", "service")
        other, _ = requests.ask(
            context, who(context, "chen.jing"), "attendance", provider="Sales", subject="x"
        )
        assert other.provider == "sales"

    @pytest.mark.parametrize(
        ("provider", "error", "sentence"),
        [
            ("", UsageError, "Several departments owe “Attendance”; say which one you ask"),
            ("warehouse", Refused, "Warehouse does not owe “Attendance”; it is owed by"),
        ],
    )
    def test_whom_is_said(self, provider: str, error: type[Exception], sentence: str) -> None:
        context = company(self.ASKED)
        with pytest.raises(error, match=sentence):
            requests.ask(context, who(context, "chen.jing"), "attendance", provider=provider, text="x")

    def test_of_a_single_provider_no_other_can_be_asked(self) -> None:
        context = company(replace(self.ASKED, provider="sales", not_from=()))
        _, duty = requests.ask(context, who(context, "chen.jing"), "attendance", text="x")
        assert duty.provider == "sales"
        with pytest.raises(Refused, match="Service does not owe"):
            requests.ask(context, who(context, "chen.jing"), "attendance", provider="service", text="x")


def test_sixty_departments_are_opened_in_one_run_and_found_again() -> None:
    teams = {
        f"college-{n}": Department(id=f"college-{n}", name=Text(f"学院{n}", f"College {n}"))
        for n in range(60)
    }
    context = changed(company(), {**TEAMS, **teams}, ATTENDANCE)
    assert len(rolled_to(context, "2026-11-02 09:00").opened) == 62
    assert rolled_to(context, "2026-11-03 09:00").opened == ()
    keys = {one.key for one in context.store.read(lambda tx: tx.find(Duty))}
    assert len(keys) == 62
    assert scheduler.tick(context).opened == ()
    assert stored(context, live(context, "attendance")[0]).consumer == "finance"
