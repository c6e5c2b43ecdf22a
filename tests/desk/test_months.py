"""A month is closed when nothing is open in it; what comes later counts in the first open one."""

from __future__ import annotations

import pytest

from sla_tracker.core.due import DayOfMonth
from sla_tracker.core.duty import Duty, State
from sla_tracker.core.obligation import Recurring
from sla_tracker.desk import duties, holds, months, undo, waivers
from sla_tracker.desk.desk import Desk
from sla_tracker.errors import (
    Forbidden,
    IllegalTransition,
    Incomplete,
    Overtaken,
    Refused,
    UsageError,
    show_people_as,
)
from sla_tracker.testing.company import OBLIGATIONS, a_desk, an_obligation, set_clock
from tests.desk.acts import TICKED, delivered, live, rolled_to, sheet, stored, who

HEAD = "sun.hua"


@pytest.fixture
def desk() -> Desk:
    return a_desk(obligations=[one for one in OBLIGATIONS if one.id == "decoration-sheet"])


def close(desk: Desk, *, mark_missed: bool = False) -> months.Closed:
    return months.close(desk, who(desk, HEAD), "2026-11", mark_missed=mark_missed)


def test_what_is_owed_stands_in_the_way_until_it_is_missed(desk: Desk) -> None:
    duty = sheet(desk)
    set_clock(desk, "2026-12-01 09:00")
    with pytest.raises(Refused, match=duty.reference):
        close(desk)
    closed = close(desk, mark_missed=True)
    assert duty.id in {missed.id for missed in closed.missed}
    assert stored(desk, duty).state is State.MISSED
    assert [month.id for month in months.closed_months(desk)] == ["2026-11"]


def test_a_pending_verdict_stands_in_the_way(desk: Desk) -> None:
    set_clock(desk, "2026-11-30 14:00")
    delivered(desk, at="2026-11-26 10:00")
    set_clock(desk, "2026-12-01 09:00")
    with pytest.raises(Refused, match="awaits a verdict until 2026-12-03 10:00: sla accept"):
        close(desk, mark_missed=True)
    rolled_to(desk, "2026-12-04 09:00")
    assert close(desk, mark_missed=True).month.closed


class TestWhatStandsInTheWay:
    """The error names each duty, why it is not settled, and the command that settles it."""

    @pytest.fixture
    def desk(self) -> Desk:
        return a_desk(
            now="2026-12-01 09:00",
            obligations=(
                an_obligation("first", triggers=(Recurring(due=DayOfMonth(day=3)),)),
                an_obligation("second", depends_on=("first",), triggers=(Recurring(due=DayOfMonth(day=4)),)),
                an_obligation("third", depends_on=("second",), triggers=(Recurring(due=DayOfMonth(day=7)),)),
            ),
        )

    def said(self, desk: Desk, *, mark_missed: bool = False) -> dict[str, str]:
        rolled_to(desk, "2027-01-04 09:00")
        with pytest.raises(Incomplete) as caught:
            months.close(desk, who(desk, HEAD), "2026-12", mark_missed=mark_missed)
        assert f"2026-12 cannot be closed; not settled ({len(caught.value.problems)}):" in str(caught.value)
        return {str(problem.values["title"]): problem.sentence() for problem in caught.value.problems}

    def one(self, desk: Desk, obligation: str) -> Duty:
        return next(duty for duty in live(desk, obligation) if duty.month == "2026-12")

    def test_what_waits_names_what_it_waits_for(self, desk: Desk) -> None:
        said = self.said(desk)
        first, second, third = (self.one(desk, id) for id in ("first", "second", "third"))
        assert said[str(first.title)].endswith(
            "is overdue: deliver it, waive it, or close the month with --missed."
        )
        assert f"waits for “First” ({first.reference}), which nobody has delivered" in said[str(second.title)]
        assert f"waits for “Second” ({second.reference})" in said[str(third.title)]
        assert f"sla waive {third.reference}" in said[str(third.title)]

    def test_what_waited_for_something_missed_is_not_missed_with_it(self, desk: Desk) -> None:
        said = self.said(desk, mark_missed=True)
        assert sorted(said) == [str(self.one(desk, id).title) for id in ("second", "third")]
        assert all("waits for" in sentence for sentence in said.values())
        for id in ("second", "third"):
            waivers.waive(desk, who(desk, HEAD), self.one(desk, id).id, code="agreed", reason="no list came")
        closed = months.close(desk, who(desk, HEAD), "2026-12", mark_missed=True)
        assert [duty.obligation for duty in closed.missed] == ["first"]

    def test_what_is_on_hold_is_resumed_and_then_has_the_time_it_had(self, desk: Desk) -> None:
        rolled_to(desk, "2026-12-01 09:00")
        held = self.one(desk, "first")
        holds.hold(desk, who(desk, "wang.fang"), held.id, waits_for="x", reason="y")
        assert f"is on hold: sla resume {held.reference}" in self.said(desk)[str(held.title)]
        holds.resume(desk, who(desk, "wang.fang"), held.id)
        said = self.said(desk, mark_missed=True)
        assert "is not due before 2027-01-06 10:00" in said[str(held.title)]


