"""One entry of what waits for a department, and the kinds of entries."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum, StrEnum

from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.value_class import dataclass


class InboxKind(StrEnum):
    """Kind of an inbox entry, in the order of the list.

    What needs a decision comes first, then what needs a word.
    """

    COMPLAINT = "complaint"
    WAIVER = "waiver"
    HOLD = "hold"
    FIELD = "field"
    EVENT = "event"
    OFFER = "offer"
    AGREEMENT = "agreement"
    NOTE = "note"
    PAPERS = "papers"
    CAUSE = "cause"
    BUDGET = "budget"
    ENDING = "ending"
    TERMS = "terms"
    DECIDED = "decided"
    SURVEY = "survey"
    RATING = "rating"


class LimitKind(StrEnum):
    """What the limit of an entry about a duty is.

    The duty's due time, which moves with excuses that run, or a limit of its own.
    """

    DUE = "due"
    OWN = "own"


# What people may answer, but nobody waits for.
OPTIONAL = frozenset({InboxKind.SURVEY, InboxKind.RATING})
# What a head has to know, and nobody has to do in this list.
NEWS = frozenset({InboxKind.BUDGET, InboxKind.ENDING, InboxKind.TERMS, InboxKind.DECIDED})


class Turn(IntEnum):
    """Whose turn it is with an entry, in the order of the list."""

    OWN = 0
    NEWS = 1  # nobody's
    OTHERS = 2
    OPTIONAL = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """One entry between two departments.

    `mine` tells that the person can act on it now. `about` is the complaint, duty, offer or note itself, the obligation
    that ends, or the forecast of misses that the head was warned of; None for a survey, which is about the department
    `against`. `limit_kind` says whether the limit is the due time of `duty`.
    """

    kind: InboxKind
    id: str
    origin: str
    against: str
    about: Complaint | Duty | Offer | ShiftNote | Obligation | Forecast | Agreement | None
    limit_at: datetime | None
    late: bool
    mine: bool
    duty: Duty | None = None
    limit_kind: LimitKind = LimitKind.OWN

    @property
    def turn(self) -> Turn:
        """Return whose turn it is."""
        if self.kind in OPTIONAL:
            return Turn.OPTIONAL
        if self.mine:
            return Turn.OWN
        return Turn.NEWS if self.kind in NEWS else Turn.OTHERS
