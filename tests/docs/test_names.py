"""A test that a page calls as its witness exists; so does a file of ours that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WRITTEN = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^\s*(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_witnesses_and_files_exist(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert set(re.findall(r"`(test_\w+)`", page)) - WRITTEN == set()
    named = re.findall(r"`((?:tests|tools|docs|configs|plugins|benchmarks|sla_tracker)/[\w./-]+)`", page)
    assert [one for one in named if not (ROOT / one).exists() and "china-20" not in one] == []
    migrations = {file.name for file in (ROOT / "sla_tracker" / "storage" / "migrations").iterdir()}
    assert set(re.findall(r"`(\d{4}_\w+\.sql)`", page)) - migrations == set()


def test_the_layers_are_those_that_are_checked() -> None:
    shown = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## Layers")[1].split("```")[1]
    checked = re.search(
        r"^type = layers\nlayers =\n((?:    .*\n)+)", (ROOT / ".importlinter").read_text(), re.MULTILINE
    )
    assert checked
    layers = [re.split(r" [|:] ", row.strip()) for row in checked[1].splitlines()]
    rows = [re.split(r"   +", row.strip()) for row in shown.strip().splitlines()]
    assert [[f"sla_tracker.{name}" for name in row[:-1]] for row in rows] == layers


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_name_that_a_page_places_in_a_module_is_there(path: Path) -> None:
    placed = re.findall(r"`(\w+)`\s+(?:in|of)\s+`(sla_tracker/[\w/]+\.py)`", path.read_text(encoding="utf-8"))
    for name, module in placed:
        defined = rf"^\s*(?:(?:async )?def|class) {name}\b|^\s*{name}\b[^=\n]*="
        code = (ROOT / module).read_text(encoding="utf-8")
        assert re.search(defined, code, re.MULTILINE), f"{name}: {module}"
