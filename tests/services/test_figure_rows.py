"""Every figure opens the rows that it is counted from, in any range, open or closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.duties.states import State
from sla_tracker.domain.measures.complaint_counts import ComplaintsBy, ComplaintSet
from sla_tracker.domain.measures.date_range import (
    DateRange,
    Unit,
    figure_day,
    free_range,
    month_range,
    range_around,
)
from sla_tracker.domain.measures.figure_rows import BESIDE_SETS, OpenedFigure, RowSet
from sla_tracker.domain.measures.request_counts import RequestSet
from sla_tracker.domain.measures.scorecard import combined, figures
from sla_tracker.domain.measures.verdict_times import median_span
from sla_tracker.domain.people import Role
from sla_tracker.services import erasure, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_figures import complaint_figures
from sla_tracker.services.duties import operations, ratings, scheduler, waivers
from sla_tracker.services.months import archive, figure_source, opened_details, service_levels
from sla_tracker.services.months.opened_rows import rows_behind
from sla_tracker.services.months.service_levels import By
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import OBLIGATIONS, a_context, set_clock
from tests.figures.figure_numbers import number_of, number_of_complaints, number_of_requests
from tests.services.acts import TICKED, complained, opened, step_complaint, who

COUNTED = [one for one in RowSet if one not in BESIDE_SETS]
FISCAL = a_context().settings.fiscal
RANGES = (
    month_range("2026-11"),
    month_range("2026-12"),
    range_around(Unit.QUARTER, date(2026, 11, 1), FISCAL),
    range_around(Unit.YEAR, date(2026, 11, 1), FISCAL),
    range_around(Unit.WEEK, date(2026, 12, 2), FISCAL),
    free_range(date(2026, 11, 25), date(2027, 1, 10)),
)


@pytest.fixture
def worked(any_store: Store) -> ServiceContext:
    """Let two months pass with every kind of outcome, and close the first."""
    kinds = [one for one in OBLIGATIONS if not one.depends_on]
    context = a_context(store=any_store, obligations=kinds)
    sales, finance = who(context, "wang.fang"), who(context, "chen.jing")
    for day in ("2026-11-23", "2026-11-27", "2026-11-30", "2026-12-03", "2026-12-21"):
        set_clock(context, f"{day} 14:00")
        scheduler.tick(context)
        found = opened(context, f"{day} 10:00", subject=f"car {day}")
        for duty in found.values():
            if duty.obligation == "decoration-sheet":
                operations.deliver(context, sales, duty.id, TICKED)
                if day < "2026-11-30":
                    operations.return_(context, finance, duty.id, "unsigned")
                    operations.deliver(context, sales, duty.id, TICKED)
                operations.accept(context, finance, duty.id)
            elif duty.obligation == "handover-check" and day == "2026-11-27":
                waivers.waive(context, who(context, "li.na"), duty.id, code="agreed", reason="not this time")
    set_clock(context, "2026-12-22 09:00")
    archive.close_and_seal(context, who(context, "root"), "2026-11", mark_missed=True)
    return context


def test_the_rows_of_every_figure_are_as_many_as_its_number(worked: ServiceContext) -> None:
    reader = who(worked, "chen.jing")
    seen = dict.fromkeys(COUNTED, 0)
    for dates in RANGES:
        for by in (By.DEPARTMENT, By.PAIR, By.OBLIGATION):
            for level in service_levels.levels(worked, dates, by=by).rows:
                for rows in COUNTED:
                    figure = OpenedFigure(
                        rows=rows,
                        provider=level.provider,
                        consumer=level.consumer,
                        obligation=level.obligation,
                    )
                    count = len(rows_behind(worked, reader, dates, figure).rows)
                    assert count == number_of(level.score, rows), (dates.id, by, level.key, rows)
                    seen[rows] += count
    assert all(seen[one] for one in COUNTED if one is not RowSet.SHORT_NOTICE)


def test_a_share_of_causes_opens_its_cause(worked: ServiceContext) -> None:
    for dates in RANGES:
        for cause in service_levels.causes(worked, dates):
            figure = OpenedFigure(rows=RowSet.CAUSES, cause=cause.cause)
            assert len(rows_behind(worked, who(worked, "root"), dates, figure).rows) == cause.count


def test_numbers_beside_the_rates_open_requests_verdicts_and_duties(worked: ServiceContext) -> None:
    sales, finance, root = (who(worked, id) for id in ("wang.fang", "chen.jing", "root"))
    for day, kind in (("2026-12-22", "good"), ("2026-12-22", "late"), ("2026-12-23", "open")):
        set_clock(worked, f"{day} 10:00")
        _request, asked = requests.ask(worked, finance, "invoice-copy", subject=f"car {kind}")
        if kind == "late":
            set_clock(worked, "2026-12-24 10:00")
        if kind != "open":
            requests.answer(worked, sales, asked.id, "it comes")
        if kind == "good":
            operations.deliver(worked, sales, asked.id, {})
    set_clock(worked, "2026-12-24 11:00")
    seen = dict.fromkeys((*RequestSet, "verdicts", "silent", "settlements"), 0)
    for dates in RANGES:
        for level in service_levels.levels(worked, dates).rows:
            beside, id = level.beside, level.provider
            assert beside is not None
            for one in RequestSet:
                rows = opened_details.open_requests(worked, dates, one, provider=id).rows
                assert len(rows) == number_of_requests(beside.requests, one), (dates.id, id, one)
                seen[one] += len(rows)
            spans = [one.span for one in opened_details.open_verdicts(worked, dates, consumer=id).rows]
            assert (len(spans), median_span(spans)) == (beside.verdicts.verdicts, beside.verdicts.median)
            assert max(spans, default=None) == beside.verdicts.longest
            seen["verdicts"] += len(spans)
            for rows_of, figure, number in (
                ("silent", OpenedFigure(rows=RowSet.SILENT, consumer=id), beside.verdicts.silent),
                ("settled", OpenedFigure(rows=RowSet.SETTLED, provider=id), beside.settled.good),
                ("settlements", OpenedFigure(rows=RowSet.SETTLEMENTS, provider=id), beside.settled.valid),
            ):
                assert len(rows_behind(worked, root, dates, figure).rows) == number, (dates.id, id, rows_of)
                seen[rows_of] = seen.get(rows_of, 0) + number
    assert all(seen[one] for one in ("asked", "answered", "answers-due", "verdicts", "settlements"))


def test_a_rating_opens_for_the_head_of_the_rated_and_for_who_gave_it_alone(worked: ServiceContext) -> None:
    finance = who(worked, "chen.jing")
    rated = next(
        row.duty
        for row in rows_behind(worked, finance, RANGES[1], OpenedFigure(rows=RowSet.GOOD)).rows
        if row.duty.state is State.ACCEPTED
    )
    ratings.rate(worked, finance, rated.id, 3, "quick")
    figure = OpenedFigure(rows=RowSet.RATED)
    seen = {
        person for person in worked.people if rows_behind(worked, who(worked, person), RANGES[1], figure).rows
    }
    heads = {id for id, one in worked.people.items() if one.role is Role.HEAD and one.department == "sales"}
    assert seen == heads | {"chen.jing"}


def test_complaints_and_their_steps_open_what_is_counted(worked: ServiceContext) -> None:
    complained(worked)
    set_clock(worked, "2026-12-23 09:00")
    step_complaint(worked, step_complaint(worked, complained(worked), Stage.JUDGE), Stage.NAME)
    dates, steps = month_range("2026-12"), set()
    for by in ComplaintsBy:
        found = complaint_figures(worked, dates, by)
        assert found.total.lodged == 2
        for row in found.rows:
            for one in ComplaintSet:
                opened_rows = opened_details.open_complaints(worked, dates, one, by, row.group)
                assert len(opened_rows) == number_of_complaints(row, one), (by, row.group, one)
        for step in found.steps:
            spans = [one.span for one in opened_details.open_steps(worked, dates, step.stage)]
            assert (len(spans), median_span(spans), max(spans)) == (step.taken, step.median, step.longest)
            steps.add(step.stage)
    assert steps == {Stage.JUDGE, Stage.NAME}


def test_months_add_up_to_their_quarter(worked: ServiceContext) -> None:
    months = [
        service_levels.levels(worked, month_range(id)).total for id in ("2026-10", "2026-11", "2026-12")
    ]
    quarter = service_levels.levels(worked, range_around(Unit.QUARTER, date(2026, 12, 1), FISCAL)).total
    assert quarter == combined(months, worked.settings.target)
    assert quarter.valid > months[1].valid > 0


def test_what_a_closed_month_kept_is_what_its_archive_gives_after_an_erasure_too(
    worked: ServiceContext,
) -> None:
    november = month_range("2026-11")

    def counted() -> tuple[object, object]:
        standing = figure_source.standing_of(worked, november)
        duties = figure_source.duties_in(worked, standing)
        return figures(duties, now=standing.now, target=standing.target), standing.kept["2026-11"].figures

    before = counted()
    assert before[0] == before[1]
    erasure.erase(worked, who(worked, "root"), "car 2026-11-27", "they asked")
    assert counted() == before
    root = who(worked, "root")
    archive.reopen_and_unseal(worked, root, "2026-11", "once more")
    archive.close_and_seal(worked, root, "2026-11", mark_missed=True)
    assert counted() == before


def test_a_range_is_final_once_all_its_months_are_closed(worked: ServiceContext) -> None:
    def open_months(dates: DateRange) -> tuple[str, ...]:
        return figure_source.standing_of(worked, dates).open_months

    assert open_months(month_range("2026-11")) == ()
    assert open_months(RANGES[2]) == ("2026-10", "2026-12")
    assert figure_source.standing_of(worked, free_range(date(2026, 11, 3), date(2026, 11, 9))).is_final


def test_the_worst_rate_comes_first_and_what_has_none_last(worked: ServiceContext) -> None:
    rows = service_levels.levels(worked, RANGES[2], by=By.OBLIGATION).worst_first()
    rates = [Fraction(row.score.good, row.score.valid) for row in rows if row.score.valid]
    assert rates == sorted(rates)
    assert [bool(row.score.valid) for row in rows] == sorted(
        (bool(row.score.valid) for row in rows), reverse=True
    )


def test_readers_of_other_departments_are_told_of_nobody(worked: ServiceContext) -> None:
    figure = OpenedFigure(rows=RowSet.GOOD, provider="sales", consumer="finance")
    for person, is_told in (("wang.fang", True), ("sun.li", True), ("zhou.min", False), ("root", False)):
        rows = rows_behind(worked, who(worked, person), RANGES[2], figure).rows
        assert any(row.by for row in rows) is is_told


def test_agreed_rows_name_people_from_their_day_on_and_who_had_a_miss_when_it_was_due(
    worked: ServiceContext,
) -> None:
    agreed = replace(worked, settings=replace(worked.settings, people_figures_since=date(2026, 12, 1)))
    reader, dates = who(worked, "zhou.min"), RANGES[2]
    good = rows_behind(agreed, reader, dates, OpenedFigure(rows=RowSet.GOOD)).rows
    assert {bool(row.by) for row in good if figure_day(row.duty) < date(2026, 12, 1)} == {False}
    assert {row.by for row in good if figure_day(row.duty) >= date(2026, 12, 1)} == {"wang.fang"}
    missed = OpenedFigure(rows=RowSet.MISSED, provider="sales")
    late = next(row.duty for row in rows_behind(agreed, reader, month_range("2026-12"), missed).rows)
    assert late.is_live
    operations.take(worked, who(worked, "zhao.lei"), late.id)
    after = rows_behind(agreed, reader, month_range("2026-12"), missed).rows
    assert [row.by for row in after if row.duty.id == late.id] == [late.assignee]
