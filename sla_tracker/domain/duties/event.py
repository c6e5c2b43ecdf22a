"""Business events, past or planned, and the changes that can be made to them."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.duties.event_change import EventTime
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.people import Person
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, IllegalTransition
from sla_tracker.value_class import dataclass


class EventState(StrEnum):
    """Whether an event is active or cancelled."""

    ACTIVE = "active"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """A type of event that a plugin declares.

    Events of a `planned` type lie in the future and can be rescheduled. `subject` names what an event is about
    (contract, vehicle, person), `fields` are its further details. `subject_patterns` say what subjects usually look
    like (`subject_patterns.py`). `renamed_from` are the ids that it had before.
    """

    id: str
    title: Text
    subject: Text
    planned: bool = False
    fields: tuple[Field, ...] = ()
    renamed_from: tuple[str, ...] = field(default=(), repr=False)
    subject_patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; `at` is when it occurred or is planned.

    `time_set_at` is when `at` was entered, `time_set_from` the department of the person who entered it: grace depends
    on both. `sealed` are the keys of duties it opened that are in the archives of closed months.
    `before_claim` is the time before the present one was claimed by a department for duties of its own. `import_id` is
    the import that registered it, `import_key` the key under which the list names it, after the source. `tied` are the
    keys of the subjects that its fields name, by which archives are searched.
    """

    id: str
    type: str
    title: Text
    planned: bool
    subject: str
    subject_key: str
    at: datetime
    registered_at: datetime
    registered_by: str
    registered_from: str
    time_set_at: datetime
    time_set_by: str
    time_set_from: str
    fields: dict[str, str] = field(default_factory=dict)
    state: EventState = EventState.ACTIVE
    reason: str = ""
    sealed: tuple[str, ...] = ()
    before_claim: EventTime | None = None
    import_id: str = ""
    import_key: str = ""
    tied: tuple[str, ...] = ()


def corrected(
    event: Event, *, subject: str, at: datetime, fields: dict[str, str], now: datetime, by: Person
) -> Event:
    """Return the event with corrected subject, time or fields.

    Raises IllegalTransition when it is cancelled.
    """
    _must_be_active(event)
    changed = replace(event, subject=subject, subject_key=subject_key(subject), fields=fields)
    return (
        changed
        if at == event.at
        else replace(changed, at=at, time_set_at=now, time_set_by=by.id, time_set_from=by.department)
    )


def rescheduled(event: Event, *, at: datetime, now: datetime, by: Person) -> Event:
    """Return the planned event at its new time.

    Raises IllegalTransition for past or cancelled events.
    """
    _must_be_active(event)
    if not event.planned:
        raise IllegalTransition(
            N_(
                "“{title}” has already happened and cannot be moved; correct its time instead (sla event correct)."
            ),
            title=event.title,
        )
    return replace(event, at=at, time_set_at=now, time_set_by=by.id, time_set_from=by.department)


def cancelled(event: Event, *, reason: str) -> Event:
    """Return the event as cancelled; raises IllegalTransition when it already is."""
    _must_be_active(event)
    return replace(event, state=EventState.CANCELLED, reason=reason)


def _must_be_active(event: Event) -> None:
    if event.state is not EventState.ACTIVE:
        raise IllegalTransition(
            N_("“{title}” about {subject} is cancelled."), title=event.title, subject=event.subject
        )
