"""A month as it is planned and as it went: what is due in it, and its figures beside those of the months before."""

from __future__ import annotations

from datetime import date

import pytest

from sla_tracker.core.due import DayOfMonth
from sla_tracker.core.obligation import Recurring
from sla_tracker.desk import events, monthly, months
from sla_tracker.desk.desk import Desk
from sla_tracker.testing.company import OBLIGATIONS, a_desk, an_obligation, set_clock
from tests.desk.acts import delivered, rolled_to, sheet, who

NOVEMBER = date(2026, 11, 1)


class TestPlan:
    @pytest.fixture
    def desk(self) -> Desk:
        last = an_obligation("count", triggers=(Recurring(due=DayOfMonth(day=31)),))
        return a_desk(obligations=[*OBLIGATIONS, last])

    def test_both_sides_see_it_and_nobody_else_does(self, desk: Desk) -> None:
        duty = sheet(desk)
        for department, sees in (("sales", True), ("finance", True), ("loan", False)):
            rows = monthly.month_plan(desk, department, NOVEMBER).rows
            assert (duty.id in {row.id for row in rows}) is sees
            assert ("count" in {row.obligation for row in rows}) is sees

    def test_what_is_not_open_yet_is_planned_once(self, desk: Desk) -> None:
        for at, is_planned in (("2026-11-20 14:00", True), ("2026-11-30 09:00", False)):
            rolled_to(desk, at)
            (row,) = (
                row
                for row in monthly.month_plan(desk, "sales", NOVEMBER).rows
                if row.obligation == "count" and row.due_at.day == 30
            )
            assert (not row.id) is is_planned

    def test_it_is_in_due_order_and_within_the_month(self, desk: Desk) -> None:
        rolled_to(desk, "2026-11-30 14:00")
        assert sheet(desk, "2026-11-30 10:00").due_at.month == 12
        dues = [row.due_at for row in monthly.month_plan(desk, "sales", NOVEMBER).rows]
        assert dues == sorted(dues)
        assert {(due.year, due.month) for due in dues} == {(2026, 11)}

    def test_what_was_cancelled_is_not_due(self, desk: Desk) -> None:
        duty = sheet(desk)
        events.cancel(desk, who(desk, "chen.jing"), duty.event, "a mistake")
        assert duty.id not in {row.id for row in monthly.month_plan(desk, "sales", NOVEMBER).rows}

    def test_closed_days_are_the_calendars(self, desk: Desk) -> None:
        plan = monthly.month_plan(desk, "sales", NOVEMBER)
        assert {date(2026, 11, 21), date(2026, 11, 22)} <= plan.closed
        assert date(2026, 11, 20) not in plan.closed


class TestLastMonths:
    @pytest.fixture
    def desk(self) -> Desk:
        return a_desk(obligations=[one for one in OBLIGATIONS if one.id == "decoration-sheet"])

    def test_the_present_month_stands_alone_at_the_beginning(self, desk: Desk) -> None:
        (only,) = monthly.last_months(desk)
        assert (only.id, only.figures, only.heading()) == ("2026-11", (), "2026-11")

    def test_they_begin_with_the_first_figure_and_end_with_the_present_month(self, desk: Desk) -> None:
        sheet(desk)
        set_clock(desk, "2027-02-01 09:00")
        assert [month.id for month in monthly.last_months(desk)] == [
            "2026-11",
            "2026-12",
            "2027-01",
            "2027-02",
        ]
        set_clock(desk, "2027-05-03 09:00")
        assert [month.id for month in monthly.last_months(desk)] == ["2027-05"]

    def test_a_closed_month_says_so(self, desk: Desk) -> None:
        delivered(desk)
        rolled_to(desk, "2026-12-07 09:00")
        before = monthly.last_months(desk)[0]
        months.close(desk, who(desk, "sun.hua"), "2026-11", mark_missed=True)
        after, present = monthly.last_months(desk)
        assert (after.heading(), present.heading()) == ("2026-11 (closed)", "2026-12")
        assert after.figures == before.figures != ()

    def test_one_provider_alone(self, desk: Desk) -> None:
        sheet(desk)
        assert monthly.last_months(desk, "sales")[-1].figures != ()
        assert monthly.last_months(desk, "loan")[-1].figures == ()


@pytest.mark.parametrize(("back", "id"), [(0, "2026-01"), (1, "2025-12"), (13, "2024-12")])
def test_months_are_counted_over_the_years(back: int, id: str) -> None:
    assert monthly.month_before(date(2026, 1, 31), back) == id
