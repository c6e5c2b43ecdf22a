"""Level of a measured obligation: reports that reach it, or n of N."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import floor

from sla_tracker.domain.agreements.measure import Measure
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredLevel:
    """Level of one obligation between a provider and a consumer.

    The level is a figure beside punctuality. `met` of `reports` delivered numbers reached the measure. For a measure
    that counts n of N, `good` of `total` are summed over the reports, and `allowance` sums (1 - target) x N exactly; it
    is rounded once, when it is shown. `measure` is the one of the last report.
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

    @property
    def ratio(self) -> Decimal | None:
        """Return the level as a share: n ÷ N, or reports at the level ÷ reports.

        None without any.
        """
        part, whole = (self.good, self.total) if self.measure.is_counted else (self.met, self.reports)
        return Decimal(part) / whole if whole else None

    @property
    def misses(self) -> int:
        """Return N - n, or the reports below the level."""
        return self.total - self.good if self.measure.is_counted else self.reports - self.met

    @property
    def allowed(self) -> int:
        """Return the misses that the targets allow, rounded down once; none for a bound."""
        return floor(Fraction(self.allowance))

    @property
    def target(self) -> Decimal | None:
        """Return the share that is agreed, weighted over the reports; None for a bound."""
        if not self.measure.is_counted:
            return None
        return 1 - self.allowance / self.total if self.total else self.measure.target

    @property
    def is_kept(self) -> bool:
        """Return whether the misses are allowed."""
        return self.misses <= self.allowed


def measured_levels(duties: Iterable[Duty]) -> tuple[MeasuredLevel, ...]:
    """Return the level of each measured obligation, from the deliveries that stand."""
    return summed_levels(one for duty in duties if (one := level_of(duty)) is not None)


def summed_levels(parts: Iterable[MeasuredLevel]) -> tuple[MeasuredLevel, ...]:
    """Return the sum of levels by provider, consumer, obligation and kind of measure.

    It is used for several months, for example.
    """
    groups: dict[tuple[str, str, str, bool], list[MeasuredLevel]] = {}
    for one in parts:
        key = (one.provider, one.consumer, one.obligation, one.measure.is_counted)
        groups.setdefault(key, []).append(one)
    return tuple(_summed(groups[key]) for key in sorted(groups))


def _summed(parts: list[MeasuredLevel]) -> MeasuredLevel:
    last = parts[-1]
    return MeasuredLevel(
        provider=last.provider,
        consumer=last.consumer,
        obligation=last.obligation,
        measure=last.measure,
        reports=sum(one.reports for one in parts),
        met=sum(one.met for one in parts),
        good=sum(one.good for one in parts),
        total=sum(one.total for one in parts),
        allowance=sum((one.allowance for one in parts), Decimal(0)),
    )


def level_of(duty: Duty) -> MeasuredLevel | None:
    """Return the level of one delivered report.

    None for a duty that is not measured, or not delivered.
    """
    measure, last = duty.terms.measure, duty.delivery
    if measure is None or last is None or duty.state not in {State.DELIVERED, State.ACCEPTED}:
        return None
    names = (measure.good, measure.of) if measure.is_counted else (measure.field,)
    numbers = list(_numbers(last.evidence.get(name, "") for name in names))
    if len(numbers) < len(names):
        return None
    found = MeasuredLevel(
        provider=duty.provider, consumer=duty.consumer, obligation=duty.obligation, measure=measure, reports=1
    )
    if not measure.is_counted:
        return _with_counts(found, met=measure.is_met_by(numbers[0]))
    good, total = (int(number) for number in numbers)
    allowance = (1 - (measure.target or Decimal(0))) * total
    return _with_counts(
        found, met=total - good <= floor(allowance), good=good, total=total, allowance=allowance
    )


def _with_counts(
    level: MeasuredLevel, *, met: bool, good: int = 0, total: int = 0, allowance: Decimal = Decimal(0)
) -> MeasuredLevel:
    return MeasuredLevel(
        provider=level.provider,
        consumer=level.consumer,
        obligation=level.obligation,
        measure=level.measure,
        reports=1,
        met=int(met),
        good=good,
        total=total,
        allowance=allowance,
    )


def _numbers(texts: Iterable[str]) -> Iterator[Decimal]:
    for text in texts:
        try:
            yield Decimal(text)
        except InvalidOperation:
            return
