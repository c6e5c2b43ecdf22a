"""Tables on a screen of any width: nothing wraps, what goes first is what can be spared."""

import pytest

from sla_tracker.cli.formats.text_table import Column, Span, laid_out, width

COLUMNS = [
    Column(heading="Ref"),
    Column(heading="Due", spare=1),
    Column(heading="Duty", flexible=True),
    Column(heading="Remarks", flexible=True, spare=2),
]
ROWS = [
    ["d45987", "11-19 Thu 18:00", "Decoration sheet within 3 days of the delivery", "returned, evidence 2/3"]
]


def lines(limit: int | None) -> list[str]:
    rows = [[Span(cell) for cell in row] for row in ROWS]
    return ["".join(span.text for span in line).rstrip() for line in laid_out(COLUMNS, rows, limit)]


def test_into_a_pipe_nothing_is_left_out() -> None:
    assert all(cell in lines(None)[1] for cell in ROWS[0])


@pytest.mark.parametrize("limit", range(30, 130))
def test_no_line_is_longer_than_the_screen(limit: int) -> None:
    assert all(width(line) <= limit for line in lines(limit))


def test_what_can_be_spared_goes_before_a_title_becomes_unreadable_and_the_heading_says_so() -> None:
    assert lines(63)[0].split() == ["Ref", "Due", "Duty", "Remarks"]
    assert lines(50)[0].split() == ["Ref", "Due", "Duty", "…"]
    assert lines(36) == ["Ref     Duty  …", "d45987  Decoration sheet within 3 d…"]


def test_the_sign_of_what_is_left_out_does_not_make_the_heading_too_long() -> None:
    columns = [Column(heading="A"), Column(heading="Gone", spare=1), Column(heading="Limit of it")]
    rows = [[Span("x"), Span("y"), Span("z")]]
    assert [
        width("".join(s.text for s in laid_out(columns, rows, limit)[0]).rstrip()) for limit in (14, 17)
    ] == [
        14,
        17,
    ]


def test_columns_without_headings_are_left_out_silently() -> None:
    plain = [Column(flexible=True), Column(spare=1)]
    (line,) = laid_out(plain, [[Span("a long text of many words"), Span("x" * 20)]], 30)
    assert "".join(span.text for span in line).strip() == "a long text of many words"
