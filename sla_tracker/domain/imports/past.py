"""Finished duties of the time before a deployment began, taken over from a list."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDuty:
    """One finished duty of the past, as a figure in trends.

    Nobody owes it. `delivered_at` is None for one that was missed. `source`, `imported_by` and `imported_at` say where
    it comes from. One that was `taken_back` with its import counts no more.
    """

    id: str
    obligation: str
    provider: str
    consumer: str
    due_at: datetime
    delivered_at: datetime | None
    month: str
    imported_by: str
    imported_at: datetime
    import_id: str
    import_key: str = ""
    source: str = ""
    subject: str = ""
    subject_key: str = ""
    taken_back: bool = False

    @property
    def is_on_time(self) -> bool:
        """Return whether it was delivered by its due time."""
        return self.delivered_at is not None and self.delivered_at <= self.due_at
