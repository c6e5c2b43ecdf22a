"""What a person filled into a form and did not confirm."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.value_class import dataclass

MOST_DRAFTS = 50
"""Drafts kept for one person; the oldest is forgotten first."""

DraftValue = str | bool | None
"""The value of an input; None for a choice that was not made."""


@dataclass(frozen=True, slots=True)
class FormDraft:
    """The values of a form's inputs in their order, as given and as left.

    One that is `secret` is forgotten when the program ends.
    """

    given: tuple[DraftValue, ...]
    left: tuple[DraftValue, ...]
    left_at: datetime
    secret: bool = False
