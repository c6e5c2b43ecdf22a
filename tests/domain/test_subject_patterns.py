"""What subjects look like, and which differ by one character."""

from __future__ import annotations

import pytest

from sla_tracker.domain.duties.subject_patterns import fits, is_pattern, neighbours


@pytest.mark.parametrize(
    ("subject", "patterns", "found"),
    [
        ("鄂F·12345", ("鄂@·#####",), True),
        ("鄂ｆ 12345", ("鄂@·#####",), True),
        ("鄂F·1234A", ("鄂@·#####",), False),
        ("鄂F·1234A", ("鄂@·#####", "鄂@?????"), True),
        ("鄂F·123456", ("鄂@·#####",), False),
        ("粤F·12345", ("?@·#####",), True),
        ("HT-2026-0012", ("ht-####-####",), True),
        ("合同2026", ("合同####",), True),
        ("anything", (), True),
    ],
)
def test_a_subject_fits_a_pattern(subject: str, patterns: tuple[str, ...], found: bool) -> None:
    assert fits(subject, patterns) is found


def test_a_pattern_without_anything_in_it_is_none() -> None:
    assert [is_pattern(text) for text in ("?", "·", "", "A", " - ")] == [True, False, False, True, False]


def test_neighbours_differ_in_one_digit_or_letter() -> None:
    found = list(neighbours("鄂F12345"))
    assert len(found) == len(set(found)) == 25 + 5 * 9
    assert {"鄂G12345", "鄂F12346"} <= set(found)
    assert not {"粤F12345", "鄂F12345", "鄂F1234A"} & set(found)
    assert list(neighbours("张三")) == list(neighbours("1" * 30)) == []
