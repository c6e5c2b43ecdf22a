"""What people write for a field, as it is stored."""

from __future__ import annotations

from datetime import date

import pytest

from sla_tracker.domain.agreements.fields import Field, FieldKind, problem_with
from sla_tracker.domain.agreements.typed_values import stored_value
from sla_tracker.domain.text import Text

AMOUNT = Field(id="amount", kind=FieldKind.NUMBER, label=Text("金额", "Amount"))


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1,200", "1200"),
        ("1,234,567.80", "1234567.80"),
        ("1 200.50", "1200.50"),
        ("-12, 345", "-12345"),
        ("￥ 1，200", "1200"),
        (" ９９.５ ", "99.5"),
        ("1e3", "1e3"),
    ],
)
def test_thousands_may_be_set_off(written: str, stored: str) -> None:
    found = stored_value(AMOUNT, written, date.fromisoformat)
    assert (found, problem_with(AMOUNT, found)) == (stored, None)


@pytest.mark.parametrize(
    "written", ["99,5", "99，5", "12,34,5", "1,2000", "99 5", "1234,567", "1,200,5", ",500", "1,"]
)
def test_another_comma_is_no_number_and_multiplies_nothing(written: str) -> None:
    found = stored_value(AMOUNT, written, date.fromisoformat)
    problem = problem_with(AMOUNT, found)
    assert problem is not None
    assert problem.sentence().startswith("Amount")
