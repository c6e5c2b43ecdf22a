"""Several duties at once: one transaction, and whatever is left out is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sla_tracker.core.duty import Duty, State
from sla_tracker.core.people import Actor
from sla_tracker.desk import deeds, duties, ratings
from sla_tracker.desk.deeds import Deed, LeftOut
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Store
from sla_tracker.errors import Forbidden, Incomplete, NotFound, Overtaken, SlaError
from sla_tracker.testing.company import a_desk, set_clock
from tests.desk.acts import TICKED, delivered, sheet, stored, who


def delivering(desk: Desk, actor: Actor) -> Deed:
    return duties.delivering(desk, actor, lambda _duty: TICKED)


def test_several_are_one_commit(any_store: Store) -> None:
    desk = a_desk(store=any_store)
    ids = [sheet(desk, subject=f"鄂F·{n}").id for n in range(3)]
    wang, before = who(desk, "wang.fang"), desk.store.sequence()
    several = deeds.do_each(desk, wang, ids, delivering(desk, wang))
    assert [duty.id for duty in several.done] == ids
    assert {duty.state for duty in several.done} == {State.DELIVERED}
    assert desk.store.sequence() == before + 1


def test_each_that_stands_in_the_way_is_named_and_left(desk: Desk) -> None:
    one, other = delivered(desk), sheet(desk, subject="鄂F·67890")
    chen = who(desk, "chen.jing")
    judged = deeds.do_each(desk, chen, [one.id, other.id, one.id, "nothing"], duties.accepting(desk, chen))
    assert [duty.id for duty in judged.done] == [one.id]
    assert [type(problem) for problem in judged.refused] == [Overtaken, NotFound]
    assert other.reference in judged.refused[0].sentence()
    assert (stored(desk, one).state, stored(desk, other).state) == (State.ACCEPTED, State.OPEN)


def test_a_reason_that_names_no_duty_is_put_behind_its_name(desk: Desk) -> None:
    duty, chen = sheet(desk), who(desk, "chen.jing")
    (problem,) = deeds.do_each(desk, chen, [duty.id], duties.taking(desk, chen)).refused
    assert isinstance(problem, LeftOut)
    assert problem.sentence().startswith(f"“Decoration sheet” 鄂F·12345 ({duty.reference}): 陈静 ")
    assert problem.exit_code is Forbidden.exit_code


def test_when_none_can_be_done_nothing_is_committed(desk: Desk) -> None:
    duty, wang = delivered(desk), who(desk, "wang.fang")
    before = desk.store.sequence()
    several = deeds.do_each(desk, wang, [duty.id], delivering(desk, wang))
    assert (several.done, len(several.refused)) == ((), 1)
    assert desk.store.sequence() == before


def test_a_plugins_review_is_asked_once_each_and_outside_the_transaction(desk: Desk) -> None:
    first, second = sheet(desk), sheet(desk, subject="鄂F·67890")
    asked: list[str] = []

    def review(duty: Duty, _evidence: Mapping[str, str]) -> list[str]:
        asked.append(duty.subject)
        assert stored(desk, duty).state is State.OPEN
        return ["not this one"] if duty.id == second.id else []

    strict, wang = replace(desk, review=review), who(desk, "wang.fang")
    several = deeds.do_each(strict, wang, [first.id, second.id], delivering(strict, wang))
    assert asked == [first.subject, second.subject]
    assert [duty.id for duty in several.done] == [first.id]
    (problem,) = several.refused
    assert "not this one" in problem.sentence()
    assert second.reference in problem.sentence()
    assert problem.exit_code is Incomplete.exit_code


def test_what_fails_on_the_way_leaves_none_of_them_changed(desk: Desk) -> None:
    untouched = [sheet(desk, subject=f"鄂F·{n}") for n in range(2)]
    ids = [duty.id for duty in untouched]
    wang = who(desk, "wang.fang")
    taking = duties.taking(desk, wang)

    def step(tx: object, duty: Duty, now: object) -> Duty:
        if duty.id == ids[1]:
            raise OSError("gone")
        return taking.step(tx, duty, now)  # type: ignore[arg-type]

    with pytest.raises(OSError, match="gone"):
        deeds.do_each(desk, wang, ids, replace(taking, step=step))
    assert {stored(desk, duty).assignee for duty in untouched} == {""}


def test_one_cause_is_written_for_all_that_were_late(desk: Desk) -> None:
    ids = [sheet(desk, subject=f"鄂F·{n}").id for n in range(2)]
    wang = who(desk, "wang.fang")
    set_clock(desk, "2026-11-25 09:00")
    deeds.do_each(desk, wang, ids, delivering(desk, wang))
    several = deeds.do_each(desk, wang, ids, ratings.explaining(desk, "forgotten", "holiday"))
    assert [(duty.cause, duty.cause_note) for duty in several.done] == [("forgotten", "holiday")] * 2
    with pytest.raises(SlaError, match="weather"):
        ratings.explaining(desk, "weather")
