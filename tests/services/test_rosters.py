"""The roster is stored in parts, of which a day's opening writes those that change, a few in each transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from sla_tracker.domain.agreements.obligation import About, Obligation, Recurring
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, part_id
from sla_tracker.domain.deadlines.due import DayOfMonth, Weekly
from sla_tracker.domain.deadlines.rules import AfterDuty, InWorkdays
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import scheduler
from sla_tracker.services.duties.scheduling import opening
from sla_tracker.services.ports import Act, Reading, Store
from sla_tracker.services.turns import rosters
from sla_tracker.services.turns.rosters import RosterReader, roster_of, stored_roster
from sla_tracker.testing.company import a_context, an_obligation, set_clock
from tests.services.old_rosters import put_in_one

EACH_DAY = Recurring(due=Weekly(weekdays=(0, 1, 2, 3, 4)), about=About.TURN)
MONTHLY = Recurring(due=DayOfMonth(day=30))
DEPARTMENTS = tuple(f"branch-{number}" for number in range(6))
DAILY = "branch-2"
THURSDAY, FRIDAY = "2026-11-19 09:00", "2026-11-20 09:00"


def owed(department: str) -> Iterator[Obligation]:
    """Yield three obligations of a department."""
    for number in range(3):
        trigger = EACH_DAY if department == DAILY else MONTHLY
        yield an_obligation(f"{department}-{number}", provider=department, triggers=(trigger,))


OWED = tuple(one for department in DEPARTMENTS for one in owed(department))


def whole(context: ServiceContext) -> Roster:
    found = context.store.read(roster_of)
    assert found is not None
    return replace(found, revision=0)


def parts_written(store: Store, since: int) -> list[set[str]]:
    """Return the documents of the roster that each commit after one has written."""
    return [{id for kind, id in one.touched if kind == "rosters"} for one in store.changes(since)]


def test_a_day_writes_the_parts_of_departments_with_turns(any_store: Store) -> None:
    context = a_context(store=any_store, obligations=OWED, now=THURSDAY)
    scheduler.tick(context)
    assert set().union(*parts_written(any_store, 0)) == {ROSTER_ID, *map(part_id, DEPARTMENTS)}
    sequence = any_store.sequence()
    set_clock(context, FRIDAY)
    assert {duty.provider for duty in scheduler.tick(context).opened} == {DAILY}
    assert set().union(*parts_written(any_store, sequence)) == {ROSTER_ID, part_id(DAILY)}
    head = any_store.read(lambda tx: tx.get(Roster, ROSTER_ID))
    assert head is not None
    assert (head.since, head.added, head.triggers) == ({}, {}, {})


class Interrupted(BaseException):
    """Stands for a process that ends between two transactions."""


@pytest.mark.parametrize("old", [False, True])
def test_interrupted_between_any_two_parts_it_goes_on(
    context: ServiceContext, monkeypatch: pytest.MonkeyPatch, old: bool
) -> None:
    """Of a new store, and of one whose roster is one document, from before a week in which a rule was changed."""
    monkeypatch.setattr(rosters, "ENTRIES", 4)
    monkeypatch.setattr(opening, "BATCH", 4)
    cut, straight = replace_owed(context, OWED), replace_owed(a_context(now=THURSDAY), OWED)
    set_clock(cut, THURSDAY)
    if old:
        for one in (cut, straight):
            scheduler.tick(one)
            known = whole(one)
            act = Act(what="wrote", by="system", at=one.now())
            one.store.write(act, lambda tx, known=known: put_in_one(tx, known))  # type: ignore[misc]
            set_clock(one, "2026-11-26 09:00")
        changed = tuple(
            replace(one, triggers=(EACH_DAY,)) if one.provider == "branch-4" else one for one in OWED
        )
        cut, straight = (replace_owed(one, changed) for one in (cut, straight))
    begun = straight.store.sequence()
    expected = [duty.key for duty in scheduler.tick(straight).opened]
    commits = straight.store.sequence() - begun
    write, interruptions, before = type(cut.store).write, 0, 0

    def interrupted(store: Store, act: Act, work: object) -> object:
        if store.sequence() > before:
            raise Interrupted
        return write(store, act, work)  # type: ignore[arg-type]

    opened: list[str] = []
    for _ in range(3 * commits):
        before = cut.store.sequence()
        with monkeypatch.context() as patch:
            patch.setattr(type(cut.store), "write", interrupted)
            try:
                opened += [duty.key for duty in scheduler.tick(cut).opened]
            except Interrupted:
                interruptions += 1
                assert whole(cut).opened_through_at != cut.now()
            else:
                break
    assert interruptions >= commits - 1 > 6
    assert max(map(len, parts_written(cut.store, 0)[-commits:])) <= 3
    assert whole(cut) == whole(straight)
    assert [one.since for one in cut.store.read(lambda tx: tx.find(Roster)) if one.id == ROSTER_ID] == [{}]
    duties = [sorted(duty.key for duty in one.store.read(all_duties)) for one in (cut, straight)]
    assert duties[0] == duties[1]
    assert set(expected) <= set(duties[0])
    assert scheduler.tick(cut) == scheduler.TickResult()


def replace_owed(context: ServiceContext, obligations: tuple[Obligation, ...]) -> ServiceContext:
    declared = a_context(obligations=obligations).declared
    return replace(context, declared=replace(declared, digest=str(hash(obligations))))


def all_duties(tx: Reading) -> list[Duty]:
    return tx.find(Duty)


def test_an_obligation_that_another_department_takes_keeps_its_first_day() -> None:
    context = a_context(obligations=OWED, now=THURSDAY)
    scheduler.tick(context)
    moved = replace(OWED[0], provider="branch-5")
    since = whole(context).since[moved.id]
    assert context.store.read(lambda tx: RosterReader(tx).since_of(moved)) == since
    after = replace_owed(context, (moved, *OWED[1:]))
    set_clock(after, FRIDAY)
    scheduler.tick(after)
    stored = after.store.read(stored_roster)
    assert stored is not None
    assert moved.id not in stored.parts[part_id("branch-0")].since
    assert stored.parts[part_id("branch-5")].since[moved.id] == since
    assert after.store.read(lambda tx: RosterReader(tx).triggers_of(moved)) == whole(after).triggers[moved.id]


def test_after_months_turns_that_count_from_another_duty_open_a_few_at_once() -> None:
    counted = Recurring(due=AfterDuty(after="daily", then=InWorkdays(workdays=1)))
    owed = (
        an_obligation("daily", triggers=(EACH_DAY,)),
        an_obligation("after", triggers=(counted,)),
    )
    context = a_context(obligations=owed, now=FRIDAY, in_force_from=date(2026, 8, 3))
    opened = scheduler.tick(context).opened
    after = [duty for duty in opened if duty.obligation == "after"]
    days = sorted(duty.deadline.nominal_on for duty in after)
    assert len(days) == len(set(days)) > 70
    assert max(later - earlier for earlier, later in pairwise(days)) < timedelta(days=15)
    ids = {duty.id for duty in after}
    at_once = [sum(id in ids for _kind, id in one.touched) for one in context.store.changes(0)]
    assert max(at_once) <= opening.BATCH
    assert scheduler.tick(context) == scheduler.TickResult()
