"""Makes the copies of stored values that stay when a subject's data is erased.

Every text goes that is not named here, also one that a later version adds: times, numbers, verdicts, ids and codes
stay, because figures are computed from them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping
from dataclasses import replace
from enum import Enum
from typing import Any

from sla_tracker.domain.agreements.request_terms import RequestTerms
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.excuses import Interval
from sla_tracker.domain.deadlines.steps import Step
from sla_tracker.domain.duties.complaint import Complaint, Taken
from sla_tracker.domain.duties.duty import Delivery, Duty, FieldChange, Hold, Paper, Rating, Waiver
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_change import EventChange, EventTime
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportMap, ImportRun, ListReading

ERASED = "—"  # shown in place of an erased text

Erasable = Duty | Event | Request | Complaint | Offer | ShiftNote | PastDuty | ImportRun | ImportMap

KEPT: dict[type, tuple[str, ...]] = {
    Duty: (
        *("id", "key", "obligation", "title", "provider", "consumer", "terms", "month", "event", "request"),
        *(
            "answered_by",
            "assignee",
            "accepted_by",
            "cause",
            "opened_from",
            "handed_from",
            "handed_to",
            "fields",
        ),
    ),
    Delivery: ("by", "returned_by", "accepted_by", "not_reviewed"),
    Hold: ("by", "waits_for", "objected_by", "confirmed_by"),
    Waiver: ("asked_by", "code", "decided_by"),
    Rating: ("by",),
    Paper: ("id", "by"),
    FieldChange: ("field", "old", "new", "by", "side", "objected_by", "confirmed_by"),
    EventChange: ("by", "department", "registered_from", "objected_by", "confirmed_by"),
    EventTime: ("set_by", "set_from"),
    Deadline: ("calendar_version",),
    Interval: ("why", "why_en", "waited_for"),
    Event: (
        *("id", "type", "title", "sealed", "import_id"),
        *("registered_by", "registered_from", "time_set_by", "time_set_from"),
    ),
    Request: (
        *("id", "obligation", "provider", "consumer", "requested_by", "answered_by", "duty", "fields"),
        "import_id",
    ),
    Complaint: ("id", "complainant", "against", "judge", "duties", "responsible"),
    Taken: ("by", "outcome"),
    Offer: ("id", "duty", "giver", "taker", "asked_by", "decided_by", "linked"),
    ShiftNote: ("id", "department", "person", "successor", "duties", "written_by", "acknowledged_by"),
    PastDuty: (*("id", "obligation", "provider", "consumer", "month", "imported_by", "import_id", "source"),),
    ImportRun: ("id", "digest", "by", "department"),
    ImportMap: ("id",),
    ListReading: ("about", "at"),
}
"""Texts that stay, by kind of value; what of some of them has to go after all, the functions below know."""
EMPTIED = ("subject_key", "import_key", "tied", "notes", "updates", "sheet", "source")
"""Parts of which nothing is left: nobody finds the subject by them, and a mark would stand for a heading."""


def erased_copy(value: Erasable, known: Container[str], terms: RequestTerms | None) -> Erasable:
    """Return a value without what was written about its subject.

    `known` are the departments and people for whom a hold may have waited. `terms` are those of the request, if it is
    one of a request.
    """
    copy: Erasable = _erased_parts(value)
    match copy:
        case Duty():
            return replace(
                copy,
                holds=tuple(_of_hold(hold, known) for hold in copy.holds),
                fields=_choosing(copy.fields, terms),
                field_changes=tuple(_of_change(change, terms) for change in copy.field_changes),
            )
        case Request():
            return replace(copy, fields=_choosing(copy.fields, terms))
        case ImportMap():
            return replace(copy, name=copy.id)
        case _:
            return copy


def _of_hold(hold: Hold, known: Container[str]) -> Hold:
    return hold if hold.waits_for in known else replace(hold, waits_for=ERASED)


def _of_change(change: FieldChange, terms: RequestTerms | None) -> FieldChange:
    if terms is not None and change.field == terms.limits_by:
        return change
    return replace(change, old=_erased(change.old), new=_erased(change.new))


def _choosing(fields: Mapping[str, str], terms: RequestTerms | None) -> dict[str, str]:
    """Return the value that chooses a request's limits, by its field.

    With it the clocks can be counted anew.
    """
    if terms is None:
        return {}
    values = {value for limit in terms.limits for value in limit.values}
    return {id: value for id, value in fields.items() if id == terms.limits_by and value in values}


def _erased(value: Any) -> Any:
    """Return a part of a value with its texts erased; an empty text stays empty."""
    match value:
        case Enum():  # before the texts: a member of a StrEnum is one
            return value
        case str():
            return ERASED if value else ""
        case dict():
            return {}
        case tuple():
            return tuple(map(_erased, value))
        case _ if dataclasses.is_dataclass(value):
            return _erased_parts(value)
        case _:
            return value


def _erased_parts(value: Any) -> Any:
    """Return a value with every text in its parts erased but those to keep."""
    match value:
        case Step():
            return _erased_step(value)
        case Interval(why_en=""):  # no English reason: these are somebody's own words
            value = replace(value, why=_erased(value.why))
    kept = KEPT.get(type(value), ())
    parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    changed = {
        name: type(part)() if name in EMPTIED else _erased(part)
        for name, part in parts.items()
        if name not in kept
    }
    return replace(value, **changed)


def _erased_step(step: Step) -> Step:
    """Return a step of a deadline without the reason of an excuse that somebody wrote."""
    if step.get("why_en"):
        return step
    details = ((name, ERASED if name == "why" and text else text) for name, text in step.details)
    return Step(step.kind, tuple(details))
