"""All that time brings is stored some values at a time, and goes on after an interruption as if there had been none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, cast

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.consent.agreement import AgreedParts, Agreement, Proposal, ProposalState
from sla_tracker.domain.deadlines.calendar_rules import MovedTurn
from sla_tracker.domain.deadlines.due import DayOfMonth, Weekly
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Delivery, Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, Layer
from sla_tracker.services.consent import notice_mail
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import TickResult, tick
from sla_tracker.services.duties.scheduling import batches, opening
from sla_tracker.services.imports import parts, undo
from sla_tracker.services.imports.undo import take_back
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.services.reminders import leases, planner, sender
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.services.turns.rosters import roster_of
from sla_tracker.storage.codec import encode
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.channels import Postbox
from sla_tracker.testing.company import a_calendar, a_context, an_obligation, local, set_clock
from tests.services.acts import complained, live, who
from tests.services.reminded import ADDRESSED, a_reminding_context, keep
from tests.services.test_event_imports import many, take
from tests.services.test_reading import seen_by

CLOSED = DayRule(status=DayStatus.CLOSED, name=Text(zh="停电", en="Power cut"))
SHUT = (date(2026, 11, 23), date(2026, 11, 24))
LONGEST_COMMIT = 32 * 1024 * 1024
MOST_IN_USE = max(batches.BATCH, opening.BATCH, planner.BATCH, leases.MOST_TOGETHER, notice_mail.BATCH)


def daily(count: int) -> tuple[Obligation, ...]:
    trigger = Recurring(due=Weekly(weekdays=(0, 1, 2, 3, 4)))
    return tuple(an_obligation(f"daily-{number}", triggers=(trigger,)) for number in range(count))


def closed_on(context: ServiceContext, *days: date) -> ServiceContext:
    """Return the context with some days closed for the whole company."""
    calendar = a_calendar().with_layer(Layer(name="company", days=dict.fromkeys(days, CLOSED)))
    return replace(context, calendars={"": calendar})


def duties_of(context: ServiceContext) -> list[Duty]:
    found = context.store.read(lambda tx: tx.find(Duty))
    return sorted(found, key=lambda duty: duty.key)


def dues(context: ServiceContext) -> dict[str, tuple[datetime, object]]:
    return {duty.key: (duty.due_at, duty.deadline.steps) for duty in duties_of(context)}


def versions(context: ServiceContext) -> dict[str, str]:
    roster = context.store.read(roster_of)
    assert roster is not None
    return roster.calendar_versions


class Interrupted(BaseException):
    """Stands for a process that ends between two transactions."""


def interrupted_after_one(context: ServiceContext) -> TickResult | None:
    """Run a tick that ends before its second transaction; None if it ended so."""
    store, commits = context.store, context.store.sequence()

    class Ending:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def write(
            self, act: Act, work: Callable[[Writing], object], on_commit: Callable[[int], None] | None = None
        ) -> object:
            if store.sequence() > commits:
                raise Interrupted
            return store.write(act, work, on_commit)

    try:
        return tick(replace(context, store=cast("Store", Ending())))
    except Interrupted:
        return None


class TestChangedCalendar:
    @pytest.fixture(autouse=True)
    def small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(batches, "BATCH", 3)

    @staticmethod
    def begun(store: Store | None = None) -> ServiceContext:
        context = a_context(store=store, obligations=daily(5), now="2026-11-20 09:00")
        tick(context)
        return context

    def test_interrupted_between_any_two_transactions_it_goes_on(self, any_store: Store) -> None:
        whole, cut = self.begun(), self.begun(any_store)
        before = dues(cut)
        moved = len(tick(closed_on(whole, *SHUT)).recomputed)
        assert moved == 10
        shut, afterwards, interruptions = closed_on(cut, *SHUT), dues(whole), 0
        while interrupted_after_one(shut) is None:
            interruptions += 1
            assert versions(shut) == {}
            # Who reads in between finds each deadline as it was or as it will be, explained by its own steps.
            present = dues(shut)
            assert all(due in (before[key], afterwards[key]) for key, due in present.items())
            assert all(recompute(duty.deadline.steps) == duty.due_at for duty in duties_of(shut))
            assert sum(due != before[key] for key, due in present.items()) == min(3 * interruptions, moved)
        assert interruptions == -(-moved // 3)
        assert dues(shut) == dues(whole)
        assert versions(shut) == versions(whole) != {}
        assert tick(shut) == TickResult()

    def test_who_reads_his_own_departments_duties_only_lets_all_follow(self) -> None:
        context = self.begun()
        seller, other = who(context, "wang.fang"), who(context, "ma.chao")
        monday = next(duty for duty in duties_of(context) if duty.due_at == local("2026-11-23 18:00"))
        silent = replace(monday, state=State.DELIVERED, accept_by_at=context.now())
        keep(context, replace(silent, deliveries=(Delivery(at=silent.opened_at, by=seller.id),)))
        set_clock(context, "2026-11-20 09:01")
        narrow = seen_by(closed_on(context, *SHUT), other)
        assert duties_of(narrow) == []
        done = tick(narrow)
        assert [duty.id for duty in done.accepted] == [silent.id]
        assert len(done.recomputed) == 9

    def test_changed_back_after_an_interruption_nothing_stays_moved(self) -> None:
        context = self.begun()
        before = dues(context)
        assert interrupted_after_one(closed_on(context, *SHUT)) is None
        assert dues(context) != before
        assert len(tick(context).recomputed) == 3
        assert [due_at for due_at, _steps in dues(context).values()] == [
            due_at for due_at, _ in before.values()
        ]


@dataclass(frozen=True)
class Commit:
    documents: int
    bytes: int


class Measured:
    """A store that notes what each transaction put into it, by the word on record."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.commits: dict[str, list[Commit]] = defaultdict(list)
        self.found: Counter[type] = Counter()

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def write(
        self, act: Act, work: Callable[[Writing], object], on_commit: Callable[[int], None] | None = None
    ) -> object:
        sizes: dict[tuple[type, str], int] = {}
        counted = self.found

        class Noting:
            def __init__(self, tx: Writing) -> None:
                self._tx = tx

            def __getattr__(self, name: str) -> object:
                return getattr(self._tx, name)

            def find(self, kind: type, **where: Any) -> list[object]:
                found: list[object] = self._tx.find(kind, **where)
                counted[kind] += len(found)
                return found

            def put(self, value: object) -> None:
                self._tx.put(value)
                sizes[type(value), value.id] = len(encode(value))  # type: ignore[attr-defined]

        result = self._store.write(act, lambda tx: work(cast("Writing", Noting(tx))), on_commit)
        if sizes:
            self.commits[act.what].append(Commit(len(sizes), sum(sizes.values())))
        return result


