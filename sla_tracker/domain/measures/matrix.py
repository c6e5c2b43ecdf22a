"""Matrix of who owes whom: a score for each provider and consumer, with totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from decimal import Decimal

from sla_tracker.domain.measures.scorecard import Figure, Score, combined
from sla_tracker.value_class import dataclass

ALL = ""  # stands for every provider or consumer


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Scores by provider and consumer; ALL in place of one of them gives a total."""

    providers: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()
    cells: Mapping[tuple[str, str], Score] = field(default_factory=dict)

    def cell(self, provider: str, consumer: str) -> Score | None:
        """Return the score of a pair, None where one owes the other nothing."""
        return self.cells.get((provider, consumer))


def matrix_of(figures: Iterable[Figure], target: Decimal) -> Matrix:
    """Return the matrix of a range's figures."""
    groups: dict[tuple[str, str], list[Score]] = {}
    for one in figures:
        for provider in (one.provider, ALL):
            for consumer in (one.consumer, ALL):
                groups.setdefault((provider, consumer), []).append(one.score)
    return Matrix(
        providers=tuple(sorted({provider for provider, _consumer in groups if provider != ALL})),
        consumers=tuple(sorted({consumer for _provider, consumer in groups if consumer != ALL})),
        cells={pair: combined(scores, target) for pair, scores in groups.items()},
    )
