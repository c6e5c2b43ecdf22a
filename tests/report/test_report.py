"""A report in each form: what it says, that it ends with the anchor, and that hostile text stays text."""

from __future__ import annotations

import csv
import io
import shutil
import string
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sla_tracker import i18n
from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.complaint import Stage
from sla_tracker.domain.measures.date_range import DateRange, Unit, month_range, range_around
from sla_tracker.domain.measures.fiscal_calendar import CALENDAR_YEAR
from sla_tracker.errors import Refused
from sla_tracker.report import pdf
from sla_tracker.report.contents import read_report
from sla_tracker.report.forms import FORMS
from sla_tracker.report.markdown import as_markdown
from sla_tracker.report.model import Bar, Cell, Chart, Column, Kind, Mark, Report, Run, Share, Table
from sla_tracker.report.page import as_page
from sla_tracker.report.separated import as_csv, as_zip
from sla_tracker.report.tables.comparisons import complaint_tables
from sla_tracker.report.workbook import as_workbook
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.testing.company import a_context, set_clock
from tests.figures.figure_numbers import runs_of
from tests.report import hardened
from tests.report.numbers import numbers_of_rows
from tests.requirements import go_without
from tests.services.acts import TICKED, complained, opened, step_complaint, who

HOSTILE = "=1+1|<script>alert(1)</script>\x1b]52;c;x\x07 ![x](http://a) \u202e"
ANCHOR = "as on record · sla:7:0123456789abcdef"
TARGET = Decimal("0.95")
NEARLY = Share(ratio=Decimal(9996) / 10000, target=TARGET)
REPORT = Report(
    title="Service levels in 2026-10",
    standing="open",
    tables=(
        Table(
            id="obligations",
            title=HOSTILE,
            columns=(
                Column(heading="Department"),
                Column(heading="On time", kind=Kind.COUNT),
                Column(heading="Rate", kind=Kind.SHARE),
            ),
            rows=(
                (
                    Cell(value=HOSTILE),
                    Cell(value=1, opens="rows.good.a.b"),
                    Cell(value=NEARLY, mark=Mark.KEPT),
                ),
                (Cell(value="Total"), Cell(value=1, opens="rows.valid.all.all"), Cell(value=NEARLY)),
            ),
            has_total=True,
        ),
    ),
    charts=(
        Chart(
            id="chart",
            title=HOSTILE,
            line_title=HOSTILE,
            bars=tuple(
                Bar(label=HOSTILE, ratio=ratio, text="1", line=TARGET, mark=Mark.MISSED)
                for ratio in (Decimal(0), Decimal(1), None)
            ),
        ),
    ),
    rows=(
        Table(
            id="duties.a.b.good",
            title=HOSTILE,
            columns=(Column(heading="About"), Column(heading="Due", kind=Kind.MOMENT)),
            rows=((Cell(value=HOSTILE), Cell(value=datetime(2026, 10, 5, 18, tzinfo=UTC))),),
            runs={"rows.good.a.b": (Run(first=0, last=0),), "rows.valid.all.all": (Run(first=0, last=0),)},
        ),
    ),
    ending=ANCHOR,
)
WRITERS: dict[str, Callable[[Report], bytes]] = {
    form: write for form, write in FORMS.items() if form != "pdf"
}
TEXTS = [form for form in WRITERS if form not in {"xlsx", "zip"}]


