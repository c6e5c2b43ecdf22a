"""Writes a report as an Excel workbook: numbers as numbers, charts, filters."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from xlsxwriter import Workbook

from sla_tracker.domain.clean import clean
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.report.model import (
    FAMILY_WORDS,
    Cell,
    Chart,
    Column,
    Kind,
    Mark,
    Report,
    RowFamily,
    Share,
    Table,
)
from sla_tracker.report.workbook_groups import CountedFigure, groups_of, places_of
from sla_tracker.value_class import dataclass

# Texts from people never become formulas or links, and no clock is read: the same report gives the same bytes.
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
    "in_memory": True,
}
LONGEST_NAME = 31  # characters of a sheet's name, Excel's limit
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
WIDEST, NARROWEST = 48, 8  # characters of a column
MOMENT_CELLS = 17  # characters of a column of dates with times
BESIDE = 2  # characters of a column that its edges, or the button of a filter, take
LINE_POINTS = 17  # height of a line of the usual size, in Chinese too
HEADING_ROW = 2  # rows above: title and standing
FIRST_ROW = HEADING_ROW + 2  # of a sheet's own rows, as a spreadsheet counts them
GROUPS = N_("Groups")
MOST_LINKS = 65_000  # links that Excel takes in one sheet
HEADING = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}
TEXTUAL = {Kind.TEXT, Kind.MOMENT}
CHART_ROWS = 18  # rows that a chart covers


@dataclass(frozen=True, slots=True)
class Formats:
    """The cell formats of a workbook."""

    title: Any
    heading: Any
    number_heading: Any
    text: Any
    count: Any
    points: Any
    span: Any
    share: Any
    target: Any
    moment: Any
    kept: Any
    missed: Any
    total: Any


def as_workbook(report: Report) -> bytes:
    """Return a report as a workbook, the checkpoint on its first sheet."""
    stream = io.BytesIO()
    book = Workbook(stream, OPTIONS)
    book.set_properties({"title": clean(report.title), "created": datetime(2000, 1, 1)})  # noqa: DTZ001
    formats = _formats(book)
    figures = groups_of(report, {family: _name(_(word)) for family, word in FAMILY_WORDS.items()}, FIRST_ROW)
    places = places_of(figures, _name(_(GROUPS)), FIRST_ROW)
    _summary(book, report, formats)
    for table in report.tables:
        _sheet(book, report, table, formats, places)
    if any(len(one.groups) > 1 for one in figures):
        _group_sheet(book, report, figures, formats)
    for family, tables in report.families().items():
        _rows(book, report, family, tables, formats)
    book.close()
    return stream.getvalue()


def _formats(book: Workbook) -> Formats:
    add = book.add_format
    return Formats(
        title=add({"bold": True, "font_size": 14}),
        heading=add(HEADING),
        number_heading=add(HEADING | {"align": "right"}),
        text=add({"valign": "top"}),
        count=add({"num_format": "0"}),
        points=add({"num_format": "0.0"}),
        span=add({"num_format": "[h]:mm"}),
        share=add({"num_format": "0.0%"}),
        target=add({"num_format": "0.0##%"}),
        moment=add({"num_format": "yyyy-mm-dd hh:mm"}),
        kept=add({"num_format": '"✓ "0.0%', "font_color": "#1B6E3C"}),
        missed=add({"num_format": '"! "0.0%', "font_color": "#A3221A", "bold": True}),
        total=add({"bold": True}),
    )


def _summary(book: Workbook, report: Report, formats: Formats) -> None:
    sheet = book.add_worksheet(_name(_("Summary")))
    sheet.set_column(0, 0, 110)
    _on_paper(sheet, pages=1)
    sheet.write_string(0, 0, clean(report.title), formats.title)
    sheet.write_string(1, 0, clean(report.standing))
    if not report.tables:
        sheet.write_string(2, 0, _("Nothing was owed in this range."))
    sheet.write_string(3, 0, clean(report.ending))
    row = 5
    for chart in report.charts:
        _draw(book, sheet, chart, row)
        row += CHART_ROWS


def _draw(book: Workbook, sheet: Any, chart: Chart, row: int) -> None:
    """Insert a chart over a hidden table of its own numbers."""
    source = book.add_worksheet(_name(chart.id))
    source.hide()
    for at, bar in enumerate(chart.bars):
        source.write_string(at, 0, clean(bar.label))
        for column, ratio in ((1, bar.ratio), (2, bar.line)):
            if ratio is not None:
                source.write_number(at, column, float(ratio))
    columns = book.add_chart({"type": "column"})
    columns.add_series(
        {"categories": _series(chart, 0), "values": _series(chart, 1), "name": clean(chart.title)}
    )
    line = book.add_chart({"type": "line"})
    line.add_series(
        {"categories": _series(chart, 0), "values": _series(chart, 2), "name": clean(chart.line_title)}
    )
    columns.combine(line)
    columns.set_title({"name": clean(chart.title)})
    columns.set_y_axis({"num_format": "0%", "min": 0, "max": 1})
    columns.set_size({"width": 760, "height": 340})
    sheet.insert_chart(row, 0, columns)


def _series(chart: Chart, column: int) -> list[str | int]:
    """Return the cells that hold a chart's labels, bars or line."""
    return [chart.id, 0, column, len(chart.bars) - 1, column]


