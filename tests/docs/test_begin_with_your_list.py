"""Every command of the page about lists does what the page says; both languages show the same ones."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from tools.tutorial import BLOCK, NOW

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = "begin-with-your-list.md", "begin-with-your-list.zh.md"
LIST = re.compile(r"`(\w+\.csv)`.*?```csv\n(.*?)```", re.DOTALL)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def run(*words: str) -> tuple[int, str]:
    # In this process: starting the program for each line would take a second each.
    outcome = CliRunner().invoke(build(DeploymentService()), list(words))
    return outcome.exit_code, outcome.output


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLA_NOW", NOW)
    monkeypatch.setenv("SLA_LANG", "en")
    for file, content in LIST.findall(page(PAGES[0])):
        Path(file).write_text(content, encoding="gb18030" if file == "deliveries.csv" else "utf-8")
    said: list[str] = []
    for line in "".join(text for _code, text, _said in BLOCK.findall(page(PAGES[0]))).splitlines():
        match shlex.split(line):
            case ["sla", "init", "--trial", *words]:
                assert run("init", "--trial", *words)[0] == 0
            case ["export", "SLA_DEPLOYMENT=$PWD/try"]:
                monkeypatch.setenv("SLA_DEPLOYMENT", str(tmp_path / "try"))
            case ["sla", *words]:
                code, output = run(*words)
                left_out = "deliveries.csv" in words and "day" not in words and "deliveries" not in words
                assert code == (4 if left_out else 0), f"{line}: {output}"
                said.append(output)
            case _:
                pytest.fail(line)
    assert "deliveries, cell B4, “05/11/2026”" in said[0]
    assert "Taken over: 4" in said[1]
    past = json.loads(run("past", "list", "--json")[1])["past"]
    assert [(one["month"], one["good"], one["valid"]) for one in past] == [
        ("2026-08", 1, 1),
        ("2026-09", 0, 1),
    ]
    events = json.loads(run("event", "list", "--json")[1])["events"]
    assert sorted(event["at"] for event in events) == [
        "2026-11-02T01:30:00Z", "2026-11-03T08:00:00Z", "2026-11-05T02:00:00Z", "2026-11-13T02:00:00Z",
    ]  # fmt: skip


def test_both_languages_show_the_same() -> None:
    def shown(name: str) -> tuple[list[str], list[tuple[str, str]], int]:
        text = page(name)
        commands = [block for _code, block, _said in BLOCK.findall(text)]
        return commands, LIST.findall(text), len(re.findall(r"^#|^\|", text, re.MULTILINE))

    assert shown(PAGES[0]) == shown(PAGES[1])
