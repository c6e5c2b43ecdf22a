"""What docs/due-rules.md and its Chinese twin show is taken and works, and both show the same."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.config.load import FILE_NAME, build, read_config
from sla_tracker.domain.time.calendar_layers import FixedDays
from sla_tracker.plugin_host.checklists.reader import read_checklist
from sla_tracker.plugin_host.checks import obligation_problems
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services.deployment import PluginState

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("due-rules.md", "due-rules.zh.md")


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_obligations_that_are_shown_are_taken(page: str) -> None:
    shown = [block for block in blocks(page, "toml") if "[[obligation]]" in block]
    assert len(shown) == 9
    for block in shown:
        checklist, _file = read_checklist(block.encode(), "shown.toml")
        for obligation in checklist.obligations():
            assert [str(problem) for problem in obligation_problems(obligation)] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_rules_of_the_table_are_taken(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = [line.split(" | ")[0] for line in text.splitlines() if line.startswith("| `{")]
    rules = [rule for row in rows for rule in re.findall(r"`(\{.*?\})`", row)]
    assert len(rules) == 7
    for rule in rules:
        text = f'[[obligation]]\nid = "a"\ntitle = "甲"\nconsumer = "b"\nrecurring = {{ due = {rule} }}\n'
        read_checklist(text.encode(), "table.toml")


def test_both_pages_show_the_same_under_the_same_headings() -> None:
    english, chinese = (
        [re.sub(r"\s+", " ", block) for language in ("toml", "python") for block in blocks(page, language)]
        for page in PAGES
    )
    assert english == chinese
    shapes = [
        re.findall(r"^(#+ |```\w*|\|(?=-)|- )", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
        for page in PAGES
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("page", PAGES)
def test_the_calendars_that_are_shown_are_what_the_page_says(page: str, tmp_path: Path) -> None:
    (shown,) = (block for block in blocks(page, "toml") if "[calendar]" in block)
    (tmp_path / FILE_NAME).write_text(f'name = "x"\nin_force_from = 2026-11-01\n{shown}', encoding="utf-8")
    sources = {name: FixedDays(by_day={}) for name in ("china", "germany")}
    calendars = build(read_config(tmp_path), departments=["finance"], sources=sources).calendars
    assert calendars["berlin"].zone.key == "Europe/Berlin"
    assert calendars["always-open"].source is None
    assert str(calendars["nights"].segments_on(date(2026, 11, 30))[0]) == "22:00-06:00"
    assert not calendars[""].takes_requests(date(2026, 12, 24))


def test_the_calendar_plugin_that_is_shown_knows_the_holidays_of_its_country(tmp_path: Path) -> None:
    (shown,) = blocks(PAGES[0], "python")
    path = tmp_path / "germany.py"
    path.write_text(shown, encoding="utf-8")
    path.chmod(0o644)
    host = load_plugins(offered=(), given={"germany": path})
    assert [one.state for one in host.plugins] == [PluginState.ACTIVE]
    source = host.calendars["germany"]
    # Easter of 2026 is on 5 April, that of 2027 on 28 March.
    assert sorted(f"{day:%m-%d}" for day in source.days(2026)) == (
        ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"]
    )
    assert sorted(f"{day:%m-%d}" for day in source.days(2027)) == (
        ["01-01", "03-26", "03-29", "05-01", "05-06", "05-17", "10-03", "12-25", "12-26"]
    )
    assert source.is_published(2030)
    assert source.days(2026) == source.days(2026)
