"""Transitions for holds, objections to holds, and waivers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import OWED, Duty, Hold, Waiver
from sla_tracker.domain.duties.transitions import Move, after, closed_holds, reason_given
from sla_tracker.errors import N_, IllegalTransition, Overtaken, Who


def held(duty: Duty, *, waits_for: str, reason: str, by: str, now: datetime) -> Duty:
    """Return the duty on hold, with the reason and whom it waits for.

    It waits for a person or for a department.
    """
    state = after(duty, Move.HOLD)
    hold = Hold(start_at=now, by=by, waits_for=reason_given(waits_for), reason=reason_given(reason))
    return replace(duty, state=state, holds=(*duty.holds, hold))


def resumed(duty: Duty, *, now: datetime) -> Duty:
    """Return the duty as open again; its clock runs on."""
    return replace(duty, state=after(duty, Move.RESUME), holds=closed_holds(duty, now))


def objected(duty: Duty, *, reason: str, by: str) -> Duty:
    """Return the duty with an objection to its last hold.

    The objection counts only if it is confirmed.
    """
    hold = _last_hold(duty)
    if hold.objected_by:
        raise Overtaken(
            N_("{by} has already objected to this hold of “{title}” ({ref})."),
            by=Who(hold.objected_by),
            title=duty.title,
            ref=duty.reference,
        )
    return _with_hold(duty, replace(hold, objected_by=by, objection=reason_given(reason)))


def hold_judged(duty: Duty, *, confirmed: bool, by: str) -> Duty:
    """Return the duty with the consumer head's decision on the hold objected to."""
    hold = _last_hold(duty)
    if not hold.objected_by:
        raise IllegalTransition(
            N_("Nobody has objected to the hold of “{title}” ({ref}); it counts already."),
            title=duty.title,
            ref=duty.reference,
        )
    if hold.confirmed is not None:
        raise Overtaken(
            N_("{by} has already decided on this hold of “{title}” ({ref})."),
            by=Who(hold.confirmed_by),
            title=duty.title,
            ref=duty.reference,
        )
    return _with_hold(duty, replace(hold, confirmed=confirmed, confirmed_by=by))


def _last_hold(duty: Duty) -> Hold:
    if not duty.is_live or not duty.holds:
        raise IllegalTransition(
            N_("“{title}” ({ref}) has no hold to judge."), title=duty.title, ref=duty.reference
        )
    return duty.holds[-1]


def _with_hold(duty: Duty, hold: Hold) -> Duty:
    return replace(duty, holds=(*duty.holds[:-1], hold))


def waiver_asked(duty: Duty, *, code: str, reason: str, by: str, now: datetime) -> Duty:
    """Return the duty with the provider's waiver request; it stays owed until decided."""
    if duty.state not in OWED:
        after(duty, Move.WAIVE)
    if duty.waiver is not None and duty.waiver.granted is None:
        raise Overtaken(
            N_("{by} has already asked for a waiver of “{title}” ({ref}) at {at}."),
            by=Who(duty.waiver.asked_by),
            at=duty.waiver.asked_at,
            title=duty.title,
            ref=duty.reference,
        )
    return replace(duty, waiver=Waiver(asked_at=now, asked_by=by, code=code, reason=reason_given(reason)))


def waiver_granted(duty: Duty, *, answer: str, by: str, now: datetime) -> Duty:
    """Return the duty as waived, granting its provider's request."""
    waiver = _pending_waiver(duty)
    decided = replace(waiver, granted=True, decided_at=now, decided_by=by, answer=answer.strip())
    return _waived(duty, decided, now)


def waiver_refused(duty: Duty, *, answer: str, by: str, now: datetime) -> Duty:
    """Return the duty with its waiver request refused for a reason; it stays owed."""
    waiver = _pending_waiver(duty)
    decided = replace(waiver, granted=False, decided_at=now, decided_by=by, answer=reason_given(answer))
    return replace(duty, waiver=decided)


def waived(duty: Duty, *, code: str, reason: str, by: str, now: datetime) -> Duty:
    """Return the duty as waived by the consumer without a request."""
    waiver = Waiver(
        asked_at=now,
        asked_by=by,
        code=code,
        reason=reason_given(reason),
        granted=True,
        decided_at=now,
        decided_by=by,
    )
    return _waived(duty, waiver, now)


def _waived(duty: Duty, waiver: Waiver, now: datetime) -> Duty:
    return replace(
        duty,
        state=after(duty, Move.WAIVE),
        waiver=waiver,
        closed_at=now,
        holds=closed_holds(duty, now),
    )


def _pending_waiver(duty: Duty) -> Waiver:
    waiver = duty.waiver
    if waiver is None:
        raise IllegalTransition(
            N_("Nobody has asked for a waiver of “{title}” ({ref})."), title=duty.title, ref=duty.reference
        )
    if waiver.granted is not None:
        raise Overtaken(
            N_("{by} has already decided on the waiver of “{title}” ({ref}) at {at}."),
            by=Who(waiver.decided_by),
            at=waiver.decided_at,
            title=duty.title,
            ref=duty.reference,
        )
    return waiver
