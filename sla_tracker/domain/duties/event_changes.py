"""Steps of a change of an event that needs the agreement of another side.

Nobody moves a deadline of his own: what the provider's side does to an event, so that its duty is due later, disappears
or counts no more, is kept on the duty until another side has agreed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import LIVE, OWED, Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_change import EventChange, EventChangeKind, EventTime
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.errors import N_, IllegalTransition, Overtaken, Who

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


def objectable_change(duty: Duty) -> EventChange | None:
    """Return the change of its event's time to which the consumer may object.

    None if there is no such change.
    """
    times = [one for one in duty.event_changes if one.sets_time]
    return times[-1] if duty.is_live and times and times[-1].can_be_objected else None


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
    Of a cancelled event no time is to be decided on.
    """
    kept = without_pending(duty, about_time=change.sets_time)
    if change.kind is EventChangeKind.CANCELLED:
        kept = without_pending(kept, about_time=True)
    return replace(duty, event_changes=(*kept.event_changes, change))


def without_pending(duty: Duty, *, about_time: bool) -> Duty:
    """Return the duty with its undecided changes superseded.

    Those of the time, or the others.
    """
    changes = tuple(
        replace(one, superseded=True)
        if one.sets_time is about_time and (one.is_pending or one.can_be_objected)
        else one
        for one in duty.event_changes
    )
    return replace(duty, event_changes=changes)


def objected(duty: Duty, *, reason: str, by: str, now: datetime) -> Duty:
    """Return the duty with an objection to the last change of its event.

    The duty then counts from the time before the change.
    """
    change = _last_time_change(duty)
    if change.objected_by:
        raise Overtaken(
            N_("{by} has already objected to the change of the event of “{title}” ({ref})."),
            by=Who(change.objected_by),
            title=duty.title,
            ref=duty.reference,
        )
    if change is not objectable_change(duty):
        raise IllegalTransition(
            N_("The change of the event of “{title}” ({ref}) takes no objection now."),
            title=duty.title,
            ref=duty.reference,
        )
    changed = replace(change, objected_by=by, objected_at=now, objection=reason_given(reason))
    return replace(_with_last(duty, change, changed), event_time=change.before)


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
    return _with_last(duty, change, decided)


def _last_time_change(duty: Duty) -> EventChange:
    times = [one for one in duty.event_changes if one.sets_time]
    if not duty.is_live or not times:
        raise IllegalTransition(
            N_("“{title}” ({ref}) has no change of its event to object to."),
            title=duty.title,
            ref=duty.reference,
        )
    return times[-1]


def _with_last(duty: Duty, old: EventChange, new: EventChange) -> Duty:
    return replace(duty, event_changes=tuple(new if one is old else one for one in duty.event_changes))
