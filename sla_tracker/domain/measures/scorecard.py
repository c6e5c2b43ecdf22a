"""Service levels: good ÷ valid against a target, with an error budget in whole duties.

Source: The Site Reliability Workbook, chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from sla_tracker.domain.duties.duty import Duty, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Service-level counts of a set of duties.

    `valid` counts duties that are judged: accepted ones, delivered ones by their delivery so far, overdue and
    missed ones. Waived, cancelled and short-notice duties are left out and counted apart; owed duties whose
    due time lies ahead are `pending`. `budget` is the number of misses that the target allows.
    """

    good: int = 0
    valid: int = 0
    pending: int = 0
    waived: int = 0
    short_notice: int = 0
    first_pass: int = 0
    judged: int = 0
    target: Decimal = Decimal("0.95")

    @property
    def bad(self) -> int:
        """Return the number of misses so far."""
        return self.valid - self.good

    @property
    def on_time_ratio(self) -> Decimal | None:
        """Return good ÷ valid, or None while nothing is valid."""
        return Decimal(self.good) / self.valid if self.valid else None

    @property
    def first_pass_ratio(self) -> Decimal | None:
        """Return the share of judged duties that were never returned, or None while nothing was judged."""
        return Decimal(self.first_pass) / self.judged if self.judged else None

    @property
    def budget(self) -> int:
        """Return the allowed misses: floor((1 − target) × valid)."""
        return allowed_misses(self.target, self.valid)


def allowed_misses(target: Decimal, valid: int) -> int:
    """Return floor((1 − target) × valid) in exact arithmetic; floats would give 0 for 90 % of ten."""
    return int(((1 - target) * valid).to_integral_value(rounding=ROUND_FLOOR))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The score of one obligation between two departments in one month."""

    provider: str
    consumer: str
    obligation: str
    score: Score


def combined(scores: Iterable[Score], target: Decimal) -> Score:
    """Return the sum of scores, against one target."""
    parts = tuple(scores)
    return Score(
        good=sum(part.good for part in parts),
        valid=sum(part.valid for part in parts),
        pending=sum(part.pending for part in parts),
        waived=sum(part.waived for part in parts),
        short_notice=sum(part.short_notice for part in parts),
        first_pass=sum(part.first_pass for part in parts),
        judged=sum(part.judged for part in parts),
        target=target,
    )


def figures(duties: Iterable[Duty], *, now: datetime, target: Decimal) -> tuple[Figure, ...]:
    """Return a score per provider, consumer and obligation.

    Each is measured against the target in its terms, or `target` where they have none.
    """
    groups: dict[tuple[str, str, str], list[Duty]] = {}
    for duty in duties:
        groups.setdefault((duty.provider, duty.consumer, duty.obligation), []).append(duty)
    return tuple(
        Figure(
            provider=provider,
            consumer=consumer,
            obligation=obligation,
            score=score(group, now=now, target=group[-1].terms.target or target),
        )
        for (provider, consumer, obligation), group in sorted(groups.items())
    )


def score(duties: Iterable[Duty], *, now: datetime, target: Decimal) -> Score:
    """Return the service-level counts of a set of duties as of `now`."""
    good = valid = pending = waived = short = first_pass = judged = 0
    for duty in duties:
        if duty.state is State.CANCELLED or (duty.state is State.HANDED_OVER and not duty.is_late(now)):
            continue
        if duty.state is State.WAIVED:
            waived += 1
            continue
        if duty.short_notice:
            short += 1
            continue
        if duty.state is State.ACCEPTED:
            judged += 1
            first_pass += not duty.was_returned
        verdict = is_good(duty, now)
        if verdict is None:
            pending += 1
        else:
            valid += 1
            good += verdict
    return Score(
        good=good,
        valid=valid,
        pending=pending,
        waived=waived,
        short_notice=short,
        first_pass=first_pass,
        judged=judged,
        target=target,
    )


def is_good(duty: Duty, now: datetime) -> bool | None:
    """Return whether a duty counts as good (True), bad (False) or not yet (None).

    A late duty that was handed over still counts as bad.
    """
    if duty.is_late(now):
        return False
    return True if duty.state in {State.ACCEPTED, State.DELIVERED} else None
