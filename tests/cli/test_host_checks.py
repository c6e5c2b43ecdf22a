"""Commands about the deployment itself: init, config, plugins, doctor, access, calendar, completion, terminal."""

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.cli.main import build
from sla_tracker.services.deployment import Finding, Origin, PluginRow, PluginState
from tests.cli.runner import Line, TestDeployments

BROKEN = PluginRow(
    name="broken",
    origin=Origin.PYTHON_FILE,
    state=PluginState.QUARANTINED,
    reason="it stumbled",
    traceback="line 1\nline 2",
)
FINE = PluginRow(
    name="fine",
    origin=Origin.ENTRY_POINT,
    state=PluginState.ACTIVE,
    version="1.0",
    contributed={"obligations": 3},
)


def test_init_makes_a_trial_or_a_real_deployment(
    line: Line, deployments: TestDeployments, tmp_path: Path
) -> None:
    line.run("init", "--trial", str(tmp_path / "a"), "--config", "dealership", "--in-force-from", "10-01")
    line.run("init", str(tmp_path / "b"))
    assert deployments.made == [
        (tmp_path / "a", "dealership", True, date(2026, 10, 1)),
        (tmp_path / "b", "minimal", False, None),
    ]
    said = line.run("init")
    assert said.stdout == f"{deployments.folder / CONFIG_FILE}\n"
    assert f"sla --deployment {deployments.folder}" in said.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--trial", "a", "b"), 2, "Name one folder"),
        (("a", "--config", "bank"), 3, "There is no configuration “bank”"),
        (("a", "--in-force-from", "soon"), 2, "“soon” is no day"),
    ],
)
def test_init_refuses_what_it_cannot_do(line: Line, words: tuple[str, ...], code: int, sentence: str) -> None:
    assert sentence in line.say("init", *words, code=code)


def test_init_asks_where(deployments: TestDeployments) -> None:
    outcome = CliRunner().invoke(build(deployments), ["init"])
    assert outcome.exit_code == 2
    assert "sla init FOLDER" in outcome.stderr


def test_the_configuration_is_found_and_checked(line: Line, deployments: TestDeployments) -> None:
    assert line.say("config", "path").strip() == str((deployments.folder / CONFIG_FILE).resolve())
    assert line.say("config", "check").startswith("The settings are right: ")
    said = line.run("config", "check", "wrong.toml", code=6)
    assert (
        "wrong.toml is wrong:\n  - [people] name is missing.\n  - [hours] mon: 25:00 is no time."
        in said.stderr
    )


def test_plugins_are_listed_with_what_they_give_or_why_not(line: Line, deployments: TestDeployments) -> None:
    assert "No plugin" in line.say("plugins")
    deployments.rows = (FINE, BROKEN)
    said = line.say("plugins", "--details")
    assert "3 obligations" in said
    assert "quarantined" in said
    assert "line 2" in said
    assert [row["state"] for row in line.json("plugins")["plugins"]] == ["active", "quarantined"]


def test_a_plugin_that_broke_is_named_to_whoever_comes_in_but_not_after_a_tab(
    line: Line, deployments: TestDeployments, capfd: pytest.CaptureFixture[str]
) -> None:
    deployments.rows = (FINE,)
    assert "does not work" not in line.run("due").stderr
    deployments.rows = (FINE, BROKEN)
    said = line.run("due", "--json").stderr
    assert said.count("Plugin broken does not work") == 1
    assert "sla doctor" in said
    assert "does not work" not in line.run("plugins").stderr
    assert "插件 broken 未能启用" in line.run("--lang", "zh", "due").stderr
    deployments.rows = (BROKEN, replace(BROKEN, name="other", state=PluginState.REFUSED))
    assert "Plugins broken, other do not work" in line.run("due").stderr
    capfd.readouterr()
    assert offered(deployments, ["event", "add"], "vehicle-d")
    assert capfd.readouterr().err == ""


