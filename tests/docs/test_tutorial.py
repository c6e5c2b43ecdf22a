"""The tutorial is done as a newcomer would do it, word for word; what it shows is what they see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.tutorial import BLOCK, steps

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"add-a-department.md": "en", "add-a-department.zh.md": "zh_CN"}


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.timeout(600)
def test_every_command_says_what_the_page_shows(name: str, tmp_path: Path) -> None:
    done = 0
    for step in steps(read(name), tmp_path, PAGES[name]):
        assert step.agrees, (
            f"{step.commands}\n--- ended with {step.ended}, said:\n{step.said}\n--- the page shows:\n{step.shown}"
        )
        done += 1
    assert done == len(BLOCK.findall(read(name))) > 10


def test_both_languages_do_the_same() -> None:
    def commands(name: str) -> list[tuple[str, str]]:
        return [(code, text) for code, text, _shown in BLOCK.findall(read(name))]

    english, chinese = (commands(name) for name in PAGES)
    assert [(code, text.replace("yesterday", "昨天")) for code, text in english] == chinese


@pytest.mark.parametrize("pair", [("add-a-department", 10), ("using", 5)])
def test_both_languages_have_the_same_structure(pair: tuple[str, int]) -> None:
    name, least = pair

    def shape(text: str) -> list[tuple[str, int]]:
        rows = [line for line in text.splitlines() if line.startswith("|")]
        return [
            ("headings", len(re.findall(r"^## ", text, re.MULTILINE))),
            ("rows", len(rows)),
            ("bold", len(re.findall(r"^\*\*", text, re.MULTILINE))),
        ]

    english, chinese = shape(read(f"{name}.md")), shape(read(f"{name}.zh.md"))
    assert english == chinese
    assert english[0][1] >= least


def test_a_page_that_shows_something_else_would_be_noticed(tmp_path: Path) -> None:
    page = "```sh\necho one; echo a1b2c3\n```\n\n```text\n{}\n```\n\n```sh exit=3\nexit 3\n```\n"
    for shown, agrees in (("one\nd4e5f6", True), ("one\n…", True), ("…", True), ("two\na1b2c3", False)):
        first, second = steps(page.format(shown), tmp_path, "en")
        assert (first.agrees, second.agrees) == (agrees, True), shown
    assert [step.agrees for step in steps("```sh\nfalse\n```\n", tmp_path, "en")] == [False]
