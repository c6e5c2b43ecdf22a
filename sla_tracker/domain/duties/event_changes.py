"""Steps of a change of an event that needs the agreement of another side.

Nobody moves a deadline of his own: what the provider's side does to an event, so that its duty is due later, disappears
or counts no more, is kept on the duty until another side has agreed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_change import ChangeEffect, EventChange, EventChangeKind, EventTime
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.errors import N_, IllegalTransition, Overtaken, SlaError, Who

JUDGED_BY_TIME = (*LIVE, State.ACCEPTED)  # states in which another due time still makes a difference


def time_of(event: Event) -> EventTime:
    """Return the time of an event with who set it and when."""
    return EventTime(
        at=event.at, set_at=event.time_set_at, set_by=event.time_set_by, set_from=event.time_set_from
    )


def with_time(event: Event, time: EventTime) -> Event:
    """Return the event at a time."""
    return replace(
        event, at=time.at, time_set_at=time.set_at, time_set_by=time.set_by, time_set_from=time.set_from
    )


def counted_time(duty: Duty, event: Event) -> EventTime:
    """Return the event's time that counts for the duty.

    It is the duty's own while a change does not count, else the event's.
    """
    return duty.event_time or time_of(event)


def pending_change(duty: Duty) -> EventChange | None:
    """Return the change of its event that waits for a decision, if one does.

    A time can still be decided on after the delivery, which is judged by it; that a duty is not owed at all, only
    while it is owed.
    """
    for change in reversed(duty.event_changes):
        if change.is_pending and duty.state in (JUDGED_BY_TIME if change.sets_time else OWED):
            return change
    return None


def unsettled_change(duty: Duty) -> EventChange | None:
    """Return the change of its event's time that counts unless it is objected to."""
    return next((one for one in reversed(duty.event_changes) if one.can_be_objected), None)


def objectable_change(duty: Duty) -> EventChange | None:
    """Return the change of its event's time to which the consumer may object now.

    None if there is no such change, or while a later time waits for a confirmation: that is decided on first.
    """
    waiting = pending_change(duty)
    is_claimed = waiting is not None and waiting.sets_time
    return unsettled_change(duty) if duty.is_live and not is_claimed else None


def deciding_departments(duty: Duty, change: EventChange) -> tuple[str, ...]:
    """Return the departments that may decide on a pending change, the consumer first.

    A move that was objected to is for the consumer's head, as a hold is. A time is for the consumer or the registering
    department; that a duty is not owed at all is for the consumer alone.
    """
    is_for_registering = change.sets_time and change.registered_from not in {"", duty.provider}
    other = change.registered_from if is_for_registering and not change.objected_by else duty.consumer
    return tuple(dict.fromkeys((duty.consumer, other)))


def with_change(duty: Duty, change: EventChange) -> Duty:
    """Return the duty with a further change.

    Undecided ones before it about the same are superseded: about the event's time, or about whether the duty is owed.
    Of a cancelled event no time is to be decided on. A time that counts now also takes the place of one that was open
    to an objection; one that does not count yet, or never, leaves that one open.
    """
    kept = without_pending(duty, about_time=change.sets_time)
    if change.kind is EventChangeKind.CANCELLED:
        kept = without_pending(kept, about_time=True)
    if change.sets_time and change.effect in {ChangeEffect.AT_ONCE, ChangeEffect.UNLESS_OBJECTED}:
        kept = without_unsettled(kept)
    return replace(duty, event_changes=(*kept.event_changes, change))


def without_pending(duty: Duty, *, about_time: bool) -> Duty:
    """Return the duty with its undecided changes superseded.

    `about_time` says whether these are the changes of the event's time, or all others.
    """
    changes = tuple(
        replace(one, superseded=True) if one.sets_time is about_time and one.is_pending else one
        for one in duty.event_changes
    )
    return replace(duty, event_changes=changes)


def without_unsettled(duty: Duty) -> Duty:
    """Return the duty without a change of its event that is open to an objection."""
    changes = tuple(
        replace(one, superseded=True) if one.can_be_objected else one for one in duty.event_changes
    )
    return replace(duty, event_changes=changes)


def objected(duty: Duty, *, reason: str, by: str, now: datetime) -> Duty:
    """Return the duty with an objection to the change of its event's time.

    The duty then counts from the time before the change.
    """
    change = objectable_change(duty)
    if change is None:
        raise _nothing_to_object_to(duty)
    changed = replace(change, objected_by=by, objected_at=now, objection=reason_given(reason))
    return replace(_with_last(duty, change, changed), event_time=change.before)


def _nothing_to_object_to(duty: Duty) -> SlaError:
    named = {"title": duty.title, "ref": duty.reference}
    times = [one for one in duty.event_changes if one.sets_time]
    if not duty.is_live or not times:
        return IllegalTransition(N_("“{title}” ({ref}) has no change of its event to object to."), **named)
    if unsettled_change(duty) is not None:
        return IllegalTransition(
            N_(
                "A later time of the event of “{title}” ({ref}) waits for a confirmation; decide on that first."
            ),
            **named,
        )
    if times[-1].objected_by:
        return Overtaken(
            N_("{by} has already objected to the change of the event of “{title}” ({ref})."),
            by=Who(times[-1].objected_by),
            **named,
        )
    return IllegalTransition(
        N_("The change of the event of “{title}” ({ref}) takes no objection now."), **named
    )


def judged(duty: Duty, *, confirmed: bool, answer: str, by: str, now: datetime) -> Duty:
    """Return the duty with the decision on the change of its event that is pending."""
    change = pending_change(duty)
    if change is None:
        raise IllegalTransition(
            N_("No change of the event of “{title}” ({ref}) waits for a decision."),
            title=duty.title,
            ref=duty.reference,
        )
    decided = replace(change, confirmed=confirmed, confirmed_by=by, confirmed_at=now, answer=answer.strip())
    found = _with_last(duty, change, decided)
    return without_unsettled(found) if confirmed and change.sets_time else found


def _with_last(duty: Duty, old: EventChange, new: EventChange) -> Duty:
    return replace(duty, event_changes=tuple(new if one is old else one for one in duty.event_changes))