def test_the_doctor_says_by_its_exit_code_whether_all_is_well(
    line: Line, deployments: TestDeployments
) -> None:
    deployments.rows = (FINE,)
    deployments.findings = (Finding(about="store", well=True, sentence="12 commits"),)
    assert "Everything is well." in line.say("doctor")
    ill = Finding(about="folder", well=False, sentence="others may write it", advice="chmod o-w")
    deployments.findings = (*deployments.findings, ill)
    assert "chmod o-w" in line.say("doctor", code=1)
    deployments.rows = (FINE, BROKEN)
    deployments.findings = (
        Finding(about="Plugin broken", well=False, sentence="it does not fit:\n  - here\n  - there"),
    )
    assert (
        line.say("doctor", code=9) == "wrong  Plugin broken: it does not fit:\n      - here\n      - there\n"
    )
    document = line.run("doctor", "--json", code=9).stdout
    assert '"broken_plugins"' in document


def test_access_says_what_the_person_may(line: Line) -> None:
    staff, head = line.say("access"), line.say("access", person="li.na")
    assert head.count("✓") > staff.count("✓") > 3
    assert "You are 李娜, head of department, Sales." in head
    assert line.json("access")["role"] == "staff"


def test_the_calendar_shows_days_and_what_is_due(line: Line) -> None:
    line.vehicle()
    said = line.say("calendar", "11月")
    assert "21 Sat day off" in said
    assert "20 Fri ◀" in said
    assert "      18:00 Decoration sheet 鄂F·12345" in said
    document = line.json("calendar", "2026-12")
    (planned,) = [day for day in document["days"] if day["day"] == "2026-12-07"]
    assert planned["workday"] is True
    assert planned["hours"] == [["08:30", "12:00"], ["13:30", "18:00"]]
    assert [duty["obligation"] for duty in planned["duties"]] == ["commission-list"]
    assert "months go from 1 to 12" in line.say("calendar", "13", code=2)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(line: Line, shell: str) -> None:
    said = line.run("completion", shell)
    assert "_SLA_COMPLETE" in said.stdout
    assert shell in said.stderr


def test_an_unknown_shell_is_refused(line: Line) -> None:
    assert "there are bash, zsh, fish" in line.say("completion", "tcsh", code=2)


def offered(deployments: TestDeployments, words: list[str], incomplete: str = "") -> list[str]:
    shell = ShellComplete(build(deployments), {}, "sla", "_SLA_COMPLETE")
    found = shell.get_completions(["--deployment", str(deployments.folder), *words], incomplete)
    return [one.value for one in found]


def test_tab_offers_commands_references_and_names(line: Line, deployments: TestDeployments) -> None:
    reference = line.reference("order-sheet")
    assert "due" in offered(deployments, [], "d")
    assert reference in offered(deployments, ["deliver"])
    assert offered(deployments, ["deliver"], reference[:3]) == [reference]
    assert offered(deployments, ["accept"]) == []
    assert "liu.yang" in offered(deployments, ["assign", reference, "--to"], "l")
    assert offered(deployments, ["event", "add"], "veh") == ["vehicle-delivered"]
    assert offered(deployments, ["request"]) == ["invoice-copy"]
    assert offered(deployments, ["due", "--department"], "wa") == ["warehouse"]
    assert "commission-list" in offered(deployments, ["why"], "comm")


def test_tab_stays_quiet_where_there_is_no_deployment(deployments: TestDeployments, tmp_path: Path) -> None:
    deployments.folder = tmp_path / "nowhere"
    assert offered(deployments, ["deliver"]) == []


def test_without_a_terminal_the_terminal_is_refused(line: Line, deployments: TestDeployments) -> None:
    said = line.run(code=2)
    assert "no terminal to draw on" in said.stderr
    assert deployments.shown == 0
    assert deployments.opened == []


def test_on_a_terminal_it_opens(
    line: Line, deployments: TestDeployments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sla_tracker.cli.terminal.can_draw", lambda: True)
    line.run()
    assert deployments.shown == 1
    assert deployments.opened_deployments[0].closed


def test_every_command_has_help_in_both_languages(line: Line) -> None:
    def walk(group: click.Group, path: tuple[str, ...]) -> None:
        context = click.Context(group, info_name="sla")
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            english = line.run(*path, name, "--help").stdout
            chinese = line.run("--lang", "zh", *path, name, "--help").stdout
            assert english.startswith("Usage: sla ")
            assert chinese.startswith("用法：")
            lines = [*chinese.splitlines(), ""]
            assert all(
                any("\u4e00" <= char <= "\u9fff" for char in one + below)  # a long name has its meaning below
                for one, below in pairwise(lines)
                if "  -" in one
            )
            if isinstance(command, click.Group):
                walk(command, (*path, name))

    walk(line.root, ())