def _group_sheet(book: Workbook, report: Report, figures: Sequence[CountedFigure], formats: Formats) -> None:
    """Write the groups of rows, with links, of numbers whose rows lie apart."""
    sheet = book.add_worksheet(_name(_(GROUPS)))
    columns = (
        Column(heading=_("Number")),
        Column(heading=_("Group")),
        Column(heading=_("Rows"), kind=Kind.COUNT),
        Column(heading=_("Cells")),
    )
    _head(sheet, _("Groups of rows that a number counts"), report.standing, columns, formats)
    rows = [(one.name, group) for one in figures if len(one.groups) > 1 for group in one.groups]
    for at, (name, group) in enumerate(rows, HEADING_ROW + 1):
        sheet.write_string(at, 0, clean(name), formats.text)
        if at - HEADING_ROW <= MOST_LINKS:
            sheet.write_url(at, 1, f"internal:{group.place}", string=clean(group.title))
        else:
            sheet.write_string(at, 1, clean(group.title), formats.text)
        sheet.write_number(at, 2, group.count, formats.count)
        sheet.write_string(at, 3, group.place, formats.text)
    sheet.autofilter(HEADING_ROW, 0, HEADING_ROW + len(rows), len(columns) - 1)
    for at, cells in enumerate((60, 60, 10, 24)):
        sheet.set_column(at, at, cells)


def _sheet(book: Workbook, report: Report, table: Table, formats: Formats, places: Mapping[str, str]) -> None:
    sheet = book.add_worksheet(_name(table.short_title or table.title))
    _head(sheet, table.title, report.standing, table.columns, formats)
    for at, row in enumerate(table.rows, HEADING_ROW + 1):
        is_total = table.has_total and row is table.rows[-1]
        for column, cell in enumerate(row):
            if cell.opens in places:
                _link(sheet, at, column, places[cell.opens], cell, formats)
            else:
                _write(sheet, at, column, cell, formats, formats.total if is_total else formats.text)
    last = HEADING_ROW + len(table.rows) - table.has_total
    sheet.autofilter(HEADING_ROW, 0, max(last, HEADING_ROW), len(table.columns) - 1)
    _fit(sheet, table.columns, table.rows)


def _link(sheet: Any, row: int, column: int, target: str, cell: Cell, formats: Formats) -> None:
    """Write a number that leads to its rows; the number stays a number."""
    sheet.write_url(row, column, target, string=" ")
    _write(sheet, row, column, cell, formats, formats.text)


def _rows(
    book: Workbook, report: Report, family: RowFamily, tables: Sequence[Table], formats: Formats
) -> None:
    """Write the rows behind figures of one family to a sheet of their own."""
    columns = tables[0].columns
    sheet = book.add_worksheet(_name(_(FAMILY_WORDS[family])))
    _head(sheet, _("What is behind the figures"), report.standing, columns, formats)
    rows = [row for table in tables for row in table.rows]
    for at, row in enumerate(rows, HEADING_ROW + 1):
        for column, cell in enumerate(row):
            _write(sheet, at, column, cell, formats, formats.text)
    sheet.autofilter(HEADING_ROW, 0, HEADING_ROW + len(rows), len(columns) - 1)
    _fit(sheet, columns, rows)


