"""Stands in the place of a store that is not open."""

from __future__ import annotations

from typing import NoReturn

from sla_tracker.errors import SlaError, StoreNotOpen


class PendingStore:
    """Placeholder until the store is open.

    Every access raises StoreNotOpen or the stored error.
    """

    def __init__(self, problem: SlaError | None = None) -> None:
        self._problem = problem

    def __getattr__(self, _name: str) -> NoReturn:
        """Raise the error that prevented opening, or StoreNotOpen."""
        raise self._problem or StoreNotOpen()
