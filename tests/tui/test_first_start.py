"""A deployment without departments: the terminal says how to begin, and does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Button

from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import Refused
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui import gateway
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls.plugins import enable
from sla_tracker.tui.dialogs.authoring.checklist_form import ChecklistForm
from sla_tracker.tui.dialogs.first_start import EXAMPLE, FirstStartDialog
from sla_tracker.tui.startup import start_of
from tests.tui.trial import text_of, until

CLERK = """
[[people]]
id = "clerk"
name = "Clerk"
role = "reader"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLA_NOW", "2026-11-20T14:00:00+08:00")
    monkeypatch.setattr(gateway, "POLL_SECONDS", 0.1)
    made = tmp_path / "new"
    DeploymentService().init(made, config="minimal", trial=True, in_force_from=None)
    return made


@pytest.fixture
def deployment(folder: Path) -> Iterator[OpenDeployment]:
    opened = DeploymentService().open(folder)
    yield opened
    opened.close()


async def test_an_administrator_is_led_to_the_form(deployment: OpenDeployment) -> None:
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, FirstStartDialog) and "sla plugin new" in text_of(app)
        )
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ChecklistForm))


async def test_the_example_is_in_use_with_one_button(deployment: OpenDeployment, folder: Path) -> None:
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(
            pilot, lambda: isinstance(app.screen, FirstStartDialog) and bool(app.screen.query("#example"))
        )
        app.screen.query_one("#example", Button).press()
        await until(pilot, lambda: not isinstance(app.screen, FirstStartDialog))
        await until(pilot, lambda: "accounting" in app.view_context.departments)
    settings = (folder / "sla_tracker.toml").read_text(encoding="utf-8")
    assert 'enabled = ["china", "month-end"]' in settings
    assert "# The least that a deployment needs" in settings


async def test_who_is_no_administrator_reads_who_sets_it_up(folder: Path) -> None:
    file = folder / "sla_tracker.toml"
    file.write_text(file.read_text(encoding="utf-8") + CLERK, encoding="utf-8")
    deployment = DeploymentService().open(folder, as_person="clerk")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: "An administrator sets them up: Administrator." in text_of(app))
        assert not app.screen.query("#confirm, #example")
    deployment.close()


async def test_switched_off_plugins_are_no_first_start(folder: Path) -> None:
    deployment = DeploymentService().open(folder, plugins=False)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.sequence >= 0)
        await pilot.pause(0.3)
        assert not isinstance(app.screen, FirstStartDialog)
    deployment.close()


def test_a_plugin_is_in_use_with_its_record_or_not_at_all(
    folder: Path, deployment: OpenDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_args: object) -> None:
        raise Refused("The store takes nothing.")

    before = (folder / "sla_tracker.toml").read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(ServiceContext, "act", lost)
        with pytest.raises(Refused, match="takes nothing"):
            enable(EXAMPLE)(deployment)
    assert (folder / "sla_tracker.toml").read_bytes() == before
    enable(EXAMPLE)(deployment)
    assert [change.act.what for change in deployment.context.store.changes()].count(
        Verb.CHANGED_SETTINGS
    ) == 1
