"""The page of a person shows the contract and the vehicle that events tie to the name, with their duties."""

from __future__ import annotations

from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.subject import SubjectScreen
from sla_tracker.tui.startup import start_of
from tests.services.test_subjects import a_company, register
from tests.tui.trial import a_deployment, quiet, text_of, type_in, until


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
