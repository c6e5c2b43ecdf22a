"""Where a duty stands, and what opened it: words that even the quickest look at the duties needs."""

from enum import StrEnum

from sla_tracker.errors import N_


class State(StrEnum):
    """Where a duty stands. Overdue is no state: it depends on the present moment and is never stored."""

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

LIVE = (State.OPEN, State.HELD, State.DELIVERED)
OWED = (State.OPEN, State.HELD)


class Opened(StrEnum):
    """Which kind of trigger opened a duty."""

    RECURRING = "recurring"
    STANDING = "standing"
    ON_EVENT = "on_event"
    ON_REQUEST = "on_request"
    HAND_OVER = "hand_over"
