"""Use cases of event changes that need agreement: confirm, refuse, object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_change import EventChange, EventChangeKind
from sla_tracker.domain.duties.event_changes import (
    deciding_departments,
    judged,
    objected,
    pending_change,
    with_time,
)
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, IllegalTransition
from sla_tracker.services.access import Right, may
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import granted_again, is_in_closed_month, rebased
from sla_tracker.services.duties.saving import accept_by_silence, save_duty, settle_silence
from sla_tracker.services.event_changes import EventEdit
from sla_tracker.services.events import Registered, prepare_change, update_duties
from sla_tracker.services.lookup.references import existing, must_not_be_sealed
from sla_tracker.services.ports import Reading, Writing

Judge = Callable[[Writing, Duty, datetime], Duty]


def confirm(context: ServiceContext, actor: Actor, event_id: str, *, duty_id: str = "") -> Registered:
    """Confirm what a department changed about an event of its own duties.

    The change counts from now on, for every duty of the event for which the actor may decide, or only for `duty_id`.
    Raises IllegalTransition when nothing waits, Forbidden when somebody else has to decide.
    """
    prepare_change(context, event_id)

    def work(tx: Writing, now: datetime) -> Registered:
        decided = _decide(context, tx, actor, event_id, duty_id, _confirmed(context, actor), now)
        event = existing(tx, Event, event_id)
        if event.before_claim is not None and any(_has_confirmed_time(duty, now) for duty in decided):
            event = replace(event, before_claim=None)
            tx.put(event)
        gone = tuple(duty for duty in decided if duty.state is State.CANCELLED)
        moved = tuple(duty for duty in decided if duty.state is not State.CANCELLED)
        return Registered(event=event, moved=moved, cancelled=gone)

    return context.write(actor, Verb.CONFIRMED_EVENT, work)


def refuse(
    context: ServiceContext, actor: Actor, event_id: str, reason: str, *, duty_id: str = ""
) -> Registered:
    """Refuse, with a reason, what a department changed about its duties' event.

    The duties keep their due times. Once nobody is left who could confirm the time, the event gets the time back that
    it had before.
    """
    reason_given(reason)
    prepare_change(context, event_id)

    def work(tx: Writing, now: datetime) -> Registered:
        # Read first, because the event loses its mark with the last decision.
        claimed_before = existing(tx, Event, event_id).before_claim
        refused = lambda _tx, duty, at: judged(duty, confirmed=False, answer=reason, by=actor.id, now=at)
        decided = _decide(context, tx, actor, event_id, duty_id, refused, now)
        event = existing(tx, Event, event_id)
        waiting = (pending_change(duty) for duty in tx.find(Duty, event=event.id))
        if claimed_before is None or any(one is not None and one.sets_time for one in waiting):
            return Registered(event=event, moved=decided)
        restored = replace(with_time(event, claimed_before), before_claim=None)
        edit = EventEdit(
            kind=EventChangeKind.CORRECTED,
            before=event,
            after=restored,
            actor=actor,
            now=now,
            reason=reason,
        )
        return update_duties(context, tx, edit)

    return context.write(actor, Verb.REFUSED_EVENT, work, reason)


def object_to(context: ServiceContext, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Object to a provider's move of an event, as the consumer.

    After that only the consumer's head can make the move count.
    """
    must_not_be_sealed(context, Duty, duty_id)
    settle_silence(context, lambda tx: filter(None, [tx.get(Duty, duty_id)]))

    def work(tx: Writing, now: datetime) -> Duty:
        duty = transitions.by_silence(existing(tx, Duty, duty_id), now)
        context.require(actor, Right.OBJECT, now, provider=duty.provider, consumer=duty.consumer)
        refused = objected(duty, reason=reason, by=actor.id, now=now)
        return save_duty(context, tx, _recounted(context, tx, refused))

    return context.write(actor, Verb.OBJECTED_EVENT, work, reason)


def may_decide(actor: Actor, duty: Duty, change: EventChange) -> bool:
    """Tell whether the actor may confirm or refuse a pending change."""
    right, parties = _deciders(duty, change)
    return may(actor, right, **parties)


def _deciders(duty: Duty, change: EventChange) -> tuple[Right, dict[str, str]]:
    """Return the right that a decision takes, and the two departments that have it."""
    consumer, *others = deciding_departments(duty, change)
    right = Right.CONFIRM_HOLD if change.objected_by else Right.CONFIRM_EVENT
    return right, {"provider": others[0] if others else consumer, "consumer": consumer}


def _decide(
    context: ServiceContext,
    tx: Writing,
    actor: Actor,
    event_id: str,
    duty_id: str,
    judge: Judge,
    now: datetime,
) -> tuple[Duty, ...]:
    """Judge the pending changes of an event's duties that the actor may decide on."""
    event = existing(tx, Event, event_id)
    list(accept_by_silence(context, tx, tx.find(Duty, event=event.id), now))
    waiting = [
        (duty, change)
        for duty in tx.find(Duty, event=event.id)
        if (change := pending_change(duty)) is not None
        and duty_id in {"", duty.id}
        and not is_in_closed_month(tx, duty)
    ]
    if not waiting:
        raise IllegalTransition(
            N_("No change of “{title}” about {subject} waits for a confirmation."),
            title=event.title,
            subject=event.subject,
        )
    acting = context.acting(actor, now)
    mine = [duty for duty, change in waiting if may_decide(acting, duty, change)]
    if not mine:
        right, parties = _deciders(*waiting[0])
        context.require(actor, right, now, **parties)
    return tuple(save_duty(context, tx, judge(tx, duty, now)) for duty in mine)


def _confirmed(context: ServiceContext, actor: Actor) -> Judge:
    def judge(tx: Writing, duty: Duty, now: datetime) -> Duty:
        change = pending_change(duty)
        decided = judged(duty, confirmed=True, answer="", by=actor.id, now=now)
        if change is not None and not change.sets_time:
            return transitions.cancelled(decided, now=now)
        event = tx.get(Event, duty.event)
        is_elsewhere = event is not None and change is not None and event.at != change.new_at
        # The event may have moved on since without that counting for the duty: what is confirmed is this time alone.
        confirmed_time = change.new_time if change is not None and is_elsewhere else None
        return _recounted(context, tx, replace(decided, event_time=confirmed_time))

    return judge


def _recounted(context: ServiceContext, tx: Reading, duty: Duty) -> Duty:
    """Return the duty with the deadline of the time that it counts from."""
    event = tx.get(Event, duty.event)
    granted = granted_again(context, duty, event) if event else None
    if granted is None:
        return duty
    moved = rebased(context, tx, duty, granted.deadline)
    return replace(moved, opened_late=granted.opened_late, short_notice=granted.short_notice)


def _has_confirmed_time(duty: Duty, now: datetime) -> bool:
    return any(one.confirmed and one.sets_time and one.confirmed_at == now for one in duty.event_changes)
