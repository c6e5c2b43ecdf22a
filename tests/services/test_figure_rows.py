"""Every figure opens the rows that it is counted from, in any range, open or closed."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from sla_tracker.domain.measures.date_range import DateRange, Unit, free_range, month_range, range_around
from sla_tracker.domain.measures.figure_rows import OpenedFigure, RowSet, number_of
from sla_tracker.domain.measures.scorecard import combined, figures
from sla_tracker.services import erasure
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, scheduler, waivers
from sla_tracker.services.months import archive, figure_source, service_levels
from sla_tracker.services.months.opened_rows import rows_behind
from sla_tracker.services.months.service_levels import By
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import OBLIGATIONS, a_context, set_clock
from tests.services.acts import TICKED, opened, who

COUNTED = [one for one in RowSet if one is not RowSet.CAUSES]
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
