"""Encodes values as JSON documents and names the fields that every store indexes."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.checklist import Checklist
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.deadlines.due import (
    AfterDuty,
    AtEvent,
    DayOfMonth,
    DueRule,
    EachWorkday,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    ListedDays,
    NthWorkday,
    Recurrence,
    Weekly,
)
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty, DutyParties
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportMap, ImportRun
from sla_tracker.domain.measures.month import IndexedMonth, Month
from sla_tracker.domain.measures.survey import Answer
from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.domain.reminders.reminder import Reminded, Reminder
from sla_tracker.value_class import dataclass

T = TypeVar("T")

SCHEMA = 2
"""Version of the stored documents; raised when an older program would lose or misread something."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of stored value: its class, its stored name, and its indexed fields."""

    type: type
    name: str
    indexed: tuple[str, ...]


KINDS = (
    Kind(
        Duty,
        "duties",
        (
            "state",
            "provider",
            "consumer",
            "assignee",
            "obligation",
            "subject_key",
            "event",
            "request",
            "month",
            "key",
        ),
    ),
    Kind(Event, "events", ("type", "state", "subject_key", "import_id", "import_key")),
    Kind(
        Request,
        "requests",
        ("state", "provider", "consumer", "subject_key", "duty", "import_id", "import_key"),
    ),
    Kind(Roster, "rosters", ()),
    Kind(Month, "months", ("closed",)),
    Kind(Offer, "offers", ("state", "giver", "taker", "duty")),
    Kind(ShiftNote, "shift_notes", ("department", "acknowledged")),
    Kind(Complaint, "complaints", ("state", "subject_key")),
    Kind(Answer, "answers", ("quarter", "consumer", "provider")),
    Kind(Reminder, "reminders", ("state", "recipient", "channel", "duty")),
    Kind(Reminded, "reminded", ()),
    Kind(MessageDay, "message_days", ()),
    Kind(Agreement, "agreements", ("obligation", "provider", "consumer")),
    Kind(Checklist, "checklists", ()),
    Kind(ImportRun, "imports", ("state",)),
    Kind(ImportMap, "import_maps", ()),
    Kind(
        PastDuty,
        "past_duties",
        ("provider", "obligation", "month", "subject_key", "import_id", "import_key"),
    ),
)
# Read instead of the whole value where only a few of its fields are wanted; never written.
PARTS = (Kind(IndexedMonth, "months", ("closed",)), Kind(DutyParties, "duties", ()))
_BY_TYPE = {kind.type: kind for kind in (*KINDS, *PARTS)}
_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(type_: type) -> Kind:
    """Return the kind of a stored type; raises KeyError for a type that is not stored."""
    return _BY_TYPE[type_]


def kind_named(name: str) -> Kind:
    """Return the kind of that name; raises KeyError for an unknown one."""
    return _BY_NAME[name]


# A due rule is stored as its fields without a type name; a field that no other rule has identifies it.
_RULES: dict[str, type[DueRule]] = {
    "days": InDays,
    "workdays": InWorkdays,
    "span": InWorkingTime,
    "elapsed": InElapsedTime,
    "then": AfterDuty,
    "day": DayOfMonth,
    "n": NthWorkday,
    "weekdays": Weekly,
    "rrule": Recurrence,
    "every_workday": EachWorkday,
    "on": ListedDays,
}


def _decode_other(type_: type, raw: object) -> object:
    if type_ is not DueRule or not isinstance(raw, dict):
        raise NotImplementedError(type_.__name__)
    rule = next((_RULES[name] for name in raw if name in _RULES), AtEvent)
    return msgspec.convert(raw, rule, dec_hook=_decode_other)  # a rule may contain another


_encoder = msgspec.json.Encoder(decimal_format="string")


_decoders: dict[type, msgspec.json.Decoder[object]] = {}


def encode(value: object) -> bytes:
    """Return the JSON bytes of a value."""
    return _encoder.encode(value)


def decode(type_: type[T], raw: bytes) -> T:
    """Return the value of a JSON document.

    Raises msgspec.ValidationError for a wrong one.
    """
    decoder = _decoders.get(type_)
    if decoder is None:  # made when it is first used, as each takes some milliseconds
        decoder = msgspec.json.Decoder(_BY_TYPE[type_].type, dec_hook=_decode_other)
        _decoders[type_] = decoder
    return decoder.decode(raw)  # type: ignore[return-value]


def id_of(value: object) -> str:
    """Return the id under which a value is stored."""
    return str(value.id)  # type: ignore[attr-defined]


def index_of(kind: Kind, value: object) -> dict[str, object]:
    """Return the indexed fields of a value, as stored."""
    return {name: getattr(value, name) for name in kind.indexed}
