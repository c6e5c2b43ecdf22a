"""Exceptional days: closed, make-up days and half days, in layers from the nation to the department."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_hours import Segment, WeeklyHours
from sla_tracker.errors import N_, UsageError, Wrong

NATIONAL = "national"


def digest(*parts: str) -> str:
    """Return a short digest of texts, to tell versions of a calendar apart."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


class DayStatus(StrEnum):
    """Say what an exceptional day is."""

    CLOSED = "closed"
    USUAL = "usual"  # worked with the usual hours: a make-up day
    OWN = "own"  # worked with hours of its own: a half day


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRule:
    """Hold what one exceptional day is, its name, and the layer that says so."""

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
    """Supply the national exceptional days of a year, as published or as the law fixes them."""

    @property
    def published_through(self) -> int:
        """Return the last year of the unbroken run of years that are published."""

    @property
    def version(self) -> str:
        """Return a digest that changes whenever any answer may change."""

    def is_published(self, year: int) -> bool:
        """Return whether the days of `year` are officially known."""

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return the exceptional days of `year`; the same answer every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Hold what a company or a department changes: days always win over the layers below, hours only when given."""

    name: str
    days: Mapping[date, DayRule] = field(default_factory=dict)
    weekly: WeeklyHours | None = None
    usual_hours: tuple[Segment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDays:
    """Supply exceptional days from one mapping, for tests and for nations without a source of their own."""

    by_day: Mapping[date, DayRule]
    published_through: int = date.max.year

    @property
    def version(self) -> str:
        """Return a digest of the days and of what is published."""
        days = sorted(f"{day} {rule.status} {rule.segments}" for day, rule in self.by_day.items())
        return digest(str(self.published_through), *days)

    def is_published(self, year: int) -> bool:
        """Return whether `year` is not after the last published one."""
        return year <= self.published_through

    def days(self, year: int) -> Mapping[date, DayRule]:
        """Return the mapping's days of `year`."""
        return {day: rule for day, rule in self.by_day.items() if day.year == year}