def _head(sheet: Any, title: str, standing: str, columns: Sequence[Column], formats: Formats) -> None:
    sheet.write_string(0, 0, clean(title), formats.title)
    sheet.write_string(1, 0, clean(standing))
    for at, column in enumerate(columns):
        heading = formats.heading if column.kind in TEXTUAL else formats.number_heading
        sheet.write_string(HEADING_ROW, at, clean(column.heading), heading)
    sheet.freeze_panes(HEADING_ROW + 1, 1)
    sheet.repeat_rows(HEADING_ROW)
    _on_paper(sheet)


def _on_paper(sheet: Any, pages: int = 0) -> None:
    """Print a sheet on A4, as wide as the page, on so many pages; on any number for 0."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, pages)


def _write(sheet: Any, row: int, column: int, cell: Cell, formats: Formats, text_format: Any) -> None:
    match cell.value:
        case None:
            sheet.write_blank(row, column, None, text_format)
        case Share():
            if cell.value.number is not None:
                sheet.write_number(row, column, cell.value.number, _share_format(cell, formats))
        case datetime():
            sheet.write_datetime(row, column, cell.value.replace(tzinfo=None), formats.moment)
        case timedelta():
            # A spreadsheet counts spans in days.
            sheet.write_number(row, column, cell.value / ONE_DAY, formats.span)
        case Decimal():
            sheet.write_number(row, column, float(cell.value), formats.points)
        case int():
            sheet.write_number(row, column, cell.value, formats.count)
        case float():
            sheet.write_number(row, column, cell.value)
        case _:
            sheet.write_string(row, column, clean(cell.value), text_format)


def _share_format(cell: Cell, formats: Formats) -> Any:
    if isinstance(cell.value, Share) and cell.value.is_target:
        return formats.target
    return {Mark.KEPT: formats.kept, Mark.MISSED: formats.missed}.get(cell.mark, formats.share)


def _fit(sheet: Any, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> None:
    """Make columns as wide as their values and the words of their headings.

    The row of headings gets the height of the heading that takes the most lines: LibreOffice does not find it itself.
    """
    lines = 1
    for at, column in enumerate(columns):
        texts = [row[at].value for row in rows if isinstance(row[at].value, str)]
        words = [_bold(word) for word in clean(column.heading).split()]
        longest = max([sum(words) // 2, *words, *(_cells(str(text)) for text in texts)], default=0)
        is_moment = any(isinstance(row[at].value, datetime) for row in rows[:1])
        wide = MOMENT_CELLS if is_moment else min(max(longest + BESIDE, NARROWEST), WIDEST)
        sheet.set_column(at, at, wide)
        lines = max(lines, _lines(words, wide - BESIDE))
    sheet.set_row(HEADING_ROW, LINE_POINTS * lines)


def _lines(words: Sequence[int], wide: int) -> int:
    """Return how many lines words of these widths fill.

    A word that is wider than a line is broken.
    """
    lines, left = 1, wide
    for word in words:
        if word > left and left < wide:
            lines, left = lines + 1, wide
        over = max(word - left, 0)
        lines += -(-over // wide)
        left = (left - word) % wide - 1 if over else left - word - 1
    return lines


def _bold(text: str) -> int:
    """Return about how many digits wide a bold text is."""
    return -(-_cells(text) * 6 // 5)


def _cells(text: str) -> int:
    """Return about how many digits wide a text is."""
    return sum(1 if char.isascii() else 2 for char in text)


def _name(title: str) -> str:
    """Return a name that a sheet may have; a long one ends with a whole word."""
    name = " ".join(clean(title).translate(FORBIDDEN).split())
    if len(name) > LONGEST_NAME:
        whole, blank, _rest = name[: LONGEST_NAME + 1].rpartition(" ")
        name = whole if blank else name[:LONGEST_NAME]
    return name or "-"
