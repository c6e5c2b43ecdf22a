"""Levels of measured obligations: beside punctuality, over any range, sealed with the month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.measure import Measure
from sla_tracker.domain.agreements.obligation import About, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, Weekly
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import DateRange, Unit, month_range, range_around
from sla_tracker.domain.measures.fiscal_calendar import FiscalCalendar
from sla_tracker.domain.measures.measured_level import MeasuredLevel
from sla_tracker.domain.text import Text
from sla_tracker.errors import Incomplete
from sla_tracker.report.contents import read_report
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.services.months import closing
from sla_tracker.services.months.figure_source import levels_in, standing_of
from sla_tracker.testing.company import a_context, an_obligation, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment, Line, TestDeployments
from tests.services.acts import who
from tests.services.stores import Stores, any_store, stores  # noqa: F401 - fixtures
from tests.tui.trial import quiet, text_of


def a_number(id: str) -> Field:
    return Field(id=id, kind=FieldKind.NUMBER, label=Text(id, id))


UP = an_obligation(
    "up",
    title=Text("可用率", "Availability"),
    triggers=(Recurring(due=DayOfMonth(day=5)),),
    evidence=(a_number("availability"),),
    measure=Measure(field="availability", minimum=Decimal("99.5"), unit=Text("%", "%")),
)
WITHIN = an_obligation(
    "within",
    title=Text("及时率", "Within the limit"),
    triggers=(Recurring(due=Weekly(weekdays=(4,)), about=About.CURRENT),),
    evidence=(a_number("in-time"), a_number("orders")),
    measure=Measure(good="in-time", of="orders", target=Decimal("0.9")),
)
# Friday, n, N: 3 misses of 25, 2 of 20 and 1 of 15; of 60 orders 6 may be missed.
WEEKS = (("2026-11-06", 22, 25), ("2026-11-13", 18, 20), ("2026-11-20", 14, 15))


@pytest.fixture
def company(stores: Stores) -> Iterator[ServiceContext]:  # noqa: F811
    with stores.opened() as store:
        context = a_context(now="2026-11-02 09:00", store=store, obligations=(UP, WITHIN))
        scheduler.tick(context)
        yield context


def deliver(context: ServiceContext, obligation: str, at: str, **numbers: object) -> Duty:
    """Deliver the open duty of an obligation that is due first."""
    set_clock(context, at)
    scheduler.tick(context)
    duties = context.store.read(lambda tx: tx.find(Duty, obligation=obligation, state="open"))
    first = min(duties, key=lambda duty: duty.due_at)
    given = {name.replace("_", "-"): str(number) for name, number in numbers.items()}
    return operations.deliver(context, who(context, "wang.fang"), first.id, given)


def report_all(context: ServiceContext) -> None:
    deliver(context, "up", "2026-11-04 10:00", availability="99.49")
    for day, good, total in WEEKS:
        deliver(context, "within", f"{day} 10:00", in_time=good, orders=total)


def level(context: ServiceContext, obligation: str, dates: DateRange) -> MeasuredLevel:
    found = levels_in(context, standing_of(context, dates))
    return next(one for one in found if one.obligation == obligation)


NOVEMBER = month_range("2026-11")


def test_a_level_is_summed_over_the_range_and_compared_not_averaged(company: ServiceContext) -> None:
    report_all(company)
    within = level(company, "within", NOVEMBER)
    assert (within.good, within.total, within.misses, within.allowed) == (54, 60, 6, 6)
    assert (within.ratio, within.is_kept, within.reports, within.met) == (Decimal("0.9"), True, 3, 2)
    week = level(company, "within", range_around(Unit.WEEK, date(2026, 11, 6), FiscalCalendar()))
    assert (week.good, week.total, week.allowed, week.is_kept) == (22, 25, 2, False)
    quarter = level(company, "within", range_around(Unit.QUARTER, date(2026, 11, 6), FiscalCalendar()))
    assert (quarter.good, quarter.total) == (54, 60)
    up = level(company, "up", NOVEMBER)
    assert (up.met, up.reports, up.is_kept, up.target) == (0, 1, False, None)


def test_nothing_is_counted_as_nothing(company: ServiceContext) -> None:
    deliver(company, "within", "2026-11-06 10:00", in_time=0, orders=0)
    found = level(company, "within", NOVEMBER)
    assert (found.ratio, found.misses, found.allowed, found.is_kept) == (None, 0, 0, True)


@pytest.mark.parametrize(
    ("good", "total", "said"),
    [
        ("26", "25", "is more than"),
        ("22.5", "25", "no count"),
        ("-1", "25", "no count"),
        ("x", "25", "not a number"),
    ],
)
def test_a_count_that_cannot_be_is_refused(company: ServiceContext, good: str, total: str, said: str) -> None:
    with pytest.raises(Incomplete) as caught:
        deliver(company, "within", "2026-11-06 10:00", in_time=good, orders=total)
    assert said in caught.value.sentence()
    assert levels_in(company, standing_of(company, NOVEMBER)) == ()


def test_a_number_is_corrected_by_a_return_and_sealed_with_the_month(company: ServiceContext) -> None:
    duty = deliver(company, "up", "2026-11-04 10:00", availability="99.49")
    assert level(company, "up", NOVEMBER).reports == 1
    operations.return_(company, who(company, "chen.jing"), duty.id, "the log says more")
    assert levels_in(company, standing_of(company, NOVEMBER)) == ()
    deliver(company, "up", "2026-11-04 11:00", availability="99.7")
    for day, good, total in WEEKS:
        deliver(company, "within", f"{day} 10:00", in_time=good, orders=total)
    deliver(company, "within", "2026-11-27 10:00", in_time=9, orders=10)
    set_clock(company, "2026-12-07 09:00")
    scheduler.tick(company)
    closed = closing.close(company, who(company, "sun.hua"), "2026-11", mark_missed=True).month
    assert {(one.obligation, one.met, one.good) for one in closed.levels} == {("up", 1, 0), ("within", 3, 63)}
    # Whatever the agreement says later, the closed month shows what it was closed with, alone and in a quarter.
    obligations = {id: replace(one, measure=None) for id, one in company.catalogue.obligations.items()}
    later = replace(company, declared=replace(company.catalogue, obligations=obligations))
    assert level(later, "within", NOVEMBER) == closed.levels[1]
    assert level(later, "within", range_around(Unit.QUARTER, date(2026, 11, 6), FiscalCalendar())).good == 63


async def test_the_table_stands_apart_in_command_line_report_and_terminal(tmp_path: Path) -> None:
    context = a_context(now="2026-11-02 09:00", obligations=(UP, WITHIN), trial=True)
    scheduler.tick(context)
    report_all(context)
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    line = Line(TestDeployments(folder=tmp_path, context=context))
    said = line.say("score", person="sun.hua")
    assert "Levels of what is measured" in said
    assert "54/60" in said
    assert "≥ 99.5 %" in said
    document = line.json("score", "2026-11", person="sun.hua")
    measured = {one["obligation"]: one for one in document["measured"]}
    assert (measured["within"]["share"], measured["within"]["misses_allowed"]) == ("0.9", 6)
    assert (measured["up"]["min"], measured["up"]["reports_at_level"]) == ("99.5", 0)
    assert document["total"]["valid"] == 4  # four reports: no level is added to the duties
    table = next(one for one in read_report(context, NOVEMBER).tables if one.id == "measured")
    assert [[cell.value for cell in row[3:6]] for row in table.rows] == [[1, 0, 1], [3, 54, 60]]
    deployment = FakeDeployment(folder=tmp_path, context=context, actor=who(context, "sun.hua"))
    async with SlaApp(start_of(deployment)).run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        await pilot.press("3")
        await quiet(pilot)
        shown = text_of(pilot.app)
    assert "Measured; no part of the rates" in shown
    assert "54/60, ≥ 90.0 %" in shown
