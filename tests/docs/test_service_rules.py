"""Each rule of the service names the tests that hold it; that these exist is `test_names`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
ROW = re.compile(r"^\| (\d+) \| (.+) \| ((?:`test_\w+`(?:, )?)+) \|$", re.MULTILINE)


@pytest.mark.parametrize("page", ["service.md", "service.zh.md"])
def test_every_rule_has_its_test(page: str) -> None:
    rows = ROW.findall((DOCS / page).read_text(encoding="utf-8"))
    assert [int(number) for number, _rule, _tests in rows] == list(range(1, 21))


def test_both_languages_name_the_same_tests() -> None:
    named = [
        [tests for _number, _rule, tests in ROW.findall((DOCS / page).read_text(encoding="utf-8"))]
        for page in ("service.md", "service.zh.md")
    ]
    assert named[0] == named[1]
