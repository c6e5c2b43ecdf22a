"""A turn is opened once, whatever a changed checklist says about its day, its order and its names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from sla_tracker.domain.agreements.known_triggers import recognised
from sla_tracker.domain.agreements.obligation import About, Obligation, OnEvent, Recurring
from sla_tracker.domain.agreements.occurrences import occurrences
from sla_tracker.domain.deadlines.due import (
    DayOfMonth,
    InDays,
    NthWorkday,
    Recurrence,
    RecurringRule,
    Weekly,
)
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.text import Text
from sla_tracker.services import events
from sla_tracker.services.authoring.difference import Kind, differences, shifts
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.services.months.archive import close_and_seal
from sla_tracker.services.ports import Act, Writing
from sla_tracker.services.turns.rosters import roster_of
from sla_tracker.testing.company import a_calendar, a_context, always, an_obligation, local, set_clock
from sla_tracker.wording.plugin_changes import difference_lines
from tests.services.acts import who
from tests.services.old_rosters import put_in_one

MONTHLY = DayOfMonth(day=5)


def calendar_list(*triggers: Recurring, **terms: Any) -> Obligation:
    return an_obligation("list", triggers=triggers, **terms)


def changed(context: ServiceContext, *obligations: Obligation) -> ServiceContext:
    """Return the deployment after its checklist was edited."""
    catalogue = replace(
        context.catalogue, obligations={one.id: one for one in obligations}, digest=repr(obligations)
    )
    return replace(context, declared=catalogue)


def keys(context: ServiceContext) -> list[str]:
    return sorted(duty.key for duty in context.store.read(lambda tx: tx.find(Duty)))


def dues(context: ServiceContext) -> list[datetime]:
    found = context.store.read(lambda tx: tx.find(Duty))
    return sorted(duty.due_at for duty in found)


def with_old_keys(context: ServiceContext, place: int = 0) -> None:
    """Give the stored duties the keys of version 0.1, and the roster the fields that it had."""

    def work(tx: Writing) -> None:
        for duty in tx.find(Duty):
            cause = duty.event or duty.deadline.nominal_on.isoformat()
            cause = cause[:7] if isinstance(duty.terms.due, NthWorkday) else cause
            tx.put(replace(duty, key=f"{duty.obligation}/{place}/{cause}"))
        roster = roster_of(tx)
        assert roster is not None
        put_in_one(tx, replace(roster, triggers={}, old_keys=True))

    act = Act(what="wrote", by="system", at=context.now())
    context.store.write(act, work)


@pytest.mark.parametrize(
    ("rule", "turns"),
    [
        (DayOfMonth(day=5), ["2026-10", "2026-11", "2026-12"]),
        (NthWorkday(n=-1), ["2026-10", "2026-11", "2026-12"]),
        (DayOfMonth(day=20, months=(2, 5, 8, 11)), ["2026-10"]),
        (DayOfMonth(day=20, months=(2, 11)), ["2026-11"]),
        (Weekly(weekdays=(4, 0)), ["2026-W53-1", "2026-W53-2"]),
        (Recurrence(rrule="FREQ=YEARLY;BYMONTHDAY=15;BYMONTH=11", start_on=date(2026, 1, 1)), ["2026-11-15"]),
    ],
)
def test_a_turn_is_named_by_its_unit(rule: RecurringRule, turns: list[str]) -> None:
    start = date(2026, 12, 28) if isinstance(rule, Weekly) else date(2026, 10, 1)
    end = date(2027, 1, 4) if isinstance(rule, Weekly) else date(2027, 1, 1)
    found = occurrences(calendar_list(Recurring(due=rule)), always(a_calendar()), start, end)
    assert [one.key for one in found] == [f"list/sales/recurring/{turn}" for turn in turns]


Edit = Callable[[Obligation], Obligation]
EDITS: dict[str, Edit] = {
    "another day": lambda one: replace(one, triggers=(Recurring(due=DayOfMonth(day=8)),)),
    "another rule of the month": lambda one: replace(one, triggers=(Recurring(due=NthWorkday(n=9)),)),
    "a trigger above": lambda one: replace(one, triggers=(Recurring(due=DayOfMonth(day=27)), *one.triggers)),
    "an event above": lambda one: replace(
        one, triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=1)), *one.triggers)
    ),
    "an id": lambda one: replace(one, triggers=(Recurring(id="monthly", due=MONTHLY),)),
    "another title": lambda one: replace(one, title=Text(zh="清单", en="Renamed")),
    "another period": lambda one: replace(
        one, triggers=(Recurring(due=DayOfMonth(day=8), about=About.CURRENT),)
    ),
    "another provider": lambda one: replace(one, provider="service"),
}
OLD = [pytest.param(False, id="today"), pytest.param(True, id="0.1")]


class TestChangedChecklist:
    @pytest.fixture
    def context(self) -> ServiceContext:
        """The turns of October to December are there: accepted, delivered and open."""
        obligation = calendar_list(Recurring(due=MONTHLY))
        context = a_context(
            now="2026-11-30 09:00", obligations=(obligation,), in_force_from=date(2026, 10, 1)
        )
        scheduler.tick(context)
        first, second, _third = sorted(
            context.store.read(lambda tx: tx.find(Duty)), key=lambda duty: duty.due_at
        )
        operations.deliver(context, who(context, "wang.fang"), first.id)
        operations.accept(context, who(context, "chen.jing"), first.id)
        operations.deliver(context, who(context, "wang.fang"), second.id)
        return context

    @pytest.mark.parametrize("old", OLD)
    @pytest.mark.parametrize("edit", EDITS)
    def test_no_turn_is_opened_twice(self, context: ServiceContext, edit: str, old: bool) -> None:
        before = len(keys(context))
        assert before == 3
        if old:
            with_old_keys(context)
        after = changed(context, EDITS[edit](calendar_list(Recurring(due=MONTHLY))))
        assert scheduler.tick(after).opened == ()
        assert scheduler.tick(after).opened == ()
        set_clock(after, "2026-12-01 09:00")
        assert scheduler.tick(after).opened == ()

    @pytest.mark.parametrize("edit", EDITS)
    def test_the_next_turn_opens_on_its_new_day(self, context: ServiceContext, edit: str) -> None:
        obligation = EDITS[edit](calendar_list(Recurring(due=MONTHLY)))
        after = changed(context, obligation)
        scheduler.tick(after)
        set_clock(after, "2027-01-08 09:00")
        opened = {duty.due_at for duty in scheduler.tick(after).opened}
        rules = [one for one in obligation.triggers if isinstance(one, Recurring)]
        assert len(opened) == len(rules)

    def test_a_sealed_turn_stays_the_only_one(self, context: ServiceContext) -> None:
        def sealed_until(month: str) -> None:
            close_and_seal(context, who(context, "sun.hua"), month)

        sealed_until("2026-10")
        left = keys(context)
        assert len(left) == 2
        after = changed(context, calendar_list(Recurring(due=DayOfMonth(day=8))))
        assert scheduler.tick(after).opened == ()
        assert keys(after) == left

    def test_going_back_opens_nothing_either(self, context: ServiceContext) -> None:
        for day in (8, 20, 5):
            after = changed(context, calendar_list(Recurring(due=DayOfMonth(day=day))))
            assert scheduler.tick(after).opened == ()

    def test_retired_and_taken_up_again_it_looks_ahead_only(self, context: ServiceContext) -> None:
        obligation = calendar_list(Recurring(due=MONTHLY))
        retired = changed(context, replace(obligation, retired=True))
        scheduler.tick(retired)
        set_clock(context, "2027-03-10 09:00")
        assert scheduler.tick(changed(context, obligation)).opened == ()

    def test_days_that_were_missed_with_unchanged_terms_are_caught_up(self, context: ServiceContext) -> None:
        set_clock(context, "2027-03-10 09:00")
        other = an_obligation("other", triggers=(Recurring(due=DayOfMonth(day=1)),))
        after = changed(context, calendar_list(Recurring(due=MONTHLY)), other)
        assert {duty.key for duty in scheduler.tick(after).opened} == {
            f"list/sales/recurring/2027-0{month}" for month in (1, 2, 3)
        }


class TestSeveralTriggers:
    EARLY, LATE = Recurring(due=DayOfMonth(day=5)), Recurring(due=DayOfMonth(day=20))

    @pytest.mark.parametrize("old", OLD)
    def test_their_order_does_not_matter(self, old: bool) -> None:
        context = a_context(now="2026-11-20 09:00", obligations=(calendar_list(self.EARLY, self.LATE),))
        assert len(scheduler.tick(context).opened) == 2
        before = dues(context)
        if old:
            with_old_keys(context)
        after = changed(context, calendar_list(self.LATE, self.EARLY))
        assert scheduler.tick(after).opened == ()
        set_clock(after, "2026-12-20 09:00")
        assert len(scheduler.tick(after).opened) == 2
        assert dues(after)[:2] == before

    def test_one_that_is_added_above_opens_from_the_change_on(self) -> None:
        context = a_context(now="2026-11-20 09:00", obligations=(calendar_list(self.EARLY),))
        scheduler.tick(context)
        added = Recurring(due=DayOfMonth(day=27))
        after = changed(context, calendar_list(added, self.EARLY))
        assert [duty.due_at for duty in scheduler.tick(after).opened] == [local("2026-11-27 18:00")]
        past = Recurring(due=DayOfMonth(day=12))
        again = changed(context, calendar_list(past, added, self.EARLY))
        assert scheduler.tick(again).opened == ()

    def test_with_an_id_it_may_change_day_and_place_at_once(self) -> None:
        early, late = replace(self.EARLY, id="first"), replace(self.LATE, id="second")
        context = a_context(now="2026-11-20 09:00", obligations=(calendar_list(early, late),))
        scheduler.tick(context)
        assert keys(context) == ["list/sales/first/2026-11", "list/sales/second/2026-11"]
        swapped = calendar_list(replace(late, due=DayOfMonth(day=25)), replace(early, due=DayOfMonth(day=23)))
        assert scheduler.tick(changed(context, swapped)).opened == ()

    def test_another_weekday_is_the_same_turn(self) -> None:
        context = a_context(
            now="2026-11-16 09:00", obligations=(calendar_list(Recurring(due=Weekly(weekdays=(2,)))),)
        )
        scheduler.tick(context)
        before = keys(context)
        after = changed(context, calendar_list(Recurring(due=Weekly(weekdays=(4,)))))
        assert scheduler.tick(after).opened == ()
        set_clock(after, "2026-11-25 09:00")
        scheduler.tick(after)
        assert len(keys(after)) == len(before) + 1

    def test_a_monthly_list_that_becomes_weekly_leaves_its_month_alone(self) -> None:
        context = a_context(now="2026-11-20 09:00", obligations=(calendar_list(self.EARLY),))
        scheduler.tick(context)
        after = changed(context, calendar_list(Recurring(due=Weekly(weekdays=(4,)))))
        opened = scheduler.tick(after).opened
        assert [duty.due_at for duty in opened] == [local("2026-11-20 18:00"), local("2026-11-27 18:00")]
        back = changed(context, calendar_list(Recurring(due=DayOfMonth(day=25), about=About.CURRENT)))
        assert scheduler.tick(back).opened == ()


class TestEvents:
    FIRST = OnEvent(event_type="vehicle-delivered", due=InDays(days=3))
    SECOND = OnEvent(event_type="vehicle-delivered", due=InDays(days=10))

    @pytest.mark.parametrize("old", OLD)
    def test_a_correction_after_the_order_changed_opens_nothing_again(self, old: bool) -> None:
        context = a_context(obligations=(an_obligation("list", triggers=(self.FIRST, self.SECOND)),))
        scheduler.tick(context)
        wang = who(context, "wang.fang")
        event = events.register(
            context, wang, "vehicle-delivered", subject="鄂F1", at=local("2026-11-20 10:00")
        ).event
        if old:
            with_old_keys_of_events(context)
        after = changed(context, an_obligation("list", triggers=(self.SECOND, self.FIRST)))
        scheduler.tick(after)
        registered = events.correct(after, wang, event.id, subject="鄂F2")
        assert (registered.opened, len(keys(after))) == ((), 2)

    def test_a_cancelled_duty_still_comes_back(self) -> None:
        context = a_context(now="2026-11-20 18:30")
        wang = who(context, "wang.fang")
        event = events.register(
            context,
            wang,
            "vehicle-delivered",
            subject="鄂F1",
            at=local("2026-11-20 17:10"),
            fields={"cash": "yes"},
        ).event
        events.correct(context, wang, event.id, fields={"cash": "no"})
        with_old_keys_of_events(context)
        again = events.correct(context, wang, event.id, fields={"cash": "yes"}).opened
        assert [(duty.obligation, duty.state) for duty in again] == [("cash-slip", State.OPEN)]


def with_old_keys_of_events(context: ServiceContext) -> None:
    """Give the duties of events the keys of version 0.1: the place of the trigger with their rule."""

    def work(tx: Writing) -> None:
        for duty in tx.find(Duty):
            obligation = context.catalogue.obligations[duty.obligation]
            place = [one.due for one in obligation.triggers].index(duty.terms.due)
            tx.put(replace(duty, key=f"{duty.obligation}/{place}/{duty.event}"))

    context.store.write(Act(what="wrote", by="system", at=context.now()), work)


def test_a_comparison_of_plugins_names_a_moved_turn_as_moved() -> None:
    early, late = Recurring(due=DayOfMonth(day=5)), Recurring(due=DayOfMonth(day=20))
    before = changed(a_context(), calendar_list(early, late)).catalogue
    after = changed(a_context(), calendar_list(replace(late, due=DayOfMonth(day=25)), early)).catalogue
    found = shifts(before, after, always(a_calendar()), date(2026, 11, 1), date(2026, 12, 1))
    assert [(one.kind, one.before and one.before.turn) for one in found] == [(Kind.CHANGED, "2026-11")]


def test_a_comparison_of_plugins_shows_the_ids_of_triggers() -> None:
    before = changed(a_context(), calendar_list(Recurring(due=MONTHLY))).catalogue
    after = changed(a_context(), calendar_list(Recurring(id="monthly", due=MONTHLY))).catalogue
    (difference,) = differences(before, after)
    assert difference_lines(difference) == [
        "opens and is due: by the calendar: day = 5 → by the calendar: day = 5 (monthly)"
    ]


def test_names_are_kept_by_rule_where_there_are_several() -> None:
    obligation = calendar_list(TestSeveralTriggers.EARLY, TestSeveralTriggers.LATE)
    names = [one.name for one in recognised((), obligation)]
    assert names == ['recurring:{"day":5}', 'recurring:{"day":20}']
    twice = calendar_list(TestSeveralTriggers.EARLY, TestSeveralTriggers.EARLY)
    assert [one.name for one in recognised((), twice)] == ['recurring:{"day":5}', 'recurring:{"day":5}#2']
