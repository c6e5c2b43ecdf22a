"""What a duty says about itself as of a moment."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sla_tracker.domain.deadlines.due import Interval
from sla_tracker.domain.duties.duty import Delivery, Duty, Hold, State
from sla_tracker.testing.company import a_duty, local

DUE = local("2026-11-19 18:00")
SECOND = timedelta(seconds=1)


def delivered(at: datetime, **changes: object) -> Duty:
    return a_duty(state=State.DELIVERED, deliveries=(Delivery(at=at, by="wang.fang"),), **changes)


def test_the_builder_is_due_when_it_says() -> None:
    assert a_duty().due_at == DUE
    assert a_duty().reference == "abcdef"


def test_overdue_begins_a_moment_after_the_due_time() -> None:
    assert not a_duty().is_overdue(DUE)
    assert a_duty().is_overdue(DUE + SECOND)


@pytest.mark.parametrize("state", [state for state in State if state not in {State.OPEN, State.HELD}])
def test_only_what_is_owed_is_overdue(state: State) -> None:
    assert not a_duty(state=state).is_overdue(DUE + SECOND)


def test_the_clock_stands_while_an_excuse_runs() -> None:
    running = Interval(start_at=DUE - timedelta(hours=2), end_at=None)
    duty = a_duty(state=State.HELD, excuses=(running,))
    assert duty.stands_still(DUE + SECOND)
    assert not duty.is_overdue(DUE + timedelta(days=30))
    assert not duty.stands_still(running.start_at - SECOND)


def test_an_excuse_that_has_ended_or_began_too_late_stops_nothing() -> None:
    ended = Interval(start_at=DUE - timedelta(hours=2), end_at=DUE - timedelta(hours=1))
    late = Interval(start_at=DUE + SECOND, end_at=None)
    assert a_duty(excuses=(ended,)).is_overdue(DUE + SECOND)
    assert a_duty(excuses=(late,)).is_overdue(DUE + timedelta(hours=1))


@pytest.mark.parametrize(("offset", "late"), [(timedelta(), False), (SECOND, True)])
def test_a_delivery_is_judged_by_when_it_was_recorded(offset: timedelta, late: bool) -> None:
    assert delivered(DUE + offset).is_late(DUE + timedelta(days=9)) is late


def test_handing_over_what_is_late_does_not_make_it_good() -> None:
    late = a_duty(state=State.HANDED_OVER, closed_at=DUE + SECOND)
    early = a_duty(state=State.HANDED_OVER, closed_at=DUE)
    assert late.is_late(DUE)
    assert not early.is_late(DUE)


def test_the_hold_that_runs_is_the_last_one() -> None:
    first, second = (
        Hold(start_at=DUE, by="wang.fang", waits_for=whom, reason="x") for whom in ("finance", "service")
    )
    assert a_duty(state=State.HELD, holds=(first, second)).holding == second
    assert a_duty(holds=(first,)).holding is None


class TestAskingForACause:
    def test_what_is_late_missed_or_returned_asks_once(self) -> None:
        returned = Delivery(
            at=DUE, by="wang.fang", returned_at=DUE, returned_by="chen.jing", reason="unsigned"
        )
        later = DUE + SECOND
        assert a_duty().asks_cause(later)
        assert a_duty(state=State.MISSED).asks_cause(DUE)
        assert a_duty(deliveries=(returned,)).asks_cause(DUE)
        assert not a_duty(deliveries=(returned,), cause="forgotten").asks_cause(later)
        assert not a_duty().asks_cause(DUE)
