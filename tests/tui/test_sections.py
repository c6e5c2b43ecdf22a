"""Which line a row stands on, and what stands on a line: each answer is the other's opposite."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.tui.widgets.lists.sections import Lines, Section


@st.composite
def laid_out(draw: st.DrawFn) -> Lines:
    edges = [0, *sorted(draw(st.lists(st.integers(0, 40), max_size=5)))]
    titles = draw(st.lists(st.sampled_from(["", "今日"]), min_size=5, max_size=5))
    sections = [Section(title, *edge) for title, edge in zip(titles, pairwise(edges), strict=False)]
    return Lines(edges[-1], sections)


@given(laid_out())
def test_every_row_is_found_on_its_line_and_every_line_holds_one_thing(lines: Lines) -> None:
    rows = [lines.at_line(lines.line_of(index))[1] for index in range(lines.rows)]
    assert rows == list(range(lines.rows))
    found = [lines.at_line(line) for line in range(lines.line_count)]
    assert sum(index < 0 for _section, index in found) == sum(bool(one.title) for one in lines.sections)
    assert all(section is not None for section, _index in found)


def test_a_heading_takes_a_line_and_no_row() -> None:
    lines = Lines(6, [Section("逾期", 0, 3), Section("稍后", 3, 6)])
    assert lines.line_count == 8
    assert [lines.line_of(index) for index in range(6)] == [1, 2, 3, 5, 6, 7]
    assert [lines.at_line(line)[1] for line in (0, 4)] == [-1, -1]


def test_rows_without_sections_are_one_stretch_and_no_rows_none() -> None:
    assert Lines(3).sections == (Section("", 0, 3),)
    assert Lines(3, [Section("empty", 0, 0)]).sections == (Section("", 0, 3),)
    assert Lines().sections == ()
    assert Lines().at_line(0) == (None, -1)
    assert Lines(2, [Section("head", 0, 2)]).at_line(3) == (None, -1)
