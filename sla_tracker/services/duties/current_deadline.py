"""Computes a duty's current deadline: its rule on today's calendar, plus excused time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sla_tracker.domain.agreements.obligation import OnEvent, OnRequest
from sla_tracker.domain.agreements.occurrences import Granted, about, granted_by_event, granted_by_request
from sla_tracker.domain.deadlines.due import (
    Deadline,
    Interval,
    deadline_after,
    deadline_on,
    recalculated,
    with_excuses,
)
from sla_tracker.domain.duties.duty import LIVE, Duty, Opened, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.month import Month, following, months_around
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading


def calendar_of(context: ServiceContext, duty: Duty) -> WorkCalendar:
    """Return the working calendar of a duty's deadline."""
    return context.calendar_of(duty.provider, duty.terms.calendar)


def excused(context: ServiceContext, tx: Reading, duty: Duty) -> Duty:
    """Return the duty with its deadline extended by all excused time so far.

    An excuse that still runs is kept without adding time yet, unless it began after the extended deadline.
    """
    calendar = calendar_of(context, duty)
    base = duty.granted or duty.deadline
    intervals = _intervals_of(context, tx, duty)
    due_at = with_excuses(base, intervals, calendar).due_at
    kept = tuple(
        interval
        for interval in intervals
        if interval.end_at is not None
        or calendar.working_time_between(interval.start_at, due_at) > timedelta()
    )
    if not kept:
        return replace(duty, granted=None, deadline=base, due_at=base.due_at, excuses=())
    deadline = with_excuses(base, kept, calendar)
    return replace(duty, granted=base, deadline=deadline, due_at=deadline.due_at, excuses=kept)


def due_now(context: ServiceContext, duty: Duty, now: datetime) -> Deadline:
    """Return the deadline at this instant, with running excuses counted up to `now`."""
    if not duty.stands_still(now):
        return duty.deadline
    return with_excuses(duty.granted or duty.deadline, duty.excuses, calendar_of(context, duty), now=now)


def _intervals_of(context: ServiceContext, tx: Reading, duty: Duty) -> tuple[Interval, ...]:
    """Return the intervals that excuse the provider, by start.

    Holds that count, waiting for other duties, and the consumer's time before returning a delivery. A standing delivery
    ends all of them.
    """
    found = sorted(
        (
            *_hold_intervals(context, duty),
            *_return_intervals(context, duty),
            *_dependency_intervals(tx, duty),
        ),
        key=lambda one: one.start_at,
    )
    done_at = duty.delivered_at
    if done_at is None:
        return tuple(found)
    return tuple(
        replace(one, end_at=done_at if one.end_at is None else min(one.end_at, done_at))
        for one in found
        if one.start_at < done_at
    )


def _hold_intervals(context: ServiceContext, duty: Duty) -> Iterator[Interval]:
    for hold in duty.holds:
        if hold.counts:
            why = f"{context.party_with(hold.waits_for, hold.reason)} · {context.name_of(hold.by)}"
            yield Interval(start_at=hold.start_at, end_at=hold.end_at, why=why)


def _return_intervals(context: ServiceContext, duty: Duty) -> Iterator[Interval]:
    for delivery in duty.deliveries:
        if delivery.returned_at is not None:
            why = context.party_with(delivery.returned_by, delivery.reason)
            yield Interval(start_at=delivery.at, end_at=delivery.returned_at, why=why)


def _dependency_intervals(tx: Reading, duty: Duty) -> Iterator[Interval]:
    """Yield the intervals in which a duty that this one depends on was overdue.

    Overdue by its deadline before excuses: what excuses the other provider does not shorten the wait.
    """
    for obligation in duty.terms.depends_on:
        for other in _prerequisites(tx, duty, obligation):
            why = f"等待“{other.title.zh}” {other.reference}"
            why_en = f"waiting for “{other.title.get('en')}” {other.reference}"
            for start_at, end_at in _undelivered_intervals(
                tx, other, (other.granted or other.deadline).due_at
            ):
                yield Interval(start_at=start_at, end_at=end_at, why=why, why_en=why_en)


