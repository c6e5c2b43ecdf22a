"""Legal transitions of a duty: each function returns the duty after one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.agreements.fields import filled, problems_with
from sla_tracker.domain.agreements.measure import number_problems
from sla_tracker.domain.duties.duty import OWED, Delivery, Duty, Hold, Note, State
from sla_tracker.domain.duties.states import STATE_WORDS
from sla_tracker.domain.people import SYSTEM
from sla_tracker.errors import N_, IllegalTransition, Incomplete, Overtaken, Phrase, UsageError, Who

LONGEST_NOTE = 4000  # characters, also of a reason


class Move(StrEnum):
    """An action that changes the state of a duty."""

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
    (State.OPEN, Move.MISS): State.MISSED,
    (State.HELD, Move.MISS): State.MISSED,
    (State.ACCEPTED, Move.REOPEN): State.OPEN,
    (State.MISSED, Move.REOPEN): State.OPEN,
    (State.OPEN, Move.HAND_OVER): State.HANDED_OVER,
    (State.HELD, Move.HAND_OVER): State.HANDED_OVER,
}

MOVE_WORDS = {
    Move.DELIVER: N_("deliver"),
    Move.WITHDRAW: N_("take back"),
    Move.ACCEPT: N_("accept"),
    Move.RETURN: N_("return"),
    Move.HOLD: N_("put on hold"),
    Move.RESUME: N_("resume"),
    Move.WAIVE: N_("waive"),
    Move.CANCEL: N_("cancel"),
    Move.MISS: N_("mark as missed"),
    Move.REOPEN: N_("reopen"),
    Move.HAND_OVER: N_("hand over"),
}


def after(duty: Duty, move: Move) -> State:
    """Return the state after a move.

    Raises Overtaken, naming who acted first and when, or IllegalTransition.
    """
    target = TRANSITIONS.get((duty.state, move))
    if target is not None:
        return target
    message = N_("“{title}” ({ref}) is {state}; one cannot {step} it now. See sla show {ref}.")
    if duty.state is State.MISSED:
        message = N_("“{title}” ({ref}) is {state}; to {step} it, reopen it first (sla reopen {ref}).")
    raise _overtaken_by(duty, move) or IllegalTransition(
        message,
        title=duty.title,
        ref=duty.reference,
        state=Phrase(STATE_WORDS[duty.state]),
        step=Phrase(MOVE_WORDS[move]),
    )


def _overtaken_by(duty: Duty, move: Move) -> Overtaken | None:
    """Return the error that says who made the move impossible and when.

    Returns None unless the duty records who did.
    """
    last = duty.delivery
    if duty.state is State.ACCEPTED:
        return _overtaken(duty, N_("“{title}” ({ref}) was already accepted by {by} at {at}."))
    if duty.state is State.DELIVERED and move is not Move.REOPEN and last is not None:
        return _overtaken(
            duty, N_("“{title}” ({ref}) was already delivered by {by} at {at}."), by=last.by, at=last.at
        )
    if duty.state is State.HELD and move in {Move.DELIVER, Move.HOLD} and duty.holds:
        return _overtaken(
            duty,
            N_("“{title}” ({ref}) is on hold since {at} by {by}; resume it first (sla resume {ref})."),
            by=duty.holds[-1].by,
            at=duty.holds[-1].start_at,
        )
    if duty.state in OWED and move in {Move.ACCEPT, Move.RETURN, Move.WITHDRAW}:
        return _overtaken(
            duty,
            N_("“{title}” ({ref}) has no delivery now: none was made, or it was taken back or returned."),
        )
    return None


def _overtaken(duty: Duty, message: str, *, by: str = "", at: datetime | None = None) -> Overtaken:
    return Overtaken(
        message,
        title=duty.title,
        ref=duty.reference,
        by=Who(by or duty.accepted_by),
        at=at or duty.accepted_at,
    )


def by_silence(duty: Duty, now: datetime) -> Duty:
    """Return the duty as accepted automatically after the consumer's time limit.

    A verdict exactly at the limit is still in time.
    """
    if duty.state is not State.DELIVERED or duty.accept_by_at is None or now <= duty.accept_by_at:
        return duty
    return accepted(duty, by=SYSTEM, now=duty.accept_by_at)


def assigned(duty: Duty, person: str) -> Duty:
    """Return the duty assigned to a person (empty: to nobody in the department)."""
    if duty.state not in OWED:
        raise IllegalTransition(
            N_("“{title}” ({ref}) is {state}; nobody has to take it."),
            title=duty.title,
            ref=duty.reference,
            state=Phrase(STATE_WORDS[duty.state]),
        )
    return replace(duty, assignee=person)


def drafted(duty: Duty, evidence: Mapping[str, str]) -> Duty:
    """Return the duty with draft evidence; raises Incomplete naming each wrong value."""
    if duty.state not in OWED:
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
    earliest_at: datetime | None = None,
    not_reviewed: tuple[str, ...] = (),
) -> Duty:
    """Return the duty as delivered with complete evidence.

    `not_reviewed` names plugins whose review failed. Raises Overtaken, IllegalTransition or Incomplete. A claimed
    time must lie between `earliest_at` (what opened the duty: event, request, period), or the last return when that
    is later, and now.
    """
    state = after(duty, Move.DELIVER)
    complete = filled({**duty.draft, **evidence})
    problems = problems_with(duty.terms.evidence, complete) or tuple(
        number_problems(duty.terms.measure, complete)
    )
    if problems:
        raise Incomplete(N_("“{title}” cannot be delivered yet:"), problems, title=duty.title)
    if claimed_at is not None:
        _check_claim(duty, claimed_at, now, earliest_at or duty.opened_at)
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise UsageError(N_("A note has 1 to {limit} characters."), limit=LONGEST_NOTE)
    delivery = Delivery(
        at=now, by=by, evidence=complete, note=note, claimed_at=claimed_at, not_reviewed=not_reviewed
    )
    return replace(
        duty,
        state=state,
        deliveries=(*duty.deliveries, delivery),
        draft={},
        assignee=duty.assignee or by,
        accept_by_at=accept_by_at,
        answered_at=duty.answered_at or (now if duty.request else None),
    )


def _check_claim(duty: Duty, claimed_at: datetime, now: datetime, earliest_at: datetime) -> None:
    last = duty.delivery
    if last is not None and last.returned_at is not None:
        earliest_at = max(earliest_at, last.returned_at)
    if not earliest_at <= claimed_at <= now:
        raise UsageError(
            N_("The claimed time {claimed} must lie between {earliest} and now ({now})."),
            claimed=claimed_at,
            earliest=earliest_at,
            now=now,
        )


def withdrawn(duty: Duty) -> Duty:
    """Return the duty with its unjudged delivery withdrawn.

    The evidence becomes the draft again.
    """
    state = after(duty, Move.WITHDRAW)
    *earlier, last = duty.deliveries
    return replace(
        duty,
        state=state,
        deliveries=tuple(earlier),
        draft=dict(last.evidence),
        accept_by_at=None,
        answered_at=duty.answered_at if earlier or duty.answered_by else None,
    )


def accepted(duty: Duty, *, by: str, now: datetime, confirm_claim: bool = False) -> Duty:
    """Return the duty as accepted.

    Automatic acceptance is by `system` and never confirms a claimed time.
    """
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
    return _back_to_open(duty, after(duty, Move.RETURN), reason, by=by, now=now)


def reopened(duty: Duty, reason: str, *, by: str, now: datetime) -> Duty:
    """Return an accepted or missed duty as open again.

    Its accepted delivery becomes returned.
    """
    return _back_to_open(duty, after(duty, Move.REOPEN), reason, by=by, now=now)


def _back_to_open(duty: Duty, state: State, reason: str, *, by: str, now: datetime) -> Duty:
    reason = reason_given(reason)
    changed = replace(
        duty, state=state, accept_by_at=None, accepted_at=None, accepted_by="", closed_at=None, rating=None
    )
    if duty.delivered_at is None:
        return changed
    *earlier, last = duty.deliveries
    judged = replace(
        last,
        returned_at=now,
        returned_by=by,
        reason=reason,
        claim_confirmed=False,
        accepted_at=duty.accepted_at,
        accepted_by=duty.accepted_by,
    )
    return replace(changed, deliveries=(*earlier, judged), draft=dict(last.evidence))


def reason_given(reason: str) -> str:
    """Return a reason, stripped.

    Raises UsageError when it is blank or too long.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_NOTE:
        raise UsageError(N_("This needs a reason of 1 to {limit} characters."), limit=LONGEST_NOTE)
    return reason


def cancelled(duty: Duty, *, now: datetime) -> Duty:
    """Return the duty as cancelled, because its event or request no longer stands."""
    return _closed(duty, Move.CANCEL, now)


def missed(duty: Duty, *, now: datetime) -> Duty:
    """Return the duty as missed; used when its month is closed."""
    return _closed(duty, Move.MISS, now)


def handed_over(duty: Duty, *, to: str, now: datetime) -> Duty:
    """Return the duty as handed over; `to` is the new duty of the other department."""
    return replace(_closed(duty, Move.HAND_OVER, now), handed_to=to)


def closed_holds(duty: Duty, now: datetime) -> tuple[Hold, ...]:
    """Return the duty's holds, a running one ended now."""
    return tuple(hold if hold.end_at else replace(hold, end_at=now) for hold in duty.holds)


def _closed(duty: Duty, move: Move, now: datetime) -> Duty:
    return replace(duty, state=after(duty, move), closed_at=now, holds=closed_holds(duty, now))
