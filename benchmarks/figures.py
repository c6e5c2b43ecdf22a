"""Measures reports of one year and of ten, and view 3's first figures beside view 1's first rows."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from benchmarks._limits import at_most
from benchmarks.archives import sealed
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import DateRange, free_range
from sla_tracker.domain.measures.matrix import matrix_of
from sla_tracker.report.contents import read_report
from sla_tracker.report.page import as_page
from sla_tracker.report.workbook import as_workbook
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import new_id
from sla_tracker.services.months import view
from sla_tracker.services.ports import Act, Writing
from sla_tracker.services.queries.duties import owed_by
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context, a_duty

LIMIT = 1.5
LIVE = 200  # duties that sales owes
MONTHS = 12
YEAR = free_range(date(2025, 1, 1), date(2025, 12, 31))
TEN_YEARS = free_range(date(2017, 1, 1), date(2026, 12, 31))


def median(work: Callable[[], object], times: int = 7) -> float:
    """Return the median seconds of some runs; the first, which imports, does not count."""
    work()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def reported(context: ServiceContext, dates: DateRange) -> None:
    """Write a report as a page and as a workbook."""
    report = read_report(context, dates)
    assert report.rows
    as_page(report)
    as_workbook(report)


def first_figures(context: ServiceContext) -> None:
    """Compute what view 3 shows first."""
    months = view.last_months(context, months=MONTHS)
    assert matrix_of(months[-1].figures, months[-1].target).providers


def add_live(context: ServiceContext) -> None:
    """Let sales owe some duties."""
    now = context.now()
    duties = [replace(a_duty(), id=new_id(now), key=f"live/{number}") for number in range(LIVE)]

    def work(tx: Writing) -> list[Duty]:
        for duty in duties:
            tx.put(duty)
        return duties

    context.store.write(Act(what="rolled_over", by="system", at=now), work)


def main() -> None:
    """Print the figures, and which limits are missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "store"
        sealed(folder, 118)
        context = a_context(store=TinyStore.open(folder))
        add_live(context)
        rows = median(lambda: owed_by(context, "sales"))
        figures = median(lambda: first_figures(context))
        one = median(lambda: reported(context, YEAR), 3)
        ten = median(lambda: reported(context, TEN_YEARS), 3) / 10
        context.store.close()
    print(f"view 1's first rows {rows * 1e3:.1f} ms, view 3's first figures {figures * 1e3:.1f} ms")
    print(f"view 3 / view 1  {figures / rows:.2f} (at most {LIMIT})")
    print(f"a report: one year {one * 1e3:.0f} ms, of ten years each {ten * 1e3:.0f} ms")
    print(f"ten years / one year, per year shown  {ten / one:.2f} (at most {LIMIT})")
    at_most(figures / rows, LIMIT, "view 3's first figures / view 1's first rows")
    at_most(ten / one, LIMIT, "a year in a report of ten years / a report of one year")


if __name__ == "__main__":
    main()
