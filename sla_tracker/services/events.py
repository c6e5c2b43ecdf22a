"""Use cases of events: register (opens duties), correct, move, cancel, list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sla_tracker.domain.agreements.fields import Field, filled, problems_with
from sla_tracker.domain.agreements.obligation import OnEvent
from sla_tracker.domain.duties import event as steps
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.duties.event import Event, EventState, EventType
from sla_tracker.domain.duties.subject import LONGEST_SUBJECT, subject_key
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, Incomplete, NeedsConfirmation, SlaError, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext, existing, new_id
from sla_tracker.services.duties.creation import concerned, open_for_event
from sla_tracker.services.duties.current_deadline import granted_again, rebased
from sla_tracker.services.duties.keys import TriggerKeys
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.ports import Reading, Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An event, and the duties that the use case opened, moved and cancelled."""

    event: Event
    opened: tuple[Duty, ...] = ()
    moved: tuple[Duty, ...] = ()
    cancelled: tuple[Duty, ...] = ()


def register(
    context: ServiceContext,
    actor: Actor,
    type_id: str,
    *,
    subject: str,
    at: datetime,
    fields: Mapping[str, str] | None = None,
    again: bool = False,
) -> Registered:
    """Register an event and open the duties that it triggers in all departments.

    Raises Incomplete with missing fields, UsageError for an impossible time, and NeedsConfirmation when an event of the
    same type, subject and day exists, unless `again`.
    """
    event_type = context.catalogue.event_type(type_id)
    given = filled(fields or {})
    now = context.now()
    context.require(actor, Right.REGISTER_EVENT, now)
    _check(context, event_type, subject, at, given, now)

    def work(tx: Writing, now: datetime) -> Registered:
        if not again:
            _ask_if_known(context, tx, event_type, subject, at)
        event = Event(
            id=new_id(now),
            type=event_type.id,
            title=event_type.title,
            planned=event_type.planned,
            subject=subject.strip(),
            subject_key=subject_key(subject),
            at=at,
            registered_at=now,
            registered_by=actor.id,
            registered_from=actor.department,
            time_set_at=now,
            time_set_by=actor.id,
            time_set_from=actor.department,
            fields=given,
        )
        tx.put(event)
        return Registered(event=event, opened=tuple(open_for_event(context, tx, event, now)))

    return context.write(actor, "registered_event", work)


def correct(
    context: ServiceContext,
    actor: Actor,
    event_id: str,
    *,
    subject: str | None = None,
    at: datetime | None = None,
    fields: Mapping[str, str] | None = None,
    reason: str = "",
) -> Registered:
    """Correct an event's subject, time or fields.

    Undelivered duties are recomputed; those whose condition no longer holds are cancelled; those whose condition holds
    only now are opened as if registered at the correction.
    """

    def work(tx: Writing, now: datetime) -> Registered:
        event = existing(tx, Event, event_id)
        _require_change(context, tx, actor, event, now)
        event_type = context.catalogue.event_type(event.type)
        changed = steps.corrected(
            event,
            subject=(event.subject if subject is None else subject).strip(),
            at=event.at if at is None else at,
            fields=filled({**event.fields, **(fields or {})}),
            now=now,
            by=actor.person,
        )
        _check(context, event_type, changed.subject, changed.at, changed.fields, now)
        tx.put(changed)
        return _update_duties(context, tx, event, changed, now, registered_by=actor)

    return context.write(actor, "corrected_event", work, reason)


def move(context: ServiceContext, actor: Actor, event_id: str, at: datetime, reason: str = "") -> Registered:
    """Reschedule a planned event and recompute its undelivered duties."""

    def work(tx: Writing, now: datetime) -> Registered:
        event = existing(tx, Event, event_id)
        _require_change(context, tx, actor, event, now)
        changed = steps.rescheduled(event, at=at, now=now, by=actor.person)
        _check_time(context, changed.title, planned=True, at=at, now=now)
        tx.put(changed)
        return _update_duties(context, tx, event, changed, now, registered_by=actor)

    return context.write(actor, "moved_event", work, reason)


def cancel(context: ServiceContext, actor: Actor, event_id: str, reason: str) -> Registered:
    """Cancel an event and its undelivered duties, with a reason."""
    if not reason.strip():
        raise UsageError(N_("Cancelling an event needs a reason."))

    def work(tx: Writing, now: datetime) -> Registered:
        event = existing(tx, Event, event_id)
        _require_change(context, tx, actor, event, now)
        changed = steps.cancelled(event, reason=reason.strip())
        tx.put(changed)
        gone = tuple(
            save_duty(context, tx, transitions.cancelled(duty, now=now))
            for duty in tx.find(Duty, event=event.id)
            if duty.state in OWED
        )
        return Registered(event=changed, cancelled=gone)

    return context.write(actor, "cancelled_event", work, reason)


