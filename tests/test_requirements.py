"""SLA_REQUIRE names parts that exist, and `.ci/run` requires all that a test or it itself asks for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped

from tests.requirements import PARTS, go_without, is_required

TESTS = Path(__file__).parent
CI = TESTS.parent / ".ci" / "run"


def test_ci_requires_every_part_that_is_asked_for() -> None:
    script = CI.read_text(encoding="utf-8")
    named = re.search(r"SLA_REQUIRE=(\S+)", script)
    assert named is not None
    asked = set(re.findall(r'\$SLA_REQUIRE,"? == \*,(\w+),', script))
    for path in TESTS.rglob("*.py"):
        asked.update(re.findall(r'go_without\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert set(named[1].split(",")) == asked
    assert asked <= PARTS.keys()


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_skipped_with_its_name_or_fails(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLA_REQUIRE", raising=False)
    with pytest.raises(Skipped, match=re.escape(PARTS[part])):
        go_without(part)
    monkeypatch.setenv("SLA_REQUIRE", f"postgres, {part}")
    with pytest.raises(Failed, match=re.escape(PARTS[part])):
        go_without(part)


def test_a_misspelt_part_is_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_REQUIRE", "postgress")
    with pytest.raises(Failed, match="postgress"):
        is_required("postgres")
