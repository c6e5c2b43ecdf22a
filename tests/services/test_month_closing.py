"""A month is closed when nothing is open in it; what comes later counts in the first open one."""

from __future__ import annotations

import pytest

from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.errors import (
    Forbidden,
    IllegalTransition,
    Incomplete,
    Overtaken,
    Refused,
    UsageError,
    show_people_as,
)
from sla_tracker.services import undo
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import holds, operations, waivers
from sla_tracker.services.months import archive, closing
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_obligation, set_clock
from tests.services.acts import TICKED, delivered, live, rolled_to, sheet, stored, who

HEAD = "sun.hua"


@pytest.fixture
def context() -> ServiceContext:
    return a_context(obligations=[one for one in OBLIGATIONS if one.id == "decoration-sheet"])


def close(context: ServiceContext, *, mark_missed: bool = False) -> closing.Closed:
    return closing.close(context, who(context, HEAD), "2026-11", mark_missed=mark_missed)


def test_what_is_owed_stands_in_the_way_until_it_is_missed(context: ServiceContext) -> None:
    duty = sheet(context)
    set_clock(context, "2026-12-01 09:00")
    with pytest.raises(Refused, match=duty.reference):
        close(context)
    closed = close(context, mark_missed=True)
    assert duty.id in {missed.id for missed in closed.missed}
    assert stored(context, duty).state is State.MISSED
    assert [month.id for month in closing.closed_months(context)] == ["2026-11"]
    with pytest.raises(UsageError, match="is not a month"):
        closing.close(context, who(context, HEAD), "２０２６-11")


def test_a_pending_verdict_stands_in_the_way(context: ServiceContext) -> None:
    set_clock(context, "2026-11-30 14:00")
    delivered(context, at="2026-11-26 10:00")
    set_clock(context, "2026-12-01 09:00")
    with pytest.raises(Refused, match="awaits a verdict until 2026-12-03 10:00: sla accept"):
        close(context, mark_missed=True)
    rolled_to(context, "2026-12-04 09:00")
    assert close(context, mark_missed=True).month.closed


class TestWhatStandsInTheWay:
    """The error names each duty, why it is not settled, and the command that settles it."""

    @pytest.fixture
    def context(self) -> ServiceContext:
        return a_context(
            now="2026-12-01 09:00",
            obligations=(
                an_obligation("first", triggers=(Recurring(due=DayOfMonth(day=3)),)),
                an_obligation("second", depends_on=("first",), triggers=(Recurring(due=DayOfMonth(day=4)),)),
                an_obligation("third", depends_on=("second",), triggers=(Recurring(due=DayOfMonth(day=7)),)),
            ),
        )

    def said(self, context: ServiceContext, *, mark_missed: bool = False) -> dict[str, str]:
        rolled_to(context, "2027-01-04 09:00")
        with pytest.raises(Incomplete) as caught:
            closing.close(context, who(context, HEAD), "2026-12", mark_missed=mark_missed)
        assert f"2026-12 cannot be closed; not settled ({len(caught.value.problems)}):" in str(caught.value)
        return {str(problem.values["title"]): problem.sentence() for problem in caught.value.problems}

    def one(self, context: ServiceContext, obligation: str) -> Duty:
        return next(duty for duty in live(context, obligation) if duty.month == "2026-12")

    def test_what_waits_names_what_it_waits_for(self, context: ServiceContext) -> None:
        said = self.said(context)
        first, second, third = (self.one(context, id) for id in ("first", "second", "third"))
        assert said[str(first.title)].endswith(
            "is overdue: deliver it, waive it, or close the month with --missed."
        )
        assert f"waits for “First” ({first.reference}), which nobody has delivered" in said[str(second.title)]
        assert f"waits for “Second” ({second.reference})" in said[str(third.title)]
        assert f"sla waive {third.reference}" in said[str(third.title)]

    def test_what_waited_for_something_missed_is_not_missed_with_it(self, context: ServiceContext) -> None:
        said = self.said(context, mark_missed=True)
        assert sorted(said) == [str(self.one(context, id).title) for id in ("second", "third")]
        assert all("waits for" in sentence for sentence in said.values())
        for id in ("second", "third"):
            waivers.waive(
                context, who(context, HEAD), self.one(context, id).id, code="agreed", reason="no list came"
            )
        closed = closing.close(context, who(context, HEAD), "2026-12", mark_missed=True)
        assert [duty.obligation for duty in closed.missed] == ["first"]

    def test_what_is_on_hold_is_resumed_and_then_has_the_time_it_had(self, context: ServiceContext) -> None:
        rolled_to(context, "2026-12-01 09:00")
        held = self.one(context, "first")
        holds.hold(context, who(context, "wang.fang"), held.id, waits_for="x", reason="y")
        assert f"is on hold: sla resume {held.reference}" in self.said(context)[str(held.title)]
        holds.resume(context, who(context, "wang.fang"), held.id)
        said = self.said(context, mark_missed=True)
        assert "is not due before 2027-01-06 10:00" in said[str(held.title)]


