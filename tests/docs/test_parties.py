"""What docs/parties.md and its Chinese twin show is taken, and both show the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sla_tracker.plugin_host.checklists.reader import read_checklist

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("parties.md", "parties.zh.md")


def shown(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_obligations_that_are_shown_are_taken(page: str) -> None:
    blocks = [block for block in shown(page) if "[[obligation]]" in block]
    assert blocks
    for block in blocks:
        checklist, _file = read_checklist(block.encode(), "shown.toml")
        assert checklist.obligations()


def test_both_pages_show_the_same() -> None:
    english, chinese = ([re.sub(r"#.*|\s+", " ", block).split() for block in shown(page)] for page in PAGES)
    assert english == chinese
    tomllib.loads("\n".join(block for block in shown(PAGES[0]) if "[assumed" in block))
