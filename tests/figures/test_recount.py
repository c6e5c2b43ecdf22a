"""Every figure of a played-through time: the same from the export by an independent script, and on every store."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.measures.date_range import DateRange, Unit, free_range, month_range, range_around
from sla_tracker.domain.measures.figure_rows import BESIDE_SETS, OpenedFigure, RowSet, number_of
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.complaint_figures import complaint_figures
from sla_tracker.services.months import service_levels
from sla_tracker.services.months.figure_source import duties_in, standing_of
from sla_tracker.services.months.service_levels import By
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.storage.transfer import export_lines, migrate
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
    """Play a closed month and an open one; `make faults` plays a year."""
    months = 11 if os.environ.get("SLA_EFFORT") == "full" else 1
    first = date(2025, 12, 1) if months > 1 else date(2026, 10, 1)
    folder = tmp_path_factory.mktemp("figures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLA_NOW", MORNING)
        patch.setenv("SLA_LANG", "en")
        DeploymentService().demo(folder / "company", since=first)
        deployment = open_deployment(folder / "company")
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
    """Compare what stands beside the rates of departments."""
    for row in service_levels.levels(context, dates).rows:
        assert row.beside is not None
        asked, times = row.beside.requests, row.beside.verdicts
        counts = {"asked": asked.asked, "withdrawn": asked.withdrawn, "uncovered": asked.uncovered}
        nothing = dict.fromkeys(counts, 0)
        assert counts == wanted["requests"].get(row.provider, nothing), (dates.id, row.provider)
        given = {"verdicts": times.verdicts, "silent": times.silent}
        assert given == wanted["verdicts"].get(row.provider, dict.fromkeys(given, 0)), (
            dates.id,
            row.provider,
        )


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
