"""One import of a list, and the maps of columns that are remembered under a name."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from sla_tracker.errors import N_
from sla_tracker.value_class import dataclass


class ImportKind(StrEnum):
    """What the rows of a list become."""

    EVENTS = "events"
    REQUESTS = "requests"
    PAST = "past"


class RunState(StrEnum):
    """How far an import got; a broken one is continued or taken back."""

    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


RUN_WORDS = {
    RunState.RUNNING: N_("not finished"),
    RunState.DONE: N_("done"),
    RunState.UNDOING: N_("being taken back"),
    RunState.UNDONE: N_("taken back"),
}


class DateOrder(StrEnum):
    """Which number comes first in a date such as 03/04/2026."""

    DAY_FIRST = "day"
    MONTH_FIRST = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListReading:
    """How a list is read; what is empty or None is found in the list itself.

    `about` is the event type or obligation of all rows. `columns` are headings or letters of columns by what they
    hold. `source` names the system that gave the keys, `dates` the order of ambiguous dates, `dates_of` that of single
    columns, `year` the year of dates without one, `at` the time (HH:MM) of days without one. `again` takes rows that
    repeat another one too, `hidden` takes hidden rows.
    """

    about: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    sheet: str = ""
    source: str = ""
    dates: DateOrder | None = None
    year: int | None = None
    at: str = ""
    again: bool = False
    hidden: bool = False
    dates_of: dict[str, DateOrder] = field(default_factory=dict)

    def order_of(self, column: str) -> DateOrder | None:
        """Return which number comes first in the dates of a column.

        None where it is not known.
        """
        return self.dates_of.get(column, self.dates)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """One import; a large one is several commits, each of which counts.

    `digest` is the SHA-256 of the file, `last_row` the number of the last row that was dealt with, `rows` how many
    were to be taken over when it began.
    """

    id: str
    kind: ImportKind
    file: str
    digest: str
    at: datetime
    by: str
    department: str
    reading: ListReading
    rows: int
    state: RunState = RunState.RUNNING
    last_row: int = 0
    added: int = 0
    same: int = 0
    opened: int = 0
    taken_back: int = 0
    update: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportMap:
    """How a kind of list is read, remembered under a name."""

    id: str
    name: str
    kind: ImportKind
    reading: ListReading
