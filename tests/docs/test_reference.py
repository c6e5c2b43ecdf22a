"""The reference says what the program has: no setting, key, code or command without its line."""

import re
from pathlib import Path

import pytest

from sla_tracker.errors import ExitCode
from tools import keys, reference, settings

ROOT = Path(__file__).resolve().parents[2]


def read(name: str) -> str:
    return (reference.FOLDER / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_is_what_the_program_says(name: str) -> None:
    assert read(name) == reference.PAGES[name](), "run `make reference`"


def test_every_page_of_the_reference_is_checked() -> None:
    others = {"hooks.md"}  # written by hand; tests/plugin_host/test_hooks.py holds its sections
    assert {path.name for path in reference.FOLDER.glob("*.md")} == set(reference.PAGES) | others


def test_no_meaning_is_left_of_a_setting_that_is_gone() -> None:
    found = settings.walked().keys
    assert sorted(found) == sorted(set(found))
    assert set(settings.MEANINGS) == set(found)


def test_every_way_with_a_letter_has_one_without() -> None:
    def is_letter(key: str) -> bool:
        return len(key) == 1 and key.isalpha()

    assert [row.id for row in keys.bindings() if all(map(is_letter, row.keys.split(",")))] == []


def test_a_key_is_bound_once_in_a_place() -> None:
    seen: dict[tuple[str, str], str] = {}
    for row in keys.bindings():
        for key in row.keys.split(","):
            place = (row.id.partition(".")[0], key)
            assert seen.setdefault(place, row.id) == row.id or {row.id, seen[place]} == {
                "duty.primary",
                "duty.judge",
            }


def test_every_exit_code_has_its_line() -> None:
    lines = dict(re.findall(r"^\| (\d+) \|\s*(\w*)\s*\|", read("exit-codes.md"), re.MULTILINE))
    assert lines == {str(code.value): code.name for code in ExitCode} | {"130": ""}


def documents() -> list[Path]:
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
    ]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings get."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.strip().lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", text):
        if "://" in target:
            continue
        page = path.parent / target if target else path
        assert page.exists(), target
        assert not anchor or anchor in anchors(page), f"{target}#{anchor}"


def test_settings_that_a_page_shows_exist() -> None:
    known = {key.rpartition(".")[2] for key in settings.walked().keys}
    for path in documents():
        for named in re.findall(r"`([a-z_]+)` under `\[", path.read_text(encoding="utf-8")):
            assert named in known, f"{path.name}: {named}"
