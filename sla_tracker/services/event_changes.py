"""Carries a change of an event over to its duties.

A change by the consumer's or a third side counts at once, but an earlier time leaves people until the close of the next
workday. A change by the provider's side may need somebody's agreement, so that no department moves a deadline of its
own (docs/time.md, "Nobody moves a deadline of his own").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sla_tracker.domain.agreements.clocks import clock_for
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.agreements.occurrences import Granted
from sla_tracker.domain.deadlines.due import recalculated
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty, Opened
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.event_change import ChangeEffect, EventChange, EventChangeKind
from sla_tracker.domain.duties.event_changes import (
    counted_time,
    pending_change,
    time_of,
    unsettled_change,
    with_change,
    without_pending,
    without_unsettled,
)
from sla_tracker.domain.people import SYSTEM, Actor
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import calendar_of, granted_again, rebased
from sla_tracker.services.duties.keys import TriggerKeys, provider_of
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.chains import first_of
from sla_tracker.value_class import dataclass

TYPING_ERROR = timedelta(hours=1)  # how long a department may correct its own registration at once


@dataclass(frozen=True, slots=True, kw_only=True)
class EventEdit:
    """A change of an event from `before` to `after`, as its duties follow it.

    `is_typing_error` says that the actor's department corrects its own registration in time. `overdue` are the ids of
    its duties that were overdue before the change: what one of them waited for may move with it.
    """

    kind: EventChangeKind
    before: Event
    after: Event
    actor: Actor
    now: datetime
    reason: str = ""
    is_typing_error: bool = False
    overdue: frozenset[str] = frozenset()


def follow(context: ServiceContext, tx: Reading, duty: Duty, edit: EventEdit) -> Duty:
    """Return the duty after a change of its event, and what needs agreement."""
    named = replace(duty, subject=edit.after.subject, subject_key=edit.after.subject_key)
    is_active = edit.after.state is EventState.ACTIVE
    if duty.event_changes and is_active and _holds(context, tx, duty, edit.after):
        named = without_pending(named, about_time=False)
    if duty.state not in OWED:
        is_claimed = pending_change(duty) is not None and is_active
        return _followed_in_time(context, tx, named, edit) if is_claimed else _keeping_its_time(named, edit)
    if edit.kind is EventChangeKind.CANCELLED:
        return _withdrawn(named, edit)
    if not _holds(context, tx, duty, edit.after) and _holds(context, tx, duty, edit.before):
        return _withdrawn(named, replace(edit, kind=EventChangeKind.NO_LONGER_OPENS))
    return _followed_in_time(context, tx, named, edit)


def _followed_in_time(context: ServiceContext, tx: Reading, duty: Duty, edit: EventEdit) -> Duty:
    if duty.terms.opened is Opened.HAND_OVER or time_of(edit.before) == time_of(edit.after):
        return duty
    if counted_time(duty, edit.before) == time_of(edit.after):
        return replace(without_pending(duty, about_time=True), event_time=None)
    return _retimed(context, tx, duty, edit)


def _keeping_its_time(duty: Duty, edit: EventEdit) -> Duty:
    """Return a duty that is not owed, with the event time that it counted from.

    The duty is judged by that time also when it is reopened.
    """
    if duty.terms.opened is Opened.HAND_OVER or time_of(edit.before) == time_of(edit.after):
        return duty
    return replace(duty, event_time=counted_time(duty, edit.before))


def _withdrawn(duty: Duty, edit: EventEdit) -> Duty:
    """Return the duty cancelled.

    An overdue duty of the actor's own side is cancelled only when the consumer confirms.
    """
    if _is_own(duty, edit) and duty.id in edit.overdue:
        claimed = with_change(duty, _change(duty, edit, ChangeEffect.WHEN_CONFIRMED))
        return replace(claimed, event_time=counted_time(duty, edit.before))
    told = with_change(duty, _change(duty, edit, ChangeEffect.AT_ONCE))
    return transitions.cancelled(told, now=edit.now)


def _retimed(context: ServiceContext, tx: Reading, duty: Duty, edit: EventEdit) -> Duty:
    granted = granted_again(context, replace(duty, event_time=None), edit.after)
    if granted is None:
        return duty
    effect = _effect(duty, granted, edit, _due_given_back(context, duty, edit))
    is_moved = granted.deadline.due_at != _base_due_at(duty) or granted.short_notice != duty.short_notice
    if is_moved:
        noted = with_change(duty, _change(duty, edit, effect))
    else:
        noted = without_pending(duty, about_time=True)
        noted = noted if _is_own(duty, edit) else without_unsettled(noted)
    if effect in {ChangeEffect.NEVER, ChangeEffect.WHEN_CONFIRMED}:
        return replace(noted, event_time=counted_time(duty, edit.before))
    return with_granted(context, tx, noted, granted, edit)


def _due_given_back(context: ServiceContext, duty: Duty, edit: EventEdit) -> datetime:
    """Return the due time that an objection would give back.

    Where nothing is open to an objection, it is the present one.
    """
    unsettled = unsettled_change(duty)
    before = replace(duty, event_time=unsettled.before) if unsettled is not None else duty
    granted = granted_again(context, before, edit.before) if unsettled is not None else None
    return granted.deadline.due_at if granted is not None else _base_due_at(duty)


def _effect(duty: Duty, granted: Granted, edit: EventEdit, given_back: datetime) -> ChangeEffect:
    """Return when a new time counts for a duty.

    `given_back` is the due time that an objection would give back. A time that is not later than the present one, but
    later than that, counts and stays open to the objection.
    """
    is_later = granted.deadline.due_at > _base_due_at(duty)
    stops_counting = granted.short_notice and not duty.short_notice
    if not _is_own(duty, edit):
        return ChangeEffect.AT_ONCE
    if not (is_later or stops_counting):
        is_open = granted.deadline.due_at > given_back
        return ChangeEffect.UNLESS_OBJECTED if is_open else ChangeEffect.AT_ONCE
    if duty.state not in OWED:
        return ChangeEffect.WHEN_CONFIRMED
    if edit.kind is EventChangeKind.MOVED:
        if duty.id in edit.overdue:
            return ChangeEffect.NEVER
        waiting = pending_change(duty)
        is_objected_to = waiting is not None and bool(waiting.objected_by)
        needs_agreement = stops_counting or is_objected_to
        return ChangeEffect.WHEN_CONFIRMED if needs_agreement else ChangeEffect.UNLESS_OBJECTED
    return ChangeEffect.AT_ONCE if edit.is_typing_error else ChangeEffect.WHEN_CONFIRMED


def with_granted(context: ServiceContext, tx: Reading, duty: Duty, granted: Granted, edit: EventEdit) -> Duty:
    """Return the duty with the deadline of its event's new time.

    Set from outside, it is never earlier than the close of the first workday after the change. A duty that was overdue
    does not become one of short notice.
    """
    base = granted.deadline
    if not _is_own(duty, edit):
        calendar = calendar_of(context, duty)
        base = recalculated(duty.granted or duty.deadline, base, edit.now, calendar, by_event=True)
    short_notice = duty.short_notice if duty.id in edit.overdue else granted.short_notice
    return replace(
        rebased(context, tx, replace(duty, event_time=None), base),
        opened_late=granted.opened_late,
        short_notice=short_notice,
    )


def _base_due_at(duty: Duty) -> datetime:
    return (duty.granted or duty.deadline).due_at


def _is_own(duty: Duty, edit: EventEdit) -> bool:
    return edit.actor.department == duty.provider


def _change(duty: Duty, edit: EventEdit, effect: ChangeEffect) -> EventChange:
    unsettled = unsettled_change(duty) if effect is ChangeEffect.UNLESS_OBJECTED else None
    return EventChange(
        kind=edit.kind,
        effect=effect,
        at=edit.now,
        by=edit.actor.id,
        department=edit.actor.department,
        registered_from=edit.after.registered_from,
        before=unsettled.before if unsettled is not None else counted_time(duty, edit.before),
        new_at=edit.after.at,
        reason=edit.reason.strip(),
    )


def _holds(context: ServiceContext, tx: Reading, duty: Duty, event: Event) -> bool:
    """Tell whether an event meets the condition of a duty's trigger.

    Retired obligations are included. A duty that was handed over goes by the condition of the one that it came from.
    """
    first = first_of(tx, duty)
    obligation = context.catalogue.owed_by(duty.obligation, provider_of(first.key))
    trigger = TriggerKeys(tx).trigger_of(first, obligation) if obligation else None
    if obligation is not None and first.handed_from:
        trigger = _only_trigger(obligation, event)  # the duty that it came from lies in an archive
    if obligation is None or trigger is None or trigger.condition is None:
        return True
    _rule, calendar = clock_for(obligation, trigger.due, context.calendar_of)
    local = event.at.astimezone(calendar.zone).time()
    return trigger.condition.holds(local, event.fields, event.registered_from)


def _only_trigger(obligation: Obligation, event: Event) -> OnEvent | None:
    found = [one for one in obligation.declared if isinstance(one, OnEvent) and one.event_type == event.type]
    return found[0] if len(found) == 1 else None


def is_untouched(context: ServiceContext, actor: Actor, event: Event, duties: Iterable[Duty]) -> bool:
    """Tell whether only the actor's side has acted on its event of the last hour.

    Called outside a transaction, because it reads the history.
    """
    now = context.now()
    if event.registered_from != actor.department or now - event.registered_at > TYPING_ERROR:
        return False
    ids = [event.id, *(duty.id for duty in duties)]
    acting = {change.act.by for id in ids for change in context.store.history(id)}
    return acting <= {actor.id, event.registered_by, SYSTEM}


def has_passed_due(duties: Iterable[Duty], now: datetime) -> bool:
    """Tell whether any of the duties was due by now."""
    return any(duty.due_at < now for duty in duties)
