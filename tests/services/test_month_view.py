"""A month as it is planned and as it went: what is due in it, and its figures beside those of the months before."""

from __future__ import annotations

from datetime import date

import pytest

from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.months import closing, view
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_obligation, set_clock
from tests.services.acts import TICKED, delivered, opened, rolled_to, sheet, who

NOVEMBER = date(2026, 11, 1)


class TestPlan:
    @pytest.fixture
    def context(self) -> ServiceContext:
        last = an_obligation("count", triggers=(Recurring(due=DayOfMonth(day=31)),))
        return a_context(obligations=[*OBLIGATIONS, last])

    def test_both_sides_see_it_and_nobody_else_does(self, context: ServiceContext) -> None:
        duty = sheet(context)
        for department, sees in (("sales", True), ("finance", True), ("loan", False)):
            rows = view.month_plan(context, department, NOVEMBER).rows
            assert (duty.id in {row.id for row in rows}) is sees
            assert ("count" in {row.obligation for row in rows}) is sees

    def test_what_is_not_open_yet_is_planned_once(self, context: ServiceContext) -> None:
        for at, is_planned in (("2026-11-20 14:00", True), ("2026-11-30 09:00", False)):
            rolled_to(context, at)
            (row,) = (
                row
                for row in view.month_plan(context, "sales", NOVEMBER).rows
                if row.obligation == "count" and row.due_at.day == 30
            )
            assert (not row.id) is is_planned

    def test_it_is_in_due_order_and_within_the_month(self, context: ServiceContext) -> None:
        rolled_to(context, "2026-11-30 14:00")
        assert sheet(context, "2026-11-30 10:00").due_at.month == 12
        dues = [row.due_at for row in view.month_plan(context, "sales", NOVEMBER).rows]
        assert dues == sorted(dues)
        assert {(due.year, due.month) for due in dues} == {(2026, 11)}

    def test_what_excuses_moved_by_more_than_a_month_is_due_in_a_later_one(self) -> None:
        context = a_context(now="2026-11-02 09:00")
        duty = sheet(context, "2026-11-02 08:40")
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="the bank", reason="closed")
        set_clock(context, "2027-01-11 09:00")
        held = holds.resume(context, who(context, "wang.fang"), duty.id)
        assert (held.month, f"{held.due_at:%Y-%m}") == ("2026-11", "2027-01")
        january = date(2027, 1, 1)
        assert [row.id for row in view.month_plan(context, "sales", january).rows].count(duty.id) == 1
        operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED)
        operations.accept(context, who(context, "chen.jing"), duty.id)
        assert [row.id for row in view.month_plan(context, "sales", january).rows].count(duty.id) == 1

    def test_what_was_cancelled_is_not_due(self, context: ServiceContext) -> None:
        duty = sheet(context)
        events.cancel(context, who(context, "chen.jing"), duty.event, "a mistake")
        assert duty.id not in {row.id for row in view.month_plan(context, "sales", NOVEMBER).rows}

    def test_closed_days_are_the_calendars(self, context: ServiceContext) -> None:
        plan = view.month_plan(context, "sales", NOVEMBER)
        assert {date(2026, 11, 21), date(2026, 11, 22)} <= plan.closed
        assert date(2026, 11, 20) not in plan.closed


class TestLastMonths:
    @pytest.fixture
    def context(self) -> ServiceContext:
        return a_context(obligations=[one for one in OBLIGATIONS if one.id == "decoration-sheet"])

    def test_the_present_month_stands_alone_at_the_beginning(self, context: ServiceContext) -> None:
        (only,) = view.last_months(context)
        assert (only.id, only.figures, only.heading()) == ("2026-11", (), "2026-11")

    def test_they_begin_with_the_first_figure_and_end_with_the_present_month(
        self, context: ServiceContext
    ) -> None:
        sheet(context)
        set_clock(context, "2027-02-01 09:00")
        assert [month.id for month in view.last_months(context)] == [
            "2026-11",
            "2026-12",
            "2027-01",
            "2027-02",
        ]
        set_clock(context, "2027-05-03 09:00")
        assert [month.id for month in view.last_months(context)] == ["2027-05"]

    def test_a_closed_month_says_so(self, context: ServiceContext) -> None:
        delivered(context)
        rolled_to(context, "2026-12-07 09:00")
        before = view.last_months(context)[0]
        closing.close(context, who(context, "sun.hua"), "2026-11", mark_missed=True)
        after, present = view.last_months(context)
        assert (after.heading(), present.heading()) == ("2026-11 (closed)", "2026-12")
        assert after.figures == before.figures != ()

    def test_one_provider_alone(self, context: ServiceContext) -> None:
        sheet(context)
        assert view.last_months(context, "sales")[-1].figures != ()
        assert view.last_months(context, "loan")[-1].figures == ()

    def test_one_provider_s_closed_months_show_it_alone_as_the_open_ones_do(self) -> None:
        context = a_context(obligations=[one for one in OBLIGATIONS if not one.depends_on])
        opened(context)
        set_clock(context, "2026-12-15 09:00")
        before = view.last_months(context, "service")[0]
        closing.close(context, who(context, "sun.hua"), "2026-11", mark_missed=True)
        after, both = view.last_months(context, "service")[0], view.last_months(context)[0]
        assert (
            {one.provider for one in before.figures} == {one.provider for one in after.figures} == {"service"}
        )
        assert {one.provider for one in both.figures} > {"service"}


@pytest.mark.parametrize(("back", "id"), [(0, "2026-01"), (1, "2025-12"), (13, "2024-12")])
def test_months_are_counted_over_the_years(back: int, id: str) -> None:
    assert view.month_before(date(2026, 1, 31), back) == id
