"""A command that a page shows exists, with each option it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from tools import keys

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").rglob("*.md"))]
FLOW = re.compile(r"`(sla(?: [^`]*)?)`")
LINE = re.compile(r"^(?:\$ )?(?:[\w*/]+ [\w*/]+ \* \* \* )?(sla .*)$")


def shown(page: str) -> list[str]:
    """Return every call of `sla` in code spans and code blocks."""
    blocks = re.findall(r"^```(?:sh)?[^\n]*\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    lines = [
        found[1] for block in blocks for line in block.splitlines() if (found := LINE.match(line.strip()))
    ]
    prose = re.sub(r"^```.*?^```", "", page, flags=re.DOTALL | re.MULTILINE)
    return [" ".join(one.split()) for one in FLOW.findall(prose)] + lines


def problem(call: str, root: click.Group) -> str:
    """Return what is wrong with a shown call, or nothing."""
    try:
        words = shlex.split(re.split(r" \| | > | && ", call)[0], comments=True)[1:]
    except ValueError:
        return f"{call}: cannot be typed"
    command: click.Command = root
    for word in words:
        if word.startswith("--"):
            known = {name for param in (*command.params, *root.params) for name in param.opts} | {"--help"}
            if word.split("=")[0] not in known:
                return f"{call}: no option {word}"
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]+", word):
            inner = command.get_command(click.Context(command), word)
            if inner is not None:
                command = inner
            elif command is not root or words.index(word) == 0:
                return f"{call}: no command {word}"
    return ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_shown_exists(path: Path) -> None:
    root = build(DeploymentService())
    found = [problem(call, root) for call in shown(path.read_text(encoding="utf-8"))]
    assert [one for one in found if one] == []


def test_a_command_that_is_gone_would_be_noticed() -> None:
    root = build(DeploymentService())
    assert problem("sla dew", root)
    assert problem("sla due --untill 2027-01-01", root)
    assert problem("sla event ad x", root)
    assert not problem("sla --as li.na event add x y --at '昨天 16:40'", root)


@pytest.mark.parametrize("name", ["using.md", "using.zh.md"])
def test_keys_that_staff_are_told_exist(name: str) -> None:
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    bound = {key for row in keys.bindings() for key in row.keys.split(",")}
    bound |= {"?", "/"}
    told = set(re.findall(r"`([a-z])`", page)) | {key.lower() for key in re.findall(r"\bF\d+", page)}
    told |= set(re.findall(r"\bctrl\+[a-z]\b", page)) | {
        key.lower() for key in re.findall(r"shift\+F\d+", page)
    }
    assert told - bound == set()
