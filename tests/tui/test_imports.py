"""A list is taken over in view 4: named, read, shown row by row, taken over."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from sla_tracker.domain.duties.event import Event
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.imports.events import ImportDialog, ImportPlanDialog
from sla_tracker.tui.startup import start_of
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
    found = deployment.context.store.read(lambda tx: tx.find(Event))
    return {event.subject for event in found if event.subject.startswith("鄂F·7")}


async def test_a_list_is_read_shown_and_taken_over(file: Path) -> None:
    deployment = a_deployment()
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 40)) as pilot:
        await quiet(pilot)
        await pilot.press("4", "m")
        await until(pilot, lambda: isinstance(app.screen, ImportDialog))
        dialog = app.screen
        assert isinstance(dialog, ImportDialog)
        dialog.file.value = str(file)
        dialog.kind.value = "vehicle-delivered"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ImportPlanDialog))
        shown = text_of(app)
        assert "交车.csv: new 2, left out 2" in shown
        assert "交车, cell B3, “03/04/2026”" in shown
        assert "1 row repeats another one" in shown
        assert not subjects(deployment) & {"鄂F·77", "鄂F·78"}
        await pilot.press("escape")
        dialog.dates.value = "day"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ImportPlanDialog))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: subjects(deployment) == {"鄂F·77", "鄂F·78", "鄂F·79"})
        await until(pilot, lambda: not isinstance(app.screen, ImportDialog))


@pytest.mark.parametrize(
    ("typed", "year", "sentence"),
    [
        ("", "", "Name the file of the list."),
        ("no.csv", "", "no.csv cannot be read: No such file or directory"),
        ("no.csv", "soon", "is no year"),
    ],
)
async def test_what_is_wrong_is_said_in_the_dialog(typed: str, year: str, sentence: str) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 36)) as pilot:
        await quiet(pilot)
        await pilot.press("4", "f9")
        await until(pilot, lambda: isinstance(app.screen, ImportDialog))
        inputs = list(app.screen.query(Input))
        inputs[0].value, inputs[-1].value = typed, year
        await pilot.press("ctrl+s")
        await until(pilot, lambda: sentence in text_of(app))
        assert isinstance(app.screen, ImportDialog)
