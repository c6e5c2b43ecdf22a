"""Puts present ids into stored values of what was renamed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial
from itertools import product
from typing import Any, TypeVar

from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.agreements.known_triggers import KnownTrigger
from sla_tracker.domain.agreements.renames import RenamedIds, Renames
from sla_tracker.domain.agreements.request_terms import Limit, RequestTerms
from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.consent.agreement import (
    AgreedLimit,
    AgreedParts,
    Agreement,
    NewObligation,
    NewTrigger,
    Proposal,
)
from sla_tracker.domain.deadlines.rules import AfterDuty
from sla_tracker.domain.duties.complaint import Complaint, Stage, Taken
from sla_tracker.domain.duties.duty import Duty, DutyParties, FieldChange, Hold, Terms
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_change import EventChange, EventTime
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportRun
from sla_tracker.domain.measures.beside import KeptDetails
from sla_tracker.domain.measures.measured_level import MeasuredLevel
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.measures.scorecard import Figure
from sla_tracker.domain.measures.survey import Answer
from sla_tracker.domain.reminders.message_day import MessageDay
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.services.ports import Where
from sla_tracker.value_class import dataclass

T = TypeVar("T")


class Holds(StrEnum):
    """What a stored field holds, as far as renames concern it."""

    DEPARTMENT = "department"
    OBLIGATION = "obligation"
    DEPENDENCY = "dependency"
    EVENT_TYPE = "event_type"
    KEY = "key"
    RULE = "rule"
    RECIPIENT = "recipient"
    BY_OBLIGATION = "by_obligation"
    PARTS = "parts"
    KEY_OF_EVENTS = "key_of_events"
    KEY_OF_OBLIGATION = "key_of_obligation"


FIELDS: Mapping[type, Mapping[str, Holds]] = {
    Duty: {
        "obligation": Holds.OBLIGATION,
        "provider": Holds.DEPARTMENT,
        "consumer": Holds.DEPARTMENT,
        "opened_from": Holds.DEPARTMENT,
        "key": Holds.KEY,
        "terms": Holds.PARTS,
        "holds": Holds.PARTS,
        "event_changes": Holds.PARTS,
        "field_changes": Holds.PARTS,
        "event_time": Holds.PARTS,
    },
    DutyParties: {"provider": Holds.DEPARTMENT, "consumer": Holds.DEPARTMENT, "event_changes": Holds.PARTS},
    Terms: {"due": Holds.PARTS, "depends_on": Holds.DEPENDENCY, "request": Holds.PARTS},
    RequestTerms: {"usual": Holds.PARTS, "limits": Holds.PARTS},
    Limit: {"consumers": Holds.DEPARTMENT},
    Dependency: {"obligation": Holds.OBLIGATION},
    AfterDuty: {"after": Holds.OBLIGATION},
    Hold: {"waits_for": Holds.DEPARTMENT},
    FieldChange: {"side": Holds.DEPARTMENT},
    EventChange: {
        "department": Holds.DEPARTMENT,
        "registered_from": Holds.DEPARTMENT,
        "before": Holds.PARTS,
    },
    EventTime: {"set_from": Holds.DEPARTMENT},
    Event: {
        "type": Holds.EVENT_TYPE,
        "registered_from": Holds.DEPARTMENT,
        "time_set_from": Holds.DEPARTMENT,
        "sealed": Holds.KEY,
        "before_claim": Holds.PARTS,
        "import_key": Holds.KEY_OF_EVENTS,
    },
    Request: {
        "obligation": Holds.OBLIGATION,
        "provider": Holds.DEPARTMENT,
        "consumer": Holds.DEPARTMENT,
        "import_key": Holds.KEY_OF_OBLIGATION,
    },
    Roster: {"since": Holds.BY_OBLIGATION, "added": Holds.BY_OBLIGATION, "triggers": Holds.BY_OBLIGATION},
    KnownTrigger: {"provider": Holds.DEPARTMENT, "rule": Holds.RULE},
    Month: {
        "figures": Holds.PARTS,
        "details": Holds.PARTS,
        "levels": Holds.PARTS,
        "erased": Holds.PARTS,
    },
    MeasuredLevel: {
        "obligation": Holds.OBLIGATION,
        "provider": Holds.DEPARTMENT,
        "consumer": Holds.DEPARTMENT,
    },
    Figure: {
        "obligation": Holds.OBLIGATION,
        "provider": Holds.DEPARTMENT,
        "consumer": Holds.DEPARTMENT,
    },
    KeptDetails: {"provider": Holds.DEPARTMENT, "consumer": Holds.DEPARTMENT},
    Offer: {"giver": Holds.DEPARTMENT, "taker": Holds.DEPARTMENT},
    ShiftNote: {"department": Holds.DEPARTMENT},
    Complaint: {
        "complainant": Holds.DEPARTMENT,
        "against": Holds.DEPARTMENT,
        "judge": Holds.DEPARTMENT,
        "responsible": Holds.DEPARTMENT,
        "taken": Holds.PARTS,
    },
    Answer: {"consumer": Holds.DEPARTMENT, "provider": Holds.DEPARTMENT},
    Reminder: {"recipient": Holds.RECIPIENT, "department": Holds.DEPARTMENT},
    Agreement: {
        "obligation": Holds.OBLIGATION,
        "provider": Holds.DEPARTMENT,
        "consumer": Holds.DEPARTMENT,
        "proposals": Holds.PARTS,
        "created": Holds.PARTS,
    },
    NewObligation: {"event_type": Holds.EVENT_TYPE, "further": Holds.PARTS},
    NewTrigger: {"event_type": Holds.EVENT_TYPE},
    Proposal: {
        "parts": Holds.PARTS,
        "declared": Holds.PARTS,
        "proposed_from": Holds.DEPARTMENT,
        "decided_from": Holds.DEPARTMENT,
    },
    AgreedParts: {"limits": Holds.PARTS},
    AgreedLimit: {"due": Holds.PARTS, "answer": Holds.PARTS, "earliest": Holds.PARTS},
    PastDuty: {
        "obligation": Holds.OBLIGATION,
        "provider": Holds.DEPARTMENT,
        "consumer": Holds.DEPARTMENT,
        "import_key": Holds.KEY_OF_OBLIGATION,
    },
    ImportRun: {"department": Holds.DEPARTMENT},
}
"""The fields of stored values, and of their parts, in which ids of the catalogue stand."""
_BY_RECIPIENT = (Reminder, MessageDay)  # kinds whose ids contain the recipient
_DEPARTMENT_MARK = "@"  # before the department in a recipient
_ID_IN_RULE = re.compile(r'"(?:type|of|asked_by)":')
_KEY_PARTS = 4  # obligation, provider, trigger and turn; keys of versions before 0.2 have no provider


@dataclass(frozen=True, slots=True)
class PresentIds:
    """Turns old ids into present ones, and present ones into all stored spellings."""

    renames: Renames

    def of(self, value: T) -> T:
        """Return a value with present ids; the same object if nothing changes."""
        anything: Any = value
        changes = {}
        for name, holds in FIELDS.get(type(value), {}).items():
            before = getattr(value, name)
            after = self._converted(holds, before)
            if after != before:
                changes[name] = after
        if isinstance(value, Taken) and value.stage is Stage.NAME:
            changes["outcome"] = self.renames.departments.present(value.outcome)
        return replace(anything, **changes) if changes else value

    def where(self, kind: type, where: Mapping[str, Where]) -> dict[str, Where]:
        """Return search conditions with every stored spelling of the ids in them."""
        holds = FIELDS.get(kind, {})
        return {
            name: self._spellings(holds[name], wanted) if name in holds else wanted
            for name, wanted in where.items()
        }

    def ids(self, kind: type, id: str) -> tuple[str, ...]:
        """Return the ids under which a value may be stored, the present one first."""
        if kind not in _BY_RECIPIENT or _DEPARTMENT_MARK not in id:
            return (id,)
        found = [id]
        for old, now in self.renames.departments.present_by_old.items():
            parts = id.split("/")
            if f"{_DEPARTMENT_MARK}{now}" in parts:
                found.append("/".join(_replaced(part, now, old) for part in parts))
        return tuple(found)

    def _converted(self, holds: Holds, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(self._converted(holds, one) for one in value)
        if holds is Holds.DEPENDENCY:
            holds = Holds.OBLIGATION if isinstance(value, str) else Holds.PARTS
        if holds is Holds.PARTS:
            return None if value is None else self.of(value)
        if holds is Holds.BY_OBLIGATION:
            return self._by_obligation(value)
        return self._text_converters()[holds](value)

    def _text_converters(self) -> Mapping[Holds, Callable[[str], str]]:
        return {
            Holds.DEPARTMENT: self.renames.departments.present,
            Holds.OBLIGATION: self.renames.obligations.present,
            Holds.EVENT_TYPE: self.renames.event_types.present,
            Holds.KEY: self._key,
            Holds.KEY_OF_EVENTS: partial(_of_first_part, self.renames.event_types.present),
            Holds.KEY_OF_OBLIGATION: partial(_of_first_part, self.renames.obligations.present),
            Holds.RULE: self._rule,
            Holds.RECIPIENT: self._recipient,
        }

    def _by_obligation(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a mapping by present ids; of both, the present one's entry counts."""
        ordered = sorted(values.items(), key=lambda entry: self._entry(entry[0]) == entry[0])
        return {self._entry(name): self._converted(Holds.PARTS, value) for name, value in ordered}

    def _entry(self, name: str) -> str:
        """Return the present name of an entry of the roster.

        A name is the id of an obligation, or obligation/provider.
        """
        obligation, slash, provider = name.partition("/")
        return (
            self.renames.obligations.present(obligation) + slash + self.renames.departments.present(provider)
        )

    def _key(self, key: str) -> str:
        parts = key.split("/")
        parts[0] = self.renames.obligations.present(parts[0])
        if len(parts) >= _KEY_PARTS:
            parts[1] = self.renames.departments.present(parts[1])
        return "/".join(parts)

    def _rule(self, rule: str) -> str:
        """Return a trigger's rule with the present ids in it.

        The ids are those of its event's type, of the obligation that it counts from, and of the departments that may
        ask. The rule is written as known_triggers does.
        """
        if _ID_IN_RULE.search(rule) is None:
            return rule
        table = json.loads(rule)
        if "type" in table:
            table["type"] = self.renames.event_types.present(table["type"])
        if "of" in table:  # else `after` is a time of day
            table["after"] = self.renames.obligations.present(table["after"])
        if "asked_by" in table:
            table["asked_by"] = [self.renames.departments.present(one) for one in table["asked_by"]]
        return json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def _recipient(self, recipient: str) -> str:
        if not recipient.startswith(_DEPARTMENT_MARK):
            return recipient
        return f"{_DEPARTMENT_MARK}{self.renames.departments.present(recipient[1:])}"

    def _spellings(self, holds: Holds, wanted: Where) -> Where:
        if not isinstance(wanted, str | tuple):
            return wanted
        each = (wanted,) if isinstance(wanted, str) else wanted
        found = tuple(dict.fromkeys(spelling for one in each for spelling in self._stored_as(holds, one)))
        return found[0] if len(found) == 1 and isinstance(wanted, str) else found

    def _stored_as(self, holds: Holds, id: str) -> tuple[str, ...]:
        if holds is Holds.KEY:
            return self._keys(id)
        if holds is Holds.RECIPIENT:
            if not id.startswith(_DEPARTMENT_MARK):
                return (id,)
            return tuple(f"{_DEPARTMENT_MARK}{one}" for one in self.renames.departments.spellings(id[1:]))
        if holds in {Holds.KEY_OF_EVENTS, Holds.KEY_OF_OBLIGATION}:
            first, slash, rest = id.partition("/")
            kind = Holds.EVENT_TYPE if holds is Holds.KEY_OF_EVENTS else Holds.OBLIGATION
            return tuple(f"{one}{slash}{rest}" for one in self._stored_as(kind, first))
        names: Mapping[Holds, RenamedIds] = {
            Holds.DEPARTMENT: self.renames.departments,
            Holds.OBLIGATION: self.renames.obligations,
            Holds.EVENT_TYPE: self.renames.event_types,
        }
        return names[holds].spellings(id)

    def _keys(self, key: str) -> tuple[str, ...]:
        obligation, *rest = key.split("/")
        obligations = self.renames.obligations.spellings(obligation)
        if 1 + len(rest) < _KEY_PARTS:
            return tuple("/".join((one, *rest)) for one in obligations)
        providers = self.renames.departments.spellings(rest[0])
        return tuple("/".join((one, *two, *rest[1:])) for one, *two in product(obligations, providers))


def _of_first_part(present: Callable[[str], str], key: str) -> str:
    first, slash, rest = key.partition("/")
    return f"{present(first)}{slash}{rest}"


def _replaced(part: str, now: str, old: str) -> str:
    return f"{_DEPARTMENT_MARK}{old}" if part == f"{_DEPARTMENT_MARK}{now}" else part