def test_it_must_be_over(context: ServiceContext) -> None:
    set_clock(context, "2026-11-30 23:59")
    with pytest.raises(Refused, match="not over yet"):
        close(context)
    set_clock(context, "2026-12-01 00:00")
    assert close(context).month.id == "2026-11"


def test_it_is_closed_once_and_opened_with_a_reason(context: ServiceContext) -> None:
    set_clock(context, "2026-12-01 09:00")
    close(context)
    show_people_as({"sun.hua": "孙华"})
    with pytest.raises(Overtaken, match="already closed by 孙华"):
        close(context)
    with pytest.raises(UsageError, match="reason"):
        archive.reopen_and_unseal(context, who(context, HEAD), "2026-11", " ")
    assert not archive.reopen_and_unseal(
        context, who(context, HEAD), "2026-11", "a list was forgotten"
    ).closed
    with pytest.raises(IllegalTransition, match="not closed"):
        archive.reopen_and_unseal(context, who(context, HEAD), "2026-11", "again")
    assert close(context).month.closed


@pytest.mark.parametrize("month", ["2026", "2026-13", "2026-00", "11-2026", "２０２６-11x"])
def test_a_month_is_written_like_this(context: ServiceContext, month: str) -> None:
    with pytest.raises(UsageError, match="like 2026-10"):
        closing.close(context, who(context, HEAD), month)


def test_it_takes_a_head(context: ServiceContext) -> None:
    with pytest.raises(Forbidden, match="head of department"):
        closing.close(context, who(context, "chen.jing"), "2026-10")
    assert closing.close(context, who(context, "root"), "2026-10").month.closed


class TestAfterwards:
    def test_what_is_reopened_counts_in_the_first_open_month(self, context: ServiceContext) -> None:
        duty = operations.accept(context, who(context, "chen.jing"), delivered(context).id)
        set_clock(context, "2027-01-04 09:00")
        for month in ("2026-11", "2026-12"):
            closing.close(context, who(context, HEAD), month)
        again = operations.reopen(context, who(context, HEAD), duty.id, "wrong sum")
        assert (again.month, again.carried, again.state) == ("2027-01", True, State.OPEN)

    def test_so_does_what_was_missed(self, context: ServiceContext) -> None:
        duty = sheet(context)
        set_clock(context, "2026-12-01 09:00")
        close(context, mark_missed=True)
        again = operations.reopen(context, who(context, HEAD), duty.id, "still needed")
        assert (again.month, again.carried, again.is_late(context.now())) == ("2026-12", True, True)
        assert operations.deliver(context, who(context, "wang.fang"), duty.id, TICKED).carried

    def test_nothing_in_it_is_undone(self, context: ServiceContext) -> None:
        set_clock(context, "2026-11-30 14:00")
        duty = delivered(context, at="2026-11-26 10:00")
        set_clock(context, "2026-12-01 09:00")
        operations.accept(context, who(context, "chen.jing"), duty.id)
        close(context, mark_missed=True)
        with pytest.raises(Refused, match="2026-11 is closed"):
            undo.undo(context, who(context, "chen.jing"))
