"""Anonymous answers that wait in memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from sla_tracker.domain.measures.survey import Answer


class MemoryBallots:
    """What a deployment keeps in files beside the store."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    def add(self, answer: Answer) -> str:
        """Keep an answer, and return its name."""
        name = os.urandom(16).hex()
        self._answers[name] = answer
        return name

    def waiting(self) -> Mapping[str, Answer]:
        """Return the answers that wait, by name."""
        return dict(self._answers)

    def remove(self, names: Iterable[str]) -> None:
        """Forget answers."""
        for name in names:
            self._answers.pop(name, None)
