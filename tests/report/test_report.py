"""A month's report in each form: what it says, that it ends with the anchor, and that hostile text stays text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_tracker import i18n
from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.report.forms import FORMS, as_markdown, as_page, as_sheet
from sla_tracker.report.month import MonthReport, Sheet, month_report
from sla_tracker.testing.company import a_context

HOSTILE = "=1+1|<script>alert(1)</script>\x1b]52;c;x\x07 ![x](http://a) \u202e"
REPORT = MonthReport(
    title="Service levels in 2026-10",
    standing="open",
    sheets=(Sheet(title="By department", headings=("Department", "On time"), rows=((HOSTILE, "1/3"),)),),
    ending="as on record · sla:7:0123456789abcdef",
)


class Page(HTMLParser):
    """Reads a page: its tags and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _value in attrs)

    def handle_data(self, data: str) -> None:  # the name is html.parser's
        self.texts.append(data)


def test_a_page_shows_hostile_text_and_runs_none_of_it() -> None:
    page = Page(as_page(REPORT))
    assert "script" not in page.tags
    assert any("<script>alert(1)</script>" in text for text in page.texts)
    assert REPORT.ending in page.texts


def test_markdown_takes_no_markup_from_people() -> None:
    lines = as_markdown(REPORT).splitlines()
    (row,) = (line for line in lines if "script" in line)
    assert row.count("|") - row.count(r"\|") == 3
    assert r"!\[x\](http" in row
    assert lines[-1] == REPORT.ending


def test_a_spreadsheet_computes_nothing_of_it() -> None:
    i18n.use("en")
    text = as_sheet(REPORT)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:], newline="")))
    (row,) = (row for row in rows if len(row) == 2 and "script" in row[0])
    assert row[0].startswith("'=1+1")
    assert row[1] == "1 of 3"
    assert rows[-1] == [REPORT.ending]


@pytest.mark.parametrize("form", FORMS)
def test_no_form_lets_a_control_byte_through(form: str) -> None:
    text = FORMS[form](REPORT)
    assert not any(char in text for char in "\x1b\x07\u202e")


@pytest.mark.parametrize("form", FORMS)
def test_what_is_not_there_is_left_out(form: str) -> None:
    i18n.use("en")
    text = FORMS[form](replace(REPORT, sheets=(), ending=""))
    assert "sla:" not in text
    assert "By department" not in text


def test_a_month_without_duties_says_so() -> None:
    i18n.use("en")
    report = month_report(a_context(trial=True), month_range("2026-10"))
    assert report.sheets == ()
    assert "Nothing was owed" in as_markdown(report)


# --- the command ------------------------------------------------------------------------------------------------------


def sla(folder: Path, *words: str, code: int = 0, lang: str = "en") -> Result:
    outcome = CliRunner().invoke(
        build(DeploymentService()),
        ["--deployment", str(folder), *words],
        env={"SLA_NOW": "2026-11-20T18:30:00+08:00", "SLA_LANG": lang},
    )
    assert outcome.exit_code == code, f"{outcome.exit_code}: {outcome.output}"
    return outcome


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "dealer"
    sla(place, "init", "--trial", str(place), "--config", "dealership", "--in-force-from", "2026-10-01")
    return place


def test_an_open_and_a_closed_month_say_which_they_are(folder: Path) -> None:
    assert "The month is open" in sla(folder, "report", "last month").stdout
    sla(folder, "--as", "lin.tao", "period", "close", "2026-10", "--missed")
    said = sla(folder, "report", "2026-10").stdout
    assert "was closed on 2026-11-20 by" in said
    assert "## By obligation" in said
    assert "## Who to whom" in said
    assert "服务水平" in sla(folder, "report", "2026-10", lang="zh_CN").stdout


@pytest.mark.parametrize(("name", "begins"), [("r.md", "# "), ("r.html", "<!doctype"), ("r.CSV", "\ufeff")])
def test_the_name_of_the_file_says_the_form(folder: Path, tmp_path: Path, name: str, begins: str) -> None:
    file = tmp_path / name
    sla(folder, "report", "--to", str(file))
    assert file.read_text(encoding="utf-8").startswith(begins)
    assert "already; name a new file" in sla(folder, "report", "--to", str(file), code=2).stderr


def test_a_place_that_cannot_be_written_is_said(folder: Path, tmp_path: Path) -> None:
    said = sla(folder, "report", "--to", str(tmp_path / "no" / "r.md"), code=2).stderr
    assert "cannot be written: No such file" in said
    assert "does not say which form" in sla(folder, "report", "--to", "r.doc", code=2).stderr
