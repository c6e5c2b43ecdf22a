"""Numbers of updates, levels, forecasts and complaints open their rows: report, command line and terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from sla_tracker import i18n
from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import Unit, month_range, range_around
from sla_tracker.domain.measures.figure_rows import ForecastFigure, MeasuredFigure, UpdateFigure
from sla_tracker.domain.measures.fiscal_calendar import CALENDAR_YEAR
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import Figure, Score
from sla_tracker.domain.verbs import Verb
from sla_tracker.report.contents import read_report
from sla_tracker.report.model import Report, RowFamily, Share
from sla_tracker.report.separated import as_zip
from sla_tracker.report.workbook import FIRST_ROW, as_workbook
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.services.months.forecast import forecasts
from sla_tracker.services.open_requests import progress
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_obligation, local, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.detail_rows import DetailRowsScreen
from sla_tracker.tui.screens.service_levels import LevelsScreen
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment, Line, TestDeployments
from tests.figures.figure_numbers import runs_of
from tests.figures.test_measured import UP, WITHIN, report_all
from tests.report.numbers import numbers_of_rows
from tests.services.acts import complained, opened, step_complaint, who
from tests.services.stores import Stores, stores  # noqa: F401 - a fixture
from tests.services.test_open_requests import FIX, ask
from tests.tui.trial import quiet, until

NOVEMBER = month_range("2026-11")
LATE = an_obligation("late-list", triggers=(Recurring(due=DayOfMonth(day=30)),))  # opens on the 23rd
ODDS = Score(good=12, valid=20)


def work(context: ServiceContext) -> ServiceContext:
    """Report levels, tell updates in time and too late, complain, and leave some duties ahead."""
    scheduler.tick(context)
    report_all(context)
    (delivered, *_others) = context.store.read(
        lambda tx: tx.find(Duty, obligation="within", state="delivered")
    )
    operations.accept(context, who(context, "chen.jing"), delivered.id)
    asked = ask(context, fields={"priority": "P3"})
    set_clock(context, "2026-11-20 11:00")
    progress.tell_update(context, who(context, "wang.fang"), asked.id, "looking")
    set_clock(context, "2026-11-20 13:30")
    opened(context, "2026-11-20 13:00")
    complaint = complained(context)
    for stage in (Stage.JUDGE, Stage.NAME, Stage.ANALYSE, Stage.PROPOSE, Stage.APPROVE, Stage.CARRY_OUT):
        complaint = step_complaint(context, complaint, stage)
    one = Figure(provider="sales", consumer="finance", obligation="order-sheet", score=ODDS)
    kept = Month(id="2026-10", closed_at=local("2026-11-02 09:00"), closed_by="root", figures=(one,))
    context.write(None, Verb.CLOSED_MONTH, lambda tx, _now: tx.put(kept))
    return context


def a_company(**more: object) -> ServiceContext:
    return work(
        a_context(
            now="2026-11-02 09:00",
            obligations=(*OBLIGATIONS, UP, WITHIN, FIX, LATE),
            in_force_from=date(2026, 11, 1),
            **more,  # type: ignore[arg-type]
        )
    )


@pytest.fixture
def company(stores: Stores) -> Iterator[ServiceContext]:  # noqa: F811
    with stores.opened() as store:
        yield a_company(store=store)


def rows_of(report: Report, figure: str) -> list[tuple[object, ...]]:
    return [
        tuple(cell.value for cell in row)
        for table, run in runs_of(report, figure)
        for row in table.rows[run.first : run.last + 1]
    ]


def test_every_number_of_a_report_opens_as_many_rows_of_each_kind(company: ServiceContext) -> None:
    i18n.use("en")
    report = read_report(company, NOVEMBER)
    assert set(report.families()) == set(RowFamily)
    seen: dict[tuple[str, str], int] = {}
    for table, heading, cell in numbers_of_rows(report):
        assert len(rows_of(report, cell.opens)) == cell.value, (table.id, heading, cell.opens)
        seen[table.id, heading] = seen.get((table.id, heading), 0) + int(bool(cell.value))
    opens_some = {name for name, count in seen.items() if count}
    assert {
        ("details", "Updates in time"),
        ("details", "Updates due"),
        ("measured", "Reports"),
        ("forecast", "Still ahead"),
        ("complaints-cause", "Lodged"),
        ("complaint-steps", "Taken"),
    } <= opens_some


def test_the_rows_of_a_level_and_of_a_forecast_sum_up_to_their_numbers(company: ServiceContext) -> None:
    report = read_report(company, NOVEMBER)
    tables = {table.id: table for table in report.tables}
    for *_names, reports, part, whole, _share, _agreed, below, _allowed in tables["measured"].rows:
        rows = rows_of(report, reports.opens)
        assert len(rows) == reports.value
        if part.value == 54:  # n of N, summed over the reports
            assert (sum(row[1] for row in rows), sum(row[2] for row in rows)) == (54, whole.value)  # type: ignore[misc]
        else:
            assert [len(rows_of(report, cell.opens)) for cell in (part, below)] == [part.value, below.value]
            assert rows[0][1] == 99.49
    (sales,) = (row for row in tables["forecast"].rows if row[0].value == "Sales")
    odds = [row[1] for row in rows_of(report, sales[3].opens)]
    assert round(sum(one.ratio for one in odds if isinstance(one, Share) and one.ratio)) == sales[4].value
    assert sales[1].value == len(rows_of(report, sales[1].opens))


async def test_command_line_and_terminal_open_them_too(tmp_path: Path) -> None:
    context = a_company(trial=True)
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    line = Line(TestDeployments(folder=tmp_path, context=context))
    (forecast,) = forecasts(context, "sales")
    for words, count in (
        (("score", "--rows", "updates-due"), 2),
        (("score", "--rows", "updates", "--department", "sales"), 1),
        (("score", "--rows", "measured"), 4),
        (("score", "--rows", "below-level", "--obligation", "up"), 1),
        (("score", "--rows", "at-level"), 2),
        (("forecast", "--rows", "ahead", "--department", "sales"), forecast.ahead),
        (("forecast", "--rows", "missed", "--department", "sales"), forecast.used),
    ):
        assert len(line.json(*words, person="sun.hua")["rows"]) == count, words
    said = line.say("score", "--rows", "below-level", person="sun.hua")
    assert "99.49" in said
    assert "reports below the level: 2 reports" in said
    assert "planned" in line.say("forecast", "--rows", "ahead", person="sun.hua")
    deployment = FakeDeployment(folder=tmp_path, context=context, actor=who(context, "wang.fang"))
    async with SlaApp(start_of(deployment)).run_test(size=(120, 60)) as pilot:
        await quiet(pilot)
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("tab")
        screen = pilot.app.screen
        assert isinstance(screen, LevelsScreen)
        await until(pilot, lambda: any(one.key == "updates" for one in screen.figures.rows))
        wanted = {UpdateFigure: 2, MeasuredFigure: 3, ForecastFigure: forecast.ahead}
        for place, one in enumerate(screen.figures.rows):
            if type(one.figure) not in wanted or one.key.endswith(" up"):
                continue
            screen.figures.go_to(place)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, DetailRowsScreen))
            await quiet(pilot)
            page = pilot.app.screen
            assert isinstance(page, DetailRowsScreen)
            assert len(page.list.rows) == wanted.pop(type(one.figure)), one.key
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is screen)
        assert not wanted


def test_an_update_told_too_late_leaves_its_limit_missed(company: ServiceContext) -> None:
    i18n.use("en")
    report = read_report(company, NOVEMBER)
    (table,) = report.families()[RowFamily.UPDATES]
    assert [(row[1].value, row[2].value, row[3].value) for row in table.rows] == [
        ("2026-11-20 13:00", "", "no"),
        ("2026-11-20 12:00", "2026-11-20 11:00", "yes"),
    ]


def test_a_workbook_leads_from_every_number_to_all_groups_of_its_rows(company: ServiceContext) -> None:
    i18n.use("en")
    report = read_report(company, NOVEMBER)
    book = load_workbook(io.BytesIO(as_workbook(report)))
    seen = set()
    for table in report.tables:
        sheet = book[table.short_title or table.title]
        for at, row in enumerate(table.rows, FIRST_ROW):
            for column, cell in enumerate(row, 1):
                link = sheet.cell(at, column).hyperlink
                runs = list(runs_of(report, cell.opens))
                assert (link is None) == (not runs), (table.id, cell.opens)
                if link is None:
                    continue
                counted = sum(run.count for _table, run in runs)
                name, block = str(link.location).replace("'", "").split("!")
                cells = book[name][block]
                if name != "Groups":
                    assert len(cells) == counted
                    continue
                assert sum(line[2].value for line in cells) == counted
                places = [str(line[1].hyperlink.location).replace("'", "").split("!") for line in cells]
                assert sum(len(book[where][rows]) for where, rows in places) == counted
                assert str(cells[0][3].value).replace("'", "") == "!".join(places[0])
                seen.add(table.id)
    assert {"departments", "months"} <= seen


def test_the_tables_of_the_zip_hold_no_value_in_a_heading(company: ServiceContext) -> None:
    i18n.use("en")
    quarter = range_around(Unit.QUARTER, date(2026, 11, 1), CALENDAR_YEAR)
    archive = ZipFile(io.BytesIO(as_zip(read_report(company, quarter))))
    read = {
        name: list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
        for name in archive.namelist()
        if name.endswith(".csv")
    }
    values = {"Sales", "Finance", "2026-10", "2026-11", "2026-12", "2026-Q4", "2026-Q3", "2025-Q4"}
    for name, (headings, *_rows) in read.items():
        assert not values & set(headings), name
    assert ["Sales", "Finance"] in [row[:2] for row in read["matrix.csv"]]
    months = {row[1] for row in read["cause-months.csv"][1:]}
    assert months == {"2026-10", "2026-11", "2026-12"}
