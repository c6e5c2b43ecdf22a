"""Counts the imported past by month: a series of its own, in no other figure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.services.context import ServiceContext
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMonth:
    """The imported duties of one month and provider, and how many were on time.

    `valid` counts all of them, `good` those on time.
    """

    month: str
    provider: str
    good: int
    valid: int

    @property
    def ratio(self) -> Decimal:
        """Return the share that was on time."""
        return Decimal(self.good) / Decimal(self.valid)


def past_duties(context: ServiceContext, provider: str = "", months: Sequence[str] = ()) -> list[PastDuty]:
    """Return the imported duties of some months, or of all.

    Duties not on time come first; both groups are sorted by due time.
    """
    where: dict[str, str | tuple[str, ...]] = {}
    if provider:
        where["provider"] = provider
    if months:
        where["month"] = tuple(months)
    found = [one for one in context.store.read(lambda tx: tx.find(PastDuty, **where)) if not one.taken_back]
    return sorted(found, key=lambda one: (one.is_on_time, one.due_at, one.id))


def past_months(
    context: ServiceContext, provider: str = "", months: Sequence[str] = ()
) -> Sequence[PastMonth]:
    """Return the imported duties by month and provider, oldest first.

    No other figure counts them.
    """
    counted: dict[tuple[str, str], list[bool]] = {}
    for one in past_duties(context, provider, months):
        counted.setdefault((one.month, one.provider), []).append(one.is_on_time)
    return [
        PastMonth(month=month, provider=whose, good=sum(each), valid=len(each))
        for (month, whose), each in sorted(counted.items())
    ]
