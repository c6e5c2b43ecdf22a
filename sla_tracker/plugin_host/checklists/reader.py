"""Checklists, which declare departments and their obligations in TOML.

They declare event types too, all without code.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic import Field as Key

from sla_tracker import hookimpl
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.dependencies import Depended, Dependency
from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.agreements.obligation import (
    About,
    Department,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
)
from sla_tracker.domain.deadlines.due import DueRule, InWorkingTime, Turn, rule_from_table
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.reminders.policy import Policy
from sla_tracker.domain.reminders.policy_toml import POLICY_KEYS, policy_from_table
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_hours import parse_clock
from sla_tracker.domain.toml_reader import NO_TEXT, TomlFile, read_toml, worded
from sla_tracker.errors import N_, PluginError, SlaError, UsageError, Wrong

DUE_SCHEMA = {
    "type": "object",
    "description": "Exactly one of the keys that name a rule, and what may stand beside it.",
    "properties": {
        "at_event": {"const": True, "description": "At the very time of the event."},
        "days": {"type": "integer", "description": "Calendar days after the event's day; 0 is the same day."},
        "workdays": {
            "type": "integer",
            "description": "Workdays after the event's day; negative is before it.",
        },
        "working_hours": {
            "type": "number",
            "description": "Working time after the event; negative is before it.",
        },
        "working_minutes": {"type": "integer"},
        "day": {"type": "integer", "minimum": 1, "maximum": 31, "description": "Day of the month."},
        "nth_workday": {"type": "integer", "description": "1 is the month's first workday, -1 its last."},
        "weekdays": {
            "type": "array",
            "items": {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
        },
        "rrule": {"type": "string", "description": "A recurrence rule of RFC 5545; needs start."},
        "start": {"type": "string", "format": "date"},
        "months": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 12}},
        "at": {"type": "string", "description": "A time of day, such as 12:00; without it, the day's close."},
        "roll": {"enum": ["following", "preceding", "skip", "none"]},
    },
    "additionalProperties": False,
}


def _rule(table: object) -> DueRule:
    if not isinstance(table, dict):
        raise Wrong(UsageError(N_("Write a table, such as {example}."), example="{ workdays = 1 }"))
    return rule_from_table(table)


def _policy(table: object) -> Policy:
    if not isinstance(table, dict):
        raise Wrong(
            UsageError(
                N_("Write a table, such as {example}."),
                example='{ steps = [{ id = "soon", workdays = -1 }] }',
            )
        )
    return policy_from_table(table)


def _text(value: object) -> object:
    """Return a plain string as a Chinese text.

    Most checklists are written in Chinese.
    """
    if not isinstance(value, str | dict):
        raise Wrong(UsageError(NO_TEXT))
    return {"zh": value} if isinstance(value, str) else value


def _listed(value: object) -> object:
    """Return a single table as a list of one."""
    return [value] if isinstance(value, dict) else value


def _ids(value: object) -> object:
    """Return a single id as a list of one."""
    return [value] if isinstance(value, str) else value


def _departments(value: object) -> object:
    """Return a single department as a list of one; an empty list names none."""
    if isinstance(value, list) and not value:
        raise Wrong(UsageError(N_('Name at least one department, or "*" for every one but the consumer.')))
    return _ids(value)


def _dependency(value: object) -> object:
    """Return an id as the table of a dependency on the turn of the same period."""
    if not isinstance(value, str | dict):
        raise Wrong(
            UsageError(
                N_("Write an obligation's id, or a table such as {example}."),
                example='{ obligation = "list", turn = "previous" }',
            )
        )
    return {"obligation": value} if isinstance(value, str) else value


def _accept_within(value: object) -> int | timedelta:
    """Return workdays, or a span of working time, in which silence does not accept yet."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, dict):
        raise Wrong(UsageError(N_("This should be a whole number.")))
    if {"hours", "minutes"} & set(value):
        raise Wrong(
            UsageError(
                N_(
                    "Silence accepts in working time only: nobody may be there to look. Write {example}; a consumer "
                    "that is always there has a calendar that is always open."
                ),
                example="{ working_hours = 4 }",
            )
        )
    rule = rule_from_table(value) if value else None
    if not isinstance(rule, InWorkingTime) or rule.span <= timedelta():
        raise Wrong(
            UsageError(N_("Write workdays as a number, or {example}."), example="{ working_hours = 4 }")
        )
    return rule.span


def _clock(value: object) -> object:
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, str):
        minute = parse_clock(value)
        return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
    return value


