"""Values of a checklist's keys: how they are checked, and their JSON Schema."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from sla_tracker.domain.agreements.conditions import Bound
from sla_tracker.domain.deadlines.due import CountsFrom, DueRule, InWorkingTime, rule_from_table
from sla_tracker.domain.deadlines.due_rule import RuleKey
from sla_tracker.domain.quoting import as_written
from sla_tracker.domain.reminders.policy import Policy
from sla_tracker.domain.reminders.policy_toml import POLICY_KEYS, policy_from_table
from sla_tracker.domain.time.work_hours import DAY_MINUTES, parse_clock
from sla_tracker.errors import N_, UsageError, Wrong

_DAYS = {"type": "array", "items": {"type": "string", "format": "date"}}
DUE_SCHEMA = {
    "type": "object",
    "description": "Exactly one of the keys that name a rule, and what may stand beside it.",
    "properties": {
        RuleKey.AT_EVENT: {"const": True, "description": "At the very time of the event."},
        RuleKey.DAYS: {
            "type": "integer",
            "description": "Calendar days after the event's day; 0 is the same day.",
        },
        RuleKey.WORKDAYS: {
            "type": "integer",
            "description": "Workdays after the event's day; negative is before it.",
        },
        RuleKey.WORKING_HOURS: {
            "type": "number",
            "description": "Working time after the event; negative is before it.",
        },
        RuleKey.WORKING_MINUTES: {"type": "integer"},
        RuleKey.HOURS: {
            "type": "number",
            "description": "Time after the event, day and night; negative is before.",
        },
        RuleKey.MINUTES: {"type": "integer"},
        RuleKey.DAY: {
            "type": "integer",
            "minimum": -31,
            "maximum": 31,
            "description": "Day of the month; -1 is its last.",
        },
        RuleKey.NTH_WORKDAY: {
            "type": "integer",
            "description": "1 is the month's first workday, -1 its last.",
        },
        RuleKey.WEEKDAYS: {
            "type": "array",
            "items": {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
        },
        RuleKey.RRULE: {"type": "string", "description": "A recurrence rule of RFC 5545; needs start."},
        "start": {"type": "string", "format": "date"},
        RuleKey.EVERY_WORKDAY: {"const": True, "description": "Every workday of the calendar."},
        RuleKey.ON: {**_DAYS, "description": "A list of days."},
        "offset": {"type": "integer", "description": "Workdays after the day named; negative is before."},
        "except": {**_DAYS, "description": "Turns that are left out, by their day before it is moved."},
        "moved": {
            "type": "object",
            "additionalProperties": {"type": "string", "format": "date"},
            "description": "Turns that are moved: the day before it is moved, and the final day.",
        },
        "zone": {"type": "string", "description": "The zone of at, such as Europe/Berlin, or consumer."},
        "calendar": {"type": "string", "description": "The calendar of this clock alone."},
        "months": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 12}},
        "after": {"type": "string", "description": "An obligation from whose turn is counted; with a span."},
        "of": {
            "enum": [*CountsFrom],
            "description": "From what of it: its due (usual), or its first delivery.",
        },
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


def listed(value: object) -> object:
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


def dependency_table(value: object) -> object:
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
    """Return within which workdays or working time silence does not accept yet."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, dict):
        raise Wrong(UsageError(N_("This should be a whole number.")))
    if {RuleKey.HOURS, RuleKey.MINUTES} & set(value):
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
    if not isinstance(rule, InWorkingTime) or rule.calendar or rule.span <= timedelta():
        raise Wrong(
            UsageError(N_("Write workdays as a number, or {example}."), example="{ working_hours = 4 }")
        )
    return rule.span


def _bound(value: object) -> Bound:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(str(value))
        if number.is_finite():
            return number
    return _day(value, N_("Write a number, such as 100000, or a day, such as 2027-01-15."))


def _day(value: object, message: str = N_("This should be a day, such as 2027-01-15.")) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Wrong(UsageError(message)) from None


def clock_text(value: object) -> object:
    """Return a time of day as text, such as `08:30`; anything else unchanged."""
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, str):
        minute = parse_clock(value)
        if minute == DAY_MINUTES:
            raise Wrong(
                UsageError(
                    N_("{value} is no time of day; it lies between 00:00 and 23:59."), value=as_written(value)
                )
            )
        return f"{minute // 60:02d}:{minute % 60:02d}"
    return value


Due = Annotated[DueRule, PlainValidator(_rule), WithJsonSchema(DUE_SCHEMA)]
Reminders = Annotated[
    Policy,
    PlainValidator(_policy),
    WithJsonSchema(
        {"type": "object", "properties": {key: {} for key in POLICY_KEYS}, "additionalProperties": False}
    ),
]
BoundValue = Annotated[
    Bound,
    PlainValidator(_bound),
    WithJsonSchema({"type": ["number", "string"], "description": "A number, or a day such as 2027-01-15."}),
]
Day = Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Names = Annotated[
    list[str],
    BeforeValidator(_ids),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
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
            "properties": {
                RuleKey.WORKING_HOURS: {"type": "number"},
                RuleKey.WORKING_MINUTES: {"type": "integer"},
            },
            "additionalProperties": False,
        }
    ),
]
