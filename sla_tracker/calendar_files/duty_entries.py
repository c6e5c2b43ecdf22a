"""Writes duties as an iCalendar file for calendars on phones and desks (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

PRODUCT = "-//sla_tracker//duties//EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyEntry:
    """One duty as it stands in a calendar.

    `key` is the duty's, which a planned one has too, so that the entry stays the same when the duty opens. `sequence`
    and `changed_at` are those of its last change.
    """

    key: str
    due_at: datetime
    title: str
    description: str
    changed_at: datetime
    sequence: int = 0
    done: bool = False


def as_ics(name: str, entries: Iterable[DutyEntry], at: datetime, *, todo: bool = False) -> bytes:
    """Return a calendar of duties, each an event without length at its due time, or a task with `todo`.

    `name` is what the calendar is called, `at` when it is written.
    """
    # Imported here because it takes a tenth of a second, and few calls write a calendar file.
    from icalendar import Calendar, Event, Todo

    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", name)
    for one in entries:
        entry = Todo() if todo else Event()
        entry.add("UID", f"{uuid5(NAMESPACE_URL, f'sla_tracker:{name}:{one.key}')}@sla_tracker")
        entry.add("DTSTAMP", at)
        entry.add("DUE" if todo else "DTSTART", one.due_at)
        entry.add("SUMMARY", one.title)
        entry.add("DESCRIPTION", one.description)
        entry.add("LAST-MODIFIED", one.changed_at)
        entry.add("SEQUENCE", one.sequence)
        if one.done:
            entry.add("STATUS", "COMPLETED" if todo else "CANCELLED")
        calendar.add_component(entry)
    content: bytes = calendar.to_ical()
    return content