class Table(BaseModel):
    """What every table of a checklist has in common: nothing is converted silently, nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


class Words(Table):
    """A text in one or both languages; a plain string is Chinese."""

    zh: str = ""
    en: str = ""

    def text(self) -> Text:
        """Return the words as a Text, without the blanks around them."""
        return Text(self.zh.strip(), self.en.strip())


Due = Annotated[DueRule, PlainValidator(_rule), WithJsonSchema(DUE_SCHEMA)]
Reminders = Annotated[
    Policy,
    PlainValidator(_policy),
    WithJsonSchema(
        {"type": "object", "properties": {key: {} for key in POLICY_KEYS}, "additionalProperties": False}
    ),
]
Sentence = Annotated[
    Words,
    BeforeValidator(_text),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
            "additionalProperties": False,
        }
    ),
]


OldIds = Annotated[
    list[str],
    BeforeValidator(_ids),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]


Providers = Annotated[
    list[str],
    BeforeValidator(_departments),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
AcceptWithin = Annotated[
    int | timedelta,
    PlainValidator(_accept_within),
    WithJsonSchema(
        {
            "type": ["integer", "object"],
            "description": "Workdays, or working time of the consumer.",
            "properties": {"working_hours": {"type": "number"}, "working_minutes": {"type": "integer"}},
            "additionalProperties": False,
        }
    ),
]


class DependencyTable(Table):
    """An obligation that is waited for, and which of its turns."""

    obligation: str
    turn: Annotated[Turn, Key(strict=False)] = Turn.SAME

    def dependency(self) -> Depended:
        """Return the dependency; the id alone where the turn of the same period is meant."""
        if self.turn is Turn.SAME:
            return self.obligation
        return Dependency(obligation=self.obligation, turn=self.turn)


Waits = Annotated[
    DependencyTable,
    BeforeValidator(_dependency),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "properties": {"obligation": {"type": "string"}, "turn": {"enum": [*Turn]}},
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

    def field(self) -> Field:
        """Return the field that the table describes."""
        return Field(
            id=self.id,
            kind=self.kind,
            label=self.label.text(),
            required=self.required,
            choices=tuple(Choice(id=choice.id, label=choice.label.text()) for choice in self.choices),
        )


class DepartmentTable(Table):
    """A department."""

    id: str
    name: Sentence
    calendar: str = ""
    reminders: Reminders | None = None
    renamed_from: OldIds = []


class EventTypeTable(Table):
    """A kind of business event."""

    id: str
    title: Sentence
    subject: Sentence
    planned: bool = False
    fields: Annotated[list[FieldTable], BeforeValidator(_listed)] = []
    renamed_from: OldIds = []


class ConditionTable(Table):
    """What an event must show before it opens a duty."""

    after: Annotated[str, BeforeValidator(_clock), Key(pattern=r"^\d\d:\d\d$")] | None = None
    field: str = ""
    equals: str = "yes"

    def condition(self) -> Condition:
        """Return the condition that the table describes."""
        return Condition(
            after=time.fromisoformat(self.after) if self.after else None, field=self.field, equals=self.equals
        )


class TriggerTable(Table):
    """What opens a duty, and when that is due."""

    id: str = ""
    due: Due
    assumed: list[str] = []
    agreed: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _take_a_written_roll_as_agreed(cls, table: object) -> object:
        """Note a roll that the rule names.

        Unless it is marked as assumed, somebody has agreed it.
        """
        if not isinstance(table, dict):
            return table
        due, assumed, agreed = (table.get(key) for key in ("due", "assumed", "agreed"))
        said = [
            *(assumed if isinstance(assumed, list) else ()),
            *(agreed if isinstance(agreed, list) else ()),
        ]
        if not isinstance(due, dict) or "roll" not in due or "roll" in said:
            return table
        return {**table, "agreed": [*(agreed if isinstance(agreed, list) else ()), "roll"]}


class RecurringTable(TriggerTable):
    """Opens a duty by the calendar."""

    about: Annotated[About, Key(strict=False)] = About.PREVIOUS
    standing: bool = False

    def trigger(self) -> Recurring:
        """Return the trigger that the table describes."""
        return Recurring(
            id=self.id,
            due=self.due,
            about=self.about,
            standing=self.standing,
            assumed=tuple(self.assumed),
            agreed=tuple(self.agreed),
        )


class OnEventTable(TriggerTable):
    """Opens a duty when an event is registered."""

    type: str
    condition: ConditionTable | None = None

    def trigger(self) -> OnEvent:
        """Return the trigger that the table describes."""
        condition = self.condition.condition() if self.condition else None
        return OnEvent(
            id=self.id,
            event_type=self.type,
            due=self.due,
            condition=condition,
            assumed=tuple(self.assumed),
            agreed=tuple(self.agreed),
        )


class OnRequestTable(TriggerTable):
    """Opens a duty when the consumer asks."""

    answer: Due | None = None

    def trigger(self) -> OnRequest:
        """Return the trigger that the table describes."""
        return OnRequest(
            id=self.id,
            due=self.due,
            answer=self.answer,
            assumed=tuple(self.assumed),
            agreed=tuple(self.agreed),
        )


class ObligationTable(Table):
    """What one department owes another, and what opens it."""

    id: str
    title: Sentence
    provider: Providers = []
    not_from: OldIds = Key(default=[], alias="except")
    consumer: str
    recurring: Annotated[list[RecurringTable], BeforeValidator(_listed)] = []
    on_event: Annotated[list[OnEventTable], BeforeValidator(_listed)] = []
    on_request: Annotated[list[OnRequestTable], BeforeValidator(_listed)] = []
    evidence: Annotated[list[FieldTable], BeforeValidator(_listed)] = []
    guide: Sentence | None = None
    target: Annotated[Decimal, Key(strict=False, ge=0, le=1)] | None = None
    accept_within: AcceptWithin = 3
    opens_before: int = 5
    calendar: str = ""
    depends_on: list[Waits] = []
    retired: bool = False
    reminders: Reminders | None = None
    renamed_from: OldIds = []

    def obligation(self, provider: str) -> Obligation:
        """Return the obligation that the table describes.

        `provider` is used where the table names none.
        """
        triggers: tuple[Trigger, ...] = (
            *(table.trigger() for table in self.recurring),
            *(table.trigger() for table in self.on_event),
            *(table.trigger() for table in self.on_request),
        )
        return Obligation(
            id=self.id,
            title=self.title.text(),
            provider=(self.provider or [provider])[0] if len(self.provider) < 2 else "",
            providers=tuple(self.provider) if len(self.provider) > 1 else (),
            not_from=tuple(self.not_from),
            consumer=self.consumer,
            triggers=triggers,
            evidence=tuple(table.field() for table in self.evidence),
            guide=self.guide.text() if self.guide else None,
            target=self.target,
            accept_within=self.accept_within,
            opens_before=self.opens_before,
            calendar=self.calendar,
            depends_on=tuple(one.dependency() for one in self.depends_on),
            retired=self.retired,
            reminders=self.reminders,
            renamed_from=tuple(self.renamed_from),
        )


class Checklist(Table):
    """A whole checklist; obligations without a provider belong to the checklist's first department."""

    version: str = ""
    department: Annotated[list[DepartmentTable], BeforeValidator(_listed)] = []
    event_type: Annotated[list[EventTypeTable], BeforeValidator(_listed)] = []
    obligation: Annotated[list[ObligationTable], BeforeValidator(_listed)] = []

    def departments(self) -> tuple[Department, ...]:
        """Return the departments that the checklist declares."""
        return tuple(
            Department(
                id=table.id,
                name=table.name.text(),
                calendar=table.calendar,
                reminders=table.reminders,
                renamed_from=tuple(table.renamed_from),
            )
            for table in self.department
        )

    def event_types(self) -> tuple[EventType, ...]:
        """Return the event types that the checklist declares."""
        return tuple(
            EventType(
                id=table.id,
                title=table.title.text(),
                subject=table.subject.text(),
                planned=table.planned,
                fields=tuple(field.field() for field in table.fields),
                renamed_from=tuple(table.renamed_from),
            )
            for table in self.event_type
        )

    def obligations(self) -> tuple[Obligation, ...]:
        """Return the obligations that the checklist declares."""
        provider = self.department[0].id if self.department else ""
        return tuple(table.obligation(provider) for table in self.obligation)


