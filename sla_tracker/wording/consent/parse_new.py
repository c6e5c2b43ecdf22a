"""Parses what people type of a new obligation.

That is: the fields of its request, the rows of its limits and its condition.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from sla_tracker.domain.agreements.fields import TICKED, Choice, Field, FieldKind
from sla_tracker.domain.consent.agreement import AgreedCondition, AgreedLimit
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Choices, UsageError
from sla_tracker.services.authoring.ids import free_id, spelled_id
from sla_tracker.wording.consent.parse_terms import parse_limit, parse_target
from sla_tracker.wording.consent.typed_requests import typed_field, typed_row
from sla_tracker.wording.due_phrases import ON_REQUEST

_CONDITION = re.compile(r"(?P<name>[^<>=]+?)\s*(?P<sign>>=|<=|<|=)\s*(?P<value>[^<>=]+)")


def parse_fields(texts: Iterable[str]) -> tuple[Field, ...]:
    """Return the fields that a request asks for, one a text; raises UsageError."""
    found: list[Field] = []
    for typed in map(typed_field, texts):
        found.append(
            Field(
                id=free_id(spelled_id(typed.label) or "field", [one.id for one in found]),
                kind=typed.kind,
                label=Text(zh=typed.label, en=typed.label),
                required=typed.required,
                choices=_choices(typed.choices),
            )
        )
    return tuple(found)


def _choices(labels: Sequence[str]) -> tuple[Choice, ...]:
    found: list[Choice] = []
    for label in labels:
        id = free_id(spelled_id(label) or "choice", [one.id for one in found])
        found.append(Choice(id=id, label=Text(zh=label, en=label)))
    return tuple(found)


def parse_rows(texts: Sequence[str], fields: Sequence[Field]) -> tuple[str, tuple[AgreedLimit, ...]]:
    """Return the field that chooses rows of limits, and the rows, one for each text.

    Raises UsageError.
    """
    chosen_by = ""
    rows: list[AgreedLimit] = []
    for typed in map(typed_row, texts):
        field, choice = _chosen(typed.value, fields, chosen_by)
        chosen_by = field.id
        if any(one.value == choice.id for one in rows):
            raise UsageError(N_("“{value}” has two rows of limits; keep one."), value=typed.value)
        due, roll = parse_limit(typed.due, ON_REQUEST)
        rows.append(
            AgreedLimit(
                trigger=ON_REQUEST,
                value=choice.id,
                due=due,
                roll=roll,
                earliest=parse_limit(typed.earliest, ON_REQUEST)[0] if typed.earliest else None,
                answer=parse_limit(typed.answer, ON_REQUEST)[0] if typed.answer else None,
                target=parse_target(typed.target) if typed.target else None,
            )
        )
    return chosen_by, tuple(rows)


def _chosen(value: str, fields: Sequence[Field], chosen_by: str) -> tuple[Field, Choice]:
    """Return the field and the choice that a row of limits is for.

    Raises UsageError where no field has the choice, or only another field than that of the rows before.
    """
    usable = [one for one in fields if one.choices and chosen_by in {"", one.id}]
    for field in usable:
        for choice in field.choices:
            if value.casefold() in {choice.id.casefold(), choice.label.zh.casefold()}:
                return field, choice
    known = {choice.id: choice.label for field in usable for choice in field.choices}
    raise UsageError(
        N_("No field of the request has the choice “{value}”; choose of one field: {known}. See --field."),
        value=value,
        known=Choices(known),
    )


def parse_condition(text: str, fields: Sequence[Field]) -> AgreedCondition:
    """Return when an obligation opens, from `Amount>=100000` or `Region=North`.

    Raises UsageError.
    """
    found = _CONDITION.fullmatch(_plain(text).strip())
    if found is None:
        raise UsageError(
            N_("“{text}” is no condition; write Amount>=100000, Amount<5000, Amount<=5000 or Region=North."),
            text=text,
        )
    name, sign, value = found["name"].strip(), found["sign"], found["value"].strip()
    field = next((one for one in fields if name.casefold() in _names(one)), None)
    if field is None:
        raise UsageError(
            N_("There is no field “{name}”; the fields are {known}."),
            name=name,
            known=Choices({one.id: one.label for one in fields}),
        )
    if sign == "=":
        return AgreedCondition(field=field.id, equals=_answer(field, value))
    bound = _bound(field, value)
    match sign:
        case ">=":
            return AgreedCondition(field=field.id, at_least=bound)
        case "<=":
            return AgreedCondition(field=field.id, at_most=bound)
        case _:
            return AgreedCondition(field=field.id, less_than=bound)


def _names(field: Field) -> set[str]:
    return {field.id.casefold(), field.label.zh.casefold(), field.label.en.casefold()}


def _answer(field: Field, value: str) -> str:
    """Return the stored answer that a text means."""
    if field.kind is FieldKind.TICK:
        return TICKED
    for choice in field.choices:
        if value.casefold() in {choice.id.casefold(), choice.label.zh.casefold(), choice.label.en.casefold()}:
            return choice.id
    if field.choices:
        allowed = Choices({one.id: one.label for one in field.choices})
        raise UsageError(
            N_("{label}: “{value}” is not one of {allowed}."), label=field.label, value=value, allowed=allowed
        )
    return value


def _bound(field: Field, value: str) -> Decimal:
    try:
        if field.kind is FieldKind.NUMBER and (number := Decimal(value)).is_finite():
            return number
    except InvalidOperation:
        pass
    raise UsageError(
        N_("“{name}” cannot be compared with {value}: only a number with a number."),
        name=field.label,
        value=value,
    )


def _plain(text: str) -> str:
    """Return a text with the signs of a Chinese keyboard as ASCII."""
    return unicodedata.normalize("NFKC", text).replace("≥", ">=").replace("≤", "<=")