def test_it_must_be_over(desk: Desk) -> None:
    set_clock(desk, "2026-11-30 23:59")
    with pytest.raises(Refused, match="not over yet"):
        close(desk)
    set_clock(desk, "2026-12-01 00:00")
    assert close(desk).month.id == "2026-11"


def test_it_is_closed_once_and_opened_with_a_reason(desk: Desk) -> None:
    set_clock(desk, "2026-12-01 09:00")
    close(desk)
    show_people_as({"sun.hua": "孙华"})
    with pytest.raises(Overtaken, match="already closed by 孙华"):
        close(desk)
    with pytest.raises(UsageError, match="reason"):
        months.reopen(desk, who(desk, HEAD), "2026-11", " ")
    assert not months.reopen(desk, who(desk, HEAD), "2026-11", "a list was forgotten").closed
    with pytest.raises(IllegalTransition, match="not closed"):
        months.reopen(desk, who(desk, HEAD), "2026-11", "again")
    assert close(desk).month.closed


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "11-2026", "２０２６-11x"])
def test_a_month_is_written_like_this(desk: Desk, month: str) -> None:
    with pytest.raises(UsageError, match="like 2026-10"):
        months.close(desk, who(desk, HEAD), month)


def test_it_takes_a_head(desk: Desk) -> None:
    with pytest.raises(Forbidden, match="head of department"):
        months.close(desk, who(desk, "chen.jing"), "2026-10")
    assert months.close(desk, who(desk, "root"), "2026-10").month.closed


class TestAfterwards:
    def test_what_is_reopened_counts_in_the_first_open_month(self, desk: Desk) -> None:
        duty = duties.accept(desk, who(desk, "chen.jing"), delivered(desk).id)
        set_clock(desk, "2027-01-04 09:00")
        for month in ("2026-11", "2026-12"):
            months.close(desk, who(desk, HEAD), month)
        again = duties.reopen(desk, who(desk, HEAD), duty.id, "wrong sum")
        assert (again.month, again.carried, again.state) == ("2027-01", True, State.OPEN)

    def test_so_does_what_was_missed(self, desk: Desk) -> None:
        duty = sheet(desk)
        set_clock(desk, "2026-12-01 09:00")
        close(desk, mark_missed=True)
        again = duties.reopen(desk, who(desk, HEAD), duty.id, "still needed")
        assert (again.month, again.carried, again.is_late(desk.now())) == ("2026-12", True, True)
        assert duties.deliver(desk, who(desk, "wang.fang"), duty.id, TICKED).carried

    def test_nothing_in_it_is_undone(self, desk: Desk) -> None:
        duties.accept(desk, who(desk, "chen.jing"), delivered(desk).id)
        set_clock(desk, "2026-12-01 09:00")
        close(desk, mark_missed=True)
        with pytest.raises(Refused, match="2026-11 is closed"):
            undo.undo(desk, who(desk, "chen.jing"))
