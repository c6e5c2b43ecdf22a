"""Text from people comes out harmless, and what is harmless comes out as it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.clean import clean

LRO, PDF, ZWJ, ZWSP, BOM = "\u202d", "\u202c", "\u200d", "\u200b", "\ufeff"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("装饰单 鄂F·12345", "装饰单 鄂F·12345"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("x\x1b]52;c;aGVsbG8=\x07y", "xy"),
        ("x\x1b]0;title\x1b\\y", "xy"),
        ("x\x9b31my\x9d0;t\x9cz", "xyz"),
        ("unfinished \x1b]52;c;aGVs", "unfinished "),
        ("bell\x07 nul\x00 del\x7f", "bell? nul? del?"),
        (f"{LRO}evil{PDF}{ZWSP}{ZWJ}{BOM}", "evil"),
        ("one\r\ntwo\tthree\u2028four", "one two three four"),
        ("e" + "\u0301" * 9, "e\u0301\u0301"),
        ("❤\ufe0f", "❤"),
        ("宽\u3000格", "宽 格"),
    ],
)
def test_what_is_shown(raw: str, shown: str) -> None:
    assert clean(raw) == shown


def test_line_ends_are_kept_where_lines_are_wanted() -> None:
    assert clean("one\r\ntwo\x85three", lines=True) == "one\ntwo\nthree"


def test_very_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 10_000_000, limit=10) == "xxxxxxxxx…"


@given(st.text(), st.booleans())
def test_nothing_dangerous_ever_comes_through(raw: str, lines: bool) -> None:
    shown = clean(raw, lines=lines)
    allowed = {"\n"} if lines else set()
    hidden = {char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert hidden <= allowed


@given(st.text())
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    assert clean(clean(raw)) == clean(raw)
