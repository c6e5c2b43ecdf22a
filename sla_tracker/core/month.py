"""Months: which are closed, so that their figures never change any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sla_tracker.core.scorecard import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month (`id` is YYYY-MM) that was closed; `reopened_at` is set when that was taken back, with its reason.

    `figures` are what its duties said when it was closed, so that nobody has to open its archive for them.
    """

    id: str
    closed_at: datetime
    closed_by: str
    closed: bool = True
    reopened_at: datetime | None = None
    reopened_by: str = ""
    reason: str = ""
    figures: tuple[Figure, ...] = ()


def following(month: str) -> str:
    """Return the month after a month, both YYYY-MM."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def months_around(month: str) -> tuple[str, str, str]:
    """Return the month before, the month itself, and the one after."""
    year, number = int(month[:4]), int(month[5:])
    before = f"{year - (number == 1):04d}-{(number - 2) % 12 + 1:02d}"
    return before, month, following(month)
