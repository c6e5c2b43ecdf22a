"""What stands in a form outlives the program, however it ends."""

from __future__ import annotations

import os
import signal
from datetime import date
from pathlib import Path

import pytest
from textual.widgets import TextArea

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.services import events
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls import duties
from sla_tracker.tui.dialogs import kept_forms
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.prompts import TextDialog
from sla_tracker.tui.dialogs.survey import SurveyDialog
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.tui.pseudo_terminal import Pseudo
from tests.tui.trial import a_deployment, find, press, quiet, type_in

SIZE = (110, 34)
NOW = "2026-11-20T14:00:00+08:00"
PLATE = "鄂F·12345".encode()


async def left_in(deployment: FakeDeployment, dialog: Dialog, *keys: str) -> None:
    """Type into a dialog and leave the program while it is open."""
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await app.push_screen(dialog)
        await press(pilot, *keys)
        app.exit()
    kept_forms.store(app)


async def test_the_next_session_fills_it_in_again_until_it_is_stored() -> None:
    deployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·12345")

    def note() -> TextDialog:
        write = lambda text: duties.note(duty.id, text)
        return TextDialog("Note", "Write", "A note needs a text.", write, subject_id=duty.id)

    await left_in(deployment, note(), *"half")
    assert [draft.left for draft in deployment.drafts.values()] == [("half",)]
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot)
        await app.push_screen(note())
        await quiet(pilot)
        assert app.screen.query_one(TextArea).text == "half"
        await type_in(pilot, " a sentence")
        await press(pilot, "ctrl+s")
        assert not isinstance(app.screen, Dialog)
    kept_forms.store(app)
    assert deployment.drafts == {}


async def test_answers_of_a_survey_are_written_nowhere() -> None:
    deployment = a_deployment()
    await left_in(deployment, SurveyDialog("service", anonymous=True), "7")
    assert all(draft.secret for draft in deployment.drafts.values())


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", ""])
def test_a_closed_window_loses_nothing_that_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SLA_NOW", NOW)
    made = DeploymentService().init(
        tmp_path, config="dealership", trial=True, in_force_from=date(2026, 11, 19)
    )
    deployment = open_deployment(made.parent)
    at = deployment.context.now().replace(hour=3)
    events.register(deployment.context, deployment.actor, "vehicle-delivered", subject="鄂F·12345", at=at)
    deployment.close()
    program = ["-m", "sla_tracker", "--deployment", str(made.parent)]
    environ = {"SLA_NOW": NOW, "SLA_LANG": "en"}
    with Pseudo(program, (120, 36), environ) as terminal:
        assert terminal.read_until(PLATE, 60)
        terminal.press("n", 1.0)
        terminal.press("车主明天补齐", 1.0)
        os.close(terminal.master)
        terminal.master = os.open(os.devnull, os.O_RDWR)
        if name:  # below `su` no signal comes
            terminal.process.send_signal(getattr(signal, name))
        assert terminal.process.wait(10) == 0
    with Pseudo(program, (120, 36), environ) as terminal:
        assert terminal.read_until(PLATE, 60)
        terminal.press("n", 0.5)
        assert terminal.read_until("车主明天补齐".encode(), 10)
        assert terminal.read_until(b"Filled in again", 10)
