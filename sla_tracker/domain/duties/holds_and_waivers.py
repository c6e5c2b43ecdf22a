"""Transitions for holds, objections to holds, and waivers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import OWED, Duty, Hold, Waiver
from sla_tracker.domain.duties.states import JUDGED_BY_DUE
from sla_tracker.domain.duties.transitions import Move, after, closed_holds, reason_given
from sla_tracker.errors import N_, IllegalTransition, Overtaken, SlaError, Who


def held(duty: Duty, *, waits_for: str, reason: str, by: str, now: datetime) -> Duty:
    """Return the duty on hold, with the reason and whom it waits for.

    `waits_for` is a person or a department.
    """
    state = after(duty, Move.HOLD)
    hold = Hold(start_at=now, by=by, waits_for=reason_given(waits_for), reason=reason_given(reason))
    return replace(duty, state=state, holds=(*duty.holds, hold))


def resumed(duty: Duty, *, now: datetime) -> Duty:
    """Return the duty as open again; its clock runs on."""
    return replace(duty, state=after(duty, Move.RESUME), holds=closed_holds(duty, now))


def objectable_holds(duty: Duty) -> tuple[Hold, ...]:
    """Return the holds to which nobody has objected yet, the latest first."""
    return tuple(hold for hold in reversed(duty.holds) if not hold.objected_by) if duty.is_live else ()


def pending_holds(duty: Duty) -> tuple[Hold, ...]:
    """Return the holds with an objection to decide on, the earliest first.

    An objection is decided on after the verdict, too, because the delivery is judged by the due time.
    """
    return tuple(hold for hold in duty.holds if hold.is_pending) if duty.state in JUDGED_BY_DUE else ()


def objected(duty: Duty, *, reason: str, by: str, began_at: datetime | None = None) -> Duty:
    """Return the duty with an objection to a hold, which counts only if confirmed.

    Without `began_at` the objection is to the latest hold without one: a short hold does not shield the one before.
    """
    known = _holds_begun(duty, began_at)
    if not duty.is_live or not known:
        raise IllegalTransition(
            N_("“{title}” ({ref}) has no hold to object to."), title=duty.title, ref=duty.reference
        )
    free = [hold for hold in objectable_holds(duty) if hold in known]
    if not free:
        raise Overtaken(
            N_("{by} has already objected to this hold of “{title}” ({ref})."),
            by=Who(known[-1].objected_by),
            title=duty.title,
            ref=duty.reference,
        )
    return _with_hold(duty, free[0], replace(free[0], objected_by=by, objection=reason_given(reason)))


def hold_judged(duty: Duty, *, confirmed: bool, by: str, began_at: datetime | None = None) -> Duty:
    """Return the duty with the consumer head's decision on a hold objected to.

    Without `began_at` the decision is on the earliest hold that waits for one.
    """
    known = _holds_begun(duty, began_at)
    if duty.state not in JUDGED_BY_DUE or not known:
        raise IllegalTransition(
            N_("“{title}” ({ref}) has no hold to judge."), title=duty.title, ref=duty.reference
        )
    waiting = [hold for hold in pending_holds(duty) if hold in known]
    if not waiting:
        raise _nothing_to_judge(duty, known)
    return _with_hold(duty, waiting[0], replace(waiting[0], confirmed=confirmed, confirmed_by=by))


def _nothing_to_judge(duty: Duty, holds: Sequence[Hold]) -> SlaError:
    decided = [hold for hold in holds if hold.confirmed is not None]
    if not decided:
        return IllegalTransition(
            N_("Nobody has objected to the hold of “{title}” ({ref}); it counts already."),
            title=duty.title,
            ref=duty.reference,
        )
    return Overtaken(
        N_("{by} has already decided on this hold of “{title}” ({ref})."),
        by=Who(decided[-1].confirmed_by),
        title=duty.title,
        ref=duty.reference,
    )


def _holds_begun(duty: Duty, began_at: datetime | None) -> tuple[Hold, ...]:
    """Return the holds that began at an instant, else in its minute; all for None."""
    if began_at is None:
        return duty.holds
    exact = tuple(hold for hold in duty.holds if hold.start_at == began_at)
    minute = began_at.replace(second=0, microsecond=0)
    found = exact or tuple(
        hold for hold in duty.holds if hold.start_at.replace(second=0, microsecond=0) == minute
    )
    if duty.holds and not found:
        raise IllegalTransition(
            N_("No hold of “{title}” ({ref}) began at {at}; sla show {ref} says when it was put on hold."),
            at=began_at,
            title=duty.title,
            ref=duty.reference,
        )
    return found


def _with_hold(duty: Duty, old: Hold, new: Hold) -> Duty:
    return replace(duty, holds=tuple(new if hold is old else hold for hold in duty.holds))


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
