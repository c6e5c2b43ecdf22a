"""Writes entries as iCalendar (RFC 5545) for calendars on phones and desks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from sla_tracker.domain.clean import clean
from sla_tracker.services.queries.list_content import DatedEntry, EntryEnd

PRODUCT = "-//sla_tracker//duties//EN"


def as_ics(
    name: str, entries: Iterable[DatedEntry], at: datetime, *, todo: bool = False, source: str = ""
) -> bytes:
    """Return entries as an iCalendar file.

    Each is an event without length at its time, or a task with `todo`. `name` is what the calendar is called, `at` when
    it is written. `source` tells the entries of one deployment from those of others, and is the same for readers of
    every language; else the name does.
    """
    # Imported here because it takes a tenth of a second, and few calls write a calendar file.
    from icalendar import Calendar, Event, Todo

    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", clean(name))
    for one in entries:
        entry = Todo() if todo else Event()
        entry.add("UID", f"{uuid5(NAMESPACE_URL, f'sla_tracker:{source or name}:{one.key}')}@sla_tracker")
        # These three have to be in UTC (RFC 5545, 3.8.7), and readers take other zones only with a table of them.
        entry.add("DTSTAMP", at.astimezone(UTC))
        entry.add("LAST-MODIFIED", one.changed_at.astimezone(UTC))
        entry.add("DUE" if todo else "DTSTART", one.at.astimezone(UTC))
        entry.add("SUMMARY", clean(one.title))
        entry.add("DESCRIPTION", clean(one.description, lines=True))
        entry.add("SEQUENCE", one.sequence)
        if one.end is not None:
            # RFC 5545 (3.8.1.11) knows no completed event: a settled duty's is cancelled, so calendars remove it.
            entry.add("STATUS", one.end.value if todo else EntryEnd.CANCELLED.value)
        calendar.add_component(entry)
    content: bytes = calendar.to_ical()
    return content