SOME = 5
"""How many values each act stores in a transaction here."""


@pytest.fixture
def smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (batches, opening, planner, leases, notice_mail):
        monkeypatch.setattr(module, "BATCH", SOME)
    for module in (leases, sender):
        monkeypatch.setattr(module, "MOST_TOGETHER", SOME)


def test_an_import_and_taking_it_back_hold_the_lock_for_some_rows_only() -> None:
    store = Measured(MemoryStore())
    context = a_context(store=cast("Store", store))
    done = take(context, many(10 * SOME * 2))
    assert done.added == 10 * SOME * 2
    registered = store.commits.pop("imported_events")
    assert max(one.documents for one in registered) <= parts.MOST_DUTIES + parts.MOST_ROWS + 4
    assert len(registered) > 2
    run = parts.runs(context)[0]
    store.found.clear()
    assert take_back(context, who(context, "chen.jing"), run).cancelled == done.added
    assert len(store.commits["took_back_import"]) > 2
    # An event, its duties and the record of the import; none reads all events that are left.
    assert max(one.documents for one in store.commits["took_back_import"]) <= 4 * undo.MOST_EVENTS + 1
    assert store.found[Event] == 0


def an_agreement(number: int) -> Agreement:
    at = local("2026-11-02 09:00")
    version = Proposal(
        number=1,
        parts=AgreedParts(),
        first_on=date(2026, 11, 2),
        proposed_at=at,
        proposed_by="li.na",
        proposed_from="sales",
        state=ProposalState.ACCEPTED,
        decided_at=at,
        decided_by="sun.hua",
        decided_from="finance",
    )
    title = Text(zh="约定", en="Gone")
    return Agreement(
        id=f"gone-{number}",
        obligation=f"gone-{number}",
        provider="sales",
        consumer="finance",
        title=title,
        proposals=(version,),
    )


