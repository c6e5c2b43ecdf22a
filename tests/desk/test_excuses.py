"""Excused time: holds, the consumer's own holding, and waiting for another duty."""

from __future__ import annotations

import pytest

from sla_tracker.core.due import DayOfMonth, InDays
from sla_tracker.core.duty import Duty, State
from sla_tracker.core.explanation import explain
from sla_tracker.core.obligation import Obligation, OnEvent, Recurring
from sla_tracker.core.recompute import recompute
from sla_tracker.desk import duties, events, handovers, holds, queries, waivers
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.excuses import due_now
from sla_tracker.testing.company import a_desk, an_obligation, local, set_clock
from tests.desk.acts import TICKED, delivered, live, rolled_to, sheet, stored, who


def hold(desk: Desk, duty: Duty, reason: str = "no contract yet") -> Duty:
    return holds.hold(desk, who(desk, "wang.fang"), duty.id, waits_for="finance", reason=reason)


def resume(desk: Desk, duty: Duty) -> Duty:
    return holds.resume(desk, who(desk, "wang.fang"), duty.id)


class TestHolds:
    def test_working_time_on_hold_is_added(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        set_clock(desk, "2026-11-23 10:30")
        # Friday 14:00 to 18:00 and Monday 08:30 to 10:30 are six working hours.
        assert resume(desk, duty).due_at == local("2026-11-24 16:00")

    def test_outside_working_hours_it_counts_nothing(self, desk: Desk) -> None:
        set_clock(desk, "2026-11-20 18:30")
        duty = hold(desk, sheet(desk))
        set_clock(desk, "2026-11-23 08:00")
        assert resume(desk, duty).due_at == local("2026-11-23 18:00")

    def test_while_it_lasts_the_deadline_moves_with_the_clock(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        set_clock(desk, "2026-12-01 10:00")
        row = queries.row_of(desk, duty, desk.now())
        assert row.bucket is queries.Bucket.ON_HOLD
        assert row.due_at == due_now(desk, duty, desk.now()).due_at > desk.now()
        assert resume(desk, duty).due_at == row.due_at

    def test_it_cannot_rescue_what_is_already_late(self, desk: Desk) -> None:
        duty = sheet(desk)
        set_clock(desk, "2026-11-24 09:00")
        held = hold(desk, duty)
        assert held.is_overdue(desk.now())
        set_clock(desk, "2026-11-26 09:00")
        assert resume(desk, held).due_at == duty.due_at

    def test_holds_add_up(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        set_clock(desk, "2026-11-20 15:00")
        resume(desk, duty)
        set_clock(desk, "2026-11-20 16:00")
        hold(desk, duty)
        set_clock(desk, "2026-11-20 17:00")
        assert resume(desk, duty).due_at == local("2026-11-24 10:30")

    def test_who_waited_for_what_is_in_the_explanation(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk), "no contract yet")
        set_clock(desk, "2026-11-20 15:00")
        steps = resume(desk, duty).deadline.steps
        assert "Finance: no contract yet · 王芳" in [step.get("why") for step in steps]
        assert recompute(steps) == stored(desk, duty).due_at

    def test_what_is_on_hold_is_resumed_before_it_is_delivered(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        with pytest.raises(Exception, match="resume it first"):
            duties.deliver(desk, who(desk, "wang.fang"), duty.id, TICKED)


class TestObjections:
    def test_an_objection_takes_the_time_away_at_once(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        set_clock(desk, "2026-11-23 18:30")
        assert not stored(desk, duty).is_overdue(desk.now())
        objected = holds.object_to(desk, who(desk, "chen.jing"), duty.id, "it was on your desk")
        assert objected.excuses == ()
        assert objected.is_overdue(desk.now())

    def test_the_head_who_confirms_gives_it_back(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        set_clock(desk, "2026-11-23 10:30")
        resumed = resume(desk, duty)
        holds.object_to(desk, who(desk, "chen.jing"), duty.id, "it was on your desk")
        assert stored(desk, duty).due_at == local("2026-11-23 18:00")
        assert holds.confirm(desk, who(desk, "sun.hua"), duty.id).due_at == resumed.due_at

    def test_the_head_who_refuses_does_not(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        holds.object_to(desk, who(desk, "chen.jing"), duty.id, "no")
        refused = holds.refuse(desk, who(desk, "sun.hua"), duty.id)
        assert refused.due_at == local("2026-11-23 18:00")

    def test_an_objection_after_the_delivery_still_decides_whether_it_was_on_time(self, desk: Desk) -> None:
        duty = hold(desk, sheet(desk))
        set_clock(desk, "2026-11-24 09:00")
        resume(desk, duty)
        done = duties.deliver(desk, who(desk, "wang.fang"), duty.id, TICKED)
        assert not done.is_late(desk.now())
        assert holds.object_to(desk, who(desk, "chen.jing"), duty.id, "no").is_late(desk.now())
        assert not holds.confirm(desk, who(desk, "sun.hua"), duty.id).is_late(desk.now())


class TestJudging:
    def test_what_the_consumer_held_and_a_hold_overlap_once(self, desk: Desk) -> None:
        duty = delivered(desk)
        set_clock(desk, "2026-11-20 15:00")
        duties.return_(desk, who(desk, "chen.jing"), duty.id, "unsigned")
        hold(desk, duty)
        set_clock(desk, "2026-11-20 17:00")
        assert resume(desk, duty).due_at == local("2026-11-24 11:30")

    def test_the_reason_is_in_the_explanation(self, desk: Desk) -> None:
        duty = delivered(desk)
        set_clock(desk, "2026-11-20 15:00")
        back = duties.return_(desk, who(desk, "chen.jing"), duty.id, "unsigned")
        assert "陈静: unsigned" in [step.get("why") for step in back.deadline.steps]


@pytest.fixture
def monthly() -> Desk:
    """Open the December lists: stock on the 3rd, and parts, which wait for it, on the 4th."""
    desk = a_desk(now="2026-12-01 09:00", in_force_from=local("2026-12-01 12:00").date())
    rolled_to(desk, "2026-12-01 09:00")
    return desk


def stock(desk: Desk) -> Duty:
    return live(desk, "stock-list")[0]


def parts(desk: Desk) -> Duty:
    return live(desk, "parts-margin")[0]


class TestWaiting:
    def deliver_stock(self, desk: Desk, at: str) -> Duty:
        set_clock(desk, at)
        return duties.deliver(desk, who(desk, "ma.chao"), stock(desk).id)

    def test_in_time_nothing_is_excused(self, monthly: Desk) -> None:
        self.deliver_stock(monthly, "2026-12-03 18:00")
        assert (parts(monthly).due_at, parts(monthly).excuses) == (local("2026-12-04 18:00"), ())

    def test_while_it_waits_it_is_not_overdue_and_shows_how_long_it_has(self, monthly: Desk) -> None:
        set_clock(monthly, "2026-12-07 10:30")
        row = queries.row_of(monthly, parts(monthly), monthly.now())
        # Due in eight working hours when the other was due; so it is still.
        assert row.due_at == local("2026-12-08 10:30")
        assert row.bucket is not queries.Bucket.OVERDUE

    def test_exactly_the_wait_is_added(self, monthly: Desk) -> None:
        self.deliver_stock(monthly, "2026-12-07 10:30")
        assert parts(monthly).due_at == local("2026-12-08 10:30")
        (excuse,) = parts(monthly).excuses
        assert (excuse.start_at, excuse.end_at) == (local("2026-12-03 18:00"), local("2026-12-07 10:30"))

    def test_the_wait_names_the_other_in_the_readers_language(self, monthly: Desk) -> None:
        self.deliver_stock(monthly, "2026-12-07 10:30")
        steps, named = parts(monthly).deadline.steps, stock(monthly).reference
        for lang, said in (
            ("en", f"(waiting for “Stock list” {named})"),
            ("zh_CN", f"（等待“库存表” {named}）"),
        ):
            assert any(said in one for one in explain(steps, lang=lang, zone=monthly.settings.zone))

    def test_a_return_makes_it_wait_again(self, monthly: Desk) -> None:
        self.deliver_stock(monthly, "2026-12-03 10:00")
        set_clock(monthly, "2026-12-07 10:30")
        duties.return_(monthly, who(monthly, "chen.jing"), stock(monthly).id, "a page is missing")
        assert stock(monthly).due_at == local("2026-12-08 09:00")
        # The list was there while it lay with the consumer, so it kept nobody waiting.
        assert parts(monthly).is_overdue(monthly.now())

    def test_returned_before_it_was_due_it_may_keep_others_waiting(self, monthly: Desk) -> None:
        self.deliver_stock(monthly, "2026-12-03 10:00")
        duties.return_(monthly, who(monthly, "chen.jing"), stock(monthly).id, "a page is missing")
        set_clock(monthly, "2026-12-07 10:30")
        assert not parts(monthly).is_overdue(monthly.now())

    def test_delivered_while_waiting_it_is_on_time(self, monthly: Desk) -> None:
        set_clock(monthly, "2026-12-09 10:30")
        done = duties.deliver(monthly, who(monthly, "liu.yang"), parts(monthly).id)
        assert not done.is_late(monthly.now())
        self.deliver_stock(monthly, "2026-12-11 10:30")
        assert parts(monthly).due_at == done.due_at

    def test_what_excuses_the_other_costs_nobody_after_it_any_time(self, monthly: Desk) -> None:
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

        desk = a_desk(now="2026-12-01 09:00", obligations=(one("a", 1), one("b", 2, "a"), one("c", 3, "b")))
        rolled_to(desk, "2026-12-01 09:00")
        set_clock(desk, "2026-12-11 18:00")
        assert not live(desk, "c")[-1].is_overdue(desk.now())
        duties.deliver(desk, who(desk, "wang.fang"), live(desk, "a")[-1].id)
        assert live(desk, "b")[-1].due_at == local("2026-12-14 18:00")
        assert not live(desk, "c")[-1].is_overdue(desk.now())
        set_clock(desk, "2026-12-14 18:00")
        duties.deliver(desk, who(desk, "wang.fang"), live(desk, "b")[-1].id)
        assert live(desk, "c")[-1].due_at == local("2026-12-15 18:00")

    def test_once_the_other_is_waived_nobody_waits_any_more(self, monthly: Desk) -> None:
        set_clock(monthly, "2026-12-07 10:30")
        waivers.waive(monthly, who(monthly, "sun.hua"), stock(monthly).id, code="agreed", reason="fire")
        assert parts(monthly).due_at == local("2026-12-08 10:30")

    def test_handed_over_it_waits_for_the_linked_one(self, monthly: Desk) -> None:
        offer = handovers.offer(monthly, who(monthly, "ma.chao"), stock(monthly).id, "sales", reason="moved")
        handovers.consent(monthly, who(monthly, "li.na"), offer.id)
        linked = next(duty for duty in live(monthly, "stock-list") if duty.handed_from)
        set_clock(monthly, "2026-12-07 10:30")
        assert not parts(monthly).is_overdue(monthly.now())
        duties.deliver(monthly, who(monthly, "wang.fang"), linked.id)
        assert parts(monthly).due_at == local("2026-12-08 10:30")

    def test_another_periods_list_excuses_nothing(self, monthly: Desk) -> None:
        self.deliver_stock(monthly, "2026-12-03 10:00")
        rolled_to(monthly, "2027-02-02 09:00")
        february = live(monthly, "parts-margin")[-1]
        assert february.excuses[0].start_at == local("2027-02-03 18:00")
        assert parts(monthly).excuses == ()

    def test_an_events_duties_wait_for_each_other_too(self) -> None:
        desk = a_desk(
            obligations=(
                an_obligation(
                    "first", triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=0)),)
                ),
                an_obligation("second", depends_on=("first",)),
            )
        )
        done = events.register(
            desk, who(desk, "wang.fang"), "vehicle-delivered", subject="鄂F1", at=local("2026-11-20 10:00")
        )
        second = next(duty for duty in done.opened if duty.obligation == "second")
        set_clock(desk, "2026-11-30 10:00")
        assert not stored(desk, second).is_overdue(desk.now())

    def test_two_that_wait_for_each_other_do_not_hang(self) -> None:
        def one(id: str, other: str, day: int) -> object:
            return an_obligation(id, depends_on=(other,), triggers=(Recurring(due=DayOfMonth(day=day)),))

        desk = a_desk(
            now="2026-12-01 09:00",
            obligations=(one("a", "b", 3), one("b", "a", 4)),  # type: ignore[arg-type]
        )
        rolled_to(desk, "2026-12-01 09:00")
        set_clock(desk, "2026-12-09 09:00")
        duties.deliver(desk, who(desk, "wang.fang"), live(desk, "a")[-1].id)
        assert live(desk, "a")[-1].state is State.DELIVERED
