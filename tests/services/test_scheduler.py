"""The calendar opens what is due to open, once, however often, late, or many at a time it is asked."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast

import pytest

from sla_tracker.domain.agreements import occurrences
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, new_roster
from sla_tracker.domain.deadlines.due import (
    DayOfMonth,
    Deadline,
    NthWorkday,
    Roll,
    Weekly,
    deadlines_between,
)
from sla_tracker.domain.deadlines.rules import AfterDuty, InWorkdays
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, FixedDays, Layer
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.services.duties.scheduling import opening
from sla_tracker.services.months import closing
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.services.turns import rosters
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import (
    OBLIGATIONS,
    PEOPLE,
    a_calendar,
    a_context,
    an_obligation,
    local,
    set_clock,
)
from tests.services.acts import delivered, live, rolled_to, sheet, stored, who

COMMISSION_LIST = next(one for one in OBLIGATIONS if one.id == "commission-list")
CLOSED = DayRule(status=DayStatus.CLOSED, name=Text(zh="停电", en="Power cut"))


def closed_on(*days: date) -> WorkCalendar:
    """Return the company's calendar with some days closed."""
    return a_calendar().with_layer(Layer(name="company", days=dict.fromkeys(days, CLOSED)))


def keys(context: ServiceContext) -> list[str]:
    return sorted(duty.key for duty in context.store.read(lambda tx: tx.find(Duty)))


