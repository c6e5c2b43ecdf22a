"""Forecast of a department's misses at the end of a month.

Each duty that may still be missed has odds, counted from closed months; their sum is what is expected, and the
Poisson-binomial distribution of independent duties gives the range that covers four in five outcomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from fractions import Fraction

from sla_tracker.domain.measures.matrix import ALL
from sla_tracker.domain.measures.scorecard import Figure
from sla_tracker.value_class import dataclass

FEWEST_CASES = 20  # judged duties from which odds are counted
CLOSED_MONTHS = 6  # closed months that odds are counted from
NEGLIGIBLE = 1e-15  # probability of a number of misses below which it is left out
COVERED = 0.8  # share of the outcomes that the range covers at least

Between = tuple[str, str, str]
"""Provider, consumer and obligation of a duty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """Misses and judged duties of closed months, in three kinds of groups.

    The groups are an obligation between two departments, a pair, and a provider.
    """

    counts: Mapping[Between, tuple[int, int]] = field(default_factory=dict)

    def of(self, between: Between) -> Fraction | None:
        """Return the odds that a duty is missed.

        They are the odds of the narrowest group with enough cases: the obligation's between these departments, the
        pair's, the provider's. Returns None where the last one has too few, too.
        """
        provider, consumer, obligation = between
        for group in ((provider, consumer, obligation), (provider, consumer, ALL), (provider, ALL, ALL)):
            missed, valid = self.counts.get(group, (0, 0))
            if valid >= FEWEST_CASES:
                return Fraction(missed, valid)
        return None


def odds_of(figures: Iterable[Figure]) -> Odds:
    """Return the odds that the figures of closed months give."""
    missed: Counter[Between] = Counter()
    valid: Counter[Between] = Counter()
    for one in figures:
        for group in (
            (one.provider, one.consumer, one.obligation),
            (one.provider, one.consumer, ALL),
            (one.provider, ALL, ALL),
        ):
            missed[group] += one.score.bad
            valid[group] += one.score.valid
    return Odds(counts={group: (missed[group], count) for group, count in valid.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Misses expected among duties ahead: a whole number, and the range for 80 %."""

    misses: int
    least: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a department has missed in a month and what is expected until its end.

    `used` are the misses so far, `allowed` those that the targets allow when all that is `ahead` is judged too: open
    duties not due yet, and those that the calendar will open. `expected` is None without enough closed cases.
    """

    provider: str
    month: str
    used: int
    allowed: int
    ahead: int
    expected: Expected | None = None

    @property
    def is_used_up(self) -> bool:
        """Return whether there were misses and no more are allowed."""
        return 0 < self.used >= self.allowed

    @property
    def is_exceeded(self) -> bool:
        """Return whether the misses so far and the expected ones are more than allowed."""
        return self.expected is not None and self.used + self.expected.misses > self.allowed

    @property
    def is_to_warn(self) -> bool:
        """Return whether the head is warned."""
        return self.is_used_up or self.is_exceeded


def expected_misses(odds: Sequence[Fraction | None]) -> Expected | None:
    """Return what is expected of duties with these odds; None where one has none.

    The whole number is the sum of the odds, half up.
    """
    known = [one for one in odds if one is not None]
    if len(known) < len(odds):
        return None
    least, most = _covering(known)
    return Expected(misses=int(sum(known, Fraction(0)) + Fraction(1, 2)), least=least, most=most)


def _covering(odds: Sequence[Fraction]) -> tuple[int, int]:
    """Return the range of misses that covers at least 80 % of the outcomes.

    At most a tenth of the outcomes lies on each side.
    """
    beyond = (1 - COVERED) / 2
    least = most = None
    together = 0.0
    fewest, shares = distribution(odds)
    for misses, share in enumerate(shares, fewest):
        together += share
        if least is None and together > beyond:
            least = misses
        if most is None and together >= 1 - beyond:
            most = misses
    return least or 0, len(odds) if most is None else most


def distribution(odds: Sequence[Fraction]) -> tuple[int, list[float]]:
    """Return the fewest likely misses, and the probability of each number from there.

    The probabilities are those of the Poisson-binomial distribution. Numbers at either end that are as good as
    impossible are left out, so that the time of thousands of duties does not grow with their square. What all steps
    leave out together is far too little to move an end of the range shown.
    """
    fewest, shares = 0, [1.0]
    for one in odds:
        missed = float(one)
        kept = 1 - missed
        shares = [
            same * kept + less * missed for same, less in zip((*shares, 0.0), (0.0, *shares), strict=True)
        ]
        likely = [place for place, share in enumerate(shares) if share >= NEGLIGIBLE]
        shares, fewest = shares[likely[0] : likely[-1] + 1], fewest + likely[0]
    return fewest, shares
