"""Every figure of a played-through time: the same from the export by an independent script, and on every store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sla_tracker import i18n
from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.measures.date_range import DateRange, Unit, free_range, month_range, range_around
from sla_tracker.domain.measures.figure_rows import BESIDE_SETS, OpenedFigure, RowSet
from sla_tracker.domain.measures.month import Month
from sla_tracker.report.contents import read_report
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_figures import complaint_figures
from sla_tracker.services.months import archive, service_levels
from sla_tracker.services.months.figure_source import details_in, duties_in, standing_of
from sla_tracker.services.months.service_levels import By
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.transfer import export_lines, migrate
from tests.figures.figure_numbers import number_of, runs_of
from tests.report.numbers import numbers_of_rows
from tests.services.acts import who
from tests.services.stores import Stores, stores  # noqa: F401 - a fixture

RECOUNT = Path(__file__).with_name("recount.py")
MORNING = "2026-11-20T09:30:00+08:00"
NOVEMBER = date(2026, 11, 1)
pytestmark = pytest.mark.faults
COUNTED = [one for one in RowSet if one not in BESIDE_SETS]


@dataclass(frozen=True)
class Played:
    """A company's past, its export, and the ranges that are compared."""

    context: ServiceContext
    lines: Path
    ranges: tuple[DateRange, ...]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Play a month, closed here, and an open one; `make faults` plays a year."""
    months = 11 if os.environ.get("SLA_EFFORT") == "full" else 1
    first = date(2025, 12, 1) if months > 1 else date(2026, 10, 1)
    folder = tmp_path_factory.mktemp("figures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLA_NOW", MORNING)
        patch.setenv("SLA_LANG", "en")
        DeploymentService().demo(folder / "company", since=first)
        deployment = open_deployment(folder / "company")
    closed = deployment.context.store.read(lambda tx: tx.find(Month, closed=True))
    if not closed:
        archive.close_and_seal(
            deployment.context, who(deployment.context, "lin.tao"), f"{first:%Y-%m}", mark_missed=True
        )
    context = replace(deployment.context, store=MemoryStore())
    migrate(deployment.context.store, context.store, now=deployment.context.now())
    lines = folder / "lines"
    with lines.open("wb") as stream:
        export_lines(deployment.context.store, stream)
    deployment.close()
    fiscal = context.settings.fiscal
    wide = (
        range_around(Unit.QUARTER, NOVEMBER, fiscal),
        range_around(Unit.WEEK, date(2026, 10, 1), fiscal),
        free_range(date(2026, 9, 17), date(2026, 11, 5)),
        free_range(first, date(2026, 12, 31)),
    )
    single = [
        month_range(f"{first.year + (first.month + n - 1) // 12}-{(first.month + n - 1) % 12 + 1:02d}")
        for n in range(months + 1)
    ]
    return Played(context, lines, (*single, *wide))


@pytest.fixture(scope="module")
def context(played: Played, stores: Stores) -> Iterator[ServiceContext]:  # noqa: F811
    """Copy the played past into each kind of store."""
    with stores.opened() as store:
        migrate(played.context.store, store, now=played.context.now())
        yield replace(played.context, store=store)


def recounted(played: Played, dates: DateRange) -> dict[str, Any]:
    words = [played.context.now().astimezone(UTC).isoformat(), str(played.context.settings.zone)]
    days = [dates.first_on.isoformat(), dates.last_on.isoformat()]
    done = subprocess.run(
        [sys.executable, RECOUNT, played.lines, *words, *days], capture_output=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_figure_is_what_a_script_counts_from_the_export(
    played: Played, context: ServiceContext
) -> None:
    for dates in played.ranges:
        wanted = recounted(played, dates)
        levels = service_levels.levels(context, dates, by=By.OBLIGATION).rows
        assert {
            f"{row.provider}/{row.consumer}/{row.obligation}": {
                "good": row.score.good,
                "valid": row.score.valid,
                "pending": row.score.pending,
                "waived": row.score.waived,
                "short_notice": row.score.short_notice,
                "judged": row.score.judged,
                "first_pass": row.score.first_pass,
                "budget": row.score.budget,
            }
            for row in levels
        } == wanted["figures"], dates.id
        causes = {row.cause: row.count for row in service_levels.causes(context, dates)}
        assert causes == wanted["causes"], dates.id
        compare_details(context, dates, wanted)
        total = complaint_figures(context, dates).total
        assert {"lodged": total.lodged, "founded": total.founded, "unfounded": total.unfounded} == wanted[
            "complaints"
        ]


def compare_details(context: ServiceContext, dates: DateRange, wanted: dict[str, Any]) -> None:
    """Compare what stands beside the rates of departments, and the time of complaints in each step."""
    for row in service_levels.levels(context, dates).rows:
        assert row.beside is not None
        asked, times, settled = row.beside.requests, row.beside.verdicts, row.beside.settled
        counts = {
            "asked": asked.asked,
            "withdrawn": asked.withdrawn,
            "uncovered": asked.uncovered,
            "due": asked.answer_judged,
            "answered": asked.answered_well,
        }
        nothing = dict.fromkeys(counts, 0)
        where = (dates.id, row.provider)
        assert counts == wanted["requests"].get(row.provider, nothing), where
        assert [settled.good, settled.valid] == wanted["settlements"].get(row.provider, [0, 0]), where
        given = {**spans_of(times.verdicts, times.median, times.longest), "silent": times.silent}
        assert given == wanted["verdicts"].get(row.provider, {**spans_of(0, None, None), "silent": 0}), where
    steps = {
        one.stage.value: {**spans_of(one.taken, one.median, one.longest), "passed": one.escalated}
        for one in complaint_figures(context, dates).steps
    }
    assert steps == wanted["steps"], dates.id


def spans_of(count: int, median: timedelta | None, longest: timedelta | None) -> dict[str, Any]:
    """Return number, median and longest of spans as the script writes them: exact minutes."""
    return {"count": count, "median": exact_minutes(median), "longest": exact_minutes(longest)}


def exact_minutes(span: timedelta | None) -> str | None:
    return None if span is None else str(Fraction(span // timedelta(microseconds=1), 60_000_000))


def test_every_number_opens_as_many_rows(played: Played, context: ServiceContext) -> None:
    for dates in played.ranges:
        standing = standing_of(context, dates)
        duties = duties_in(context, standing)
        for by in (By.DEPARTMENT, By.PAIR, By.OBLIGATION):
            for level in service_levels.levels(context, dates, by=by).rows:
                for rows in COUNTED:
                    figure = OpenedFigure(
                        rows=rows,
                        provider=level.provider,
                        consumer=level.consumer,
                        obligation=level.obligation,
                    )
                    assert len(figure.of(duties, standing.now)) == number_of(level.score, rows)


def test_every_number_of_a_report_opens_as_many_rows(played: Played, context: ServiceContext) -> None:
    i18n.use("en")
    for dates in played.ranges:
        report = read_report(context, dates)
        seen = 0
        for table, heading, cell in numbers_of_rows(report):
            rows = sum(run.count for _table, run in runs_of(report, cell.opens))
            assert rows == cell.value, (dates.id, table.id, heading, cell.opens)
            seen += rows
        assert seen


def test_what_a_month_kept_at_its_closing_is_what_its_archive_gives(
    played: Played, context: ServiceContext
) -> None:
    closed = context.store.read(lambda tx: tx.find(Month, closed=True))
    assert closed
    for month in closed:
        standing = standing_of(context, month_range(month.id))
        source = details_in(context, replace(standing, kept={}))
        for one in month.details:
            assert source.beside(one.provider, one.consumer) == one.beside, (month.id, one.provider)


def test_weeks_cut_the_same_duties_as_months(played: Played, context: ServiceContext) -> None:
    whole = free_range(date(2026, 9, 28), date(2026, 11, 29))
    weeks = [
        range_around(Unit.WEEK, whole.first_on + timedelta(weeks=n), context.settings.fiscal)
        for n in range(9)
    ]
    valid: Callable[[DateRange], int] = lambda dates: (
        service_levels.levels(context, dates, by=By.PAIR).total.valid
    )
    assert sum(map(valid, weeks)) == valid(whole) > 0