class TestOpening:
    def test_five_workdays_before_at_midnight(self) -> None:
        context = a_context(
            now="2026-11-29 23:59", in_force_from=date(2026, 11, 20), obligations=(COMMISSION_LIST,)
        )
        assert scheduler.tick(context).opened == ()
        opened = rolled_to(context, "2026-11-30 00:00").opened
        assert [(duty.obligation, duty.due_at) for duty in opened] == [
            ("commission-list", local("2026-12-07 18:00"))
        ]

    def test_twice_opens_nothing_and_writes_nothing(self, context: ServiceContext) -> None:
        first = scheduler.tick(context)
        sequence = context.store.sequence()
        assert len(first.opened) == 3
        assert scheduler.tick(context) == scheduler.TickResult()
        assert context.store.sequence() == sequence

    def test_nothing_before_the_first_day_is_opened(self) -> None:
        context = a_context(in_force_from=date(2026, 11, 4))
        assert {duty.obligation for duty in scheduler.tick(context).opened} == {
            "commission-list",
            "parts-margin",
        }

    def test_after_weeks_of_silence_everything_is_there_once(self, context: ServiceContext) -> None:
        scheduler.tick(context)
        late = rolled_to(context, "2027-03-01 09:00")
        assert [duty.period_start for duty in live(context, "commission-list")] == [
            date(2026, 10, 1),
            date(2026, 11, 1),
            date(2026, 12, 1),
            date(2027, 1, 1),
            date(2027, 2, 1),
        ]
        assert len(late.opened) == 12
        assert len(keys(context)) == len(set(keys(context)))

    @pytest.mark.parametrize("step", [1, 3, 11, 40])
    def test_how_often_one_looks_makes_no_difference(self, step: int) -> None:
        often, once = a_context(), a_context()
        for days in range(0, 90, step):
            set_clock(often, local("2026-11-20 14:00") + timedelta(days=days))
            scheduler.tick(often)
        for context in (often, once):
            rolled_to(context, "2027-02-20 09:00")
        assert keys(often) == keys(once)

    def test_a_clock_that_goes_back_does_no_harm(self, context: ServiceContext) -> None:
        rolled_to(context, "2026-12-20 09:00")
        before, sequence = keys(context), context.store.sequence()
        rolled_to(context, "2026-11-21 09:00")
        assert (keys(context), context.store.sequence()) == (before, sequence)

    def test_an_obligation_that_came_later_opens_from_then_on(self, context: ServiceContext) -> None:
        scheduler.tick(context)
        more = {
            **context.catalogue.obligations,
            "extra": an_obligation("extra", triggers=COMMISSION_LIST.triggers),
        }
        grown = replace(context, declared=replace(context.catalogue, obligations=more, digest="grown"))
        assert scheduler.tick(grown).opened == ()
        opened = rolled_to(grown, "2026-12-04 09:00").opened
        assert "extra" in {duty.obligation for duty in opened}

    @pytest.mark.parametrize("then", [None, InWorkdays(workdays=2)], ids=["by-calendar", "after-another"])
    def test_sixty_workdays_before_the_due_day(self, then: InWorkdays | None) -> None:
        """As long ahead as a plugin may say; never in between is it neither planned nor open."""
        base = an_obligation("far", triggers=(Recurring(due=DayOfMonth(day=20)),), opens_before=60)
        second = Recurring(due=AfterDuty(after="far", then=then or InWorkdays(workdays=1)))
        owed = base if then is None else an_obligation("second", triggers=(second,), opens_before=60)
        context = a_context(
            now="2026-12-21 09:00", obligations=dict.fromkeys((base, owed)), in_force_from=date(2026, 11, 2)
        )
        opens_on = date(2026, 12, 28) if then is None else date(2026, 12, 30)
        for on in (opens_on - timedelta(days=1), opens_on):
            rolled_to(context, f"{on} 09:00")
            opened = [one.key for one in live(context, owed.id)]
            planned = [one.key for one in scheduler.planned(context, date(2027, 3, 31))]
            assert [key.endswith("2027-03") for key in (*opened, *planned) if owed.id in key].count(True) == 1
            assert any(key.endswith("2027-03") for key in opened) is (on == opens_on)
        preview = scheduler.planned_opening(context, local("2027-02-20 09:00"))
        assert {one.deadline.nominal_on.month for one in preview if one.obligation.id == owed.id} == {4}

    @pytest.mark.parametrize(
        ("roll", "opens_before", "turn", "opens_on"),
        [
            (Roll.PRECEDING, 1, "2027-02", date(2026, 11, 27)),  # due on the last workday, 30 November
            (Roll.FOLLOWING, 0, "2026-12", date(2027, 2, 15)),  # due on the first workday after it
        ],
    )
    def test_a_turn_in_a_closure_of_months_opens_before_it_is_due(
        self, roll: Roll, opens_before: int, turn: str, opens_on: date
    ) -> None:
        closed = closed_on(*(date(2026, 12, 1) + timedelta(days=n) for n in range(75)))
        rule = DayOfMonth(day=3 if roll is Roll.FOLLOWING else 10, roll=roll)
        owed = an_obligation("far", triggers=(Recurring(due=rule),), opens_before=opens_before)
        first = a_context(now="2026-11-02 09:00", obligations=(owed,), in_force_from=date(2026, 11, 1))
        context = replace(first, calendars={COMPANY: closed})
        key = f"far/sales/recurring/{turn}"
        for on in (date(2026, 11, 2), opens_on - timedelta(days=1)):
            rolled_to(context, f"{on} 09:00")
            assert key not in keys(context)
            assert key in {one.key for one in scheduler.planned(context, opens_on + timedelta(days=7))}
        rolled_to(context, f"{opens_on} 09:00")
        assert key in keys(context)

    def test_a_retired_one_opens_nothing_more_and_leaves_what_is_open(self, context: ServiceContext) -> None:
        scheduler.tick(context)
        rest = {
            name: replace(one, retired=name == "commission-list")
            for name, one in context.catalogue.obligations.items()
        }
        after = replace(context, declared=replace(context.catalogue, obligations=rest, digest="retired"))
        rolled_to(after, "2026-12-20 09:00")
        assert [duty.state for duty in live(after, "commission-list")] == [State.OPEN]

    def test_a_closed_month_is_never_opened_again(self) -> None:
        context = a_context(obligations=(COMMISSION_LIST,))
        scheduler.tick(context)
        set_clock(context, "2026-12-01 09:00")
        closing.close(context, who(context, "sun.hua"), "2026-11", mark_missed=True)
        kept = context.store.read(lambda tx: [*tx.find(Month), *tx.find(Roster)])
        emptied = MemoryStore()

        def put_all(tx: Writing) -> None:
            for one in kept:
                tx.put(one)

        emptied.write(Act(what="archived", by="root", at=context.now()), put_all)
        forgetful = replace(
            context,
            store=emptied,
            declared=replace(context.catalogue, digest="so that everything is looked at"),
        )
        assert {duty.month for duty in scheduler.tick(forgetful).opened} == {"2026-12"}


def workdays(count: int) -> tuple[Obligation, ...]:
    """Return obligations of every workday; each fourth one has turns that count from the one before it."""
    each_day = Recurring(due=Weekly(weekdays=(0, 1, 2, 3, 4)))
    after = [
        Recurring(due=AfterDuty(after=f"daily-{place}", then=InWorkdays(workdays=1)))
        for place in range(count)
    ]
    return tuple(
        an_obligation(f"daily-{place}", triggers=(each_day, *((after[place - 1],) if place % 4 == 3 else ())))
        for place in range(count)
    )


