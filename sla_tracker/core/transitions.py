"""The only legal transitions of a duty: each function takes a duty and returns the duty after one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sla_tracker.core.duty import Delivery, Duty, Note, State
from sla_tracker.core.fields import filled, problems_with
from sla_tracker.core.people import SYSTEM
from sla_tracker.errors import N_, IllegalTransition, Incomplete, Overtaken, Phrase, UsageError

LONGEST_NOTE = 4000


class Move(StrEnum):
    """What can be done to a duty that changes its state."""

    DELIVER = "deliver"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    RETURN = "return"
    HOLD = "hold"
    RESUME = "resume"
    WAIVE = "waive"
    CANCEL = "cancel"
    MISS = "miss"
    REOPEN = "reopen"
    HAND_OVER = "hand_over"


TRANSITIONS: dict[tuple[State, Move], State] = {
    (State.OPEN, Move.DELIVER): State.DELIVERED,
    (State.DELIVERED, Move.WITHDRAW): State.OPEN,
    (State.DELIVERED, Move.ACCEPT): State.ACCEPTED,
    (State.DELIVERED, Move.RETURN): State.OPEN,
    (State.OPEN, Move.HOLD): State.HELD,
    (State.HELD, Move.RESUME): State.OPEN,
    (State.OPEN, Move.WAIVE): State.WAIVED,
    (State.HELD, Move.WAIVE): State.WAIVED,
    (State.OPEN, Move.CANCEL): State.CANCELLED,
    (State.HELD, Move.CANCEL): State.CANCELLED,
    (State.DELIVERED, Move.CANCEL): State.CANCELLED,
    (State.OPEN, Move.MISS): State.MISSED,
    (State.HELD, Move.MISS): State.MISSED,
    (State.ACCEPTED, Move.REOPEN): State.OPEN,
    (State.MISSED, Move.REOPEN): State.OPEN,
    (State.WAIVED, Move.REOPEN): State.OPEN,
    (State.OPEN, Move.HAND_OVER): State.HANDED_OVER,
    (State.HELD, Move.HAND_OVER): State.HANDED_OVER,
}

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


def after(duty: Duty, move: Move) -> State:
    """Return the state that a move leads to; raises Overtaken (who and when) or IllegalTransition."""
    target = TRANSITIONS.get((duty.state, move))
    if target is not None:
        return target
    last = duty.delivery
    if move is Move.DELIVER and duty.state in {State.DELIVERED, State.ACCEPTED} and last is not None:
        raise Overtaken(
            N_("“{title}” ({ref}) was already delivered by {by} at {at}."),
            title=duty.title,
            ref=duty.reference,
            by=last.by,
            at=last.at,
        )
    if move in {Move.ACCEPT, Move.RETURN} and duty.state is State.ACCEPTED:
        raise Overtaken(
            N_("“{title}” ({ref}) was already accepted by {by} at {at}."),
            title=duty.title,
            ref=duty.reference,
            by=duty.accepted_by,
            at=duty.accepted_at,
        )
    if move is Move.DELIVER and duty.state is State.HELD and duty.holds:
        raise Overtaken(
            N_("“{title}” ({ref}) is on hold since {at} by {by}; resume it first (sla resume {ref})."),
            title=duty.title,
            ref=duty.reference,
            by=duty.holds[-1].by,
            at=duty.holds[-1].start_at,
        )
    raise IllegalTransition(
        N_("“{title}” ({ref}) is {state}; this step ({step}) does not exist from there. See sla show {ref}."),
        title=duty.title,
        ref=duty.reference,
        state=Phrase(STATE_WORDS[duty.state]),
        step=move.value,
    )


def assigned(duty: Duty, person: str) -> Duty:
    """Return the duty in the hands of a person (empty: back in the department's pool)."""
    if not duty.is_live or duty.state is State.DELIVERED:
        raise IllegalTransition(
            N_("“{title}” ({ref}) is {state}; nobody has to take it."),
            title=duty.title,
            ref=duty.reference,
            state=Phrase(STATE_WORDS[duty.state]),
        )
    return replace(duty, assignee=person)


def drafted(duty: Duty, evidence: Mapping[str, str]) -> Duty:
    """Return the duty with evidence filled in before delivery; raises Incomplete naming each wrong value."""
    if duty.state not in {State.OPEN, State.HELD}:
        after(duty, Move.DELIVER)
    merged = filled({**duty.draft, **evidence})
    problems = problems_with(duty.terms.evidence, merged, complete=False)
    if problems:
        raise Incomplete(N_("The evidence of “{title}” is not right:"), problems, title=duty.title)
    return replace(duty, draft=merged)


def noted(duty: Duty, text: str, *, by: str, now: datetime) -> Duty:
    """Return the duty with a note; notes are allowed in every state."""
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise UsageError(N_("A note has 1 to {limit} characters."), limit=LONGEST_NOTE)
    return replace(duty, notes=(*duty.notes, Note(at=now, by=by, text=text)))


def delivered(
    duty: Duty,
    evidence: Mapping[str, str],
    *,
    by: str,
    now: datetime,
    accept_by_at: datetime,
    note: str = "",
    claimed_at: datetime | None = None,
) -> Duty:
    """Return the duty as delivered with its evidence, complete; raises Overtaken, IllegalTransition or Incomplete."""
    state = after(duty, Move.DELIVER)
    complete = filled({**duty.draft, **evidence})
    problems = problems_with(duty.terms.evidence, complete)
    if problems:
        raise Incomplete(N_("“{title}” cannot be delivered yet:"), problems, title=duty.title)
    if claimed_at is not None and not duty.opened_at <= claimed_at <= now:
        raise UsageError(
            N_("The claimed time {claimed} must lie between the opening {opened} and now."),
            claimed=claimed_at,
            opened=duty.opened_at,
        )
    delivery = Delivery(at=now, by=by, evidence=complete, note=note.strip(), claimed_at=claimed_at)
    return replace(
        duty,
        state=state,
        deliveries=(*duty.deliveries, delivery),
        draft={},
        assignee=duty.assignee or by,
        accept_by_at=accept_by_at,
    )


def withdrawn(duty: Duty) -> Duty:
    """Return the duty with its unjudged delivery taken back; the evidence becomes the draft again."""
    state = after(duty, Move.WITHDRAW)
    *earlier, last = duty.deliveries
    return replace(duty, state=state, deliveries=tuple(earlier), draft=dict(last.evidence), accept_by_at=None)


def accepted(duty: Duty, *, by: str, now: datetime, confirm_claim: bool = False) -> Duty:
    """Return the duty as accepted; silence accepts as `system` and never confirms a claimed time."""
    state = after(duty, Move.ACCEPT)
    *earlier, last = duty.deliveries
    if by != SYSTEM and by == last.by:
        raise IllegalTransition(
            N_("“{title}” ({ref}) was delivered by you; somebody else has to judge it."),
            title=duty.title,
            ref=duty.reference,
        )
    judged = replace(last, claim_confirmed=confirm_claim and last.claimed_at is not None and by != SYSTEM)
    return replace(
        duty, state=state, deliveries=(*earlier, judged), accepted_at=now, accepted_by=by, closed_at=now
    )


def returned(duty: Duty, reason: str, *, by: str, now: datetime) -> Duty:
    """Return the duty as open again, its delivery returned with a reason."""
    state = after(duty, Move.RETURN)
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_NOTE:
        raise UsageError(N_("A return needs a reason of 1 to {limit} characters."), limit=LONGEST_NOTE)
    *earlier, last = duty.deliveries
    judged = replace(last, returned_at=now, returned_by=by, reason=reason)
    return replace(
        duty, state=state, deliveries=(*earlier, judged), draft=dict(last.evidence), accept_by_at=None
    )


def cancelled(duty: Duty, *, now: datetime) -> Duty:
    """Return the duty as cancelled, because its event or request no longer stands."""
    return replace(duty, state=after(duty, Move.CANCEL), closed_at=now)


def missed(duty: Duty, *, now: datetime) -> Duty:
    """Return the duty as missed; written when its month is closed."""
    return replace(duty, state=after(duty, Move.MISS), closed_at=now)
