"""Lines of mixed text: never too wide, nothing lost, no line that begins with a comma."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content

from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.text_content import fit, right, width
from sla_tracker.tui.text_wrapping import NEVER_FIRST, from_guide, wrapped
from sla_tracker.tui.widgets.cards.facts import GAP, Fact, FactColumns
from tests.tui.trial import a_deployment, quiet, text_of, until

MIXED = st.text(alphabet="装饰单，。（）abc 1 -", max_size=60)


@given(MIXED, st.integers(4, 30))
def test_no_line_is_too_wide_and_no_word_is_lost(text: str, cells: int) -> None:
    lines = wrapped(Content(text), cells)
    assert all(line.cell_length <= cells for line in lines)
    assert "".join(line.plain for line in lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "cells", "lines"),
    [
        ("财务用来做什么：1 日下午开始结账", 16, ["财务用来做什么：", "1 日下午开始结账"]),
        ("上个月的业务费用，全部报完。", 16, ["上个月的业务费", "用，全部报完。"]),
        ("to finance within three days", 10, ["to finance", "within", "three days"]),
        ("销售部  2 天后到期", 10, ["销售部", "2 天后到期"]),
        ("averyveryverylongword", 8, ["averyver", "yverylon", "gword"]),
        ("one\n\ntwo", 10, ["one", "", "two"]),
    ],
)
def test_where_lines_end(text: str, cells: int, lines: list[str]) -> None:
    assert [line.plain.strip() for line in wrapped(Content(text), cells)] == lines


def test_no_line_begins_with_closing_punctuation() -> None:
    text = "一二三四五，六七八九十。" * 5
    for cells in range(6, 40):
        assert not any(line.plain[:1] in NEVER_FIRST for line in wrapped(Content(text), cells) if line.plain)


def test_a_guide_keeps_its_stress_and_loses_its_marks() -> None:
    guide = from_guide("# 装饰单\n\n**交什么**：三联\n- 一\n[@click=app.quit]x[/]")
    assert guide.plain == "装饰单\n\n交什么：三联\n· 一\n[@click=app.quit]x[/]"
    assert [str(span.style) for span in guide.spans] == ["bold", "bold"]


@given(st.text(alphabet="装饰单ab·", max_size=20), st.integers(1, 24))
def test_a_fitted_text_takes_exactly_its_cells(text: str, cells: int) -> None:
    assert cell_len(fit(text, cells)) == cells
    assert width(right(text, cells)) == cells


def test_what_is_cut_says_so() -> None:
    assert fit("客户本人签字的订车单", 9) == "客户本人…"
    assert fit("客户本人签字", 0) == ""


def test_groups_of_facts_stand_in_as_many_columns_as_fit() -> None:
    groups = [[Fact(f"{letter}{n}", Content("x" * 20)) for n in range(4)] for letter in "abc"]
    columns = FactColumns(groups)
    drawn = {cells: [line.plain for line in columns._lines(cells)] for cells in (30, 60, 90)}
    assert {cells: len(lines) for cells, lines in drawn.items()} == {30: 14, 60: 9, 90: 4}
    assert all(len(line) <= cells for cells, lines in drawn.items() for line in lines)
    assert drawn[90][0].split() == ["a0", "x" * 20, "b0", "x" * 20, "c0", "x" * 20]
    assert columns.widest_within(90) == 3 * 24 + 2 * GAP


def test_a_column_is_wrapped_rather_than_left_out() -> None:
    columns = FactColumns([[Fact("a", Content("word " * 12))], [Fact("b", Content("short"))]])
    lines = [line.plain for line in columns._lines(70)]
    assert "short" in lines[0]
    assert 1 < len(lines) <= 3


@pytest.mark.parametrize("size", [(80, 24), (40, 20)], ids=str)
async def test_no_line_of_a_notification_begins_with_punctuation(size: tuple[int, int]) -> None:
    said = "插件“dealership-loan”是代码，这里只能改清单；请由它的作者修改。"
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=size, notifications=True) as pilot:
        await quiet(pilot)
        app.clear_notifications()
        app.show_message(said)
        await until(pilot, lambda: "dealership-loan" in text_of(app))
        (note,) = app._notifications
        assert note.message.replace("\n", "") == said
        (toast,) = app.screen.query("Toast")
        drawn = text_of(app).splitlines()[toast.region.y : toast.region.bottom]
        lines = [line.partition("▌")[2].strip() for line in drawn]
        assert len(lines) == len(note.message.split("\n"))
        assert not any(line[:1] in NEVER_FIRST for line in lines), lines