def _undelivered_intervals(
    tx: Reading, other: Duty, since: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the intervals after `since` in which a duty had no standing delivery.

    A duty that was handed over continues as the duty linked to it.
    """
    for delivery in other.deliveries:
        if delivery.at > since:
            yield since, delivery.at
        if delivery.returned_at is None:
            return
        since = max(since, delivery.returned_at)
    linked = tx.get(Duty, other.handed_to) if other.state is State.HANDED_OVER else None
    if linked is not None:
        yield from _undelivered_intervals(tx, linked, since)
    elif other.closed_at is None or other.closed_at > since:
        yield since, other.closed_at


def awaited(tx: Reading, duty: Duty) -> list[Duty]:
    """Return the undelivered or missed duties that this one depends on.

    For a duty that was handed over, the last one of the chain.
    """
    found = [
        _last_handed_over(tx, other)
        for obligation in duty.terms.depends_on
        for other in _prerequisites(tx, duty, obligation)
    ]
    return [
        other
        for other in found
        if other.state is State.MISSED or (other.delivered_at is None and other.closed_at is None)
    ]


def _last_handed_over(tx: Reading, other: Duty) -> Duty:
    linked = tx.get(Duty, other.handed_to) if other.state is State.HANDED_OVER else None
    return other if linked is None else _last_handed_over(tx, linked)


def _prerequisites(tx: Reading, duty: Duty, obligation: str) -> list[Duty]:
    """Return the duties of an obligation with the same event, subject or period as this."""
    if duty.event:
        found = tx.find(Duty, obligation=obligation, event=duty.event)
    else:
        found = []
    if not found and duty.subject_key:
        found = tx.find(Duty, obligation=obligation, subject_key=duty.subject_key)
        found = sorted(found, key=lambda other: other.opened_at)[-1:]
    if not found and duty.period_start is not None:
        around = months_around(duty.month)
        found = [
            other
            for other in tx.find(Duty, obligation=obligation, month=around)
            if other.period_start == duty.period_start
        ]
    return [other for other in found if not other.handed_from and other.state is not State.CANCELLED]


def dependents_of(context: ServiceContext, tx: Reading, duty: Duty) -> Iterator[Duty]:
    """Yield the live duties that depend on this one."""
    for obligation in context.catalogue.obligations.values():
        if duty.obligation not in obligation.depends_on:
            continue
        for dependent in tx.find(Duty, obligation=obligation.id, state=LIVE):
            if duty.obligation in dependent.terms.depends_on and _depends_on(dependent, duty):
                yield dependent


def _depends_on(dependent: Duty, duty: Duty) -> bool:
    return (
        (bool(dependent.event) and dependent.event == duty.event)
        or (bool(dependent.subject_key) and dependent.subject_key == duty.subject_key)
        or (dependent.period_start is not None and dependent.period_start == duty.period_start)
    )


def in_open_month(tx: Reading, duty: Duty) -> Duty:
    """Return the duty counted in its month, or carried to the next month not closed."""
    month = duty.month
    while (known := tx.get(Month, month)) is not None and known.closed:
        month = following(month)
    return duty if month == duty.month else replace(duty, month=month, carried=True)


def rebased(context: ServiceContext, tx: Reading, duty: Duty, base: Deadline) -> Duty:
    """Return the duty with a new base deadline; month and excuses are recomputed."""
    moved = replace(duty, granted=None, deadline=base, due_at=base.due_at, month=f"{base.nominal_on:%Y-%m}")
    return excused(context, tx, in_open_month(tx, replace(moved, carried=False)))


def recomputed(context: ServiceContext, tx: Reading, duty: Duty, now: datetime) -> Duty:
    """Return the duty recomputed on the current calendar.

    A delivered duty keeps the later of both deadlines. An undelivered one moves no earlier than to the close of the
    first workday after today.
    """
    fresh = _base_on_current_calendar(context, tx, duty)
    if fresh is None:
        return duty
    old = duty.granted or duty.deadline
    calendar = calendar_of(context, duty)
    delivered = duty.state is State.DELIVERED
    base = recalculated(old, fresh, now, calendar, delivered=delivered)
    unmoved = (base.due_at, base.provisional) == (old.due_at, old.provisional)
    return excused(context, tx, duty) if unmoved else rebased(context, tx, duty, base)


def _base_on_current_calendar(context: ServiceContext, tx: Reading, duty: Duty) -> Deadline | None:
    calendar = calendar_of(context, duty)
    match duty.terms.opened:
        case Opened.RECURRING | Opened.STANDING:
            fresh = deadline_on(duty.terms.due, (duty.granted or duty.deadline).nominal_on, calendar)
            if duty.period_start is None or duty.period_end is None:
                return fresh
            return about(fresh, duty.period_start, duty.period_end)
        case Opened.ON_EVENT:
            event = tx.get(Event, duty.event)
            granted = granted_again(context, duty, event) if event else None
            return granted.deadline if granted else None
        case Opened.ON_REQUEST:
            request = tx.get(Request, duty.request)
            if request is None:
                return None
            trigger = OnRequest(due=duty.terms.due)
            return granted_by_request(trigger, request.requested_at, request.wanted_at, calendar)[0]
        case Opened.HAND_OVER:
            return deadline_after(duty.terms.due, duty.opened_at, calendar)


def granted_again(context: ServiceContext, duty: Duty, event: Event) -> Granted | None:
    """Return the deadline that an event gives a duty by the duty's own terms.

    The condition of the trigger is not checked again. A duty opened by a later correction of the
    event counts as registered at that correction.
    """
    if duty.opened_at > event.time_set_at:
        event = replace(event, time_set_at=duty.opened_at, time_set_from=duty.opened_from)
    trigger = OnEvent(event_type=event.type, due=duty.terms.due)
    return granted_by_event(duty.provider, trigger, event, calendar_of(context, duty))
