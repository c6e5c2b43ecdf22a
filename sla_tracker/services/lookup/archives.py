"""Finds values in the archives of closed months.

Only archives whose index may hold them are opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, tzinfo

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.archive_index import (
    SHORTEST_REFERENCE,
    ArchiveIndex,
    IndexedMonth,
    event_key_of,
    index_of,
    reference_key,
    reference_keys,
    subject_key_of,
    typed_reference,
)
from sla_tracker.services.ports import Reading, Store
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedDuty:
    """A duty in the archive of a month, with its event and request if they are there."""

    duty: Duty
    month: str
    event: Event | None = None
    request: Request | None = None


def index_values(values: Iterable[object], zone: tzinfo) -> ArchiveIndex:
    """Return the index of the values of an archive; days by the deployment's zone."""
    keys: list[str] = []
    days: list[date] = []
    for value in values:
        match value:
            case Duty():
                keys += reference_keys(value.id)
                keys += [event_key_of(value.event)] if value.event else []
                days.append(value.due_at.astimezone(zone).date())
            case Event():
                keys += [event_key_of(value.id), *reference_keys(value.id)]
                keys += [subject_key_of(key) for key in value.tied]
        if isinstance(value, Duty | Event | Request) and value.subject_key:
            keys.append(subject_key_of(value.subject_key))
    return index_of(keys, days)


def archived_duties(store: Store, typed: str) -> list[ArchivedDuty]:
    """Return the archived duties whose id ends with a text.

    The text has at least 4 characters. The latest month comes first.
    """
    return [
        _with_origin(store, duty, month, values)
        for month, values, wanted in _opened_for(store, typed)
        for duty in values
        if isinstance(duty, Duty) and duty.id.endswith(wanted)
    ]


def archived_events(store: Store, typed: str) -> list[tuple[Event, str]]:
    """Return the archived events whose id ends with a text, with their months.

    The text must have at least 4 characters.
    """
    return [
        (event, month)
        for month, values, wanted in _opened_for(store, typed)
        for event in values
        if isinstance(event, Event) and event.id.endswith(wanted)
    ]


def archived_duties_of(store: Store, event_id: str) -> list[Duty]:
    """Return the archived duties that an event opened."""
    return [
        value
        for _month, values in _opened(store, lambda index: index.may_hold(event_key_of(event_id)))
        for value in values
        if isinstance(value, Duty) and value.event == event_id
    ]


def archived_duty(store: Store, id: str) -> ArchivedDuty | None:
    """Return the archived duty of a whole id, or None."""
    return next((found for found in archived_duties(store, id) if found.duty.id == id), None)


def archived_about(store: Store, subject_key: str) -> tuple[list[Duty], list[Event]]:
    """Return the archived duties and events of a normalised subject."""
    duties: list[Duty] = []
    events: list[Event] = []
    for _month, values in _opened(store, lambda index: index.may_hold(subject_key_of(subject_key))):
        duties += [one for one in values if isinstance(one, Duty) and one.subject_key == subject_key]
        events += [one for one in values if isinstance(one, Event) and one.subject_key == subject_key]
    return duties, events


def archived_naming(store: Store, subject_key: str) -> list[Event]:
    """Return the archived events with a field that names a normalised subject."""
    return [
        value
        for _month, values in _opened(store, lambda index: index.may_hold(subject_key_of(subject_key)))
        for value in values
        if isinstance(value, Event) and subject_key in value.tied
    ]


def archived_due_between(store: Store, first: date, last: date, zone: tzinfo) -> list[Duty]:
    """Return the archived duties due in a range of local days, both included."""
    return [
        value
        for _month, values in _opened(store, lambda index: index.is_due_between(first, last))
        for value in values
        if isinstance(value, Duty) and first <= value.due_at.astimezone(zone).date() <= last
    ]


def _with_origin(store: Store, duty: Duty, month: str, values: Sequence[object]) -> ArchivedDuty:
    """Return an archived duty with its event and request.

    Event and request stay in the store while they have other duties.
    """
    event, request = store.read(lambda tx: (tx.get(Event, duty.event), tx.get(Request, duty.request)))
    events = (one for one in values if isinstance(one, Event) and one.id == duty.event)
    requests = (one for one in values if isinstance(one, Request) and one.id == duty.request)
    return ArchivedDuty(duty=duty, month=month, event=next(events, event), request=next(requests, request))


def _opened_for(store: Store, typed: str) -> Iterator[tuple[str, list[object], str]]:
    """Yield month and values of each archive that may hold an id's typed end.

    Each comes with that end, cleaned. The latest month comes first.
    """
    wanted = typed_reference(typed)
    if len(wanted) >= SHORTEST_REFERENCE:
        for month, values in _opened(store, lambda index: index.may_hold(reference_key(wanted))):
            yield month, values, wanted


def _opened(store: Store, may_hold: Callable[[ArchiveIndex], bool]) -> Iterator[tuple[str, list[object]]]:
    """Yield month and values of each archive that may hold something, latest first.

    An archive that an older version sealed has no index and is always opened.
    """
    sealed = sorted(store.seals(), reverse=True)

    def work(tx: Reading) -> list[str]:
        indexes = (
            (month, known.index if (known := tx.get(IndexedMonth, month)) else None) for month in sealed
        )
        return [month for month, index in indexes if index is None or may_hold(index)]

    for month in store.read(work) if sealed else ():
        yield month, store.sealed(month)
