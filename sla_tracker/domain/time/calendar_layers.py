"""Exceptional days of a calendar, in layers: national, company, department."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Protocol

from sla_tracker.digests import sha256
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_hours import Segment, WeeklyHours
from sla_tracker.errors import N_, UsageError, Wrong
from sla_tracker.value_class import dataclass

NATIONAL = "national"


def digest(*parts: str) -> str:
    """Return 12 hex digits of SHA-256, to tell versions of a calendar apart."""
    return sha256("\0".join(parts).encode()).hexdigest()[:12]


class DayStatus(StrEnum):
    """Kind of an exceptional day."""

    CLOSED = "closed"
    USUAL = "usual"  # worked with the usual hours: a make-up day
    OWN = "own"  # worked with hours of its own: a half day


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRule:
    """One exceptional day: its kind, name, working hours and defining layer."""

    status: DayStatus
    name: Text
    segments: tuple[Segment, ...] = ()
    provisional: bool = False
    layer: str = NATIONAL

    def __post_init__(self) -> None:
        if bool(self.segments) != (self.status is DayStatus.OWN):
            raise Wrong(
                UsageError(
                    N_("{name}: segments belong to a day with hours of its own, and only there."),
                    name=self.name,
                )
            )


class DaySource(Protocol):
    """Source of national exceptional days, as published or as fixed by law.

    A source may also have `left_out`, years whose days could not be read with the reason, `remarks`, what was passed
    over in the file of a year, and `doubts`, what a file lacks that is used all the same because it was confirmed; see
    `left_out_years`, `remarks_of` and `doubts_of`.
    """

    @property
    def published_through(self) -> int:
        """Return the last year up to which every year is published."""

    @property
    def version(self) -> str:
        """Return a digest that changes whenever the days of any year may change."""

    def is_published(self, year: int) -> bool:
        """Return whether the days of `year` are officially published."""

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return the exceptional days of `year`; the same answer every time."""


def left_out_years(source: DaySource | None) -> Mapping[int, Text]:
    """Return the years whose days the source could not read, with the reason of each."""
    found = getattr(source, "left_out", None)
    return found if isinstance(found, Mapping) else {}


def remarks_of(source: DaySource | None) -> Mapping[int, Sequence[Text]]:
    """Return what the source passed over in the file of a year."""
    found = getattr(source, "remarks", None)
    return found if isinstance(found, Mapping) else {}


def doubts_of(source: DaySource | None) -> Mapping[int, Sequence[Text]]:
    """Return what the source doubts in the file of a year, and uses as confirmed."""
    found = getattr(source, "doubts", None)
    return found if isinstance(found, Mapping) else {}


@dataclass(frozen=True, slots=True)
class MissingDays:
    """Replaces a source that no working plugin supplies; it knows no days."""

    name: str

    @property
    def published_through(self) -> int:
        """Return a year before all."""
        return 0

    @property
    def version(self) -> str:
        """Return a digest that no other source has."""
        return digest("missing", self.name)

    def is_published(self, year: int) -> bool:
        """Return False: nothing is known."""
        return False

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return no day."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Changes of a company or department to the calendar below it.

    Its days replace those of lower layers; its hours replace them only when given.
    """

    name: str
    days: Mapping[date, DayRule] = field(default_factory=dict)
    weekly: WeeklyHours | None = None
    usual_hours: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDays:
    """A DaySource over one mapping, for tests and where no plugin supplies days."""

    by_day: Mapping[date, DayRule]
    published_through: int = date.max.year

    @property
    def version(self) -> str:
        """Return a digest of the days and of the published years."""
        days = sorted(f"{day} {rule.status} {rule.segments}" for day, rule in self.by_day.items())
        return digest(str(self.published_through), *days)

    def is_published(self, year: int) -> bool:
        """Return whether `year` is not after the last published one."""
        return year <= self.published_through

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return the mapping's days of `year`."""
        return {day: rule for day, rule in self.by_day.items() if day.year == year}
