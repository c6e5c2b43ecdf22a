"""Pareto table of the causes of lateness."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.value_class import dataclass

NOT_SAID = ""  # cause of a duty for which nobody has given one


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """One cause: its count, share of all and cumulative share; shares are 0..1."""

    cause: str
    count: int
    share_ratio: Decimal
    cumulative_ratio: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseTrend:
    """How often a cause was given in each month, oldest first."""

    cause: str
    counts: tuple[int, ...]


def trends(
    duties: Iterable[Duty], causes: Iterable[str], months: Sequence[str], *, now: datetime
) -> tuple[CauseTrend, ...]:
    """Return the counts of causes by month, in the order of the causes."""
    counts = Counter((duty.cause, duty.month) for duty in duties if needs_cause(duty, now))
    return tuple(
        CauseTrend(cause=cause, counts=tuple(counts[cause, month] for month in months)) for cause in causes
    )


def pareto(duties: Iterable[Duty], *, now: datetime) -> tuple[CauseRow, ...]:
    """Return the causes of late, missed and returned duties, most frequent first.

    Duties without a given cause are counted under NOT_SAID.
    """
    counts = Counter(duty.cause for duty in duties if needs_cause(duty, now))
    total = sum(counts.values())
    rows: list[CauseRow] = []
    seen = 0
    for cause, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])):
        seen += count
        rows.append(
            CauseRow(
                cause=cause,
                count=count,
                share_ratio=Decimal(count) / total,
                cumulative_ratio=Decimal(seen) / total,
            )
        )
    return tuple(rows)


def needs_cause(duty: Duty, now: datetime) -> bool:
    """Return whether a duty counts in the table of causes: late, missed or returned."""
    if duty.short_notice or duty.state in {State.WAIVED, State.CANCELLED}:
        return False
    return duty.was_returned or duty.is_late(now)
