"""What docs/reminders.md and its Chinese twin show as settings is taken, and both tell the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sla_tracker.config.load import build, read_config
from sla_tracker.domain.reminders.policy import DEFAULT_STEPS
from tests.settings import BEGINNING

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("reminders.md", "reminders.zh.md")


def shown_settings(page: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    return "\n".join(re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_that_are_shown_are_taken(page: str, tmp_path: Path) -> None:
    file = tmp_path / "sla_tracker.toml"
    file.write_text(BEGINNING + shown_settings(page), encoding="utf-8")
    built = build(read_config(file), departments=["sales", "loan"], sources={}, kinds=[])
    assert {"mail", "sales-robot", "webhook", "desktop"} <= set(built.settings.reminders.channels)


def test_both_pages_show_the_same_settings() -> None:
    english, chinese = (tomllib.loads(shown_settings(page)) for page in PAGES)
    assert english == chinese


@pytest.mark.parametrize("page", PAGES)
def test_the_usual_steps_are_all_named_in_their_order(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE)[: len(DEFAULT_STEPS)] == [
        step.id for step in DEFAULT_STEPS
    ]
