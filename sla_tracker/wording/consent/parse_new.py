"""Parses what people type of a new obligation: fields, limits and condition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from sla_tracker.domain.agreements.fields import TICKED, Choice, Field, FieldKind
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.consent.agreement import (
    AgreedCondition,
    AgreedLimit,
    AgreedParts,
    NewObligation,
    NewTrigger,
)
from sla_tracker.domain.consent.applied import created_triggers
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Choices, UsageError
from sla_tracker.services.authoring.ids import free_id, spelled_id
from sla_tracker.value_class import dataclass
from sla_tracker.wording.consent.parse_terms import TypedTerms, changed_parts, parse_limit, parse_target
from sla_tracker.wording.consent.typed_requests import typed_field, typed_row
from sla_tracker.wording.consent.typed_triggers import TypedTrigger, typed_trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedObligation:
    """A new obligation as people type it, in the command line and in the form alike.

    `fields`, `rows`, `further` and `evidence` have one each; `when` is the condition of the first trigger.
    """

    title: str
    kind: str
    event_type: str = ""
    fields: Sequence[str] = ()
    rows: Sequence[str] = ()
    when: str = ""
    further: Sequence[str] = ()
    evidence: Sequence[str] = ()


def new_obligation(
    typed: TypedObligation, terms: TypedTerms, events: Mapping[str, EventType]
) -> tuple[NewObligation, AgreedParts]:
    """Return the new obligation and its proposed parts; raises UsageError."""
    others = [typed_trigger(line, events) for line in typed.further]
    is_asked_for = TriggerKind.ON_REQUEST in {typed.kind, *(one.kind for one in others)}
    if (typed.fields and not is_asked_for) or (typed.rows and typed.kind != TriggerKind.ON_REQUEST):
        raise UsageError(
            N_("Only a request asks for fields: add --on-request, or leave --field and --row out.")
        )
    if typed.when and typed.kind == TriggerKind.RECURRING:
        raise UsageError(
            N_(
                "What the calendar opens has no condition: add --on-event or --on-request, or leave --when out."
            )
        )
    fields = parse_fields(typed.fields)
    limits_by, rows = parse_rows(typed.rows, fields)

    def condition(text: str, event_type: str) -> AgreedCondition | None:
        known = events[event_type].fields if event_type else fields
        return parse_condition(text, known) if text else None

    further = tuple(
        NewTrigger(
            id=f"{number}",
            trigger=one.kind,
            event_type=one.event_type,
            condition=condition(one.when, one.event_type),
        )
        for number, one in enumerate(others, start=2)
    )
    created = NewObligation(
        title=Text(zh=typed.title, en=typed.title),
        trigger=typed.kind,
        event_type=typed.event_type,
        evidence=_ticks(typed.evidence),
        fields=fields,
        limits_by=limits_by,
        condition=condition(typed.when, typed.event_type),
        further=further,
    )
    parts = changed_parts(AgreedParts(), replace(terms, trigger=typed.kind), created_triggers(created))
    limits = [_limit(new, one) for new, one in zip(further, others, strict=True)]
    return created, replace(parts, limits=(*parts.limits, *rows, *limits))


def _limit(new: NewTrigger, typed: TypedTrigger) -> AgreedLimit:
    due, roll = parse_limit(typed.due, typed.kind)
    answer = parse_limit(typed.answer, TriggerKind.ON_REQUEST)[0] if typed.answer else None
    return AgreedLimit(trigger=f"{new.trigger}:{new.id}", due=due, roll=roll, answer=answer)


def _ticks(labels: Iterable[str]) -> tuple[Field, ...]:
    """Return a tick for each thing that is handed in."""
    found: list[Field] = []
    for label in labels:
        id = free_id(spelled_id(label) or "item", [one.id for one in found])
        found.append(Field(id=id, kind=FieldKind.TICK, label=Text(zh=label, en=label)))
    return tuple(found)


_CONDITION = re.compile(r"(?P<name>[^<>=]+?)\s*(?P<sign>>=|<=|<|=)\s*(?P<value>[^<>=]+)")
# Between two comparisons, not in a name or an answer.
_BETWEEN = re.compile(r"\s*(?:[,;]|\band\b|且|并且)\s*(?=[^<>=,;]+(?:>=|<=|<))")


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
        due, roll = parse_limit(typed.due, TriggerKind.ON_REQUEST)
        rows.append(
            AgreedLimit(
                trigger=TriggerKind.ON_REQUEST,
                value=choice.id,
                due=due,
                roll=roll,
                earliest=parse_limit(typed.earliest, TriggerKind.ON_REQUEST)[0] if typed.earliest else None,
                answer=parse_limit(typed.answer, TriggerKind.ON_REQUEST)[0] if typed.answer else None,
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

    Two comparisons of one field are joined: `Amount>=1000, Amount<5000`. Raises UsageError.
    """
    one, *more = _BETWEEN.split(_plain(text).strip())
    found = _comparison(one, fields)
    for other in (_comparison(part, fields) for part in more):
        bounds = {name: getattr(other, name) for name in BOUNDS if getattr(other, name) is not None}
        if other.field != found.field or not bounds or all(getattr(found, name) is None for name in BOUNDS):
            raise UsageError(N_("A condition compares one field; of several fields only one counts."))
        found = replace(found, **bounds)
    return found


BOUNDS = ("at_least", "at_most", "less_than")


def _comparison(text: str, fields: Sequence[Field]) -> AgreedCondition:
    found = _CONDITION.fullmatch(text.strip())
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
