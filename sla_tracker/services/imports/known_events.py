"""Finds the events that rows of a list may mean: by key, and by type and subject."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime

from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.imports.run import ListReading
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.events import sealed_events
from sla_tracker.services.imports.judging import key_of_row
from sla_tracker.services.imports.rows import EventRow
from sla_tracker.services.ports import Reading
from sla_tracker.value_class import dataclass

AT_ONCE = 500
"""Values that are asked for together."""


@dataclass(slots=True)
class KnownEvents:
    """Events by stored key, and by type and subject.

    `archived` has the ids of events in archives.
    """

    by_key: dict[str, Event] = field(default_factory=dict)
    by_subject: dict[tuple[str, str], list[Event]] = field(default_factory=dict)
    archived: frozenset[str] = frozenset()

    def add(self, event: Event) -> None:
        """Add an event."""
        if event.import_key:
            self.by_key[event.import_key] = event
        # One that an import registered and somebody cancelled stays cancelled when the list comes again.
        if event.state is EventState.ACTIVE or event.import_id:
            self.by_subject.setdefault((event.type, event.subject_key), []).append(event)

    def about(self, entry: EventRow) -> Sequence[Event]:
        """Return the events of a row's type and subject."""
        return self.by_subject.get((entry.type, subject_key(entry.subject)), ())


def archived_events(context: ServiceContext, entries: Iterable[EventRow]) -> Sequence[Event]:
    """Return the events of archives that rows may mean.

    Read outside of transactions, because an archive cannot be opened inside one.
    """
    earliest = min((entry.at for entry in entries), default=None)
    return () if earliest is None else tuple(sealed_events(context, earliest))


def known_events(
    tx: Reading,
    reading: ListReading,
    entries: Sequence[EventRow],
    archived: Sequence[Event] = (),
    *,
    without: str = "",
) -> KnownEvents:
    """Return the events that rows may mean, `without` those of one import."""
    known = KnownEvents(archived=frozenset(event.id for event in archived))
    found: dict[str, Event] = {event.id: event for event in archived}
    for start in range(0, len(entries), AT_ONCE):
        some = entries[start : start + AT_ONCE]
        keys = tuple({key for entry in some if (key := key_of_row(reading, entry))})
        subjects = tuple({subject_key(entry.subject) for entry in some} - {""})
        for event in (
            *(tx.find(Event, import_key=keys) if keys else ()),
            *(tx.find(Event, subject_key=subjects) if subjects else ()),
        ):
            found[event.id] = event
    for event in found.values():
        if not without or event.import_id != without:
            known.add(event)
    return known


def is_same_day(context: ServiceContext, one: datetime, other: datetime) -> bool:
    """Return whether two instants lie on one day of the deployment's zone."""
    zone = context.settings.zone
    return one.astimezone(zone).date() == other.astimezone(zone).date()
