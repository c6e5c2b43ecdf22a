"""Lists of events as offices keep them: read right, or left out with row and cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from io import BytesIO
from time import process_time
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sla_tracker.domain.imports.run import DateOrder, ListReading
from sla_tracker.errors import SlaError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.events import plan_events
from sla_tracker.services.imports.rows import EventRow, ReadList, RowFate
from sla_tracker.sheets.imports.events import read_events
from sla_tracker.sheets.reader import sheets_of
from sla_tracker.testing.company import ZONE, a_context, an_actor
from tests.sheets.books import book

DELIVERED = ListReading(about="vehicle-delivered")
AT_MIDNIGHT, IN_THE_MORNING = datetime.fromisoformat("2026-11-05"), datetime.fromisoformat("2026-11-05T09:30")


@pytest.fixture(scope="module")
def context() -> ServiceContext:
    return a_context()


def read(
    context: ServiceContext, content: bytes | str, name: str = "交车.csv", reading: ListReading = DELIVERED
) -> ReadList[EventRow]:
    raw = content.encode() if isinstance(content, str) else content
    return read_events(context, sheets_of(raw, name), reading, file=name, digest="")


def said(found: ReadList[EventRow]) -> list[str]:
    """Return each row in one line: what was read, or why it was left out."""
    return [_line(row.row, row.entry, [cell.sentence() for cell in row.unclear]) for row in found.rows]


def _line(row: int, entry: EventRow | None, problems: Sequence[str]) -> str:
    if entry is None:
        return f"{row} {'; '.join(problems) or 'no entry'}"
    at = entry.at.astimezone(ZONE).strftime("%m-%d %H:%M")
    parts = [str(row), entry.subject, at, entry.key, *(f"{k}={v}" for k, v in entry.fields.items())]
    return " ".join(part for part in parts if part)


def change_everything(sheet: Worksheet) -> None:
    sheet.merge_cells("A1:E1")
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["E"].hidden = True
    sheet["C5"].number_format = "00000"


HIDDEN = "6 约定, cell A6, “5”: the row is hidden in the sheet; --hidden takes such rows too"


def test_a_workbook_with_a_title_hidden_parts_and_a_total(context: ServiceContext) -> None:
    content = book(
        ("十一月交车一览表", None, None, None, None),
        ("序号", "交车日期", "车牌号", "有现金（必填）", "备注"),
        (3, AT_MIDNIGHT, "鄂F·12345", "是", "加急"),
        (4, 46331.6875, "鄂F・1", "√", None),
        (5, IN_THE_MORNING, 12, "否", None),
        (5, IN_THE_MORNING, "鄂F2", None, None),
        ("合计", None, 4, None, None),
        change=change_everything,
    )
    found = read(context, content, "交车.xlsx")
    assert said(found) == [
        "3 鄂F·12345 11-05 08:30 cash=yes", "4 鄂F・1 11-05 16:30 cash=yes", "5 00012 11-05 09:30 cash=no",
        HIDDEN, "7 no entry",
    ]  # fmt: skip
    assert found.used == {
        "subject": ("车牌号", "C2"),
        "at": ("交车日期", "B2"),
        "field.cash": ("有现金（必填）", "D2"),
    }
    assert (found.unused, found.hidden_rows, found.hidden_columns) == (("序号", "备注"), ("6",), ("E",))


def no_date(row: int, cell: str, text: str) -> str:
    wrong = "is no date that is certain; write it like 2026-11-20 or 2026-11-20 16:40"
    return f"{row} 交车, cell {cell}, “{text}”: “{text}” {wrong}"


LISTS = {
    "three kinds of dot": ("车牌号,日期\n鄂F·12345,2026-11-05 9:00\n鄂F•2,2026.11.5\n鄂F・3,2026年11月5日下午4点\n", [
        "2 鄂F·12345 11-05 09:00", "3 鄂F•2 11-05 08:30", "4 鄂F・3 11-05 16:00"]),
    "leading zeros and keys": ("合同号;单号;发生时间\n000123;0007;20261105 08:00\n", ["2 000123 11-05 08:00 0007"]),
    "emoji and width": ("车牌\t日期\n🚗ＡＢ１\t２０２６－１１－０５\n", ["2 🚗ＡＢ１ 11-05 08:30"]),
    "time beside": ("Plate,Date,Time\nA1,2026-11-05,16:40\nA2,5 Nov 2026,4:40 pm\nA3,2026-11-05,soon\n", [
        "2 A1 11-05 16:40", "3 A2 11-05 16:40", no_date(4, "C4", "soon")]),
    "only a time column": ("车牌,时间\nA1,2026-11-05 16:40\n", ["2 A1 11-05 16:40"]),
    "weekday beside": ("车牌,日期\nA1,2026-11-05 星期四\nA2,2026-11-05 星期五\n", [
        "2 A1 11-05 08:30", no_date(3, "B3", "2026-11-05 星期五")]),
    "no such day": ("车牌,日期\nA1,2026-02-30\nA2,1026-11-05\nA3,26-11-05\nA4,tomorrow\n", [
        no_date(2, "B2", "2026-02-30"), no_date(3, "B3", "1026-11-05"),
        "4 交车, cell B4, “26-11-05”: “26-11-05”: write the year with four digits", no_date(5, "B5", "tomorrow")]),
    "shortened": ("合同号,日期\n1.23E+17,2026-11-05\n", [
        ("2 交车, cell A2, “1.23E+17”: the sheet has shortened this number; format the column as text and write "
         "it again")]),
    "lost": ("车牌,日期\n鄂\ufffd1,2026-11-05\n,2026-11-05\nA3,\n", [
        "2 交车, cell A2, “鄂\ufffd1”: a character was lost when the file was saved; write it again",
        "3 交车, cell A3: what the event is about is missing", "4 交车, cell B4: a date is missing"]),
    "two tables": ("车牌,日期\nA1,2026-11-05\n\n车牌,日期\nA9,2026-11-06\n", ["2 A1 11-05 08:30"]),
    "remark below": ("车牌,日期\nA1,2026-11-05\n制表：王芳,\n", [
        "2 A1 11-05 08:30", "3 交车, cell B3: a date is missing"]),
    "line end in a cell": ('车牌,日期\n"鄂F\n1",2026-11-05\n', ["2 鄂F 1 11-05 08:30"]),
    "with an offset": ("车牌,日期\nA1,2026-11-05T09:00:00+09:00\n", ["2 A1 11-05 08:00"]),
    "numbers of rows that are no keys": ("序号,车牌,日期\n1,A1,2026-11-05\n2,A2,2026-11-06\n", [
        "2 A1 11-05 08:30", "3 A2 11-06 08:30"]),
    "blank rows and a total": ("车牌,日期\nA1,2026-11-05\n,\nA2,2026-11-06\n总计：2 辆,\n", [
        "2 A1 11-05 08:30", "4 A2 11-06 08:30", "5 no entry"]),
    "words of the afternoon": ("车牌,交车时间\nA1,2026年11月5日 上午9点半\nA2,2026/11/5 下午4:40\n", [
        "2 A1 11-05 09:30", "3 A2 11-05 16:40"]),
    "end of the day": ("车牌,日期,时间\nA1,2026-11-05,24:00\n", ["2 A1 11-06 00:00"]),
}  # fmt: skip


@pytest.mark.parametrize("case", LISTS)
def test_lists_as_people_keep_them(context: ServiceContext, case: str) -> None:
    content, expected = LISTS[case]
    assert said(read(context, content)) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "utf-16"])
def test_encodings_of_offices(context: ServiceContext, encoding: str) -> None:
    assert said(read(context, "车牌,日期\n鄂F·1,2026-11-05\n".encode(encoding))) == ["2 鄂F·1 11-05 08:30"]


def test_ambiguous_dates_are_asked_with_what_the_others_say(context: ServiceContext) -> None:
    content = "车牌,日期\nA1,03/04/2026\nA2,25/03/2026\nA3,05/05/2026\nA4,11-20\n"
    found = read(context, content)
    assert [(one.option, one.proposed, one.cells) for one in found.questions] == [
        ("dates", "day", ("B2",)), ("year", "2026", ("B5",)),
    ]  # fmt: skip
    assert "1 of the others have the day first" in str(found.questions[0].text)
    assert "is 2026-04-03 or 2026-03-04; say which number comes first" in said(found)[0]
    by_month = ListReading(about="vehicle-delivered", dates=DateOrder.MONTH_FIRST, year=2025)
    assert said(read(context, content, reading=by_month)) == [
        "2 A1 03-04 08:30", "3 A2 03-25 08:30", "4 A3 05-05 08:30", "5 A4 11-20 08:30",
    ]  # fmt: skip
    by_day = ListReading(about="vehicle-delivered", dates=DateOrder.DAY_FIRST, year=2025, at="9:15")
    assert said(read(context, content, reading=by_day))[0] == "2 A1 04-03 09:15"


def test_formulas_without_a_value_and_errors_are_left_out(context: ServiceContext) -> None:
    content = book(("车牌", "日期"), ("A1", "=TODAY()"), ("=A1&1", AT_MIDNIGHT), (1.5e17, AT_MIDNIGHT))
    lines = said(read(context, content, "x.xlsx"))
    assert ["result the file does not hold" in line for line in lines] == [True, True, False]
    assert "a sheet keeps only fifteen digits" in lines[2]


def test_the_kind_comes_from_the_rows_the_file_or_what_was_said(context: ServiceContext) -> None:
    both = "事件,合同号,日期\n车辆交付,A1,2026-11-05\nsettlement-scheduled,B2,2026-12-05\n买车,C,2026-11-05\n"
    found = read(context, both, "x.csv", ListReading())
    assert [row.entry.type if row.entry else row.unclear[0].address for row in found.rows] == [
        "vehicle-delivered", "settlement-scheduled", "A4",
    ]  # fmt: skip
    assert (
        read(context, "车牌,日期\nA,2026-11-05\n", "车辆交付11月.csv", ListReading()).reading.about
        == "vehicle-delivered"
    )
    with pytest.raises(SlaError, match="Name it"):
        read(context, "车牌,日期\nA,2026-11-05\n", "x.csv", ListReading())


UNKNOWN = "甲,乙\nA1,2026-11-05\n"


@pytest.mark.parametrize(
    ("content", "columns", "expected"),
    [
        (UNKNOWN, {"subject": "甲", "at": "B"}, "2 A1 11-05 08:30"),
        ("车牌,交车日期,登记日期\nA1,2026-11-05,2026-11-06\n", {"at": "登记日期"}, "2 A1 11-06 08:30"),
        ("车牌,合同号,日期\nA1,K7,2026-11-05\n", {"key": "合同号"}, "2 A1 11-05 08:30 K7"),
    ],
)  # fmt: skip
def test_columns_are_named_by_heading_or_letters(
    context: ServiceContext, content: str, columns: dict[str, str], expected: str
) -> None:
    found = read(context, content, reading=ListReading(about="vehicle-delivered", columns=columns))
    assert said(found) == [expected]


@pytest.mark.parametrize(
    ("content", "columns", "sentence"),
    [
        (UNKNOWN, {}, "No list was found in 交车"),
        ("车牌,交车日期,登记日期\nA1,2026-11-05,2026-11-06\n", {}, "Several columns may be when it happened"),
        ("车牌,颜色\nA1,红\n", {}, "No column is when it happened or is planned. There are: 车牌, 颜色"),
        ("车牌,现金\nA1,是\n", {}, "No column is when it happened or is planned. There are: 车牌, 现金"),
        ("车牌,日期\nA1,2026-11-05\n", {"at": "交付日"}, "--map: no heading of the list is called so"),
        ("车牌,日期\nA1,2026-11-05\n", {"when": "日期"}, "--map: there is no “when” in such a list"),
    ],
)  # fmt: skip
def test_columns_that_are_not_certain_are_refused(
    context: ServiceContext, content: str, columns: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SlaError) as refusal:
        read(context, content, reading=ListReading(about="vehicle-delivered", columns=columns))
    assert sentence in refusal.value.sentence()


def test_json_lines_name_line_and_value(context: ServiceContext) -> None:
    lines = (
        '{"subject": "鄂F·1", "at": "2026-11-05 10:00", "cash": true}\n{"subject": "B", "at": {"day": 5}}\n'
    )
    assert said(read(context, lines, "x.jsonl")) == [
        "1 鄂F·1 11-05 10:00 cash=yes",
        "2 x, cell at:2: a list or an object; write a text or a number",
    ]


def merge_headings(sheet: Worksheet) -> None:
    for area in ("A1:B1", "C1:D1"):
        sheet.merge_cells(area)


def test_a_heading_of_two_rows_and_a_second_sheet(context: ServiceContext) -> None:
    content = book(
        ("车辆", None, "交付", None),
        ("车牌号", "颜色", "日期", "时间"),
        ("鄂F·1", "红", AT_MIDNIGHT, time(16, 40)),
        change=merge_headings,
    )
    found = read(context, content, "x.xlsx")
    assert said(found) == ["3 鄂F·1 11-05 16:40"]
    assert found.used["at"] == ("日期", "C2")
    other = load_workbook(BytesIO(content))
    other.create_sheet("旧表", 1).append(("车牌", "日期"))
    stream = BytesIO()
    other.save(stream)
    assert read(context, stream.getvalue(), "x.xlsx").others == ("旧表",)


def test_a_long_list_is_read_and_judged_in_bounded_time(
    context: ServiceContext, effort: Callable[[int, int], int]
) -> None:
    rows = effort(3_000, 50_000)
    lines = (f"鄂F{number:05d},2026-11-{2 + number % 18:02d} 10:00,K{number}" for number in range(rows))
    began = process_time()
    found = read(context, "车牌号,交车日期,单号\n" + "\n".join(lines))
    plan = plan_events(context, an_actor(context, "chen.jing"), found)
    assert plan.counts[RowFate.NEW] == rows
    assert process_time() - began < 5 + rows / 1_000


def test_cells_that_hold_only_a_time_or_a_number(context: ServiceContext) -> None:
    rows: tuple[tuple[Any, ...], ...] = (
        ("车牌", "日期", "时间"),
        ("A1", AT_MIDNIGHT, time(16, 40)),
        ("A2", 46331, 0.5),
    )
    assert said(read(context, book(*rows), "x.xlsx")) == ["2 A1 11-05 16:40", "3 A2 11-05 12:00"]
