"""Sheets of CSV files and workbooks: encodings, separators, dates, zeros, merged and hidden cells, bombs."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from random import Random

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from sla_tracker.domain.sheets import Row, Sheet, column_letters, first_table, hidden_ranges, serial_day
from sla_tracker.errors import UsageError
from sla_tracker.sheets import limits
from sla_tracker.sheets.reader import read_sheets
from tests.sheets.books import book, with_link, with_part

SHEET = "xl/worksheets/sheet1.xml"


def read(content: bytes, name: str = "list.xlsx") -> Sheet:
    return read_sheets(io.BytesIO(content), name)[0]


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in sheet.rows]


# Sheets know no zones.
AT_MIDNIGHT, IN_THE_MORNING = datetime.fromisoformat("2026-11-05"), datetime.fromisoformat("2026-11-05T09:30")
LINES = "事项{0}时限\n月报{0}每月5日前\n0012{0}每周一\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_csv_is_read_whatever_separates_and_encodes_it(delimiter: str, encoding: str) -> None:
    sheet = read(LINES.format(delimiter).encode(encoding), "清单.csv")
    assert (sheet.name, texts(sheet)) == (
        "清单",
        [["事项", "时限"], ["月报", "每月5日前"], ["0012", "每周一"]],
    )


def test_json_lines_are_a_sheet_whose_rows_are_lines() -> None:
    sheet = read(
        '{"车牌": "007", "n": 1.0}\n\n{"n": null, "more": [1], "车牌": "鄂F"}\n'.encode("gbk"), "x.jsonl"
    )
    assert texts(sheet) == [["车牌", "n", "more"], ["007", "1"], ["鄂F", "", ""]]
    assert (sheet.rows[2].number, sheet.rows[2].cell(1).address) == (3, "车牌:3")
    assert "a list or an object" in sheet.rows[2].cell(3).problem


def test_a_text_of_json_lines_may_hold_other_line_ends_and_brackets() -> None:
    sheet = read(
        '{"a": "一\u2028二\u0085三", "b": "%s"}\n{"a": "x"}'.replace("%s", "[" * 30).encode(), "x.jsonl"
    )
    assert texts(sheet)[1:] == [["一\u2028二\u0085三", "[" * 30], ["x"]]
    assert sheet.rows[2].number == 2


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (rb'{"a": "x", "b": "1\u0000"}', "x.jsonl"),
        (rb'{"a": "x", "b": "\ud800"}', "x.jsonl"),
        (b"a,b\nx,1\0\n", "x.csv"),
    ],
)
def test_a_text_that_no_store_keeps_is_a_problem_of_its_cell(content: bytes, name: str) -> None:
    row = read(content, name).rows[1]
    assert "cannot be kept" in row.cell(2).problem
    assert (row.cell(1).text, row.cell(2).text) == ("x", "")


def test_a_cell_of_csv_may_hold_separators_and_line_ends() -> None:
    sheet = read(b'a;b\n"x, y\nz";2\n\n;\nlast;3\n', "x.csv")
    assert [(row.number, row.cell(1).text) for row in sheet.rows] == [(1, "a"), (2, "x, y\nz"), (5, "last")]


def formats(sheet: Worksheet) -> None:
    sheet["A2"].number_format = "00000"
    sheet["B2"].number_format = "yyyy-mm-dd"


def test_dates_zeros_and_numbers_are_shown_as_the_sheet_shows_them() -> None:
    rows = [
        ("a", "b", "c", "d", "e"),
        (123, AT_MIDNIGHT, "007", 4.0, True),
        (0.5, IN_THE_MORNING, None, "", " x "),
    ]
    sheet = read(book(*rows, change=formats))
    assert texts(sheet)[1:] == [
        ["00123", "2026-11-05", "007", "4", "TRUE"],
        ["0.5", "2026-11-05 09:30", "", "", "x"],
    ]
    assert sheet.rows[1].cell(2).value == AT_MIDNIGHT
    assert serial_day(sheet, 46331) == date(2026, 11, 5)
    assert [serial_day(sheet, figure) for figure in (0, -1, 3_000_000)] == [None, None, None]


def merge(sheet: Worksheet) -> None:
    for area in ("A1:C1", "B2:C2", "A2:A3", "A4:A5"):
        sheet.merge_cells(area)
    sheet.row_dimensions[5].hidden = True
    sheet.column_dimensions["C"].hidden = True


def test_merged_cells_repeat_their_value_and_hidden_ones_are_known() -> None:
    rows = [
        ("一览表", None, None),
        ("接收部门", "要求", None),
        (None, "事项", "时限"),
        ("财务部", "月报", "每月5日"),
        (None, "周报", "每周一"),
    ]
    sheet = read(book(*rows, change=merge))
    assert texts(sheet)[3:] == [["财务部", "月报", "每月5日"], ["财务部", "周报", "每周一"]]
    assert sheet.rows[4].cell(1).source == "A4"
    assert [row.number for row in sheet.rows if row.hidden] == [5]
    assert sheet.hidden_columns == {3}
    table = first_table(sheet, lambda text: text if text in {"接收部门", "事项", "时限"} else "")
    assert table is not None
    assert (dict(table.columns), [row.number for row in table.rows]) == (
        {"接收部门": 1, "事项": 2, "时限": 3},
        [4, 5],
    )


def test_a_formula_gives_its_kept_value_or_says_that_there_is_none() -> None:
    content = book(("a", "b"), ("=1+1", "=2+2"))
    kept = with_part(content, SHEET, lambda text: text.replace(b"<v />", b"<v>2</v>", 1))
    known, unknown = read(kept).rows[1].cells
    assert (known.text, known.problem) == ("2", "")
    assert (unknown.text, unknown.is_empty) == ("", False)
    assert "result the file does not hold" in unknown.problem


def test_the_first_table_ends_where_another_begins() -> None:
    sheet = read("事项,时限\na,每周一\n\n合计,\n事项,时限\nb,每周二\n".encode(), "x.csv")
    table = first_table(sheet, lambda text: text if text in {"事项", "时限"} else "")
    assert table is not None
    assert ([row.number for row in table.rows], table.more) == ([2, 4], (5,))
    assert first_table(Sheet(name="x", rows=(Row(number=1),)), lambda _text: "") is None


def far(address: str) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet[address] = "x"

    return change


def zipped(*parts: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return stream.getvalue()


MERGED = b"</sheetData><mergeCells>" + b'<mergeCell ref="A1:XFD1048576"/>' * 2 + b"</mergeCells>"
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
REFUSED = {
    "bomb": (zipped(("xl/workbook.xml", bytes(limits.LARGEST_UNPACKED + 1))), "x.xlsx", "unpacks to 65 MiB"),
    "parts": (zipped(*((f"p{n}", b"") for n in range(1001))), "x.xlsx", "1001 parts"),
    "entities": (with_part(book(("a",)), SHEET, lambda _text: ENTITIES), "x.xlsx", "declares entities"),
    "columns": (book(("a",), change=far("BM1")), "x.xlsx", "something in BM1"),
    "rows": (book(("a",), change=far("A60001")), "x.xlsx", "row 60001"),
    "last cell": (book(("a",), change=far("XFD1048576")), "x.xlsx", "row 1048576"),
    "merged": (
        with_part(book(("a",)), SHEET, lambda text: text.replace(b"</sheetData>", MERGED)),
        "x.xlsx",
        "merged areas",
    ),
    "large": (b"x" * (limits.LARGEST_FILE + 1), "x.csv", "larger than 16 MiB"),
    "csv rows": (b"a\n" * 60_001, "x.csv", "row 60001"),
    "csv cells": (
        b"x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x\n" * 59_000,
        "x.csv",
        "1000000 filled cells",
    ),
    "json rows": (b"{}\n" * 60_001, "x.jsonl", "row 60001"),
    "json columns": (
        b'{"%s": 1}' % b'": 1, "'.join(b"%d" % n for n in range(65)),
        "x.jsonl",
        "something in 1",
    ),
    "json depth": (b'{"a": ' + b"[" * 100_000, "x.jsonl", "line 1: this is no JSON object"),
    "json list": (b'{"a": 1}\n[1]\n', "x.jsonl", "line 2: this is no JSON object"),
    "csv columns": (b"x," * 64 + b"x\n", "x.csv", "something in BM1"),
    "old": (b"\xd0\xcf\x11\xe0" + bytes(100), "x.xlsx", "password or is an old .xls"),
    "cut": (book(("a",))[:-30], "x.xlsx", "damaged"),
    "empty zip": (zipped(), "x.xlsx", "damaged"),
    "other zip": (zipped(("word/document.xml", b"<x/>")), "x.xlsx", "damaged"),
    "broken part": (with_part(book(("a",)), SHEET, lambda text: text[:-9]), "x.xlsx", "damaged"),
    "name": (b"PK\x03\x04", "x.csv", "not what its name says"),
    "no sheet": (b"hello", "x.pdf", "no sheet that can be read"),
    "binary": (bytes(range(256)), "x.csv", "x.csv: The file is not UTF-8, and no Chinese text in GBK"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_too_large_or_broken_is_refused_at_once(case: str) -> None:
    content, name, sentence = REFUSED[case]
    began = time.process_time()
    with pytest.raises(UsageError) as refusal:
        read_sheets(io.BytesIO(content), name)
    assert sentence in refusal.value.sentence()
    assert time.process_time() - began < 5


def test_a_size_that_is_stated_wrongly_unpacks_no_more() -> None:
    """The list of parts says 100 bytes where more are packed: what lies behind them is not read."""
    content = book(*(("x" * 50,) for _n in range(200)))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo(SHEET).file_size
    lying = content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != content
    with pytest.raises(UsageError, match="damaged"):
        read(lying)


def test_links_to_other_workbooks_are_never_followed(tmp_path: Path) -> None:
    """What Excel kept of the other workbook is read; a pipe in its place would wait for ever if it were opened."""
    os.mkfifo(tmp_path / "prices.xlsx")
    content = book(("车牌", "日期"), ("x", "2026-11-05"))
    for target in ((tmp_path / "prices.xlsx").as_uri(), "https://198.51.100.1/prices.xlsx"):
        kept, unknown = (
            read(with_link(content, target, value)).rows[1].cell(1) for value in ("鄂F·12345", None)
        )
        assert (kept.text, kept.problem) == ("鄂F·12345", "")
        assert "result the file does not hold" in unknown.problem
    large = with_part(
        with_link(content, "file:///x.xlsx", None),
        "xl/externalLinks/externalLink1.xml",
        lambda _text: bytes(limits.LARGEST_UNPACKED + 1),
    )
    with pytest.raises(UsageError, match="unpacks to 65 MiB"):
        read(large)


def test_letters_and_ranges() -> None:
    assert [column_letters(column) for column in (1, 26, 27, 64)] == ["A", "Z", "AA", "BL"]
    assert list(hidden_ranges([7, 9, 8, 12])) == ["7–9", "12"]


def test_the_library_is_loaded_for_workbooks_only() -> None:
    script = (
        "import io, sys\nfrom sla_tracker.sheets.reader import read_sheets\n"
        "read_sheets(io.BytesIO(b'a,b\\n'), 'x.csv')\nprint('openpyxl' in sys.modules)"
    )
    outcome = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert outcome.stdout.strip() == "False"


WORDS = (b"", b"9", b"-1", b"<", b">", b"&", b"\0", b'"', b"A1:", b"1e999", b"<c/>")
PARTS = (SHEET, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "[Content_Types].xml")


def test_a_damaged_workbook_is_read_or_refused_in_words(effort: Callable[[int, int], int]) -> None:
    """Whatever bytes are wrong, and wherever: no exception of a library reaches anybody."""
    chance = Random(20)
    whole = book(("事项", "时限"), ("月报", 5.5), (True, AT_MIDNIGHT), ("=1+1", "x"), change=merge_one)
    for _turn in range(effort(120, 5_000)):
        part = chance.choice(PARTS)
        content = with_part(whole, part, lambda text: damaged(text, chance))
        with suppress(UsageError):
            texts(read(content))
        with suppress(UsageError):
            read(damaged(whole, chance))


def merge_one(sheet: Worksheet) -> None:
    sheet.merge_cells("A2:A3")


def damaged(content: bytes, chance: Random) -> bytes:
    """Return bytes with one of them, a word or a digit changed."""
    place = chance.randrange(len(content))
    new = chance.choice(
        (
            b"",
            b"9",
            b"-1",
            b"<",
            b">",
            b"&",
            b"\0",
            b'"',
            b"A1:",
            b"1e999",
            b"<c/>",
            bytes([chance.randrange(256)]),
        )
    )
    return content[:place] + new + content[place + chance.randrange(3) :]
