"""Figures of complaints: founded share, repeated ones, and the time that each step took."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.measures.complaint_counts import ComplaintsBy, recorded_times, total_of
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints
from sla_tracker.services.departments.complaint_figures import complaint_figures
from sla_tracker.testing.company import set_clock
from tests.services.acts import complained, step_complaint, who
from tests.services.test_linear_work import MOST_CALLS, calls

NOVEMBER, DECEMBER = month_range("2026-11"), month_range("2026-12")


@pytest.fixture
def told(context: ServiceContext) -> ServiceContext:
    """Let finance complain about sales twice in November and once in December."""
    first = complained(context)
    set_clock(context, "2026-11-20 16:00")
    first = step_complaint(context, first, Stage.JUDGE)
    for stage in (Stage.NAME, Stage.ANALYSE):
        first = step_complaint(context, first, stage)
    set_clock(context, "2026-11-23 09:00")
    unfounded = complained(context)
    complaints.judge(context, who(context, "wu.di"), unfounded.id, founded=False, reason="not so")
    set_clock(context, "2026-12-01 09:00")
    again = complained(context)
    for stage in (Stage.JUDGE, Stage.NAME, Stage.ANALYSE):
        again = step_complaint(context, again, stage)
    return context


def test_complaints_are_counted_by_who_answers(told: ServiceContext) -> None:
    found = complaint_figures(told, NOVEMBER)
    rows = {row.group: row for row in found.rows}
    assert (rows["service"].lodged, rows["service"].founded, rows["service"].running) == (1, 1, 1)
    assert (rows["sales"].lodged, rows["sales"].unfounded, rows["sales"].running) == (1, 1, 0)
    assert (found.total.lodged, found.total.founded_ratio) == (2, Decimal("0.5"))


def test_a_like_complaint_within_a_year_is_repeated(told: ServiceContext) -> None:
    assert complaint_figures(told, NOVEMBER).total.repeated == 0
    (row,) = complaint_figures(told, DECEMBER, ComplaintsBy.CAUSE).rows
    assert (row.group, row.lodged, row.repeated) == ("workload", 1, 1)


def test_steps_are_measured_in_working_time(told: ServiceContext) -> None:
    steps = {step.stage: step for step in complaint_figures(told, NOVEMBER).steps}
    assert (steps[Stage.JUDGE].taken, steps[Stage.JUDGE].longest) == (2, timedelta(hours=2))
    assert steps[Stage.JUDGE].median == timedelta(hours=1)
    assert Stage.PROPOSE not in steps


def test_quarters_hold_what_was_recorded_in_them(told: ServiceContext) -> None:
    (row,) = complaint_figures(told, DECEMBER, ComplaintsBy.QUARTER).rows
    assert row.group == "2026-Q4"
    assert complaint_figures(told, month_range("2026-10")).rows == ()


def test_finding_repeated_ones_takes_as_long_as_there_are_complaints(told: ServiceContext) -> None:
    one = complaint_figures(told, DECEMBER).found[0]

    def cost(number: int) -> int:
        every = [replace(one, id=str(each), subject_key=f"car {each % 7}") for each in range(number)]
        return calls(lambda: total_of(every, recorded_times(every)))

    cost(1)
    assert cost(400) / cost(100) < 4 * MOST_CALLS
