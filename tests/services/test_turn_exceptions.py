"""Exceptions that are agreed after a duty has opened: a turn is moved, left out, or comes back."""

from dataclasses import replace
from datetime import date

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, ListedDays, MovedTurn, NthWorkday, RecurringRule
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock
from sla_tracker.wording.terms import format_left_out


def monthly(rule: RecurringRule) -> Obligation:
    return an_obligation("list", triggers=(Recurring(due=rule, id="monthly"),))


def with_rule(context: ServiceContext, rule: RecurringRule) -> ServiceContext:
    """Return the context with another rule, as after a changed checklist was loaded."""
    catalogue = replace(
        context.catalogue, obligations={"list": monthly(rule)}, digest=repr((rule, rule.moved))
    )
    return replace(context, declared=catalogue)


def the_duties(context: ServiceContext) -> list[Duty]:
    return context.store.read(lambda tx: sorted(tx.find(Duty), key=lambda duty: duty.key))


@pytest.fixture
def context() -> ServiceContext:
    context = a_context(obligations=(monthly(DayOfMonth(day=26)),))
    set_clock(context, "2026-11-20 09:00")
    tick(context)
    return context


def test_a_duty_follows_the_day_to_which_its_turn_is_moved_and_back(context: ServiceContext) -> None:
    (before,) = the_duties(context)
    moved = DayOfMonth(day=26, moved=(MovedTurn(turn_on=date(2026, 11, 26), to_on=date(2026, 11, 28)),))
    assert [duty.key for duty in tick(with_rule(context, moved)).recomputed] == [before.key]
    (after,) = the_duties(context)
    assert (after.due_at, after.month) == (local("2026-11-28 18:00"), "2026-11")
    assert recompute(after.deadline.steps) == after.due_at
    tick(with_rule(context, DayOfMonth(day=26)))
    assert the_duties(context)[0].due_at == before.due_at


def test_a_turn_moved_ahead_leaves_time_to_act(context: ServiceContext) -> None:
    ahead = DayOfMonth(day=26, moved=(MovedTurn(turn_on=date(2026, 11, 26), to_on=date(2026, 11, 20)),))
    tick(with_rule(context, ahead))
    (duty,) = the_duties(context)
    assert duty.due_at == local("2026-11-23 18:00")
    assert duty.deadline.steps[-1].get("cause") == "agreement"


def test_a_turn_that_is_left_out_is_cancelled_with_the_reason(context: ServiceContext) -> None:
    tick(with_rule(context, DayOfMonth(day=26, left_out=(date(2026, 11, 26),))))
    (duty,) = the_duties(context)
    assert duty.state is State.CANCELLED
    assert "by agreement this turn is left out" in format_left_out(duty)
    set_clock(context, "2026-12-25 09:00")
    tick(with_rule(context, DayOfMonth(day=26, left_out=(date(2026, 11, 26),))))
    assert [one.key.rpartition("/")[2] for one in the_duties(context)] == ["2026-11", "2026-12"]


def test_a_duty_keeps_the_rule_it_was_opened_with_when_the_rule_itself_changes(
    context: ServiceContext,
) -> None:
    (before,) = the_duties(context)
    other = DayOfMonth(day=25, left_out=(date(2026, 11, 25),))
    tick(with_rule(context, other))
    assert the_duties(context) == [before]


@pytest.mark.parametrize(
    ("rule", "turn_on"),
    [
        (ListedDays(on=(date(2026, 11, 26), date(2026, 12, 24))), date(2026, 11, 26)),
        (NthWorkday(n=-3), date(2026, 11, 26)),
    ],
)
def test_every_kind_of_turn_can_be_moved(rule: RecurringRule, turn_on: date) -> None:
    context = a_context(obligations=(monthly(rule),))
    set_clock(context, "2026-11-20 09:00")
    tick(context)
    tick(with_rule(context, replace(rule, moved=(MovedTurn(turn_on=turn_on, to_on=date(2026, 11, 27)),))))
    assert the_duties(context)[0].due_at == local("2026-11-27 18:00")


def test_the_terms_keep_one_turn_of_a_list_and_its_exception_only() -> None:
    moves = tuple(MovedTurn(turn_on=date(2026, month, 26), to_on=date(2026, month, 27)) for month in (11, 12))
    listed = ListedDays(on=(date(2026, 11, 26), date(2026, 12, 26)), moved=moves)
    context = a_context(obligations=(monthly(listed),))
    set_clock(context, "2026-11-20 09:00")
    tick(context)
    (duty,) = the_duties(context)
    assert duty.terms.due == ListedDays(on=(date(2026, 11, 26),), moved=moves[:1])
