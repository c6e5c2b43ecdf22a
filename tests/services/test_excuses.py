"""Excused time: holds, the consumer's own holding, and waiting for another duty."""

from __future__ import annotations

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, InDays
from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.queries import duties
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock
from tests.services.acts import TICKED, delivered, live, rolled_to, sheet, stored, who


def hold(context: ServiceContext, duty: Duty, reason: str = "no contract yet") -> Duty:
    return holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="finance", reason=reason)


def resume(context: ServiceContext, duty: Duty) -> Duty:
    return holds.resume(context, who(context, "wang.fang"), duty.id)


class TestHolds:
    def test_working_time_on_hold_is_added(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context))
        set_clock(context, "2026-11-23 10:30")
        # Friday 14:00 to 18:00 and Monday 08:30 to 10:30 are six working hours.
        assert resume(context, duty).due_at == local("2026-11-24 16:00")

    def test_outside_working_hours_it_counts_nothing(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-20 18:30")
        duty = hold(context, sheet(context))
        set_clock(context, "2026-11-23 08:00")
        assert resume(context, duty).due_at == local("2026-11-23 18:00")

    def test_while_it_lasts_the_deadline_moves_with_the_clock(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context))
        set_clock(context, "2026-12-01 10:00")
        row = duties.row_of(context, duty, context.now())
        assert row.bucket is duties.Bucket.ON_HOLD
        assert row.due_at == due_now(context, duty, context.now()).due_at > context.now()
        assert resume(context, duty).due_at == row.due_at

    def test_it_cannot_rescue_what_is_already_late(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, "2026-11-24 09:00")
        held = hold(context, duty)
        assert held.is_overdue(context.now())
        set_clock(context, "2026-11-26 09:00")
        assert resume(context, held).due_at == duty.due_at

    def test_holds_add_up(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context))
        set_clock(context, "2026-11-20 15:00")
        resume(context, duty)
        set_clock(context, "2026-11-20 16:00")
        hold(context, duty)
        set_clock(context, "2026-11-20 17:00")
        assert resume(context, duty).due_at == local("2026-11-24 10:30")

    def test_who_waited_for_what_is_in_the_explanation(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context), "no contract yet")
        set_clock(context, "2026-11-20 15:00")
        steps = resume(context, duty).deadline.steps
        assert "Finance: no contract yet · 王芳" in [step.get("why") for step in steps]
        assert recompute(steps) == stored(context, duty).due_at

    def test_what_is_on_hold_is_resumed_before_it_is_delivered(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context))
        with pytest.raises(Exception, match="resume it first"):
            operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)


class TestObjections:
    def test_an_objection_takes_the_time_away_at_once(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context))
        set_clock(context, "2026-11-23 18:30")
        assert not stored(context, duty).is_overdue(context.now())
        objected = holds.object_to(context, who(context, "chen.jing"), duty.id, "it was on your desk")
        assert objected.excuses == ()
        assert objected.is_overdue(context.now())

    def test_the_head_who_confirms_gives_it_back(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context))
        set_clock(context, "2026-11-23 10:30")
        resumed = resume(context, duty)
        holds.object_to(context, who(context, "chen.jing"), duty.id, "it was on your desk")
        assert stored(context, duty).due_at == local("2026-11-23 18:00")
        assert holds.confirm(context, who(context, "sun.hua"), duty.id).due_at == resumed.due_at

    def test_the_head_who_refuses_does_not(self, context: ServiceContext) -> None:
        duty = hold(context, sheet(context))
        holds.object_to(context, who(context, "chen.jing"), duty.id, "no")
        refused = holds.refuse(context, who(context, "sun.hua"), duty.id)
        assert refused.due_at == local("2026-11-23 18:00")

    def test_an_objection_after_the_delivery_still_decides_whether_it_was_on_time(
        self, context: ServiceContext
    ) -> None:
        duty = hold(context, sheet(context))
        set_clock(context, "2026-11-24 09:00")
        resume(context, duty)
        done = operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        assert not done.is_late(context.now())
        assert holds.object_to(context, who(context, "chen.jing"), duty.id, "no").is_late(context.now())
        assert not holds.confirm(context, who(context, "sun.hua"), duty.id).is_late(context.now())


