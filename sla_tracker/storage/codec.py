"""Encodes values as JSON documents and names the fields that every store indexes."""

from __future__ import annotations

from importlib import import_module
from typing import TypeVar

import msgspec

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
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.value_class import dataclass

T = TypeVar("T")

SCHEMA = 2
"""Version of the stored documents; raised when an older program would lose or misread something."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of stored value: its class, its stored name, and its indexed fields.

    The class is named, and imported when a value of it is stored or read: most processes meet few of them.
    """

    named: str
    name: str
    indexed: tuple[str, ...]

    @property
    def type(self) -> type:
        """Return the class of the values."""
        module, _, name = self.named.rpartition(".")
        found: type = getattr(import_module(f"{_DOMAIN}.{module}"), name)
        return found


_DOMAIN = "sla_tracker.domain"


KINDS = (
    Kind(
        "duties.duty.Duty",
        StoredKind.DUTIES.value,
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
    Kind(
        "duties.event.Event",
        StoredKind.EVENTS.value,
        ("type", "state", "subject_key", "import_id", "import_key"),
    ),
    Kind(
        "duties.request.Request",
        StoredKind.REQUESTS.value,
        ("state", "provider", "consumer", "subject_key", "duty", "import_id", "import_key"),
    ),
    Kind("agreements.roster.Roster", StoredKind.ROSTERS.value, ()),
    Kind("measures.month.Month", StoredKind.MONTHS.value, ("closed",)),
    Kind("duties.handover.Offer", StoredKind.OFFERS.value, ("state", "giver", "taker", "duty")),
    Kind("duties.handover.ShiftNote", StoredKind.SHIFT_NOTES.value, ("department", "acknowledged")),
    Kind("duties.complaint.Complaint", StoredKind.COMPLAINTS.value, ("state", "subject_key")),
    Kind("measures.survey.Answer", StoredKind.ANSWERS.value, ("quarter", "consumer", "provider")),
    Kind(
        "reminders.reminder.Reminder", StoredKind.REMINDERS.value, ("state", "recipient", "channel", "duty")
    ),
    Kind("reminders.reminder.Reminded", StoredKind.REMINDED.value, ()),
    Kind("reminders.message_day.MessageDay", StoredKind.MESSAGE_DAYS.value, ()),
    Kind("consent.agreement.Agreement", StoredKind.AGREEMENTS.value, ("obligation", "provider", "consumer")),
    Kind("checklist.Checklist", StoredKind.CHECKLISTS.value, ()),
    Kind("imports.run.ImportRun", StoredKind.IMPORTS.value, ("state",)),
    Kind("imports.run.ImportMap", StoredKind.IMPORT_MAPS.value, ()),
    Kind(
        "imports.past.PastDuty",
        StoredKind.PAST_DUTIES.value,
        ("provider", "obligation", "month", "subject_key", "import_id", "import_key"),
    ),
)
# Read instead of the whole value where only a few of its fields are wanted; never written.
PARTS = (
    Kind("measures.archive_index.IndexedMonth", StoredKind.MONTHS.value, ("closed",)),
    Kind("duties.duty.DutyParties", StoredKind.DUTIES.value, ()),
)
_BY_CLASS = {f"{_DOMAIN}.{kind.named}": kind for kind in (*KINDS, *PARTS)}
_BY_NAME = {kind.name: kind for kind in KINDS}


def kind_of(type_: type) -> Kind:
    """Return the kind of a stored type; raises KeyError for a type that is not stored."""
    return _BY_CLASS[f"{type_.__module__}.{type_.__qualname__}"]


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
        decoder = msgspec.json.Decoder(kind_of(type_).type, dec_hook=_decode_other)
        _decoders[type_] = decoder
    return decoder.decode(raw)  # type: ignore[return-value]


def id_of(value: object) -> str:
    """Return the id under which a value is stored."""
    return str(value.id)  # type: ignore[attr-defined]


def index_of(kind: Kind, value: object) -> dict[str, object]:
    """Return the indexed fields of a value, as stored."""
    return {name: getattr(value, name) for name in kind.indexed}
