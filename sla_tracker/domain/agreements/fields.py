"""Form fields: the evidence of a delivery and the details of an event."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum

from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Choices, MissingValue, SlaError, UsageError
from sla_tracker.value_class import dataclass

TICKED = "yes"  # stored value of a ticked field
LONGEST_VALUE = 2000  # characters
# A number is kept as it is written: digits of other scripts and underscores would go on into lists and messages, and
# 1e999999 would be written out there. Other programs send 1e-05.
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?"


class FieldKind(StrEnum):
    """What kind of answer a field takes."""

    TICK = "tick"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    REFERENCE = "reference"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One allowed answer of a choice field."""

    id: str
    label: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One form field; each value is stored as text.

    A tick is stored as `yes`, a date as ISO 8601. `is_subject` says that the answer names another subject (the customer
    of a contract, its vehicle), which the event ties to its own.
    """

    id: str
    kind: FieldKind
    label: Text
    required: bool = True
    choices: tuple[Choice, ...] = ()
    is_subject: bool = False


def problem_with(field: Field, value: str) -> SlaError | None:
    """Return the error of a value for this field, or None when it is valid."""
    if len(value) > LONGEST_VALUE:
        return UsageError(
            N_("{label}: at most {limit} characters, this has {length}."),
            label=field.label,
            limit=LONGEST_VALUE,
            length=len(value),
        )
    match field.kind:
        case FieldKind.TICK if value != TICKED:
            return UsageError(N_("{label}: a tick takes the value “yes” only."), label=field.label)
        case FieldKind.NUMBER if not _is_number(value):
            return UsageError(
                N_("{label}: “{value}” is not a number, such as 1200.50."), label=field.label, value=value
            )
        case FieldKind.DATE if not _is_date(value):
            return UsageError(
                N_("{label}: “{value}” is not a date, such as 2026-11-20."), label=field.label, value=value
            )
        case FieldKind.CHOICE if value not in {choice.id for choice in field.choices}:
            allowed = Choices({choice.id: choice.label for choice in field.choices})
            return UsageError(
                N_("{label}: “{value}” is not one of {allowed}."),
                label=field.label,
                value=value,
                allowed=allowed,
            )
    return None


def problems_with(
    fields: Sequence[Field], values: Mapping[str, str], *, complete: bool = True
) -> tuple[SlaError, ...]:
    """Return all errors of a form's values: unknown names, wrong values.

    With `complete`, missing values are errors, too.
    """
    known = {field.id: field for field in fields}
    found: list[SlaError] = [
        UsageError(
            N_("There is no field “{name}”; the fields are {known}.")
            if fields
            else N_("There is no field “{name}”; nothing is asked for here."),
            name=name,
            known=Choices({field.id: field.label for field in fields}),
        )
        for name in values
        if name not in known
    ]
    for field in fields:
        value = values.get(field.id, "").strip()
        if value:
            problem = problem_with(field, value)
            if problem is not None:
                found.append(problem)
        elif complete and field.required:
            found.append(MissingValue(N_("{label} ({name}) is missing."), label=field.label, name=field.id))
    return tuple(found)


def filled(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that are not blank, stripped of surrounding white space."""
    return {name: value.strip() for name, value in values.items() if value.strip()}


def _is_number(value: str) -> bool:
    return re.fullmatch(_NUMBER, value) is not None


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
