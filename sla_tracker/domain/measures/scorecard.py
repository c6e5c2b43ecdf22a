"""Service levels: good ÷ valid against a target.

The error budget is counted in whole duties. Source: The Site Reliability Workbook, chapter 2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from math import floor
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.outcome import VALID, Outcome, counts_for_first_pass, outcome_of
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetShare:
    """The number of judged duties that have one target."""

    target: Decimal
    valid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Service-level counts of a set of duties.

    `valid` counts duties that are judged: accepted ones, delivered ones by their delivery so far, overdue and
    missed ones. Waived, cancelled and short-notice duties are left out and counted apart; owed duties whose
    due time lies ahead are `pending`. `budget` is the number of misses that the targets allow.

    `target` is the mean of the duties' targets, weighted by how many of them are judged; `shares` are these targets,
    empty when all have the same one or were kept before targets were.
    """

    good: int = 0
    valid: int = 0
    pending: int = 0
    waived: int = 0
    short_notice: int = 0
    first_pass: int = 0
    judged: int = 0
    target: Decimal = Decimal("0.95")
    shares: tuple[TargetShare, ...] = ()

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
        """Return the share of judged duties never returned; None if none was judged."""
        return Decimal(self.first_pass) / self.judged if self.judged else None

    @property
    def budget(self) -> int:
        """Return the allowed misses: floor(Σ (1 − target) × valid).

        The sum is rounded once for the whole group.
        """
        return allowed_misses(self.targets)

    @property
    def is_kept(self) -> bool:
        """Return whether the misses are allowed; true when nothing was judged."""
        return self.bad <= self.budget

    @property
    def targets(self) -> tuple[TargetShare, ...]:
        """Return the targets of the judged duties, each with their number."""
        return self.shares or (TargetShare(target=self.target, valid=self.valid),)


COUNTS_OF_SCORE = ("good", "valid", "pending", "waived", "short_notice", "first_pass", "judged")


def allowed_misses(targets: Iterable[TargetShare]) -> int:
    """Return floor(Σ (1 − target) × valid), in exact fractions.

    Floats would give 0 for 90 % of ten.
    """
    from fractions import Fraction  # slow to import, and few commands show a rate

    return floor(sum((1 - Fraction(one.target)) * one.valid for one in targets))


def mean_target(targets: Iterable[TargetShare], otherwise: Decimal) -> Decimal:
    """Return Σ target × valid ÷ Σ valid, or `otherwise` when nothing is valid."""
    shares = merged_targets(targets)
    if len(shares) == 1:
        return shares[0].target
    valid = sum(one.valid for one in shares)
    return sum((one.target * one.valid for one in shares), Decimal()) / valid if valid else otherwise


def merged_targets(targets: Iterable[TargetShare]) -> tuple[TargetShare, ...]:
    """Return one share for each target that judged duties have, by target."""
    counts: Counter[Decimal] = Counter()
    for one in targets:
        counts[one.target] += one.valid
    return tuple(TargetShare(target=target, valid=valid) for target, valid in sorted(counts.items()) if valid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The score of one obligation between two departments in one month."""

    provider: str
    consumer: str
    obligation: str
    score: Score


def rate_order(score: Score) -> tuple[bool, Fraction, int]:
    """Return what sorts rates by their exact counts, the lowest first, unjudged last."""
    from fractions import Fraction

    return (not score.valid, Fraction(score.good, score.valid or 1), -score.bad)


def combined(scores: Iterable[Score], target: Decimal) -> Score:
    """Return the sum of scores, each against its own targets.

    `target` is used if there are none.
    """
    parts = tuple(scores)
    shares = merged_targets(share for part in parts for share in part.targets)
    own = {part.target for part in parts}
    return Score(
        good=sum(part.good for part in parts),
        valid=sum(part.valid for part in parts),
        pending=sum(part.pending for part in parts),
        waived=sum(part.waived for part in parts),
        short_notice=sum(part.short_notice for part in parts),
        first_pass=sum(part.first_pass for part in parts),
        judged=sum(part.judged for part in parts),
        target=mean_target(shares, own.pop() if len(own) == 1 else target),
        shares=shares if len(shares) > 1 else (),
    )


def figures(duties: Iterable[Duty], *, now: datetime, target: Decimal) -> tuple[Figure, ...]:
    """Return a score per provider, consumer and obligation."""
    groups: dict[tuple[str, str, str], list[Duty]] = {}
    for duty in duties:
        groups.setdefault((duty.provider, duty.consumer, duty.obligation), []).append(duty)
    return tuple(
        Figure(
            provider=provider,
            consumer=consumer,
            obligation=obligation,
            score=score(group, now=now, target=target),
        )
        for (provider, consumer, obligation), group in sorted(groups.items())
    )


def score(duties: Iterable[Duty], *, now: datetime, target: Decimal) -> Score:
    """Return the service-level counts of a set of duties as of `now`.

    Each duty is measured against the target in its terms, or `target` where they have none.
    """
    counts: Counter[Outcome] = Counter()
    targets: Counter[Decimal] = Counter()
    judged = first_pass = 0
    for duty in duties:
        own = target if duty.terms.target is None else duty.terms.target
        outcome = outcome_of(duty, now)
        counts[outcome] += 1
        targets[own] += outcome in VALID
        if counts_for_first_pass(duty, now):
            judged += 1
            first_pass += not duty.was_returned
    shares = merged_targets(TargetShare(target=own, valid=count) for own, count in targets.items())
    return Score(
        good=counts[Outcome.GOOD],
        valid=sum(counts[one] for one in VALID),
        pending=counts[Outcome.PENDING],
        waived=counts[Outcome.WAIVED],
        short_notice=counts[Outcome.SHORT_NOTICE],
        first_pass=first_pass,
        judged=judged,
        target=mean_target(shares, next(iter(targets)) if len(targets) == 1 else target),
        shares=shares if len(shares) > 1 else (),
    )


def exchanged(before: Score, gone: Score, come: Score) -> Score | None:
    """Return a score after some of its duties were replaced by others.

    Each given score is that of the duties themselves. None where nothing is judged any more and the target can only be
    told from all of the duties.
    """
    shares = Counter({one.target: one.valid for one in before.targets})
    shares.update({one.target: one.valid for one in come.targets})
    shares.subtract({one.target: one.valid for one in gone.targets})
    left = merged_targets(TargetShare(target=target, valid=count) for target, count in shares.items())
    if not left and not gone.target == come.target == before.target:
        return None
    counted = {
        name: getattr(before, name) - getattr(gone, name) + getattr(come, name) for name in COUNTS_OF_SCORE
    }
    return Score(**counted, target=mean_target(left, before.target), shares=left if len(left) > 1 else ())
