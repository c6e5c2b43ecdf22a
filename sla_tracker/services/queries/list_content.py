"""Values of a list that is written into a file, whatever the file's form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import PurePath

from sla_tracker.errors import N_, UsageError
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.value_class import dataclass

CALENDAR, JSON = "ics", "json"
FORMS = ("xlsx", "csv", JSON, CALENDAR, "md", "html", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShare:
    """A ratio from 0 to 1 in a list; None where nothing was judged.

    A share below its target is never shown as its target.
    """

    ratio: Decimal | None
    target: Decimal | None = None
    is_target: bool = False


ListCell = str | int | float | datetime | timedelta | ListShare | None
"""A timedelta is a span of working time."""


class EntryEnd(StrEnum):
    """How an entry of a calendar came to its end.

    The values are those of a task's STATUS in RFC 5545.
    """

    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedEntry:
    """One duty or event as it stands in a calendar.

    `key` names what it is about. A planned duty has the key with which it will open, so that its entry stays the same
    one. `sequence` and `changed_at` are those of its last change, `end` is None while something is to be done.
    """

    key: str
    at: datetime
    title: str
    description: str
    changed_at: datetime
    sequence: int = 0
    end: EntryEnd | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListContent:
    """A list for a file: its title, headings and rows.

    `id` names the table within the file. Instants carry the zone in which they are shown. `entries` returns what a
    calendar shows of the list, and is called for that form only, because it reads the history of each row; None where
    the list has no dates of its own. `duties` are those behind the rows of a list of duties.
    """

    id: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[ListCell, ...], ...]
    entries: Callable[[], Iterable[DatedEntry]] | None = field(default=None, repr=False)
    duties: tuple[DutyRow, ...] = field(default=(), repr=False)

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms that the list can be written in."""
        return FORMS if self.entries is not None else tuple(form for form in FORMS if form != CALENDAR)


def is_calendar(file: str) -> bool:
    """Tell whether a file's name is that of a calendar."""
    return _suffix(file) == CALENDAR


def _suffix(file: str) -> str:
    return PurePath(file).suffix.lower().removeprefix(".")


def form_of(file: str, forms: tuple[str, ...] = FORMS) -> str:
    """Return the form that a file's name means; raises UsageError for another ending."""
    form = _suffix(file)
    if form in forms:
        return form
    suffixes = ", ".join(f".{one}" for one in forms)
    if form == CALENDAR:
        raise UsageError(
            N_("This list has no days for a calendar; end the name {file} in {suffixes}."),
            file=file,
            suffixes=suffixes,
        )
    raise UsageError(
        N_("The name {file} does not say which form; end it in {suffixes}."), file=file, suffixes=suffixes
    )
