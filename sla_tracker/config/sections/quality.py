"""Settings of `[complaints]`, `[surveys]` and `[closing]`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Key

from sla_tracker.config.sections.base import Id, Section
from sla_tracker.domain.duties.complaint import LIMITS, Stage
from sla_tracker.domain.measures.survey import EVEN_WEIGHTS, Dimension

Workdays = Annotated[int, Key(ge=0, le=250)]


class ComplaintSection(Section):
    """`[complaints]`: who judges complaints, and workdays per step.

    The head of the named department judges; empty means the administrators.
    """

    judge: str = ""
    limits: dict[Annotated[Stage, Key(strict=False)], Workdays] = Key(default_factory=dict)

    def all_limits(self) -> dict[Stage, int]:
        """Return the limit of every step, the usual one where none is set."""
        return {**LIMITS, **self.limits}


class ClosingSection(Section):
    """Closing of months: the departments whose heads may, besides administrators."""

    by: list[Id] = Key(default_factory=list)


class SurveySection(Section):
    """`[surveys]`: anonymity, fewest answers, and weights.

    Whether names are kept, the fewest answers that are shown, the weight of each dimension.
    """

    anonymous: bool = False
    minimum: Annotated[int, Key(ge=1, le=1000)] = 3
    weights: dict[Annotated[Dimension, Key(strict=False)], Annotated[int, Key(ge=0, le=100)]] = Key(
        default_factory=dict
    )

    def all_weights(self) -> dict[Dimension, int]:
        """Return the weight of every dimension; left out altogether, all weigh the same."""
        return (
            {dimension: self.weights.get(dimension, 0) for dimension in Dimension}
            if self.weights
            else dict(EVEN_WEIGHTS)
        )
