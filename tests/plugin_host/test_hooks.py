"""A hook ships only with a plugin that uses it, a test of it, and a section about it."""

import re
from pathlib import Path

import pytest

from sla_tracker.plugin_host.hook_calls import HOOKS

ROOT = Path(__file__).resolve().parents[2]
USERS = [*(ROOT / "plugins").rglob("*.py"), *(ROOT / "docs" / "sample_plugin").rglob("*.py")]
TESTS = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__).resolve()]


def containing(paths: list[Path], pattern: str) -> list[Path]:
    return [path for path in paths if re.search(pattern, path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_user_a_test_and_a_section(hook: str) -> None:
    assert containing(USERS, rf"@hookimpl\ndef {hook}\b")
    assert containing(TESTS, rf"\b{hook}=")
    assert re.search(rf"^### {hook}$", (ROOT / "docs/reference/hooks.md").read_text("utf-8"), re.MULTILINE)


def test_the_reference_names_no_other_hook() -> None:
    text = (ROOT / "docs/reference/hooks.md").read_text("utf-8")
    assert set(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == set(HOOKS)
