"""View 3: arrow keys walk the matrix, and every figure opens the duties that it counts."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from textual.geometry import Offset

from sla_tracker import i18n
from sla_tracker.domain.checklist import POINT_WORDS
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.measures.figure_rows import ForecastFigure, OpenedFigure, RowSet
from sla_tracker.domain.measures.scorecard import Score, rate_order
from sla_tracker.domain.verbs import Verb
from sla_tracker.services import requests
from sla_tracker.services.duties import ratings
from sla_tracker.services.queries.rows import Bucket
from sla_tracker.testing.company import a_context, an_actor, local, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.prompts import PickDialog
from sla_tracker.tui.dialogs.range import RangeDialog
from sla_tracker.tui.dialogs.report import ReportDialog
from sla_tracker.tui.screens.detail_rows import DetailRowsScreen
from sla_tracker.tui.screens.figure_rows import FigureRowsScreen
from sla_tracker.tui.screens.month_end import MonthEndScreen
from sla_tracker.tui.screens.service_levels import LevelsScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.figures.month_chart import AXIS_CELLS
from sla_tracker.tui.widgets.figures.signs import bar_pieces, boxes
from tests.figures.figure_numbers import number_of
from tests.services.acts import complained
from tests.tui.trial import SIZES, a_deployment, find, press, quiet, text_of, type_in, until, work_some_days


def screen_of(app: SlaApp) -> LevelsScreen:
    assert isinstance(app.screen, LevelsScreen)
    return app.screen


async def test_the_arrows_walk_the_matrix_and_stop_at_its_edges() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        matrix = screen_of(app).matrix
        assert matrix.current == ("sales", "")
        await pilot.press("left", "down")
        assert matrix.current == ("service", "sales")
        await pilot.press("left", "left", "up", "up")
        assert matrix.current == ("sales", "finance")
        await pilot.press("end", "right", "right", "right")
        assert matrix.current == ("", "")
        await pilot.press("down")
        assert matrix.cursor == Offset(len(matrix._consumers) - 1, len(matrix._providers) - 1)


async def test_lines_of_verdicts_and_requests_open_what_they_count() -> None:
    deployment = a_deployment()
    asked = find(deployment.context, "invoice-copy")
    requests.answer(deployment.context, an_actor(deployment.context, "wang.fang"), asked.id, "tomorrow")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("left", "left", "tab")
        await quiet(pilot)
        screen = screen_of(app)
        await until(pilot, lambda: any(line.key == "asked" for line in screen.figures.rows))
        seen = set()
        for place, line in enumerate(screen.figures.rows):
            if isinstance(line.figure, OpenedFigure | ForecastFigure | None):
                continue
            screen.figures.go_to(place)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, DetailRowsScreen))
            await quiet(pilot)
            page = app.screen
            assert isinstance(page, DetailRowsScreen)
            assert len(page.list.rows) == int(line.number.split("/")[-1]), line.key
            assert page.list.headings[0] in text_of(app)
            seen.add(line.key)
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen)
        assert seen == {"verdicts", "asked", "answers-due"}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_no_label_or_note_of_ours_is_cut(lang: str, size: tuple[int, int]) -> None:
    i18n.use(lang)
    deployment = a_deployment()
    asked = find(deployment.context, "invoice-copy")
    requests.answer(deployment.context, an_actor(deployment.context, "wang.fang"), asked.id, "tomorrow")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=size) as pilot:
        await press(pilot, "3", "left", "left", "tab")
        screen = screen_of(app)
        await until(pilot, lambda: any(line.key == "answers-due" for line in screen.figures.rows))
        cells = screen.figures.scrollable_content_region.width - 2  # of the cursor
        for line in screen.figures.rows:
            if not line.key.startswith(("obligation ", "measured ")):  # titles of plugins
                said = "".join(text for text, _tone in screen.figures.pieces(line, cells))
                assert "…" not in said


async def test_a_click_on_a_months_bar_opens_its_rows() -> None:
    deployment = a_deployment()
    set_clock(deployment.context, "2026-12-03 09:00")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("left_square_bracket")
        await quiet(pilot)
        screen = screen_of(app)
        lines = [line for line in screen.figures.rows if line.month]
        assert [line.month for line in lines] == ["2026-12", "2026-11"]
        said = text_of(app)
        assert "On time by month" in said
        assert "█" in said
        await pilot.click(screen.chart, offset=(AXIS_CELLS + 2, 5))
        await until(pilot, lambda: isinstance(app.screen, FigureRowsScreen))
        await quiet(pilot)
        page = app.screen
        assert isinstance(page, FigureRowsScreen)
        assert f"/{len(page.list.rows)}" in lines[1].note
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        assert "On time by month" not in text_of(app)


async def test_a_line_of_a_cell_opens_as_many_rows_as_its_number_says() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("left", "left", "tab")
        await quiet(pilot)
        screen = screen_of(app)
        assert screen.matrix.current == ("sales", "finance")
        score = screen.matrix.score
        assert score is not None
        seen = 0
        for place, line in enumerate(screen.figures.rows):
            if not line.key.startswith(("misses", "pending", "cause", "obligation sales finance order")):
                continue
            assert isinstance(line.figure, OpenedFigure)
            seen += 1
            screen.figures.go_to(place)
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, FigureRowsScreen))
            await quiet(pilot)
            page = app.screen
            assert isinstance(page, FigureRowsScreen)
            wanted = (
                number_of(score, line.figure.rows)
                if line.figure.rows is not RowSet.CAUSES and not line.figure.obligation
                else int(line.number if line.figure.cause is not None else line.label.split("/")[1])
            )
            assert len(page.list.rows) == wanted, line.key
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen)
        assert seen == 4


async def test_enter_on_a_cell_opens_its_rows_with_the_contacts() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("left", "left", "enter")
        await quiet(pilot)
        said = text_of(app)
        assert "in the rate · from Sales · to Finance" in said
        assert "contact: 李娜" in said
        assert said.index("misses") < said.index(" on time ")


async def test_a_month_is_chosen_by_its_keys() -> None:
    context = a_context(now="2026-11-02 09:00", name="Trial Motors", trial=True)
    work_some_days(context)
    set_clock(context, "2027-01-04 09:00")
    app = SlaApp(start_of(a_deployment(context=context)))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        headings = []
        for key in ("[", "[", "[", "]"):
            headings.append(screen_of(app).matrix.heading)
            await pilot.press("left_square_bracket" if key == "[" else "right_square_bracket")
            await quiet(pilot)
        assert headings == ["2027-01", "2026-12", "2026-11", "2026-11"]
        assert screen_of(app).matrix.heading == "2026-12"


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (40, 12)], ids=str)
async def test_it_fits_whatever_the_size(size: tuple[int, int]) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=size) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        for key in ("left", "down", "right", "tab", "down", "tab"):
            await pilot.press(key)
        await quiet(pilot)
        if size[0] >= 80:
            assert "On time" in text_of(app)
            assert re.search(r"\[.*! .*%\]", text_of(app))


async def test_a_double_click_on_a_cell_opens_it() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.click("#matrix", offset=(30, 3), times=2)
        await quiet(pilot)
        assert isinstance(app.screen, FigureRowsScreen)


def test_a_budget_is_said_in_boxes() -> None:
    target = Decimal("0.9")
    assert boxes(Score(good=18, valid=20, target=target)) == "■■"
    assert boxes(Score(good=19, valid=20, target=target)) == "■□"
    assert boxes(Score(good=16, valid=20, target=target)) == "■■▲▲"
    assert boxes(Score(good=500, valid=1000, target=target)) == ""


def test_a_bar_is_full_only_at_all_and_shows_its_target() -> None:
    assert "".join(text for text, _tone in bar_pieces(Decimal("0.999"), 10, "good")) == "━━━━━━━━━─"
    assert (
        "".join(text for text, _tone in bar_pieces(Decimal(1), 10, "good", Decimal("0.95"))) == "━━━━━━━━━┃"
    )
    assert "".join(text for text, _tone in bar_pieces(None, 4, "good")) == "────"


async def test_what_was_missed_is_marked_on_the_page_of_the_months_end() -> None:
    context = a_context(now="2026-11-02 09:00", name="Trial Motors", trial=True)
    work_some_days(context)
    deployment = a_deployment("root", context=context)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("m")
        await quiet(pilot)
        page = app.screen
        assert isinstance(page, MonthEndScreen)
        said = text_of(app)
        assert "! Overdue: delivered, waived or marked as missed" in said
        assert "open; it can be closed from 12-01 00:00" in said
        overdue = [one for one in page.list.rows if one.bucket is Bucket.OVERDUE]
        assert page.list.go_to_key(overdue[0].id)
        await pilot.press("i")
        await until(pilot, lambda: "was missed: why?" in text_of(app))
        await type_in(pilot, "nobody brought it")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is page)
        await quiet(pilot)
        assert overdue[0].id not in {one.id for one in page.list.rows}
        await pilot.press("d")
        await quiet(pilot)
        assert app.screen is page


async def test_all_points_of_a_month_that_is_not_over_are_seen_and_none_is_offered_to_sign() -> None:
    app = SlaApp(start_of(a_deployment("li.na")))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await quiet(pilot)  # nobody opens a page before the deployment is open
        app.push_screen(MonthEndScreen("2026-11"))
        await quiet(pilot)
        page = app.screen
        assert isinstance(page, MonthEndScreen)
        await until(pilot, lambda: all(f" {point}" in text_of(app) for point in POINT_WORDS.values()))
        for key in ("m", "z"):
            await pilot.press(key)
            await quiet(pilot)
            assert app.screen is page
            await until(pilot, lambda: "can be signed and closed from" in text_of(app))
            app.clear_notifications()
            await until(pilot, lambda: "can be signed" not in text_of(app))


async def test_a_done_point_of_the_checklist_is_signed_and_taken_back() -> None:
    deployment = a_deployment("li.na")
    set_clock(deployment.context, "2026-12-01 09:00")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        app.push_screen(MonthEndScreen("2026-10"))  # nothing was owed in it
        await quiet(pilot)
        for said in ("prepared: 李娜", "not signed yet"):
            await pilot.press("m")
            await until(pilot, lambda: isinstance(app.screen, PickDialog))
            await type_in(pilot, "On hold")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, MonthEndScreen))
            await quiet(pilot)
            (line,) = [one for one in text_of(app).splitlines() if "Holds: resumed" in one]
            assert said in line


async def test_a_report_is_written_from_view_3(tmp_path: Path) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ReportDialog))
        dialog = app.screen
        assert isinstance(dialog, ReportDialog)
        dialog.dates.value, dialog.file.value = "2026-Q4", str(tmp_path / "r.md")
        await pilot.press("ctrl+s")
        await until(pilot, (tmp_path / "r.md").exists)
        assert (tmp_path / "r.md").read_text(encoding="utf-8") == "2026-Q4 md\n"


async def test_the_total_of_all_lists_the_league_and_what_is_expected() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        await pilot.press("end", *["down"] * 5)
        await until(pilot, lambda: any(one.key.startswith("league ") for one in screen_of(app).figures.rows))
        keys = [one.key for one in screen_of(app).figures.rows]
        assert keys.count("league sales") == keys.count("forecast sales") == 1
        await pilot.press("up", "tab")
        await until(pilot, lambda: any(one.key.startswith("place ") for one in screen_of(app).figures.rows))
        (place,) = (one for one in screen_of(app).figures.rows if one.key.startswith("place "))
        assert (place.number, place.figure) == ("–", None)  # fewer than ten judged duties


async def test_any_range_is_shown_compared_and_opened() -> None:
    deployment = a_deployment()
    set_clock(deployment.context, "2026-12-03 09:00")
    complained(deployment.context)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        screen = screen_of(app)
        await pilot.press("n")
        await pilot.pause()
        assert screen.matrix.heading == "2026-12"  # no figures lie ahead
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, RangeDialog))
        dialog = app.screen
        assert isinstance(dialog, RangeDialog)
        dialog.dates.value = "nonsense"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "no month that can be understood" in text_of(app))
        dialog.dates.value = "2026-Q4"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: screen.matrix.heading == "2026-Q4, so far")
        await quiet(pilot)
        await until(pilot, lambda: any(one.key == "compared 2026-Q3" for one in screen.figures.rows))
        await until(pilot, lambda: any(one.key.startswith("trend ") for one in screen.figures.rows))
        lines = {one.key: one for one in screen.figures.rows}
        assert lines["complaints"].number == "1"
        assert "0 · " in lines["trend "].note  # nothing in October
        whole = screen.matrix.score
        assert whole is not None
        for key, count in (
            ("misses", whole.bad),
            ("trend ", int(lines["trend "].number)),
            ("month 2026-11", int(lines["month 2026-11"].note.split("/")[1].split()[0])),
            ("compared 2026-Q3", 0),
        ):
            screen.figures.go_to(list(lines).index(key))
            await pilot.press("tab", "enter") if screen.matrix.has_focus else await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, FigureRowsScreen))
            await quiet(pilot)
            page = app.screen
            assert isinstance(page, FigureRowsScreen)
            assert len(page.list.rows) == count, key
            await pilot.press("escape")
            await until(pilot, lambda: app.screen is screen)
        await pilot.press("o")
        matrix = screen.matrix
        rates = [matrix._matrix.cells[id, ""] for id in matrix._providers if id]
        assert "worst first" in matrix.heading
        assert rates == sorted(rates, key=rate_order)
        await pilot.press("p")
        await pilot.pause()
        assert matrix.heading == "2026-Q4, so far · worst first"  # there are no figures before
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, MonthEndScreen))


async def test_ratings_open_for_who_gave_them() -> None:
    deployment = a_deployment(person="chen.jing")
    context, chen = deployment.context, an_actor(deployment.context, "chen.jing")
    duty, *_others = context.store.read(
        lambda tx: tx.find(Duty, provider="sales", consumer="finance", state="accepted", month="2026-11")
    )
    ratings.rate(context, chen, duty.id, 3)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        screen = screen_of(app)
        matrix = screen.matrix
        matrix.cursor = Offset(matrix._consumers.index("finance"), matrix._providers.index("sales"))
        await until(pilot, lambda: any(one.key == "rated" for one in screen.figures.rows))
        (line,) = (one for one in screen.figures.rows if one.key == "rated")
        assert (line.number, line.figure and line.figure.is_of_ratings) == ("1", True)  # type: ignore[union-attr]


async def test_months_of_the_imported_past_are_dotted_and_open_what_is_known_of_them() -> None:
    deployment = a_deployment()
    past = PastDuty(
        id="p1",
        obligation="decoration-sheet",
        provider="sales",
        consumer="finance",
        due_at=local("2026-09-05 18:00"),
        delivered_at=local("2026-09-05 10:00"),
        month="2026-09",
        imported_by="wang.fang",
        imported_at=local("2026-11-02 09:00"),
        import_id="i1",
    )
    deployment.context.write(None, Verb.IMPORTED_PAST, lambda tx, _now: tx.put(past))
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 60)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        screen = screen_of(app)
        await until(pilot, lambda: any(one.key == "imported 2026-09" for one in screen.figures.rows))
        (line,) = (one for one in screen.figures.rows if one.is_imported)
        assert (line.number, line.note) == ("100.0 %", "imported, 1/1")
        await until(pilot, lambda: "░" in text_of(app) and "┅" in text_of(app))
        await pilot.click(screen.chart, offset=(AXIS_CELLS + 2, 5))
        await until(pilot, lambda: "2026-09-05 18:00" in text_of(app))
        assert isinstance(app.screen, DetailRowsScreen)
        assert app.screen.list.rows[0][2] == "on time"
