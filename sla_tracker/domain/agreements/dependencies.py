"""Dependencies between obligations: which turn of another one is waited for."""

from __future__ import annotations

from collections.abc import Iterable

from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """An obligation that is waited for, and which of its turns."""

    obligation: str
    turn: Turn = Turn.SAME


Depended = str | Dependency
"""How a dependency is written: the id alone means its turn of the same period."""


def dependencies(written: Iterable[Depended]) -> tuple[Dependency, ...]:
    """Return dependencies with their turns, however they are written."""
    return tuple(Dependency(obligation=one) if isinstance(one, str) else one for one in written)
