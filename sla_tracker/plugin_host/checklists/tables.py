"""Tables inside other tables of a checklist: texts, fields, limits, measures."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainValidator, WithJsonSchema
from pydantic import Field as Key

from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.agreements.measure import Measure
from sla_tracker.domain.agreements.request_terms import BY_CONSUMER, Limit, SettleFrom
from sla_tracker.domain.deadlines.due import DueRule, InElapsedTime, InWorkingTime, rule_from_table
from sla_tracker.domain.deadlines.due_rule import TIME_SPANS
from sla_tracker.domain.text import NO_TEXT, Text
from sla_tracker.domain.toml_reader import texts_by_language
from sla_tracker.errors import N_, UsageError, Wrong
from sla_tracker.plugin_host.checklists.values import DUE_SCHEMA, Due


class Table(BaseModel):
    """What every table of a checklist has in common.

    No value is converted silently, and unknown keys are refused.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Words(Table):
    """A text in one or both languages; a plain string is Chinese."""

    zh: str = ""
    en: str = ""

    def text(self) -> Text:
        """Return the words as a Text, without the blanks around them."""
        return Text(self.zh.strip(), self.en.strip())


Sentence = Annotated[
    Words,
    BeforeValidator(texts_by_language),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
            "additionalProperties": False,
        }
    ),
]


class ChoiceTable(Table):
    """One answer that a field of kind choice allows."""

    id: str
    label: Sentence


class FieldTable(Table):
    """One thing to fill in."""

    id: str
    kind: Annotated[FieldKind, Key(strict=False)] = FieldKind.TICK
    label: Sentence
    required: bool = True
    choices: list[ChoiceTable] = []
    subject: bool = False

    def field(self) -> Field:
        """Return the field that the table describes."""
        return Field(
            id=self.id,
            kind=self.kind,
            label=self.label.text(),
            required=self.required,
            choices=tuple(Choice(id=choice.id, label=choice.label.text()) for choice in self.choices),
            is_subject=self.subject,
        )


class LimitTable(Table):
    """The limits of requests of one consumer, or with one value in the choosing field."""

    due: Due
    answer: Due | None = None
    earliest: Due | None = None
    target: Annotated[Decimal, Key(strict=False, ge=0, le=1)] | None = None

    def limit(self, key: str, limits_by: str) -> Limit:
        """Return the limits that the table describes; `key` is the consumer or the value."""
        by_consumer = limits_by == BY_CONSUMER
        return Limit(
            consumers=(key,) if by_consumer else (),
            values=() if by_consumer else (key,),
            due=self.due,
            answer=self.answer,
            earliest=self.earliest,
            target=self.target,
        )


class LimitsTable(BaseModel):
    """Limits chosen by the consumer or by a field of the request.

    Each further key is a consumer or a value.
    """

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, defer_build=True)
    __pydantic_extra__: dict[str, LimitTable]
    field: str

    def limits(self) -> tuple[Limit, ...]:
        """Return the limits in the order of the file."""
        return tuple(one.limit(key, self.field) for key, one in (self.__pydantic_extra__ or {}).items())


def _limits(value: object) -> object:
    """Return the table of limits if it says what they are chosen by."""
    if not isinstance(value, dict) or not isinstance(value.get("field"), str):
        raise Wrong(
            UsageError(
                N_("Write a table, such as {example}."),
                example='{ field = "consumer", finance = { due = { workdays = 1 } } }',
            )
        )
    return value


Limits = Annotated[LimitsTable, BeforeValidator(_limits)]


class PaperTable(Table):
    """One paper that the settle clock waits for."""

    id: str
    label: Sentence

    def field(self) -> Field:
        """Return the paper as a tick."""
        return Field(id=self.id, kind=FieldKind.TICK, label=self.label.text())


class SettleFromTable(Table):
    """What starts the settle clock: the answer, or papers."""

    start: SettleFrom
    papers: list[PaperTable] = []


def _settle_from(value: object) -> object:
    """Return the table of what starts the settle clock."""
    if value in ("request", "answer"):
        return {"start": SettleFrom(str(value))}
    papers = value.get("papers") if isinstance(value, dict) else None
    if not isinstance(value, dict) or set(value) != {"papers"} or not isinstance(papers, list) or not papers:
        raise Wrong(
            UsageError(
                N_('Write "request", "answer", or {example}.'),
                example='{ papers = [{ id = "invoice", label = "发票" }] }',
            )
        )
    return {"start": SettleFrom.PAPERS, "papers": papers}


SettlesFrom = Annotated[
    SettleFromTable,
    BeforeValidator(_settle_from),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["request", "answer"]},
                {
                    "type": "object",
                    "properties": {
                        "papers": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "properties": {"id": {"type": "string"}, "label": {}},
                                "required": ["id", "label"],
                                "additionalProperties": False,
                            },
                        }
                    },
                    "required": ["papers"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


def _every(value: object) -> DueRule:
    rule = rule_from_table(value) if isinstance(value, dict) and value else None
    if not isinstance(rule, InElapsedTime | InWorkingTime):
        raise Wrong(
            UsageError(
                N_("Write {example} or {other}."), example="{ hours = 2 }", other="{ working_hours = 2 }"
            )
        )
    return rule


_PROPERTIES: Any = DUE_SCHEMA["properties"]
Every = Annotated[
    DueRule,
    PlainValidator(_every),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {key: _PROPERTIES[key] for key in (*TIME_SPANS, "calendar")},
            "additionalProperties": False,
        }
    ),
]
Number = Annotated[Decimal, Key(strict=False)]


class MeasureTable(Table):
    """The level that delivered numbers must reach: a bound of one number, or n of N."""

    field: str = ""
    min: Number | None = None
    max: Number | None = None
    unit: Sentence | None = None
    good: str = ""
    of: str = ""
    target: Annotated[Decimal, Key(strict=False, ge=0, le=1)] | None = None

    def measure(self) -> Measure:
        """Return the measure that the table describes."""
        return Measure(
            field=self.field,
            minimum=self.min,
            maximum=self.max,
            unit=NO_TEXT if self.unit is None else self.unit.text(),
            good=self.good,
            of=self.of,
            target=self.target,
        )