@dataclass(frozen=True)
class Long:
    """A company in which nobody has run the program for two weeks."""

    context: ServiceContext
    commits: dict[str, list[Commit]]
    delivered: list[Duty]
    assigned: list[Duty]
    monthly: list[Obligation]


def long_pause() -> Long:
    """Return a company with much to be done, and after which plugins, people, calendar and agreements have changed."""
    store, many = Measured(MemoryStore()), 3 * SOME
    monthly = [
        an_obligation(f"monthly-{number}", triggers=(Recurring(due=DayOfMonth(day=27), id="m"),))
        for number in range(many)
    ]
    context = a_reminding_context(
        store=store,
        obligations=[*daily(SOME), *monthly],
        now="2026-11-20 09:00",
        in_force_from=date(2026, 11, 5),
    )
    tick(context)
    at, duties = context.now(), duties_of(context)
    sent = [
        replace(
            duty,
            state=State.DELIVERED,
            deliveries=(Delivery(at=at, by="wang.fang"),),
            accept_by_at=at + timedelta(days=3),
        )
        for duty in duties[:many]
    ]
    assigned = [replace(duty, assignee="wang.fang") for duty in duties[many : 2 * many]]
    keep(context, *sent, *assigned, *(an_agreement(number) for number in range(many)))
    for _ in range(many):
        complained(context)
    store.commits.clear()
    set_clock(context, "2026-12-04 09:30")
    moved = DayOfMonth(day=27, moved=(MovedTurn(turn_on=date(2026, 11, 27), to_on=date(2026, 12, 10)),))
    edited = [replace(one, triggers=(Recurring(due=moved, id="m"),)) for one in monthly]
    present = {one.id: one for one in (*daily(SOME), *edited)}
    after = replace(
        closed_on(context, date(2026, 11, 23)),
        people={one.id: one for one in ADDRESSED if one.id != "wang.fang"},
        declared=replace(context.declared, obligations=present, digest="edited"),
    )
    return Long(context=after, commits=store.commits, delivered=sent, assigned=assigned, monthly=edited)


@pytest.mark.usefixtures("smaller")
def test_no_scheduled_act_stores_much_at_once() -> None:
    long = long_pause()
    context = long.context
    done = run_once(context, {"mail": Postbox()})
    present = {duty.id: duty for duty in duties_of(context)}
    assert all(present[duty.id].state is State.ACCEPTED for duty in long.delivered)
    assert all(not present[duty.id].assignee for duty in long.assigned)
    turns = [duty for one in long.monthly for duty in live(context, one.id)]
    assert {duty.due_at for duty in turns if duty.month == "2026-11"} == {local("2026-12-10 18:00")}
    assert all(one.escalated_at for one in context.store.read(lambda tx: tx.find(Complaint)))
    assert all(one.ended_at for one in context.store.read(lambda tx: tx.find(Agreement)))
    assert done.sent >= 2 * SOME
    # Each act had enough to do for several transactions, and none did more than its share in one of them.
    most = {
        "rolled_over": SOME + 2,  # the head of the roster and a part beside them
        "reminded": SOME * (1 + 2 * 4),  # of each duty what is planned, and its reminders
        "claimed_reminders": SOME * 5,
        "sent_reminders": SOME * 5,
        "noted_agreement_news": SOME,
    }
    documents = {what: max(one.documents for one in commits) for what, commits in long.commits.items()}
    assert {what: found for what, found in documents.items() if found > most.get(what, 1)} == {}
    assert {what for what, commits in long.commits.items() if len(commits) > 2} >= most.keys()
    largest = max(one.bytes for commits in long.commits.values() for one in commits)
    assert largest * MOST_IN_USE // SOME <= LONGEST_COMMIT