class ChecklistPlugin:
    """A plugin whose hooks return what a checklist declares.

    So a checklist is loaded like code.
    """

    def __init__(self, checklist: Checklist) -> None:
        self.checklist = checklist

    @hookimpl
    def sla_register_departments(self) -> tuple[Department, ...]:
        """Return the checklist's departments."""
        return self.checklist.departments()

    @hookimpl
    def sla_register_event_types(self) -> tuple[EventType, ...]:
        """Return the checklist's event types."""
        return self.checklist.event_types()

    @hookimpl
    def sla_register_obligations(self) -> tuple[Obligation, ...]:
        """Return the checklist's obligations."""
        return self.checklist.obligations()


def read_checklist(content: bytes, name: str) -> tuple[Checklist, TomlFile]:
    """Return the checklist in a file's bytes.

    Raises PluginError with every error's line and key.
    """
    try:
        file = read_toml(content, name)
    except UsageError as reason:
        raise PluginError(N_("The checklist {file} cannot be used:"), (reason,), file=name) from None
    problems = list(_problems(file))
    if problems:
        raise PluginError(N_("The checklist {file} cannot be used:"), tuple(problems), file=name)
    return Checklist.model_validate(file.tree), file


def _problems(file: TomlFile) -> tuple[SlaError, ...]:
    try:
        Checklist.model_validate(file.tree)
    except ValidationError as errors:
        listed: Any = errors.errors(include_url=False)
        return worded(file, listed, json_schema())
    return ()


# Cached: the schema never changes, and building it takes long.
@cache
def json_schema() -> Mapping[str, object]:
    """Return the JSON Schema of a checklist.

    Editors use it, and errors list the allowed keys with it.
    """
    return Checklist.model_json_schema()
