"""Each page that stands in both languages has the same parts in both, and shows the same commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHINESE = sorted([*ROOT.glob("*.zh.md"), *(ROOT / "docs").glob("*.zh.md")])
COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:sla|make)(?: [a-z][a-z-]*)*", re.MULTILINE)
BLOCK = re.compile(r"^ *```(\w*)[^\n]*\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def parts(text: str) -> dict[str, list[object]]:
    """Return the levels of the headings, the columns of each row, and the language and commands of each block."""
    outside = BLOCK.sub("", text)
    return {
        "headings": [len(marks) for marks in re.findall(r"^(#+) ", outside, re.MULTILINE)],
        "rows": [row.count(" |") for row in re.findall(r"^\|.*$", outside, re.MULTILINE)],
        "blocks": [(language, COMMAND.findall(content)) for language, content in BLOCK.findall(text)],
    }


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_both_languages_have_the_same_parts(page: Path) -> None:
    english = page.with_name(page.name.replace(".zh.md", ".md")).read_text(encoding="utf-8")
    assert parts(page.read_text(encoding="utf-8")) == parts(english)


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: page.name)
def test_each_leads_to_the_other(page: Path) -> None:
    other = page.with_name(page.name.replace(".zh.md", ".md"))
    assert f"[English]({other.name})" in page.read_text(encoding="utf-8")
    assert f"[中文]({page.name})" in other.read_text(encoding="utf-8")
