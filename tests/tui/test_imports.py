"""A list is taken over in view 4: named, read, shown row by row, taken over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Select

from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.request import Request
from sla_tracker.errors import N_, StoreError
from sla_tracker.services import requests
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.imports.lists import ImportDialog
from sla_tracker.tui.dialogs.imports.plan import ImportPlanDialog
from sla_tracker.tui.dialogs.prompts import ConfirmDialog, PickDialog
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.widgets.forms.tick import Tick
from tests.cli.runner import FakeDeployment
from tests.tui.trial import a_deployment, quiet, text_of, until

CSV = """\
车牌号,交车日期,单号
鄂F·77,2026-11-19 16:40,A1
鄂F·78,03/04/2026,A2
鄂F·79,2026-11-18,A3
鄂F·79,2026-11-18,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "交车.csv"
    path.write_text(CSV, encoding="utf-8")
    return path


def subjects(deployment: FakeDeployment) -> set[str]:
    found = deployment.context.store.read(lambda tx: tx.find(Event, state=EventState.ACTIVE))
    return {event.subject for event in found if event.subject.startswith("鄂F·7")}


async def opened(pilot: Pilot[None], choice: str = "") -> ImportDialog:
    """Open the dialog of a list, of events if no other choice is typed."""
    await quiet(pilot)
    await pilot.press("4", "m")
    await until(pilot, lambda: isinstance(pilot.app.screen, PickDialog))
    await pilot.press(*choice, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ImportDialog))
    dialog = pilot.app.screen
    assert isinstance(dialog, ImportDialog)
    return dialog


async def planned(pilot: Pilot[None]) -> ImportPlanDialog:
    """Confirm the dialog and wait for what becomes of the rows."""
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(pilot.app.screen, ImportPlanDialog))
    plan = pilot.app.screen
    assert isinstance(plan, ImportPlanDialog)
    return plan


async def read_again(pilot: Pilot[None], *, ticked: bool) -> ImportPlanDialog:
    """Tick that repeated rows are taken too, and wait for what becomes of the rows now."""
    app, plan = pilot.app, pilot.app.screen
    plan.query_one("#again", Tick).value = ticked
    await until(pilot, lambda: app.screen is not plan and isinstance(app.screen, ImportPlanDialog))
    await quiet(pilot)
    again = app.screen
    assert isinstance(again, ImportPlanDialog)
    return again


async def test_a_list_is_read_shown_taken_over_and_taken_back(file: Path) -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 40)) as pilot:
        dialog = await opened(pilot)
        dialog.file.value = str(file)
        dialog.kind.value = "vehicle-delivered"
        plan = await planned(pilot)
        await until(pilot, lambda: "1 row repeats" in text_of(app))
        shown = text_of(app)
        assert "交车.csv: new 2, left out 2" in shown
        assert "交车, cell B3, “03/04/2026”" in shown
        assert "1 row repeats another one" in shown
        assert not subjects(deployment) & {"鄂F·77", "鄂F·78"}
        # The list is read anew by the order that is chosen for the column.
        plan.query_one(Select).value = "day"
        await until(pilot, lambda: app.screen is not plan and isinstance(app.screen, ImportPlanDialog))
        await until(pilot, lambda: "交车.csv: new 3, left out 1" in text_of(app))
        again = app.screen
        assert isinstance(again, ImportPlanDialog)
        again.remembered.value = "交车"
        # What was typed stays where a tick has the list read anew, and the tick can be taken off again.
        for ticked in (True, False):
            plan = await read_again(pilot, ticked=ticked)
            assert plan.remembered.value == "交车"
            assert plan.query_one("#again", Tick).value is ticked
        await pilot.press("ctrl+s")
        await until(pilot, lambda: subjects(deployment) == {"鄂F·77", "鄂F·78", "鄂F·79"})
        await until(pilot, lambda: not isinstance(app.screen, ImportDialog))

        dialog = await opened(pilot)
        dialog.file.value, dialog.named.value = str(file), "交车"
        await planned(pilot)
        await until(pilot, lambda: "交车.csv: there already 4" in text_of(app))
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, ImportDialog))

        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, PickDialog))
        await pilot.press(*"back", "enter")
        await until(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        question = "Take back the import of 交车.csv, 3 entries and their duties?"
        await until(pilot, lambda: question in text_of(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: subjects(deployment) == set())


async def test_requests_are_asked_from_a_list_and_a_broken_import_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "请求.csv"
    file.write_text("合同号,说明\n2211,第三联\n2212,\n2213,\n", encoding="utf-8")
    deployment = a_deployment("chen.jing")
    asked = requests.ask

    def stops(*words: Any, **given: Any) -> Any:
        if given["subject"] == "2212" and given.get("import_id"):
            raise StoreError(N_("{file} cannot be written: {why}"), file="store", why="full")
        return asked(*words, **given)

    def found() -> list[str]:
        return sorted(
            one.subject for one in deployment.context.store.read(lambda tx: tx.find(Request)) if one.import_id
        )

    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(80, 24)) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(requests, "ask", stops)
            dialog = await opened(pilot, "ask")
            dialog.file.value, dialog.kind.value = str(file), "invoice-copy"
            await planned(pilot)
            await pilot.press("ctrl+s")
            await until(pilot, lambda: "full" in text_of(app))
        assert found() == ["2211"]
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, ImportDialog))
        dialog = await opened(pilot, "go on")
        dialog.file.value = str(file)
        await planned(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: found() == ["2211", "2212", "2213"])


@pytest.mark.parametrize(
    ("typed", "year", "sentence"),
    [
        ("", "", "Name the file of the list."),
        ("no.csv", "", "no.csv cannot be read: No such file or directory"),
        ("no.csv", "soon", "A year from 1970 to 2199"),
    ],
)
async def test_what_is_wrong_is_said_in_the_dialog(typed: str, year: str, sentence: str) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 36)) as pilot:
        await opened(pilot)
        inputs = list(app.screen.query(Input))
        inputs[0].value, inputs[-1].value = typed, year
        await pilot.press("ctrl+s")
        await until(pilot, lambda: sentence in text_of(app))
        assert isinstance(app.screen, ImportDialog)
