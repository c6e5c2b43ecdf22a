"""Duty states and kinds of trigger; a module of their own imports fast."""

from __future__ import annotations

from enum import StrEnum

from sla_tracker.errors import N_


class State(StrEnum):
    """State of a duty.

    Overdue is not a state: it depends on the current time and is not stored.
    """

    OPEN = "open"
    HELD = "held"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    WAIVED = "waived"
    CANCELLED = "cancelled"
    MISSED = "missed"
    HANDED_OVER = "handed_over"


STATE_WORDS = {
    State.OPEN: N_("open"),
    State.HELD: N_("on hold"),
    State.DELIVERED: N_("delivered"),
    State.ACCEPTED: N_("accepted"),
    State.WAIVED: N_("waived"),
    State.CANCELLED: N_("cancelled"),
    State.MISSED: N_("missed"),
    State.HANDED_OVER: N_("handed over"),
}

LIVE = (State.OPEN, State.HELD, State.DELIVERED)  # somebody still has to act
OWED = (State.OPEN, State.HELD)  # the provider still has to deliver
JUDGED_BY_DUE = (*LIVE, State.ACCEPTED, State.HANDED_OVER)  # another due time still makes a difference


class Decision(StrEnum):
    """Decision on what another party states or proposes.

    It is stored as the outcome of a step of a complaint.
    """

    YES = "yes"
    NO = "no"

    @classmethod
    def of(cls, *, agrees: bool) -> Decision:
        """Return the decision of a party that agrees, or does not."""
        return cls.YES if agrees else cls.NO


class Opened(StrEnum):
    """Kind of trigger that opened a duty."""

    RECURRING = "recurring"
    STANDING = "standing"
    ON_EVENT = "on_event"
    ON_REQUEST = "on_request"
    HAND_OVER = "hand_over"
