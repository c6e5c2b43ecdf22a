"""What people fill in is checked all at once, and every problem is a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.agreements.fields import (
    LONGEST_VALUE,
    Choice,
    Field,
    FieldKind,
    filled,
    problem_with,
    problems_with,
)
from sla_tracker.domain.text import Text


def a_field(kind: FieldKind, required: bool = True) -> Field:
    return Field(
        id=kind.value,
        kind=kind,
        label=Text(zh="项", en=kind.value.capitalize()),
        required=required,
        choices=(Choice(id="yes", label=Text(zh="是", en="Yes")),) if kind is FieldKind.CHOICE else (),
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FieldKind.TICK, "yes"),
        (FieldKind.TEXT, "anything at all"),
        (FieldKind.NUMBER, "1200.50"),
        (FieldKind.NUMBER, "-3"),
        (FieldKind.NUMBER, "1e-05"),
        (FieldKind.DATE, "2026-11-20"),
        (FieldKind.REFERENCE, "/share/2026/11/sheet.pdf"),
        (FieldKind.CHOICE, "yes"),
    ],
)
def test_a_fitting_value_has_no_problem(kind: FieldKind, value: str) -> None:
    assert problem_with(a_field(kind), value) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FieldKind.TICK, "no"),
        (FieldKind.NUMBER, "12 yuan"),
        (FieldKind.NUMBER, "NaN"),
        (FieldKind.NUMBER, "Infinity"),
        (FieldKind.NUMBER, "1_000"),
        (FieldKind.NUMBER, "٣"),
        (FieldKind.NUMBER, "1e999999"),
        (FieldKind.DATE, "20.11.2026"),
        (FieldKind.DATE, "2026-02-30"),
        (FieldKind.CHOICE, "perhaps"),
        (FieldKind.TEXT, "x" * (LONGEST_VALUE + 1)),
    ],
)
def test_a_wrong_value_is_named_with_its_label(kind: FieldKind, value: str) -> None:
    problem = problem_with(a_field(kind), value)
    assert problem is not None
    assert problem.sentence().startswith(kind.value.capitalize())


def test_every_problem_is_found_at_once() -> None:
    fields = [a_field(FieldKind.TICK), a_field(FieldKind.NUMBER), a_field(FieldKind.DATE, required=False)]
    problems = problems_with(fields, {"number": "x", "date": "y", "colour": "red"})
    assert len(problems) == 4
    assert [problem.sentence() for problem in problems_with(fields, {}, complete=False)] == []


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_blanks_are_dropped_and_the_rest_is_stripped(values: dict[str, str]) -> None:
    kept = filled(values)
    assert all(value and value == value.strip() for value in kept.values())
    assert filled(kept) == kept
