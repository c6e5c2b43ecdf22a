"""League of departments: places by on-time rate, and the distance to the best.

This is benchmarking: each is compared with the best department, and with its own best month.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.value_class import dataclass

MINIMUM = 10  # judged duties below which a rate has no place, and a month is nobody's best


@dataclass(frozen=True, slots=True, kw_only=True)
class BestMonth:
    """The closed month (YYYY-MM) in which a department had its highest rate."""

    month: str
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class LeagueRow:
    """A department in the league.

    `place` is None below the minimum. `behind` is the exact difference of its rate from the first one's (0 or less),
    `from_best` that from its own best month; None where there is nothing to compare with. `imported` is the best month
    of the imported past, which counts in nothing else.
    """

    provider: str
    score: Score
    place: int | None = None
    behind: Fraction | None = None
    best: BestMonth | None = None
    from_best: Fraction | None = None
    imported: BestMonth | None = None


def rate_of(score: Score) -> Fraction:
    """Return the exact on-time rate of a score; 0 while nothing is judged."""
    return Fraction(score.good, score.valid or 1)


def league(
    scores: Mapping[str, Score],
    past: Iterable[tuple[str, Mapping[str, Score]]],
    imported: Sequence[tuple[str, Mapping[str, Score]]] = (),
    *,
    minimum: int = MINIMUM,
) -> tuple[LeagueRow, ...]:
    """Return the departments by their exact rate, equal ones with the same place.

    Departments with fewer judged duties than the minimum stand at the end, by their name, without a place. `past` are
    the scores of closed months, oldest first, `imported` those of the imported past; of two equally good months the
    later one is the best.
    """
    months = tuple(past)
    ranked = sorted(
        (id for id, score in scores.items() if score.valid >= minimum),
        key=lambda id: (-rate_of(scores[id]), id),
    )
    first = rate_of(scores[ranked[0]]) if ranked else Fraction(0)
    rows = []
    for id in (*ranked, *sorted(set(scores) - set(ranked))):
        own = rate_of(scores[id])
        best = _best(id, months, minimum)
        is_ranked = id in ranked
        rows.append(
            LeagueRow(
                provider=id,
                score=scores[id],
                place=_place(own, ranked, scores) if is_ranked else None,
                behind=own - first if is_ranked else None,
                best=best,
                from_best=own - rate_of(best.score) if is_ranked and best is not None else None,
                imported=_best(id, imported, minimum),
            )
        )
    return tuple(rows)


def _place(own: Fraction, ranked: Sequence[str], scores: Mapping[str, Score]) -> int:
    """Return one more than the number of better rates.

    Equal rates share a place that way.
    """
    return 1 + sum(rate_of(scores[other]) > own for other in ranked)


def _best(id: str, months: Iterable[tuple[str, Mapping[str, Score]]], minimum: int) -> BestMonth | None:
    best: BestMonth | None = None
    for month, scores in months:
        score = scores.get(id)
        if score is None or score.valid < minimum:
            continue
        if best is None or rate_of(score) >= rate_of(best.score):
            best = BestMonth(month=month, score=score)
    return best
