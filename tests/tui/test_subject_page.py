"""The page of a person shows the contract and the vehicle that events tie to the name, with their duties."""

from __future__ import annotations

from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.base.duty_list_screen import BoardScreen
from sla_tracker.tui.screens.owed import OwedScreen
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.startup import start_of
from tests.services.test_subjects import a_company, register
from tests.tui.trial import a_deployment, find, press, quiet, text_of, type_in, until


async def test_a_person_leads_to_what_is_tied() -> None:
    context = a_company()
    register(context, "contract-signed", "合同2211", customer="张三", vehicle="鄂F·12345")
    register(context, "vehicle-delivered", "鄂F·12345")
    register(context, "vehicle-delivered", "鄂F·67890")
    app = SlaApp(start_of(a_deployment(context=context)))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        await pilot.press("f")
        await quiet(pilot)
        await type_in(pilot, "张三")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SubjectScreen))
        await quiet(pilot)
        shown = text_of(app)
        assert "0 duties of all departments" in shown
        assert "◇ 合同2211 (Contract), tied to 张三 by “Contract signed”" in shown
        assert "鄂F·12345 (Vehicle)" in shown
        assert isinstance(app.screen, SubjectScreen)
        rows = app.screen.list.rows
        assert rows
        assert {row.subject for row in rows} == {"鄂F·12345"}
        assert "67890" not in shown


async def test_the_card_shows_the_note_that_was_just_written_and_a_view_key_leads_away() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(130, 50)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, BoardScreen) and bool(app.screen.list.rows))
        await quiet(pilot)
        view = app.screen
        assert isinstance(view, BoardScreen)
        assert view.list.go_to_key(duty.id)
        await press(pilot, "s", "home", "n")
        await type_in(pilot, "papers on Monday")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SubjectScreen))
        await until(pilot, lambda: "papers on Monday" in text_of(app))
        await press(pilot, "c", "2")
        assert isinstance(app.screen, OwedScreen)
        await press(pilot, "1")
        assert app.screen is view
        assert app.screen_stack[-1] is view
