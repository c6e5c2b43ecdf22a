"""Several duties at once: one transaction, and whatever is left out is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import Actor
from sla_tracker.errors import Forbidden, Incomplete, NotFound, Overtaken, SlaError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import actions, operations, ratings
from sla_tracker.services.duties.actions import DutyAction, LeftOut
from sla_tracker.services.ports import Review, Store
from sla_tracker.testing.company import a_context, set_clock
from tests.services.acts import TICKED, delivered, sheet, stored, who


def delivering(context: ServiceContext, actor: Actor) -> DutyAction:
    return operations.deliver_action(context, actor, lambda _duty: TICKED)


def test_several_are_one_commit(any_store: Store) -> None:
    context = a_context(store=any_store)
    ids = [sheet(context, subject=f"鄂F·{n}").id for n in range(3)]
    wang, before = who(context, "wang.fang"), context.store.sequence()
    several = actions.apply_to_many(context, wang, ids, delivering(context, wang))
    assert [duty.id for duty in several.done] == ids
    assert {duty.state for duty in several.done} == {State.DELIVERED}
    assert context.store.sequence() == before + 1


def test_each_that_stands_in_the_way_is_named_and_left(context: ServiceContext) -> None:
    one, other = delivered(context), sheet(context, subject="鄂F·67890")
    chen = who(context, "chen.jing")
    judged = actions.apply_to_many(
        context, chen, [one.id, other.id, one.id, "nothing"], operations.accept_action(context, chen)
    )
    assert [duty.id for duty in judged.done] == [one.id]
    assert [type(problem) for problem in judged.refused] == [Overtaken, NotFound]
    assert other.reference in judged.refused[0].sentence()
    assert (stored(context, one).state, stored(context, other).state) == (State.ACCEPTED, State.OPEN)


def test_a_reason_that_names_no_duty_is_put_behind_its_name(context: ServiceContext) -> None:
    duty, chen = sheet(context), who(context, "chen.jing")
    (problem,) = actions.apply_to_many(
        context, chen, [duty.id], operations.take_action(context, chen)
    ).refused
    assert isinstance(problem, LeftOut)
    assert problem.sentence().startswith(f"“Decoration sheet” 鄂F·12345 ({duty.reference}): 陈静 ")
    assert problem.exit_code is Forbidden.exit_code


def test_when_none_can_be_done_nothing_is_committed(context: ServiceContext) -> None:
    duty, wang = delivered(context), who(context, "wang.fang")
    before = context.store.sequence()
    several = actions.apply_to_many(context, wang, [duty.id], delivering(context, wang))
    assert (several.done, len(several.refused)) == ((), 1)
    assert context.store.sequence() == before


def test_a_plugins_review_is_asked_once_each_and_outside_the_transaction(context: ServiceContext) -> None:
    first, second = sheet(context), sheet(context, subject="鄂F·67890")
    asked: list[str] = []

    def review(duty: Duty, _evidence: Mapping[str, str]) -> Review:
        asked.append(duty.subject)
        assert stored(context, duty).state is State.OPEN
        return Review(objections=["not this one"] if duty.id == second.id else [])

    strict, wang = replace(context, review=review), who(context, "wang.fang")
    several = actions.apply_to_many(strict, wang, [first.id, second.id], delivering(strict, wang))
    assert asked == [first.subject, second.subject]
    assert [duty.id for duty in several.done] == [first.id]
    (problem,) = several.refused
    assert "not this one" in problem.sentence()
    assert second.reference in problem.sentence()
    assert problem.exit_code is Incomplete.exit_code


def test_without_the_right_nobody_learns_what_a_plugin_says(context: ServiceContext) -> None:
    duty = sheet(context)
    strict = replace(context, review=lambda _duty, _evidence: Review(objections=["a secret"]))
    stranger = who(context, "ma.chao")
    with pytest.raises(Forbidden):
        operations.deliver(strict, stranger, duty.id, TICKED)
    (problem,) = actions.apply_to_many(strict, stranger, [duty.id], delivering(strict, stranger)).refused
    assert (problem.exit_code, "a secret" in problem.sentence()) == (Forbidden.exit_code, False)
    with pytest.raises(Incomplete, match="a secret"):
        operations.deliver(strict, who(context, "wang.fang"), duty.id, TICKED)


def test_what_fails_on_the_way_leaves_none_of_them_changed(context: ServiceContext) -> None:
    untouched = [sheet(context, subject=f"鄂F·{n}") for n in range(2)]
    ids = [duty.id for duty in untouched]
    wang = who(context, "wang.fang")
    taking = operations.take_action(context, wang)

    def step(tx: object, duty: Duty, now: object) -> Duty:
        if duty.id == ids[1]:
            raise OSError("gone")
        return taking.step(tx, duty, now)  # type: ignore[arg-type]

    with pytest.raises(OSError, match="gone"):
        actions.apply_to_many(context, wang, ids, replace(taking, step=step))
    assert {stored(context, duty).assignee for duty in untouched} == {""}


def test_one_cause_is_written_for_all_that_were_late(context: ServiceContext) -> None:
    ids = [sheet(context, subject=f"鄂F·{n}").id for n in range(2)]
    wang = who(context, "wang.fang")
    set_clock(context, "2026-11-25 09:00")
    actions.apply_to_many(context, wang, ids, delivering(context, wang))
    several = actions.apply_to_many(
        context, wang, ids, ratings.explain_action(context, "forgotten", "holiday")
    )
    assert [(duty.cause, duty.cause_note) for duty in several.done] == [("forgotten", "holiday")] * 2
    with pytest.raises(SlaError, match="weather"):
        ratings.explain_action(context, "weather")
