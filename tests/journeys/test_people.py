"""Who may do what, over whole deployments: an unknown login, somebody who leaves, every front end the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.os_login import login_name
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.calls import duties
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.startup import start_of

FRIDAY = "2026-11-20T14:00:00+08:00"


def sla(folder: Path, *words: str, code: int = 0, at: str = FRIDAY) -> Result:
    outcome = CliRunner().invoke(
        build(DeploymentService()), ["--deployment", str(folder), "--lang", "en", *words], env={"SLA_NOW": at}
    )
    assert outcome.exit_code == code, f"{outcome.exit_code}: {outcome.output}"
    return outcome


def due(folder: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(sla(folder, "due", "--all", "--json", *words).stdout)["duties"]
    return found


def people(folder: Path, before: str, after: str) -> None:
    """Change one place in the settings, as an administrator would."""
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    assert before in text
    settings.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """Make a deployment in which the present login has no place."""
    folder = tmp_path / "real"
    since = DeploymentService().today(trial=False) - timedelta(days=40)
    DeploymentService().init(folder, config="dealership", trial=False, in_force_from=since)
    people(folder, f'logins = ["{login_name()}"]', 'logins = ["somebody.else"]')
    return folder


def test_a_login_that_nobody_knows_reads_and_no_command_lets_it_do_more(real: Path) -> None:
    duty = due(real)[0]["reference"]
    assert f"You are {login_name()}, reader, no department." in sla(real, "access").stderr
    before = sla(real, "log", "--json").stdout
    for words in (
        ("event", "add", "vehicle-delivered", "鄂F·12345", "-f", "cash=no"),
        ("request", "loan-archive-entry", "--subject", "HT-1"),
        ("take", duty),
        ("deliver", duty),
        ("note", duty, "hello"),
        ("hold", duty, "--for", "finance", "--reason", "why not"),
        ("waive", duty, "--code", "agreed", "--reason", "please"),
        ("period", "close", "2026-10"),
        ("erase", "鄂F·12345", "--reason", "because", "--yes"),
        ("plugin", "use", "workshop", "--yes"),
    ):
        outcome = CliRunner().invoke(
            build(DeploymentService()), ["--deployment", str(real), "--lang", "en", *words]
        )
        assert outcome.exit_code == 5, (words, outcome.output)
    assert "may not deliver" in sla(real, "deliver", duty, code=5).stderr
    assert "trial deployments only" in sla(real, "--as", "lin.tao", "due", code=5).stderr
    assert sla(real, "log", "--json").stdout == before, "nothing was recorded"


@pytest.fixture
def deployment(real: Path) -> Iterator[OpenDeployment]:
    opened = DeploymentService().open(real)
    yield opened
    opened.close()


async def test_the_terminal_asks_the_same_table(real: Path, deployment: OpenDeployment) -> None:
    heard: list[object] = []
    app = SlaApp(start_of(deployment))
    async with app.run_test(message_hook=heard.append) as pilot:
        duty = due(real)[0]["id"]
        app.gateway.act(app, duties.note(duty, "hello"), "")
        for _ in range(200):
            await pilot.pause()
            await asyncio.sleep(0.02)
            if any(isinstance(one, CallRefused) for one in heard):
                break
        refused = [one.error.sentence() for one in heard if isinstance(one, CallRefused)]
        assert "may not write a note" in refused[0]


def test_who_leaves_only_reads_and_leaves_the_duties_to_the_department(tmp_path: Path) -> None:
    folder = tmp_path / "trial"
    DeploymentService().init(folder, config="dealership", trial=True, in_force_from=date(2026, 11, 1))
    sla(folder, "event", "add", "vehicle-delivered", "鄂F·12345", "--at", "2026-11-20 10:00", "-f", "cash=no")
    duty = next(one for one in due(folder) if one["provider"] == "sales" and one["subject"])
    sla(folder, "take", duty["reference"])
    people(folder, 'name = "王芳"', 'name = "王芳"\nleft_on = 2026-11-20')
    said = sla(folder, "deliver", duty["reference"], code=5).stderr
    assert "reader" in said
    (after,) = [one for one in due(folder) if one["id"] == duty["id"]]
    assert after["assignee"] is None
    assert sla(folder, "--as", "zhao.qiang", "take", duty["reference"]).exit_code == 0


def test_a_deployment_in_which_nothing_is_owed_says_how_to_begin(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    DeploymentService().init(folder, config="minimal", trial=True, in_force_from=None)
    assert "sla plugin new NAME" in sla(folder, "due").stderr


def test_a_key_of_nothing_is_named_with_what_was_probably_meant(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    DeploymentService().init(folder, config="minimal", trial=True, in_force_from=None)
    with (folder / "sla_tracker.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[keys]\n"duty.nte" = "f5"\n"list.up" = "ctrl+u"\n"matter.next" = "f7"\n')
    told = sla(folder, "config", "check", code=6).stderr
    assert "“duty.nte” is unknown. Did you mean “duty.note”?" in told
    assert "“list.up”" not in told
    assert "duty.nte" in sla(folder, "doctor", code=1).stdout


@pytest.mark.parametrize(
    ("lang", "place", "clash"),
    [
        (
            "en",
            "line {n}, keys.duty.note: ",
            "The key “w” is given to two actions of one place: Note (duty.note)",
        ),
        (
            "zh",
            "第 {n} 行，keys.duty.note：",
            "按键“w”在同一处用于两个操作：备注（duty.note）和为什么（duty.why）。",
        ),
    ],
)
def test_a_key_for_two_actions_of_one_place_is_refused(
    tmp_path: Path, lang: str, place: str, clash: str
) -> None:
    folder = tmp_path / "new"
    DeploymentService().init(folder, config="minimal", trial=True, in_force_from=None)
    file = folder / "sla_tracker.toml"
    line = file.read_text(encoding="utf-8").count("\n") + 3
    with file.open("a", encoding="utf-8") as settings:
        settings.write('\n[keys]\n"duty.note" = "w"\n')
    said = sla(folder, "--lang", lang, "config", "check", code=6).stderr
    assert place.format(n=line) + clash in said
    assert "duty.why" in sla(folder, "doctor", code=1).stdout


def test_the_doctor_lists_the_rest_when_the_store_is_damaged(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    since = DeploymentService().today(trial=False) - timedelta(days=40)
    DeploymentService().init(folder, config="dealership", trial=True, in_force_from=since)
    sla(folder, "due")
    (folder / "store" / "journal.json").write_bytes(b"{")
    sla(folder, "due", code=7)
    told = sla(folder, "doctor", code=1)
    assert "run sla verify" in told.stdout
    assert "wrong  Store" in told.stdout
    assert "Settings" in told.stdout
    assert "Free space" in told.stdout