class TestJudging:
    def test_what_the_consumer_held_and_a_hold_overlap_once(self, context: ServiceContext) -> None:
        duty = delivered(context)
        set_clock(context, "2026-11-20 15:00")
        operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
        hold(context, duty)
        set_clock(context, "2026-11-20 17:00")
        assert resume(context, duty).due_at == local("2026-11-24 11:30")

    def test_the_reason_is_in_the_explanation(self, context: ServiceContext) -> None:
        duty = delivered(context)
        set_clock(context, "2026-11-20 15:00")
        back = operations.return_(context, who(context, "chen.jing"), duty.id, "unsigned")
        assert "陈静: unsigned" in [step.get("why") for step in back.deadline.steps]


@pytest.fixture
def monthly() -> ServiceContext:
    """Open the December lists: stock on the 3rd, and parts, which wait for it, on the 4th."""
    context = a_context(now="2026-12-01 09:00", in_force_from=local("2026-12-01 12:00").date())
    rolled_to(context, "2026-12-01 09:00")
    return context


def stock(context: ServiceContext) -> Duty:
    return live(context, "stock-list")[0]


def parts(context: ServiceContext) -> Duty:
    return live(context, "parts-margin")[0]


class TestWaiting:
    def deliver_stock(self, context: ServiceContext, at: str) -> Duty:
        set_clock(context, at)
        return operations.deliver(context, who(context, "ma.chao"), stock(context).id)

    def test_in_time_nothing_is_excused(self, monthly: ServiceContext) -> None:
        self.deliver_stock(monthly, "2026-12-03 18:00")
        assert (parts(monthly).due_at, parts(monthly).excuses) == (local("2026-12-04 18:00"), ())

    def test_while_it_waits_it_is_not_overdue_and_shows_how_long_it_has(
        self, monthly: ServiceContext
    ) -> None:
        set_clock(monthly, "2026-12-07 10:30")
        row = duties.row_of(monthly, parts(monthly), monthly.now())
        # Due in eight working hours when the other was due; so it is still.
        assert row.due_at == local("2026-12-08 10:30")
        assert row.bucket is not duties.Bucket.OVERDUE

    def test_exactly_the_wait_is_added(self, monthly: ServiceContext) -> None:
        self.deliver_stock(monthly, "2026-12-07 10:30")
        assert parts(monthly).due_at == local("2026-12-08 10:30")
        (excuse,) = parts(monthly).excuses
        assert (excuse.start_at, excuse.end_at) == (local("2026-12-03 18:00"), local("2026-12-07 10:30"))

    def test_the_wait_names_the_other_in_the_readers_language(self, monthly: ServiceContext) -> None:
        self.deliver_stock(monthly, "2026-12-07 10:30")
        steps, named = parts(monthly).deadline.steps, stock(monthly).reference
        for lang, said in (
            ("en", f"(waiting for “Stock list” {named})"),
            ("zh_CN", f"（等待“库存表” {named}）"),
        ):
            assert any(said in one for one in explain(steps, lang=lang, zone=monthly.settings.zone))

    def test_a_return_makes_it_wait_again(self, monthly: ServiceContext) -> None:
        self.deliver_stock(monthly, "2026-12-03 10:00")
        set_clock(monthly, "2026-12-07 10:30")
        operations.return_(monthly, who(monthly, "chen.jing"), stock(monthly).id, "a page is missing")
        assert stock(monthly).due_at == local("2026-12-08 09:00")
        # The list was there while it lay with the consumer, so it kept nobody waiting.
        assert parts(monthly).is_overdue(monthly.now())

    def test_returned_before_it_was_due_it_may_keep_others_waiting(self, monthly: ServiceContext) -> None:
        self.deliver_stock(monthly, "2026-12-03 10:00")
        operations.return_(monthly, who(monthly, "chen.jing"), stock(monthly).id, "a page is missing")
        set_clock(monthly, "2026-12-07 10:30")
        assert not parts(monthly).is_overdue(monthly.now())

    def test_delivered_while_waiting_it_is_on_time(self, monthly: ServiceContext) -> None:
        set_clock(monthly, "2026-12-09 10:30")
        done = operations.deliver(monthly, who(monthly, "liu.yang"), parts(monthly).id)
        assert not done.is_late(monthly.now())
        self.deliver_stock(monthly, "2026-12-11 10:30")
        assert parts(monthly).due_at == done.due_at

    def test_what_excuses_the_other_costs_nobody_after_it_any_time(self, monthly: ServiceContext) -> None:
        holds.hold(monthly, who(monthly, "ma.chao"), stock(monthly).id, waits_for="x", reason="y")
        set_clock(monthly, "2026-12-01 11:00")
        holds.resume(monthly, who(monthly, "ma.chao"), stock(monthly).id)
        assert stock(monthly).due_at == local("2026-12-04 10:30")
        self.deliver_stock(monthly, "2026-12-04 10:30")
        assert stock(monthly).is_late(monthly.now()) is False
        assert parts(monthly).due_at == local("2026-12-07 10:30")

    def test_the_third_of_a_chain_is_not_late_because_of_the_first(self) -> None:
        def one(id: str, day: int, *other: str) -> Obligation:
            return an_obligation(id, depends_on=other, triggers=(Recurring(due=DayOfMonth(day=day)),))

        context = a_context(
            now="2026-12-01 09:00", obligations=(one("a", 1), one("b", 2, "a"), one("c", 3, "b"))
        )
        rolled_to(context, "2026-12-01 09:00")
        set_clock(context, "2026-12-11 18:00")
        assert not live(context, "c")[-1].is_overdue(context.now())
        operations.deliver(context, who(context, "wang.fang"), live(context, "a")[-1].id)
        assert live(context, "b")[-1].due_at == local("2026-12-14 18:00")
        assert not live(context, "c")[-1].is_overdue(context.now())
        set_clock(context, "2026-12-14 18:00")
        operations.deliver(context, who(context, "wang.fang"), live(context, "b")[-1].id)
        assert live(context, "c")[-1].due_at == local("2026-12-15 18:00")

    def test_once_the_other_is_waived_nobody_waits_any_more(self, monthly: ServiceContext) -> None:
        set_clock(monthly, "2026-12-07 10:30")
        waivers.waive(monthly, who(monthly, "sun.hua"), stock(monthly).id, code="agreed", reason="fire")
        assert parts(monthly).due_at == local("2026-12-08 10:30")

    def test_handed_over_it_waits_for_the_linked_one(self, monthly: ServiceContext) -> None:
        offer = handovers.offer(monthly, who(monthly, "ma.chao"), stock(monthly).id, "sales", reason="moved")
        handovers.consent(monthly, who(monthly, "li.na"), offer.id)
        linked = next(duty for duty in live(monthly, "stock-list") if duty.handed_from)
        set_clock(monthly, "2026-12-07 10:30")
        assert not parts(monthly).is_overdue(monthly.now())
        operations.deliver(monthly, who(monthly, "wang.fang"), linked.id)
        assert parts(monthly).due_at == local("2026-12-08 10:30")

    def test_another_periods_list_excuses_nothing(self, monthly: ServiceContext) -> None:
        self.deliver_stock(monthly, "2026-12-03 10:00")
        rolled_to(monthly, "2027-02-02 09:00")
        february = live(monthly, "parts-margin")[-1]
        assert february.excuses[0].start_at == local("2027-02-03 18:00")
        assert parts(monthly).excuses == ()

    def test_an_events_duties_wait_for_each_other_too(self) -> None:
        context = a_context(
            obligations=(
                an_obligation(
                    "first", triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=0)),)
                ),
                an_obligation("second", depends_on=("first",)),
            )
        )
        done = events.register(
            context,
            who(context, "wang.fang"),
            "vehicle-delivered",
            subject="鄂F1",
            at=local("2026-11-20 10:00"),
        )
        second = next(duty for duty in done.opened if duty.obligation == "second")
        set_clock(context, "2026-11-30 10:00")
        assert not stored(context, second).is_overdue(context.now())

    def test_two_that_wait_for_each_other_do_not_hang(self) -> None:
        def one(id: str, other: str, day: int) -> object:
            return an_obligation(id, depends_on=(other,), triggers=(Recurring(due=DayOfMonth(day=day)),))

        context = a_context(
            now="2026-12-01 09:00",
            obligations=(one("a", "b", 3), one("b", "a", 4)),  # type: ignore[arg-type]
        )
        rolled_to(context, "2026-12-01 09:00")
        set_clock(context, "2026-12-09 09:00")
        operations.deliver(context, who(context, "wang.fang"), live(context, "a")[-1].id)
        assert live(context, "a")[-1].state is State.DELIVERED
