"""Checklists, which declare departments, obligations and event types in TOML.

No code is needed for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic import Field as Key

from sla_tracker import hookimpl
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.dependencies import Depended, Dependency
from sla_tracker.domain.agreements.obligation import (
    About,
    AssumedPart,
    Department,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
)
from sla_tracker.domain.agreements.request_terms import BY_CONSUMER, SettleFrom
from sla_tracker.domain.deadlines.due import EachWorkday, Turn
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.toml_reader import TomlFile, read_toml, worded
from sla_tracker.errors import N_, PluginError, SlaError, UsageError, Wrong
from sla_tracker.plugin_host.checklists.tables import (
    Every,
    FieldTable,
    Limits,
    MeasureTable,
    Sentence,
    SettlesFrom,
    Table,
)
from sla_tracker.plugin_host.checklists.values import (
    AcceptWithin,
    BoundValue,
    Day,
    Due,
    Names,
    OldIds,
    Providers,
    Reminders,
    clock_text,
    dependency_table,
    listed,
)


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
    BeforeValidator(dependency_table),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "properties": {"obligation": {"type": "string"}, "turn": {"enum": [*Turn]}},
            "additionalProperties": False,
        }
    ),
]


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
    subject_patterns: Annotated[list[str], BeforeValidator(listed)] = []
    fields: Annotated[list[FieldTable], BeforeValidator(listed)] = []
    renamed_from: OldIds = []


class ConditionTable(Table):
    """What an event or request must show before it opens a duty."""

    at_least: BoundValue | None = None
    at_most: BoundValue | None = None
    less_than: BoundValue | None = None
    between: Annotated[list[BoundValue], Key(min_length=2, max_length=2)] | None = None
    asked_by: Names = []
    after: Annotated[str, BeforeValidator(clock_text), Key(pattern=r"^\d\d:\d\d$")] | None = None
    field: str = ""
    equals: str = "yes"

    @model_validator(mode="after")
    def _compares_once(self) -> ConditionTable:
        if self.between is not None and (self.at_least is not None or self.at_most is not None):
            raise Wrong(UsageError(N_("{key}: not possible beside at_least or at_most."), key="between"))
        return self

    def condition(self) -> Condition:
        """Return the condition that the table describes."""
        low, high = self.between or (self.at_least, self.at_most)
        return Condition(
            after=time.fromisoformat(self.after) if self.after else None,
            field=self.field,
            equals=self.equals,
            at_least=low,
            at_most=high,
            less_than=self.less_than,
            asked_by=tuple(self.asked_by),
        )


class TriggerTable(Table):
    """What opens a duty, and when that is due."""

    id: str = ""
    due: Due
    valid_from: Day | None = None
    valid_until: Day | None = None
    assumed: list[str] = []
    agreed: list[str] = []

    @model_validator(mode="before")
    @classmethod
    def _take_a_written_roll_as_agreed(cls, table: object) -> object:
        """Note a roll that the rule names as agreed, unless it is marked as assumed."""
        if not isinstance(table, dict):
            return table
        due, assumed, agreed = (table.get(key) for key in ("due", "assumed", "agreed"))
        said = [
            *(assumed if isinstance(assumed, list) else ()),
            *(agreed if isinstance(agreed, list) else ()),
        ]
        if not isinstance(due, dict) or AssumedPart.ROLL not in due or AssumedPart.ROLL in said:
            return table
        return {**table, "agreed": [*(agreed if isinstance(agreed, list) else ()), AssumedPart.ROLL.value]}


class RecurringTable(TriggerTable):
    """Opens a duty by the calendar."""

    about: Annotated[About, Key(strict=False)] | None = None
    standing: bool = False

    def trigger(self) -> Recurring:
        """Return the trigger that the table describes."""
        return Recurring(
            id=self.id,
            due=self.due,
            about=self.about or (About.TURN if isinstance(self.due, EachWorkday) else About.PREVIOUS),
            standing=self.standing,
            assumed=tuple(self.assumed),
            agreed=tuple(self.agreed),
            valid_from_on=self.valid_from,
            valid_until_on=self.valid_until,
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
            valid_from_on=self.valid_from,
            valid_until_on=self.valid_until,
        )


class OnRequestTable(TriggerTable):
    """Opens a duty when the consumer asks."""

    answer: Due | None = None
    condition: ConditionTable | None = None
    limits: Limits | None = None
    fields: Annotated[list[FieldTable], BeforeValidator(listed)] = []
    settle_from: SettlesFrom | None = None
    updates_every: Every | None = None
    earliest: Due | None = None

    def trigger(self) -> OnRequest:
        """Return the trigger that the table describes."""
        return OnRequest(
            id=self.id,
            due=self.due,
            answer=self.answer,
            condition=self.condition.condition() if self.condition else None,
            limits=self.limits.limits() if self.limits else (),
            limits_by=self.limits.field if self.limits else BY_CONSUMER,
            fields=tuple(table.field() for table in self.fields),
            settle_from=self.settle_from.start if self.settle_from else SettleFrom.REQUEST,
            papers=tuple(paper.field() for paper in self.settle_from.papers) if self.settle_from else (),
            updates_every=self.updates_every,
            earliest=self.earliest,
            assumed=tuple(self.assumed),
            agreed=tuple(self.agreed),
            valid_from_on=self.valid_from,
            valid_until_on=self.valid_until,
        )


class ObligationTable(Table):
    """What one department owes another, and what opens it."""

    id: str
    title: Sentence
    provider: Providers = []
    not_from: OldIds = Key(default=[], alias="except")
    consumer: str | list[str]
    valid_from: Day | None = None
    valid_until: Day | None = None
    recurring: Annotated[list[RecurringTable], BeforeValidator(listed)] = []
    on_event: Annotated[list[OnEventTable], BeforeValidator(listed)] = []
    on_request: Annotated[list[OnRequestTable], BeforeValidator(listed)] = []
    evidence: Annotated[list[FieldTable], BeforeValidator(listed)] = []
    guide: Sentence | None = None
    target: Annotated[Decimal, Key(strict=False, ge=0, le=1)] | None = None
    accept_within: AcceptWithin = 3
    opens_before: int = 5
    calendar: str = ""
    depends_on: list[Waits] = []
    measure: MeasureTable | None = None
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
            consumer=self.consumer if isinstance(self.consumer, str) else "",
            consumers=tuple(self.consumer) if isinstance(self.consumer, list) else (),
            valid_from_on=self.valid_from,
            valid_until_on=self.valid_until,
            triggers=triggers,
            evidence=tuple(table.field() for table in self.evidence),
            guide=self.guide.text() if self.guide else None,
            target=self.target,
            accept_within=self.accept_within,
            opens_before=self.opens_before,
            calendar=self.calendar,
            depends_on=tuple(one.dependency() for one in self.depends_on),
            retired=self.retired,
            measure=self.measure.measure() if self.measure else None,
            reminders=self.reminders,
            renamed_from=tuple(self.renamed_from),
        )


class Checklist(Table):
    """A whole checklist.

    Obligations without a provider belong to the checklist's first department. One that `overrides` a packaged checklist
    stands in for it; `based_on` is the digest of what it was made of.
    """

    version: str = ""
    overrides: str = ""
    based_on: str = ""
    department: Annotated[list[DepartmentTable], BeforeValidator(listed)] = []
    event_type: Annotated[list[EventTypeTable], BeforeValidator(listed)] = []
    obligation: Annotated[list[ObligationTable], BeforeValidator(listed)] = []

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
                subject_patterns=tuple(table.subject_patterns),
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

    A checklist is thus loaded like code.
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

    Editors use it, and errors list the keys that it allows.
    """
    return Checklist.model_json_schema()
