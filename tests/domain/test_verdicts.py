"""Verdict times: working time of the consumer, people's verdicts apart from silence."""

from __future__ import annotations

from datetime import timedelta

from sla_tracker.domain.duties.duty import Delivery, Duty, State
from sla_tracker.domain.duties.transitions import reopened
from sla_tracker.domain.measures.verdict_times import VerdictTimes, verdict_times
from sla_tracker.domain.people import SYSTEM
from sla_tracker.testing.company import a_calendar, a_duty, local


def judged(at: str, verdict: str, by: str = "chen.jing") -> Duty:
    return a_duty(
        state=State.ACCEPTED,
        deliveries=(Delivery(at=local(at), by="wang.fang"),),
        accepted_at=local(verdict),
        accepted_by=by,
    )


def times(*duties: Duty) -> VerdictTimes:
    return verdict_times(duties, lambda _department: a_calendar())


def test_only_working_time_counts() -> None:
    over_the_weekend = judged("2026-11-20 17:00", "2026-11-23 09:30")
    assert times(over_the_weekend).median == timedelta(hours=2)


def test_returns_are_verdicts_too() -> None:
    returned = Delivery(
        at=local("2026-11-16 09:00"),
        by="wang.fang",
        returned_at=local("2026-11-16 10:00"),
        returned_by="chen.jing",
        reason="unsigned",
    )
    found = times(a_duty(deliveries=(returned,)), judged("2026-11-16 13:30", "2026-11-16 16:30"))
    assert (found.verdicts, found.median, found.longest) == (2, timedelta(hours=2), timedelta(hours=3))


def test_silence_is_counted_apart() -> None:
    found = times(judged("2026-11-16 09:00", "2026-11-19 18:00", SYSTEM), a_duty())
    assert found == VerdictTimes(silent=1)


def test_a_reopening_weeks_later_is_no_verdict_of_weeks() -> None:
    accepted = judged("2026-11-16 09:00", "2026-11-16 11:00")
    later = reopened(accepted, "the amount is wrong", by="sun.hua", now=local("2026-12-14 09:00"))
    assert times(later).longest == timedelta(hours=2)
    by_silence = judged("2026-11-16 09:00", "2026-11-19 18:00", SYSTEM)
    assert times(reopened(by_silence, "wrong", by="sun.hua", now=local("2026-12-14 09:00"))) == VerdictTimes()
