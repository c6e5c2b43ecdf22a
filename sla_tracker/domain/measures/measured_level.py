"""Level of a measured obligation: reports that reach it, or n of N."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sla_tracker.domain.agreements.measure import Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLevel:
    """Level of one obligation between a provider and a consumer, a figure beside punctuality.

    `met` of `reports` delivered numbers reached the measure. For one that counts n of N, `good` of `total` are summed
    over the reports, and `allowance` sums (1 - target) x N exactly; it is rounded once, when it is shown.
    """

    provider: str
    consumer: str
    obligation: str
    measure: Measure
    reports: int = 0
    met: int = 0
    good: int = 0
    total: int = 0
    allowance: Decimal = Decimal(0)
