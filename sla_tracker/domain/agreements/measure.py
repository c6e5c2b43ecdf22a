"""What a delivered number is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sla_tracker.domain.text import NO_TEXT, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Level that the delivered numbers of an obligation must reach.

    Either the number in the field `field` is at least `minimum` and at most `maximum`; or the number in `good` is the
    part of the whole number in `of` that kept to what was agreed, and `target` the share of it that is to (0..1).
    """

    field: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    unit: Text = NO_TEXT
    good: str = ""
    of: str = ""
    target: Decimal | None = None

    @property
    def is_counted(self) -> bool:
        """Return whether it counts n of N; else a number is compared."""
        return bool(self.good)

    def is_met_by(self, number: Decimal) -> bool:
        """Return whether a number reaches the level."""
        return (self.minimum is None or number >= self.minimum) and (
            self.maximum is None or number <= self.maximum
        )
