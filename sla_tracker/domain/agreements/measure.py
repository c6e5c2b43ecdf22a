"""Levels with which delivered numbers are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from sla_tracker.domain.text import NO_TEXT, Text
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.value_class import dataclass


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


def number_problems(measure: Measure | None, values: Mapping[str, str]) -> Iterator[SlaError]:
    """Yield what is wrong with delivered counts: whole numbers, n from 0 to N.

    All values have been checked to be numbers.
    """
    if measure is None or not measure.is_counted:
        return
    good, total = (Decimal(values[name]) for name in (measure.good, measure.of))
    for name, number in ((measure.good, good), (measure.of, total)):
        if number != number.to_integral_value() or number < 0:
            yield UsageError(
                N_("{name}: {value} is no count; give a whole number from 0 on."),
                name=name,
                value=values[name],
            )
            return
    if good > total:
        yield UsageError(
            N_("{name}: {value} is more than {other} ({total})."),
            name=measure.good,
            value=values[measure.good],
            other=measure.of,
            total=values[measure.of],
        )
