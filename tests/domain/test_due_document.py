"""docs/time.md and the tests that it names, held together."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "time.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)`", DOCUMENT)))
OURS = (
    "domain/test_due_offsets.py",
    "domain/test_due_changes.py",
    "domain/test_due_recurring.py",
    "domain/test_workcalendar.py",
)


@cache
def written() -> dict[str, Path]:
    """Return every test function of the suite and its file."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for name in re.findall(
            r"^\s*(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE
        ):
            found[name] = path
    return found


def test_the_tests_that_the_document_names_exist() -> None:
    assert [name for name in NAMED if name not in written()] == []


def test_the_document_names_every_border_that_is_tested() -> None:
    files = {ROOT / "tests" / name for name in OURS}
    tested = {name for name, path in written().items() if path in files}
    assert len(tested & set(NAMED)) > 50


@pytest.mark.parametrize("heading", re.findall(r"^\*\*(.+?)\*\*", DOCUMENT, re.MULTILINE))
def test_every_border_gives_its_test(heading: str) -> None:
    paragraph = DOCUMENT.split(f"**{heading}**", 1)[1].split("\n\n", 1)[0]
    assert "`test_" in paragraph or "the desk chooses it" in " ".join(paragraph.split())