class Page(HTMLParser):
    """Reads a page: its tags, its texts, its ids, and where its links lead."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.headings: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _value in attrs)
        found = dict(attrs)
        self.ids |= {found["id"] or ""} if "id" in found else set()
        if tag == "a":
            self.links.add((found["href"] or "").removeprefix("#"))
        if tag == "th":
            self.headings.append(found["scope"] or "")

    def handle_data(self, data: str) -> None:  # the name is html.parser's
        self.texts.append(data)


ROOT = Path(__file__).resolve().parents[2]


def test_a_page_shows_hostile_text_and_runs_none_of_it() -> None:
    page = Page(as_page(REPORT))
    assert "script" not in page.tags
    assert any("<script>alert(1)</script>" in text for text in page.texts)
    assert ANCHOR in page.texts


def test_the_numbers_of_a_page_lead_to_their_rows() -> None:
    page = Page(as_page(REPORT))
    assert {"rows.good.a.b", "rows.valid.all.all"} <= page.links <= page.ids
    assert {"col", "row"} == set(page.headings)
    assert as_page(REPORT).startswith(b"<!doctype html>")


def test_markdown_takes_no_markup_from_people() -> None:
    lines = as_markdown(REPORT).decode().splitlines()
    (row,) = (line for line in lines if "script" in line and line.startswith("|"))
    assert row.count("|") - row.count(r"\|") == 4
    assert r"!\[x\](http" in row
    assert lines[-1] == ANCHOR


def test_separated_values_hold_a_number_a_cell_and_no_formula() -> None:
    text = as_csv(REPORT).decode()
    assert text.startswith("\ufeff")
    headings, row = csv.reader(io.StringIO(text[1:], newline=""))
    assert headings[1:3] == ["On time", "Rate"]
    assert row[0].startswith("'=1+1")
    assert row[1:] == ["1", "0.999", ANCHOR]
    with ZipFile(io.BytesIO(as_zip(REPORT))) as archive:
        assert archive.namelist() == ["obligations.csv", "duties.csv", "anchor.txt"]
        assert ANCHOR in archive.read("anchor.txt").decode()


def test_a_workbook_holds_numbers_and_no_formula() -> None:
    book = load_workbook(io.BytesIO(as_workbook(REPORT)))
    cells = [cell for sheet in book.worksheets for line in sheet.iter_rows() for cell in line]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert any(str(cell.value).startswith("=1+1") for cell in cells)
    rates = next(sheet for sheet in book.worksheets if sheet.title.startswith("=1+1"))
    assert [cell.value for cell in rates[4]][1:] == [1, 0.999]
    assert rates["B4"].hyperlink.location == "'Duties'!A4:B4"
    assert rates["C4"].number_format.endswith("0.0%")
    assert rates.freeze_panes == "B4"
    assert rates.auto_filter.ref == "A3:C4"
    assert ANCHOR in [cell.value for cell in book.worksheets[0]["A"]]


@pytest.mark.parametrize("form", TEXTS)
def test_no_form_lets_a_control_byte_through(form: str) -> None:
    text = WRITERS[form](REPORT).decode()
    assert not any(char in text for char in "\x1b\x07\u202e")


@pytest.mark.parametrize("form", WRITERS)
def test_the_same_report_gives_the_same_bytes_also_when_it_is_empty(form: str) -> None:
    empty = replace(REPORT, tables=(), charts=(), rows=(), ending="")
    for report in (REPORT, empty):
        assert WRITERS[form](report) == WRITERS[form](report)
    if form in TEXTS:
        assert "sla:" not in WRITERS[form](empty).decode()
        assert "Nothing was owed" in WRITERS[form](empty).decode()


def test_a_pdf_without_a_browser_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "browser", lambda: "")
    with pytest.raises(Refused, match="needs Chromium"):
        pdf.as_pdf(REPORT)


def test_a_browser_prints_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "browser"
    program.write_text(
        "#!/bin/sh\nfor word; do case $word in --print-to-pdf=*) to=${word#*=};; "
        "file:*) page=${word#file://};; esac; done\n"
        'cp "$page" "$to"\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(pdf, "browser", lambda: str(program))
    assert pdf.as_pdf(REPORT) == as_page(REPORT)
    program.write_text("#!/bin/sh\necho no display >&2\n")
    with pytest.raises(Refused, match="no display"):
        pdf.as_pdf(REPORT)


# --- what it says -----------------------------------------------------------------------------------------------------


@pytest.fixture
def context() -> ServiceContext:
    """Let sales deliver one sheet in time and one never, and owe more in December."""
    context = a_context(now="2026-11-23 14:00")
    duties = opened(context, "2026-11-23 10:00")
    operations.deliver(context, who(context, "wang.fang"), duties["decoration-sheet"].id, TICKED)
    set_clock(context, "2026-12-01 10:00")
    opened(context, "2026-12-01 09:00", subject=HOSTILE)
    return context


def numbers(sheet: Worksheet, column: str) -> list[float]:
    (heading,) = (cell.column_letter for cell in sheet[3] if cell.value == column)
    return [cell.value for cell in sheet[heading][3:] if isinstance(cell.value, int | float)]


@pytest.mark.parametrize(
    "dates",
    [month_range("2026-11"), range_around(Unit.YEAR, datetime(2026, 1, 1, tzinfo=UTC).date(), CALENDAR_YEAR)],
)
def test_the_sums_of_a_workbook_agree_with_its_total_and_its_rows(
    context: ServiceContext, dates: DateRange
) -> None:
    i18n.use("en")
    book = load_workbook(io.BytesIO(as_workbook(read_report(context, dates))))
    rows = len(list(book["Duties"].iter_rows(min_row=4)))
    for title in ("By department", "Who to whom", "By obligation"):
        sheet = book[title]
        sums = 0.0
        for column in ("Counted", "Waived", "Short notice", "Pending"):
            *parts, total = numbers(sheet, column)
            assert sum(parts) == total, (title, column)
            sums += total
        assert sums == rows


def test_every_number_opens_as_many_rows(context: ServiceContext) -> None:
    i18n.use("en")
    report = read_report(context, month_range("2026-11"))
    page = Page(as_page(report))
    assert page.links <= page.ids
    for table, heading, cell in numbers_of_rows(report):
        rows = sum(run.count for _table, run in runs_of(report, cell.opens))
        assert rows == cell.value, (table.id, heading, cell.opens)


def test_rates_are_compared_with_the_month_before_and_a_year_before(context: ServiceContext) -> None:
    tables = {table.id: table for table in read_report(context, month_range("2026-12")).tables}
    assert [column.heading for column in tables["compared"].columns[1:]] == ["2026-12", "2026-11", "2025-12"]
    before = {table.id: table for table in read_report(context, month_range("2026-11")).tables}
    wanted = {row[0].value: row[3].value for row in before["departments"].rows}
    named = {row[0].value: row[2].value for row in tables["compared"].rows}
    assert wanted.items() <= named.items()


def test_nobody_is_named_in_what_is_passed_on(context: ServiceContext) -> None:
    for form, write in WRITERS.items():
        if form in TEXTS:
            assert "王芳" not in write(read_report(context, month_range("2026-11"))).decode()


def test_a_month_without_duties_says_so() -> None:
    i18n.use("en")
    report = read_report(a_context(trial=True), month_range("2026-10"))
    assert report.tables == ()
    assert b"Nothing was owed" in as_markdown(report)


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


@pytest.mark.parametrize(
    ("name", "begins"),
    [("r.md", "# "), ("r.html", "<!doctype"), ("r.CSV", "\ufeff"), ("r.xlsx", "PK"), ("r.zip", "PK")],
)
def test_the_name_of_the_file_says_the_form(folder: Path, tmp_path: Path, name: str, begins: str) -> None:
    file = tmp_path / name
    sla(folder, "report", "--to", str(file))
    assert file.read_bytes().startswith(begins.encode())
    assert "already; name a new file" in sla(folder, "report", "--to", str(file), code=2).stderr


def test_a_place_that_cannot_be_written_is_said(folder: Path, tmp_path: Path) -> None:
    said = sla(folder, "report", "--to", str(tmp_path / "no" / "r.md"), code=2).stderr
    assert "cannot be written: No such file" in said
    assert "does not say which form" in sla(folder, "report", "--to", "r.doc", code=2).stderr


# --- other people's programs ------------------------------------------------------------------------------------------


def test_a_spreadsheet_program_opens_the_workbook_and_its_sums_agree(
    context: ServiceContext, tmp_path: Path
) -> None:
    program = shutil.which("soffice")
    if program is None:
        go_without("calc")
    i18n.use("en")
    report = read_report(context, month_range("2026-11"))
    (tmp_path / "r.xlsx").write_bytes(as_workbook(report))
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", every_sheet, "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "r.xlsx")], check=True, capture_output=True, timeout=100)
    for title, names in (("By department", 1), ("Who to whom", 2), ("By obligation", 3)):
        with (tmp_path / f"r-{title}.csv").open(encoding="utf-8", newline="") as stream:
            _title, _standing, headings, *rows = csv.reader(stream)
        for at in (headings.index("Counted"), headings.index("Misses"), headings.index("Pending")):
            *parts, total = (int(row[at]) for row in rows)
            assert sum(parts) == total, (title, headings[at])
        assert len(headings) == names + 12
    with (tmp_path / "r-Duties.csv").open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.reader(stream))) == 3 + sum(len(table.rows) for table in report.rows)


def test_chromium_prints_the_page() -> None:
    if not pdf.browser():
        go_without("chromium")
    printed = pdf.as_pdf(REPORT)
    assert printed.startswith(b"%PDF-")
    assert b"/MediaBox" in printed


def test_chromium_prints_under_what_the_unit_of_the_service_forbids() -> None:
    """As a report that is mailed: no new rights, no memory that is written and then run, no namespaces."""
    if not pdf.browser():
        go_without("chromium")
    if not hardened.can_forbid():
        pytest.skip("the filter knows Linux on x86_64")
    program = (
        "import sys; from tests.report import hardened; hardened.forbid()\n"
        "from sla_tracker.report import pdf; from tests.report.test_report import REPORT\n"
        "assert pdf.is_confined()\n"
        "sys.stdout.buffer.write(pdf.as_pdf(REPORT))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False, timeout=110
    )
    assert done.stdout.startswith(b"%PDF-"), done.stderr.decode()


def test_spans_and_points_are_numbers_where_numbers_are_read_and_words_where_people_read() -> None:
    columns = (Column(heading="Span", kind=Kind.SPAN), Column(heading="Points", kind=Kind.COUNT))
    cells = (Cell(value=timedelta(hours=25, minutes=30)), Cell(value=Decimal("-2.0")))
    report = replace(
        REPORT, charts=(), tables=(Table(id="obligations", title="T", columns=columns, rows=(cells,)),)
    )
    (_headings, row) = csv.reader(io.StringIO(as_csv(report).decode()[1:], newline=""))
    assert row[:2] == ["25.50", "-2.0"]
    sheet = load_workbook(io.BytesIO(as_workbook(report)))["T"]
    assert (sheet["A4"].value, sheet["B4"].value) == (timedelta(hours=25, minutes=30), -2)
    assert {"25 h 30 min", "-2.0"} <= set(Page(as_page(report)).texts)


HEADINGS = (
    "On-time rate",
    "Unfounded",
    "Misses allowed",
    "Working time until the remedy is done",
    "Behind the first",
)


def test_headings_of_a_sheet_are_wrapped_between_words_in_a_row_that_holds_them() -> None:
    columns = tuple(Column(heading=heading, kind=Kind.COUNT) for heading in HEADINGS)
    table = Table(id="t", title="T", columns=columns, rows=(tuple(Cell(value=1) for _ in HEADINGS),))
    sheet = load_workbook(io.BytesIO(as_workbook(replace(REPORT, charts=(), tables=(table,)))))["T"]
    lines = 1
    for heading, letter in zip(HEADINGS, string.ascii_uppercase, strict=False):
        wide = sheet.column_dimensions[letter].width
        wrapped = textwrap.wrap(heading, int(wide / 1.2), break_long_words=False)
        assert max(map(len, wrapped)) <= wide / 1.1
        lines = max(lines, len(wrapped))
    assert lines > 1
    assert sheet.row_dimensions[3].height >= 15 * lines


def test_tabs_have_whole_words() -> None:
    table = Table(
        id="t", title="A: title that is longer than the name of a sheet may be", columns=(), rows=()
    )
    short = replace(table, id="s", short_title="Short")
    book = load_workbook(io.BytesIO(as_workbook(replace(REPORT, charts=(), tables=(table, short)))))
    assert book.sheetnames[1:3] == ["A title that is longer than the", "Short"]


def test_every_table_of_a_report_fits_a_tab(context: ServiceContext) -> None:
    i18n.use("en")
    year = range_around(Unit.YEAR, date(2026, 12, 1), CALENDAR_YEAR)
    tables = [*read_report(context, year).tables, *complaint_tables(context, year, ())]
    assert {"matrix", "causes", "complaint-steps", "complaint-effects"} <= {one.id for one in tables}
    assert [one.title for one in tables if len(one.short_title or one.title) > 31] == []


def test_a_report_of_this_month_ranks_departments_and_forecasts() -> None:
    context = a_context(now="2026-11-23 14:00")
    opened(context, "2026-11-20 10:00")
    tables = {table.id: table for table in read_report(context, month_range("2026-11")).tables}
    assert {"league", "forecast"} <= set(tables)
    (sales,) = (row for row in tables["forecast"].rows if row[0].value == "Sales")
    assert isinstance(sales[3].value, int)
    assert sales[3].value > 0
    assert "forecast" not in {table.id for table in read_report(context, month_range("2026-12")).tables}


def test_a_report_says_what_complaints_took_and_changed() -> None:
    context = a_context(now="2026-11-23 14:00")
    opened(context, "2026-11-20 10:00")
    complaint = complained(context)
    for stage in (Stage.JUDGE, Stage.NAME, Stage.ANALYSE, Stage.PROPOSE, Stage.APPROVE, Stage.CARRY_OUT):
        complaint = step_complaint(context, complaint, stage)
    quarter = range_around(Unit.QUARTER, date(2026, 11, 1), CALENDAR_YEAR)
    tables = {table.id: table for table in read_report(context, quarter).tables}
    wanted = ("complaints-cause", "complaints-quarter", "complaint-steps", "complaint-effects")
    assert [len(tables[id].rows) for id in wanted] == [1, 1, 6, 1]
    assert [column.kind for column in tables["complaint-steps"].columns][2:4] == [Kind.SPAN, Kind.SPAN]
