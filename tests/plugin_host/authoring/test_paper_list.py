"""Departments' own lists become drafts: ten sheets as offices keep them, and every cell that was not understood."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Department
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.text import Text
from sla_tracker.errors import UsageError
from sla_tracker.plugin_host.authoring.draft import checklist_text
from sla_tracker.plugin_host.authoring.paper_list import (
    DraftedList,
    drafted_list,
    find_list,
    unused_headings,
    used_headings,
)
from sla_tracker.plugin_host.checklists.reader import read_checklist
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.sheets.reader import read_sheets
from tests.plugin_host.samples import declaring
from tests.sheets.books import book, with_part

FINANCE = Department(id="finance", name=Text("财务部", "Finance"))
SALES = Department(id="sales", name=Text("销售部", "Sales"))
HANDOVER = EventType(id="vehicle-delivered", title=Text("交车", "Delivery"), subject=Text("车牌", "Plate"))
KNOWN = Catalogue(departments={one.id: one for one in (FINANCE, SALES)}, event_types={HANDOVER.id: HANDOVER})


@dataclass(frozen=True)
class Read:
    """A list as it was read: the draft, headings, and what else was said."""

    drafted: DraftedList
    used: list[str]
    unused: list[str]
    others: list[str]

    @property
    def rules(self) -> dict[str, tuple[str, object]]:
        """Return consumer and due by title."""
        return {
            one.title.zh or one.title.en: (one.consumer, dict(one.due))
            for one in self.drafted.draft.obligations
        }

    @property
    def unclear(self) -> list[str]:
        """Return the addresses of unclear cells."""
        return [one.address for one in self.drafted.unclear]


def read(content: bytes, name: str = "约定.xlsx", consumer: str = "", sheet: str = "") -> Read:
    table, others = find_list(read_sheets(io.BytesIO(content), name), sheet)
    return Read(
        drafted_list(table, "workshop", Text("车间", ""), KNOWN, consumer),
        list(used_headings(table)),
        list(unused_headings(table)),
        list(others),
    )


ROWS = [
    ("序号", "事项", "接收部门", "时限", "所附材料", "备注", "责任人"),
    (1, "维修清单", "财务部", "每月5日前", "清单、签字页", "按车牌", "何平"),
    (2, "周报", "财务", "每周一", None, None, None),
    (3, "交车单", "Finance", "交车后2个工作日内", "交车单", None, None),
]
RULES = {
    "维修清单": ("finance", {"day": 5, "roll": "preceding"}),
    "周报": ("finance", {"weekdays": ["mon"]}),
    "交车单": ("finance", {"workdays": 2}),
}


def test_a_workbook_becomes_a_checklist_that_loads() -> None:
    found = read(book(*ROWS))
    assert found.rules == RULES
    assert found.unclear == []
    assert found.used == ["B 事项", "C 接收部门", "D 时限", "E 所附材料", "F 备注"]
    assert found.unused == ["G 责任人"]
    text = checklist_text(found.drafted.draft)
    checklist, _file = read_checklist(text.encode(), "workshop.toml")
    assert [one.id for one in checklist.obligations()[0].evidence] == ["qingdan", "qianziye"]
    assert checklist.obligations()[0].guide == Text("按车牌", "")


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("utf-8-sig", ","), ("gbk", ","), ("gb18030", ";"), ("utf-16", "\t")]
)
def test_csv_says_the_same_whatever_its_encoding(encoding: str, delimiter: str) -> None:
    lines = (delimiter.join("" if cell is None else str(cell) for cell in row) for row in ROWS)
    assert read("\r\n".join(lines).encode(encoding), "约定.csv").rules == RULES


def test_titles_merged_headings_and_merged_consumers_are_seen_through() -> None:
    def merge(sheet: Worksheet) -> None:
        for area in ("A1:D1", "A2:D2", "A3:A4", "B3:B4", "C3:D3", "B5:B7"):
            sheet.merge_cells(area)

    rows = [
        ("车间对外约定一览表（2026年）", None, None, None),
        ("编制：何平", None, None, None),
        ("事项", "接收部门", "要求", None),
        (None, None, "频率", "时限"),
        ("维修清单", "财务部", "每月", "5日前"),
        ("周报", None, "每周", "一"),
        ("交车单", None, "交车", "2个工作日内"),
        ("合计 3 项", None, None, None),
    ]
    found = read(book(*rows, change=merge))
    assert found.rules == RULES
    assert found.unclear == ["A8"]


def test_hidden_rows_are_read_and_named() -> None:
    def hide(sheet: Worksheet) -> None:
        sheet.row_dimensions[3].hidden = True

    found = read(book(*ROWS, change=hide))
    assert found.rules == RULES
    assert found.unclear == ["B3"]
    assert "hidden" in found.drafted.draft.obligations[1].notes[0]


def test_formulas_give_what_the_file_holds_or_are_named() -> None:
    rows = [
        ("事项", "接收部门", "时限"),
        ("月报", "财务部", '="每月"&"5日前"'),
        ("周报", "财务部", '="每周"&"一"'),
    ]
    content = with_part(
        book(*rows),
        "xl/worksheets/sheet1.xml",
        lambda text: text.replace(b'<c r="C2">', b'<c r="C2" t="str">').replace(
            b"<v />", "<v>每月5日前</v>".encode(), 1
        ),
    )
    found = read(content)
    assert found.rules == {"月报": ("finance", {"day": 5, "roll": "preceding"}), "周报": ("finance", {})}
    assert set(found.unclear) == {"C3"}
    assert any("result the file does not hold" in one.sentence() for one in found.drafted.unclear)


def test_what_is_not_understood_is_named_and_left_to_be_written() -> None:
    rows = [
        ("事项", "接收部门", "时限", "触发"),
        ("应急", "财务部", "尽快", None),
        ("抄送", "各部门", "每周一", None),
        ("样品", "港口处", "到港后3天内", None),
        ("日期", "财务部", None, None),
        (None, "财务部", "每周一", None),
    ]
    found = read(book(*rows))
    assert found.rules == {
        "应急": ("finance", {}),
        "抄送": ("", {"weekdays": ["mon"]}),
        "样品": ("gangkouchu", {"days": 3}),
        "日期": ("finance", {}),
    }
    assert found.unclear == ["C2", "B3", "B4", "C4", "C5", "B6"]
    text = checklist_text(found.drafted.draft)
    for one in found.drafted.unclear[:-1]:
        assert f"# {one.sentence()}" in text
    assert [one.title.zh for one in found.drafted.draft.event_types] == ["到港"]
    assert found.drafted.draft.consumers == {"gangkouchu": Text("港口处", "")}


def test_nothing_that_was_not_understood_can_be_taken_into_use(tmp_path: Path) -> None:
    found = read(book(("事项", "接收部门", "时限"), ("应急", "财务部", "尽快")))
    file = tmp_path / "workshop.toml"
    file.write_text(checklist_text(found.drafted.draft), encoding="utf-8")
    loaded = load_plugins(offered=(), given={"others": declaring(FINANCE), "workshop": file})
    assert "nothing opens it" in next(one for one in loaded.broken).sentence()


def test_an_english_list_is_read_by_its_english_headings() -> None:
    lines = (
        "No.;Obligation;To;Frequency;Due by;Evidence;Notes\n"
        "1;Arrears report;Finance;Monthly;by the 5th;Signed report, list;By plate\n"
        "2;Delivery papers;Finance, Sales;Delivery;within 3 days;;\n"
        "3;Look up a file;Sales;Request;within 4 hours;;\n"
    )
    found = read(lines.encode(), "SLA.csv")
    assert found.unclear == []
    drafted = [
        (one.title.en, one.consumer, dict(one.due), one.on_event) for one in found.drafted.draft.obligations
    ]
    assert drafted == [
        ("Arrears report", "finance", {"day": 5, "roll": "preceding"}, ""),
        ("Delivery papers", "finance", {"days": 3}, "vehicle-delivered"),
        ("Delivery papers", "sales", {"days": 3}, "vehicle-delivered"),
        ("Look up a file", "sales", {"working_hours": 4}, ""),
    ]
    assert len({one.id for one in found.drafted.draft.obligations}) == 4


def test_a_list_that_says_nothing_of_who_is_owed_takes_the_one_that_is_named() -> None:
    rows = [("工作内容", "完成时限"), ("月报", "每月5日前")]
    assert read(book(*rows), consumer="sales").rules["月报"][0] == "sales"
    unnamed = read(book(*rows))
    assert (unnamed.rules["月报"][0], unnamed.unclear) == ("", ["A2"])


def test_the_first_table_with_headings_is_taken_and_others_are_named() -> None:
    rows = [*ROWS, (None,), ("事项", "接收部门", "时限"), ("别的", "财务部", "每周五")]

    def add(sheet: Worksheet) -> None:
        assert sheet.parent is not None
        sheet.parent.create_sheet("说明", 0).append(["本表由车间填写"])
        sheet.parent.create_sheet("旧")["A1"] = "事项"

    found = read(book(*rows, change=add))
    assert found.rules == RULES
    assert found.others == ["说明", "旧", "约定!6"]
    with pytest.raises(UsageError, match="No list was found"):
        read(book(*rows, change=add), sheet="说明")
    with pytest.raises(UsageError, match="sheet"):
        read(book(*rows), sheet="约 定")


def test_hostile_text_of_a_cell_stays_text() -> None:
    rows = [
        ("事项", "接收部门", "时限", "备注"),
        ('a"\n[[obligation]]\nid = "x"\x1b[31m', "财务部", "尽快\n[department]", "x\u202ey'''\"\"\""),
    ]
    lines = "\n".join(",".join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in rows)
    found = read(lines.encode(), "x.csv")
    checklist, _file = read_checklist(checklist_text(found.drafted.draft).encode(), "workshop.toml")
    assert len(checklist.obligation) == 1
    assert "\x1b" not in checklist.obligation[0].title.en + checklist.obligation[0].title.zh
