"""Closed months and their final figures."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.archive_index import ArchiveIndex
from sla_tracker.domain.measures.beside import KeptDetails
from sla_tracker.domain.measures.measured_level import MeasuredLevel
from sla_tracker.domain.measures.scorecard import Figure
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month (`id` is YYYY-MM) that was closed, and perhaps reopened with a reason.

    `figures` and `details` were computed when it was closed, so that they can be read without opening its archive;
    months closed by older versions have no details. `target` is the deployment's when it was closed.
    `index` tells what its archive holds. `erased` are its archived duties whose data were erased, without these data:
    its figures count them, and its archive may hold them no more.
    `levels` are those of measured obligations. `answers_by_limit` tells that answers to requests are counted in the
    month of their limit; older versions counted those of the requests made in a month, as far as they were known at its
    closing.
    """

    id: str
    closed_at: datetime
    closed_by: str
    closed: bool = True
    reopened_at: datetime | None = None
    reopened_by: str = ""
    reason: str = ""
    figures: tuple[Figure, ...] = ()
    details: tuple[KeptDetails, ...] = ()
    target: Decimal | None = None
    index: ArchiveIndex | None = None
    erased: tuple[Duty, ...] = ()
    levels: tuple[MeasuredLevel, ...] = ()
    answers_by_limit: bool = False
