"""Every command of the page about calendars does what the page says; both languages show the same ones."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from tools.tutorial import BLOCK, NOW

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = "in-your-calendar.md", "in-your-calendar.zh.md"


def blocks(name: str) -> list[str]:
    """Return the blocks of commands of a page."""
    return [text for _code, text, _said in BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))]


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLA_NOW", NOW)
    written = set[str]()
    for line in "".join(blocks(PAGES[0])).splitlines():
        match shlex.split(line):
            case ["sla", *words]:
                # In this process: starting the program for each line would take a second each.
                outcome = CliRunner().invoke(build(DeploymentService()), words)
                assert outcome.exit_code == 0, f"{line}: {outcome.output}"
                written |= {words[words.index("--to") + 1]} if "--to" in words else set()
            case ["export", "SLA_DEPLOYMENT=$PWD/try"]:
                monkeypatch.setenv("SLA_DEPLOYMENT", str(tmp_path / "try"))
            case ["rm", file]:
                Path(file).unlink()
            case _:
                pytest.fail(line)
    assert len(written) == 16
    for file in written:
        content = Path(file).read_bytes()
        match Path(file).suffix:
            case ".ics":
                assert content.count(b"BEGIN:VTODO" if file == "tasks.ics" else b"BEGIN:VEVENT"), file
            case ".csv":
                assert len(list(csv.reader(content.decode("utf-8-sig").splitlines()))) >= 1
    assert Path("vehicle.ics").read_bytes().count("鄂F·12345".encode()) > 1


def test_both_languages_show_the_same() -> None:
    def shown(name: str) -> tuple[list[str], list[str], int]:
        page = (DOCS / name).read_text(encoding="utf-8")
        settings = re.findall(r"^```ini\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        commands = [text.replace("昨天", "yesterday") for text in blocks(name)]
        return commands, settings, len(re.findall(r"^#", page, re.MULTILINE))

    english, chinese = (shown(name) for name in PAGES)
    assert english == chinese
