"""Computes a duty's deadline from its rule, today's calendar and excused time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sla_tracker.domain.agreements.obligation import OnEvent
from sla_tracker.domain.agreements.occurrences import Granted, about, granted_by_event
from sla_tracker.domain.deadlines.due import (
    AfterDuty,
    Deadline,
    Interval,
    deadline_after,
    deadline_on,
    precedes_event,
    recalculated,
    with_excuses,
)
from sla_tracker.domain.deadlines.duty_clock import clock_of
from sla_tracker.domain.duties.duty import OWED, Duty, Opened, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_changes import counted_time, with_time
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.archive_index import IndexedMonth
from sla_tracker.domain.time.instants import following
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.waits import since_own_clock, waits_of, with_ended_waits
from sla_tracker.services.open_requests.clocks import asked_request, paper_wait
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.counted import counted_deadline_of


def calendar_of(context: ServiceContext, duty: Duty) -> WorkCalendar:
    """Return the working calendar of a duty's deadline."""
    return context.calendar_of(duty.provider, duty.terms.due.calendar or duty.terms.calendar)


def excused(context: ServiceContext, tx: Reading, duty: Duty) -> Duty:
    """Return the duty with its deadline extended by all excused time so far.

    An excuse that still runs is kept without adding time yet, unless it began after the extended deadline.
    """
    clock = clock_of(duty.terms.due, calendar_of(context, duty))
    base = duty.granted or duty.deadline
    waits = waits_of(context, tx, duty)
    intervals = excusing_intervals(context, duty, since_own_clock(context, tx, duty, waits))
    duty = with_ended_waits(duty, waits)
    due_at = with_excuses(base, intervals, clock).due_at
    kept = tuple(
        interval
        for interval in intervals
        if interval.end_at is not None or clock.between(interval.start_at, due_at) > timedelta()
    )
    if not kept:
        return replace(duty, granted=None, deadline=base, due_at=base.due_at, excuses=())
    deadline = with_excuses(base, kept, clock)
    return replace(duty, granted=base, deadline=deadline, due_at=deadline.due_at, excuses=kept)


def due_now(context: ServiceContext, duty: Duty, now: datetime) -> Deadline:
    """Return the deadline at this instant, with running excuses counted up to `now`."""
    if duty.state not in OWED or all(excuse.end_at is not None for excuse in duty.excuses):
        return duty.deadline
    # A wait is noted from the due of the other duty on, which may lie ahead: nothing waits yet.
    begun = [excuse for excuse in duty.excuses if excuse.end_at is not None or excuse.start_at <= now]
    clock = clock_of(duty.terms.due, calendar_of(context, duty))
    return with_excuses(duty.granted or duty.deadline, begun, clock, now=now)


def as_of(context: ServiceContext, duty: Duty, now: datetime) -> Duty:
    """Return the duty with the deadline that it has at this instant.

    The returned duty is for showing and is never stored.
    """
    deadline = due_now(context, duty, now)
    return duty if deadline is duty.deadline else replace(duty, deadline=deadline, due_at=deadline.due_at)


def excusing_intervals(
    context: ServiceContext, duty: Duty, waits: Iterable[Interval]
) -> tuple[Interval, ...]:
    """Return the intervals that excuse the provider, by start.

    Holds that count, waiting for other duties or for papers, and the consumer's time before returning a delivery. A
    standing delivery or a hand-over ends all of them.
    """
    found = sorted(
        (*_hold_intervals(context, duty), *_return_intervals(context, duty), *paper_wait(duty), *waits),
        key=lambda one: one.start_at,
    )
    done_at = duty.delivered_at or duty.closed_at
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


def in_open_month(tx: Reading, duty: Duty) -> Duty:
    """Return the duty counted in its month, or carried to the next month not closed."""
    month = duty.month
    while (known := tx.get(IndexedMonth, month)) is not None and known.closed:
        month = following(month)
    return duty if month == duty.month else replace(duty, month=month, carried=True)


def is_in_closed_month(tx: Reading, duty: Duty) -> bool:
    """Tell whether the month of a duty is closed, so that its figures stand."""
    known = tx.get(IndexedMonth, duty.month)
    return known is not None and known.closed


def rebased(context: ServiceContext, tx: Reading, duty: Duty, base: Deadline) -> Duty:
    """Return the duty with a new base deadline; month and excuses are recomputed."""
    moved = replace(duty, granted=None, deadline=base, due_at=base.due_at, month=f"{base.nominal_on:%Y-%m}")
    return excused(context, tx, in_open_month(tx, replace(moved, carried=False)))


def recomputed(
    context: ServiceContext,
    tx: Reading,
    duty: Duty,
    now: datetime,
    *,
    reopened: bool = False,
    by_agreement: bool = False,
) -> Duty:
    """Return the duty recomputed on the current calendar.

    `by_agreement` says that an agreement has changed its turn. A delivered duty, and one that is being reopened, keeps
    the later of both deadlines. An undelivered one moves no earlier than to the close of the first workday after today.
    """
    is_counted = isinstance(duty.terms.due, AfterDuty)
    fresh = (counted_deadline_of if is_counted else _base_on_current_calendar)(context, tx, duty)
    if fresh is None:
        return duty
    old = duty.granted or duty.deadline
    calendar = calendar_of(context, duty)
    delivered = reopened or duty.state is State.DELIVERED
    cause = "agreement" if by_agreement else ""
    base = recalculated(old, fresh, now, calendar, delivered=delivered, cause=cause)
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
            return None if request is None else asked_request(context, duty, request).settlement()
        case Opened.HAND_OVER:
            return deadline_after(duty.terms.due, duty.opened_at, calendar)


def granted_again(context: ServiceContext, duty: Duty, event: Event) -> Granted | None:
    """Return the deadline that an event gives a duty by the duty's own terms.

    The condition of the trigger is not checked again. Grace is that of the registration that opened the duty, whoever
    corrected the event since; short notice is judged by who set the time. None for a duty that was handed over: it has
    a clock of its own.
    """
    if duty.terms.opened is Opened.HAND_OVER:
        return None
    event = with_time(event, counted_time(duty, event))
    is_judged_by_time = event.planned and precedes_event(duty.terms.due)
    if not is_judged_by_time or duty.opened_at > event.time_set_at:
        event = replace(event, time_set_at=duty.opened_at, time_set_from=duty.opened_from)
    trigger = OnEvent(event_type=event.type, due=duty.terms.due)
    return granted_by_event(duty.provider, trigger, event, calendar_of(context, duty))
