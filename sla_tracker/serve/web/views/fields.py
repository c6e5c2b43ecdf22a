"""Makes the inputs of declared fields.

They are the evidence of a delivery, or the details of an event or a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sla_tracker.domain.agreements.fields import TICKED, Field, FieldKind
from sla_tracker.serve.web.page import Input, InputKind
from sla_tracker.serve.web.views.visit import FIELD_PREFIX
from sla_tracker.wording.duties import text_of

KINDS: Mapping[FieldKind, InputKind] = {
    FieldKind.TICK: InputKind.TICK,
    FieldKind.TEXT: InputKind.TEXT,
    FieldKind.NUMBER: InputKind.NUMBER,
    FieldKind.DATE: InputKind.DATE,
    FieldKind.REFERENCE: InputKind.TEXT,
    FieldKind.CHOICE: InputKind.CHOICE,
}


def inputs_of(fields: Iterable[Field], values: Mapping[str, str]) -> list[Input]:
    """Return one input for each field, filled with the values there are."""
    return [
        Input(
            name=FIELD_PREFIX + field.id,
            label=text_of(field.label),
            kind=KINDS[field.kind],
            value=_shown(field, values.get(field.id, "")),
            choices=[(choice.id, text_of(choice.label)) for choice in field.choices],
            required=field.required,
        )
        for field in fields
    ]


def _shown(field: Field, value: str) -> str:
    return ("yes" if value == TICKED else "") if field.kind is FieldKind.TICK else value