def _update_duties(
    context: ServiceContext, tx: Writing, before: Event, event: Event, now: datetime, *, registered_by: Actor
) -> Registered:
    """Move, cancel and open duties of an event that changed from `before` to `event`."""
    moved: list[Duty] = []
    gone: list[Duty] = []
    for duty in tx.find(Duty, event=event.id):
        if duty.state not in OWED:
            if duty.subject != event.subject:
                tx.put(replace(duty, subject=event.subject, subject_key=event.subject_key))
        elif _opens_no_longer(context, tx, duty, before, event):
            gone.append(save_duty(context, tx, transitions.cancelled(duty, now=now)))
        elif (changed := _moved(context, tx, duty, event)) != duty:
            moved.append(save_duty(context, tx, changed))
    late = replace(event, time_set_at=now, time_set_from=registered_by.department)
    opened = open_for_event(context, tx, late, now, already=concerned(context, tx, before))
    return Registered(event=event, opened=tuple(opened), moved=tuple(moved), cancelled=tuple(gone))


def _moved(context: ServiceContext, tx: Reading, duty: Duty, event: Event) -> Duty:
    granted = granted_again(context, duty, event)
    changed = replace(duty, subject=event.subject, subject_key=event.subject_key)
    if granted is None:
        return changed
    return replace(
        rebased(context, tx, changed, granted.deadline),
        opened_late=granted.opened_late,
        short_notice=granted.short_notice,
    )


def _opens_no_longer(context: ServiceContext, tx: Reading, duty: Duty, before: Event, event: Event) -> bool:
    """Tell whether a duty's condition held before the change and holds no longer; retired ones included."""
    obligation = context.catalogue.obligations.get(duty.obligation)
    trigger = TriggerKeys(tx).trigger_of(duty, obligation) if obligation else None
    if obligation is None or trigger is None or trigger.condition is None:
        return False
    zone = context.calendar_of(obligation.provider, obligation.calendar).zone
    held, holds = (
        trigger.condition.holds(one.at.astimezone(zone).time(), one.fields) for one in (before, event)
    )
    return held and not holds


def _require_change(context: ServiceContext, tx: Reading, actor: Actor, event: Event, now: datetime) -> None:
    """Raise Forbidden unless the actor may change the event.

    The registering department may, and every provider or consumer of its duties.
    """
    duties = tx.find(Duty, event=event.id)
    parties = {party for duty in duties for party in (duty.provider, duty.consumer)}
    if actor.department in {event.registered_from, *parties}:
        context.require(actor, Right.REGISTER_EVENT, now)
        return
    consumer = duties[0].consumer if duties else ""
    context.require(actor, Right.CHANGE_EVENT, now, provider=event.registered_from, consumer=consumer)


def fields_asked(context: ServiceContext, event_type: EventType, at: datetime) -> tuple[Field, ...]:
    """Return the fields of an event type; those that a condition needs are required.

    Only conditions that can hold at this time of day count.
    """
    needed = {
        trigger.condition.field
        for _, trigger in context.catalogue.opened_by(event_type.id)
        if trigger.condition is not None and trigger.condition.field and time_holds(context, trigger, at)
    }
    return tuple(
        replace(field, required=True) if field.id in needed else field for field in event_type.fields
    )


def time_holds(context: ServiceContext, trigger: OnEvent, at: datetime) -> bool:
    """Tell whether a trigger's condition can hold at this time of day, for some fields."""
    condition = trigger.condition
    return condition is None or condition.holds_at(at.astimezone(context.settings.zone).time())


def _check(
    context: ServiceContext,
    event_type: EventType,
    subject: str,
    at: datetime,
    fields: Mapping[str, str],
    now: datetime,
) -> None:
    problems: list[SlaError] = []
    if not subject_key(subject) or len(subject) > LONGEST_SUBJECT:
        problems.append(
            UsageError(
                N_("{what} is missing or longer than {limit} characters."),
                what=event_type.subject,
                limit=LONGEST_SUBJECT,
            )
        )
    problems.extend(problems_with(fields_asked(context, event_type, at), fields))
    if problems:
        raise Incomplete(N_("“{title}” cannot be registered yet:"), tuple(problems), title=event_type.title)
    _check_time(context, event_type.title, planned=event_type.planned, at=at, now=now)


def _check_time(
    context: ServiceContext, title: object, *, planned: bool, at: datetime, now: datetime
) -> None:
    if not planned and at > now:
        raise UsageError(
            N_("“{title}” is something that has happened, but {at} lies ahead (now {now})."),
            title=title,
            at=at,
            now=now,
        )


def _ask_if_known(
    context: ServiceContext, tx: Reading, event_type: EventType, subject: str, at: datetime
) -> None:
    day = _day(context, at)
    for other in tx.find(
        Event, type=event_type.id, state=EventState.ACTIVE, subject_key=subject_key(subject)
    ):
        if _day(context, other.at) == day:
            raise NeedsConfirmation(
                N_(
                    "“{title}” about {subject} on that day was already registered by {by} at {at}. Register it again?"
                ),
                title=event_type.title,
                subject=other.subject,
                by=context.name_of(other.registered_by),
                at=other.registered_at,
            )


def _day(context: ServiceContext, instant: datetime) -> date:
    return instant.astimezone(context.settings.zone).date()


def listed(context: ServiceContext, *, cancelled: bool = False) -> list[Event]:
    """Return the active events, and with `cancelled` the cancelled ones, latest first."""
    states = (EventState.ACTIVE, EventState.CANCELLED) if cancelled else (EventState.ACTIVE,)
    return context.store.read(
        lambda tx: sorted(tx.find(Event, state=tuple(states)), key=lambda event: event.at, reverse=True)
    )
