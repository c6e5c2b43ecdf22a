"""Spellings of one subject meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.duties.subject import subject_key


@pytest.mark.parametrize("spelling", ["鄂F·12345", "鄂f 12345", "鄂Ｆ１２３４５", " 鄂F-12345 ", "鄂F•12345"])
def test_spellings_of_a_plate_meet(spelling: str) -> None:
    assert subject_key(spelling) == "鄂F12345"


@pytest.mark.parametrize(
    ("one", "other"), [("鄂F12345", "鄂A12345"), ("合同 2211", "合同 2212"), ("A1", "A")]
)
def test_different_subjects_stay_apart(one: str, other: str) -> None:
    assert subject_key(one) != subject_key(other)


@pytest.mark.parametrize("blank", ["", "  ", "·-", "\u200b"])
def test_what_holds_no_letter_or_digit_is_no_subject(blank: str) -> None:
    assert subject_key(blank) == ""


@given(st.text())
def test_a_key_is_its_own_key(text: str) -> None:
    assert subject_key(subject_key(text)) == subject_key(text)
