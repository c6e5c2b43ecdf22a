"""Tells what a calendar file would change, and records its import.

An administrator sees the changes before taking the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sla_tracker.digests import sha256
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, new_roster
from sla_tracker.domain.people import Actor
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import SlaError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Writing
from sla_tracker.value_class import dataclass

DIGEST_CHARS = 12  # hexadecimal digits of a file's SHA-256 in the recorded reason


class ReadStatus(StrEnum):
    """What a file says about a day; `unclear` days are not taken over."""

    OFF = "off"
    WORKED = "worked"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class ReadDay:
    """One day as a calendar file was understood."""

    day: date
    status: ReadStatus
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarReading:
    """A calendar file as understood for one year of a named source.

    `target` is the file that taking it would write, `text` its content. With `problems` it cannot be taken;
    `contradictions` are what law or the published days say otherwise, `remarks` what was not understood.
    """

    name: str
    year: int
    file: str
    target: Path
    text: str
    days: Sequence[ReadDay]
    problems: Sequence[SlaError] = ()
    contradictions: Sequence[Text] = ()
    remarks: Sequence[Text] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSource:
    """A named source of national days.

    Its plugin (or none), its files, and the calendars that use it.

    `published` are the first and last of the years in a row that are known, None without any.
    """

    name: str
    plugin: str = ""
    files: Sequence[str] = ()
    published: tuple[int, int] | None = None
    left_out: Mapping[int, Text] = field(default_factory=dict)
    used_by: Sequence[str] = ()


class CalendarImporter(Protocol):
    """Reads calendar files for a deployment and writes the ones that are taken."""

    def read(self, file: Path, name: str, year: int | None) -> CalendarReading:
        """Return what a file says; an empty name and no year are found out.

        Raises NotFound and UsageError for a file that cannot be read at all, and where name or year must be given.
        """

    def calendars_with(self, reading: CalendarReading) -> Mapping[str, WorkCalendar]:
        """Return the working calendars as they would be once a reading is taken."""

    def take(self, reading: CalendarReading) -> Path:
        """Write the file of a reading into the calendar folder; raises Refused."""

    def sources(self) -> Sequence[CalendarSource]:
        """Return every named source of national days."""


def take_calendar_file(
    context: ServiceContext, actor: Actor, importer: CalendarImporter, reading: CalendarReading
) -> Path:
    """Write the file of a reading and record it with its SHA-256, both or neither.

    The file is written once the store takes the record. Raises Forbidden and what `CalendarImporter.take` raises.
    """
    context.require(actor, Right.ADMINISTER, context.now())
    file, digest = reading.target.name, sha256(reading.text.encode()).hexdigest()
    taken: list[Path] = []

    def work(tx: Writing, _now: datetime) -> None:
        roster = tx.get(Roster, ROSTER_ID) or new_roster()
        tx.put(replace(roster, calendar_files={**roster.calendar_files, file: digest}))
        if not taken:  # a server may have a transaction run again
            taken.append(importer.take(reading))

    context.write(actor, Verb.IMPORTED_CALENDAR, work, reason=f"{file} {digest[:DIGEST_CHARS]}")
    return taken[0]