class Interrupted(BaseException):
    """Stands for a process that ends between two transactions."""


class TestInBatches:
    """Opening in transactions of a few duties gives what one transaction would have given."""

    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(opening, "BATCH", 4)

    def test_interrupted_between_any_two_it_goes_on(
        self, any_store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole, cut = a_context(obligations=workdays(4)), a_context(store=any_store, obligations=workdays(4))
        opened = [duty.key for duty in scheduler.tick(whole).opened]
        commits = whole.store.sequence()
        assert commits > 10
        write, interruptions = type(any_store).write, 0

        def interrupted(store: Store, act: Act, *work: Any) -> object:
            if store.sequence() > before:
                raise Interrupted
            return write(store, act, *work)

        for _ in range(2 * commits):
            before = any_store.sequence()
            with monkeypatch.context() as patch:
                patch.setattr(type(any_store), "write", interrupted)
                try:
                    scheduler.tick(cut)
                except Interrupted:
                    interruptions += 1
                    roster = cut.store.read(rosters.roster_of)
                    assert roster is None or roster.opened_through_at is None
                else:
                    break
        assert interruptions > 10
        assert keys(cut) == sorted(opened) == keys(whole)
        assert roster_of(cut) == roster_of(whole)
        assert scheduler.tick(cut) == scheduler.TickResult()

    def test_no_transaction_opens_more_than_a_batch(self, context: ServiceContext) -> None:
        many = replace(context, declared=a_context(obligations=workdays(3)).declared)
        whole = scheduler.tick(many)
        sizes = [
            sum(id in {duty.id for duty in whole.opened} for _kind, id in change.touched)
            for change in many.store.changes(0)
        ]
        assert len(whole.opened) == len(keys(many)) > 40
        assert max(sizes) == 4

    def test_a_checklist_changed_after_an_interruption_opens_no_period_twice(
        self, context: ServiceContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(opening, "BATCH", 1)

        def interrupted(*_given: object) -> None:
            raise Interrupted

        with monkeypatch.context() as patch:
            patch.setattr(scheduler, "open_last", interrupted)
            with pytest.raises(Interrupted):
                scheduler.tick(context)
        begun = keys(context)
        assert begun
        other = Recurring(due=NthWorkday(n=7))
        edited = {
            id: replace(one, triggers=(other,)) if any(key.startswith(f"{id}/") for key in begun) else one
            for id, one in context.catalogue.obligations.items()
        }
        scheduler.tick(
            replace(context, declared=replace(context.catalogue, obligations=edited, digest="edited"))
        )
        periods = Counter((one.obligation, one.period_start) for one in stored_duties(context))
        assert set(periods.values()) == {1}

    def test_who_changes_the_roster_in_between_loses_nothing(
        self, context: ServiceContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        many = replace(context, declared=a_context(obligations=workdays(8)).declared)
        open_some = opening._open_some
        monkeypatch.setattr(opening, "BATCH", 40)

        def disturbed(*given: Any) -> Any:
            found = open_some(*given)
            head = many.store.read(lambda tx: tx.get(Roster, ROSTER_ID))
            touched = replace(head or new_roster(), settings_file=str(many.store.sequence()))
            many.write(None, Verb.NOTED, lambda tx, _now: tx.put(touched))
            return found

        monkeypatch.setattr(opening, "_open_some", disturbed)
        opened = scheduler.tick(many).opened
        undisturbed = a_context(obligations=workdays(8))
        monkeypatch.setattr(opening, "_open_some", open_some)
        scheduler.tick(undisturbed)
        assert sorted(duty.key for duty in opened) == keys(many) == keys(undisturbed)
        assert replace(roster_of(many), settings_file="") == roster_of(undisturbed)


def stored_duties(context: ServiceContext) -> list[Duty]:
    return context.store.read(lambda tx: tx.find(Duty))


def roster_of(context: ServiceContext) -> Roster:
    """Return the whole roster, without how often it was noted."""
    found = context.store.read(rosters.roster_of)
    assert found is not None
    return replace(found, revision=0)


class TestAtOnce:
    def test_ten_at_once_in_batches(self, any_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(opening, "BATCH", 4)
        context = a_context(store=any_store, obligations=workdays(4))
        with ThreadPoolExecutor(10) as threads:
            results = list(threads.map(lambda _place: scheduler.tick(context), range(10)))
        alone = a_context(obligations=workdays(4))
        scheduler.tick(alone)
        assert keys(context) == keys(alone) == sorted(one.key for done in results for one in done.opened)
        assert roster_of(context) == roster_of(alone)

    def test_ten_at_once_open_everything_once(self, any_store: Store) -> None:
        context = a_context(store=any_store)
        start = threading.Barrier(10)
        failures: list[BaseException] = []

        def work() -> None:
            try:
                start.wait()
                scheduler.tick(context)
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert [key.split("/")[0] for key in keys(context)] == [
            "commission-list",
            "parts-margin",
            "stock-list",
        ]
        assert context.store.sequence() == 1


def _put(roster: Roster, tx: Writing, _now: datetime) -> None:
    tx.put(roster)


class TestPlanned:
    def test_what_lies_ahead_is_computed_not_stored(self, context: ServiceContext) -> None:
        scheduler.tick(context)
        ahead = scheduler.planned(context, date(2027, 1, 31))
        assert [(one.obligation.id, one.deadline.due_at) for one in ahead][:3] == [
            ("stock-list", local("2026-12-03 18:00")),
            ("parts-margin", local("2026-12-04 18:00")),
            ("commission-list", local("2026-12-07 18:00")),
        ]
        assert len(ahead) == 6
        assert len(keys(context)) == 3

    def test_what_is_open_is_not_planned_any_more(self, context: ServiceContext) -> None:
        rolled_to(context, "2026-11-30 09:00")
        opened = set(keys(context))
        assert opened & {one.key for one in scheduler.planned(context, date(2027, 1, 31))} == set()

    def test_a_long_past_adds_no_turns_to_look_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        looked_at: list[date] = []

        def counted(*given: Any) -> Iterator[Deadline]:
            for deadline in deadlines_between(*given):
                looked_at.append(deadline.nominal_on)
                yield deadline

        monkeypatch.setattr(occurrences, "deadlines_between", counted)
        found, counts = [], []
        for in_force_from in (date(2016, 1, 1), date(2026, 11, 1)):
            context = a_context(in_force_from=in_force_from)
            # As if it had been in use since then.
            old = replace(new_roster(), since={one.id: in_force_from for one in OBLIGATIONS})
            context.write(None, Verb.NOTED, partial(_put, old))
            looked_at.clear()
            found.append([one.key for one in scheduler.planned(context, date(2027, 1, 31))])
            counts.append(len(looked_at))
        assert found[0] == found[1] != []
        assert counts[0] == counts[1] >= len(found[0])


class TestCalendars:
    def test_a_closure_moves_what_is_undelivered(self, context: ServiceContext) -> None:
        scheduler.tick(context)
        duty = sheet(context)
        shut = replace(context, calendars={"": closed_on(date(2026, 11, 23))})
        rolled = scheduler.tick(shut)
        assert duty.id in {one.id for one in rolled.recomputed}
        assert stored(shut, duty).due_at == local("2026-11-24 18:00")

    def test_earlier_at_most_to_the_next_workdays_close(self, context: ServiceContext) -> None:
        shut = replace(context, calendars={"": closed_on(date(2026, 11, 23), date(2026, 11, 24))})
        scheduler.tick(shut)
        duty = sheet(shut)
        assert duty.due_at == local("2026-11-25 18:00")
        set_clock(shut, "2026-11-23 19:00")
        scheduler.tick(replace(shut, calendars=context.calendars))
        assert stored(shut, duty).due_at == local("2026-11-24 18:00")

    def test_what_is_delivered_keeps_the_later_of_both(self, context: ServiceContext) -> None:
        shut = replace(context, calendars={"": closed_on(date(2026, 11, 23))})
        scheduler.tick(shut)
        duty = delivered(shut)
        scheduler.tick(replace(shut, calendars=context.calendars))
        assert stored(shut, duty).due_at == local("2026-11-24 18:00")

    def test_what_is_judged_never_moves(self, context: ServiceContext) -> None:
        scheduler.tick(context)
        duty = operations.accept(context, who(context, "chen.jing"), delivered(context).id)
        scheduler.tick(replace(context, calendars={"": closed_on(date(2026, 11, 23))}))
        assert stored(context, duty) == duty

    def test_a_moved_nth_workday_is_not_opened_twice(self) -> None:
        obligation = an_obligation("close", triggers=(Recurring(due=NthWorkday(n=3)),))
        context = a_context(now="2026-12-01 09:00", obligations=(obligation,))
        scheduler.tick(context)
        assert [duty.due_at for duty in live(context, "close")][-1] == local("2026-12-03 18:00")
        shut = replace(context, calendars={"": closed_on(date(2026, 12, 2))})
        scheduler.tick(shut)
        assert [duty.due_at for duty in live(context, "close")][-1] == local("2026-12-04 18:00")
        assert len(live(context, "close")) == 2

    def test_a_year_that_is_published_makes_its_deadlines_certain(self) -> None:
        guessed = replace(a_calendar(), source=FixedDays(by_day={}, published_through=2026))
        real = replace(a_calendar(), source=FixedDays(by_day={}, published_through=2027))
        context = a_context(now="2026-12-29 09:00", calendars={"": guessed})
        scheduler.tick(context)
        assert live(context, "commission-list")[-1].deadline.provisional
        rolled = scheduler.tick(replace(context, calendars={"": real}))
        assert rolled.recomputed
        assert not live(context, "commission-list")[-1].deadline.provisional


class CountedStore:
    """A store that counts what each transaction that may write asks for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def write(
        self, act: Act, work: Callable[[Writing], object], on_commit: Callable[[int], None] | None = None
    ) -> object:
        return self._store.write(act, lambda tx: work(cast("Writing", Counting(self, tx))), on_commit)


class Counting:
    def __init__(self, store: CountedStore, tx: Writing) -> None:
        self._store, self._tx = store, tx

    def __getattr__(self, name: str) -> object:
        self._store.asked += 1
        return getattr(self._tx, name)


def asked_for_one_silence(obligations: int) -> int:
    """Return how much a tick asks under the lock that accepts one delivery by silence, later on the same day."""
    many = tuple(
        an_obligation(f"list-{number}", triggers=(Recurring(due=NthWorkday(n=3)),))
        for number in range(obligations)
    )
    store = CountedStore(MemoryStore())
    context = a_context(store=cast("Store", store), obligations=(*OBLIGATIONS, *many))
    duty = delivered(context)
    assert duty.accept_by_at is not None
    rolled_to(context, "2026-11-25 09:00")
    set_clock(context, duty.accept_by_at + timedelta(minutes=1))
    store.asked = 0
    done = scheduler.tick(context)
    assert [one.id for one in done.accepted] == [duty.id]
    return store.asked


def test_what_silence_accepts_costs_the_same_whatever_the_number_of_obligations() -> None:
    assert asked_for_one_silence(obligations=40) == asked_for_one_silence(obligations=2) < 30


class TestPeopleWhoLeave:
    def test_their_duties_go_back_to_the_pool(self, context: ServiceContext) -> None:
        scheduler.tick(context)
        duty = sheet(context)
        operations.take(context, who(context, "wang.fang"), duty.id)
        gone = {one.id: replace(one, left_on=date(2026, 11, 23)) for one in PEOPLE if one.id == "wang.fang"}
        after = replace(context, people={**context.people, **gone})
        assert rolled_to(after, "2026-11-22 09:00").released == ()
        assert [one.id for one in rolled_to(after, "2026-11-23 09:00").released] == [duty.id]
        assert stored(context, duty).assignee == ""

    @pytest.mark.parametrize("left", ["unknown", "moved"])
    def test_also_of_those_unknown_or_moved_elsewhere(self, context: ServiceContext, left: str) -> None:
        scheduler.tick(context)
        duty = sheet(context)
        operations.take(context, who(context, "wang.fang"), duty.id)
        people = dict(context.people)
        wang = people.pop("wang.fang")
        if left == "moved":
            people["wang.fang"] = replace(wang, department="service")
        rolled_to(replace(context, people=people), "2026-11-21 09:00")
        assert stored(context, duty).assignee == ""


def test_the_roster_remembers_how_far_the_calendar_was_opened(context: ServiceContext) -> None:
    scheduler.tick(context)
    roster = context.store.read(rosters.roster_of)
    assert roster is not None
    assert roster.opened_through_at == datetime(2026, 11, 20, 6, tzinfo=UTC)
    assert set(roster.since.values()) == {date(2026, 11, 1)}
