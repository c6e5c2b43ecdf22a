"""What a duty's deadline is now: its frozen rule on today's calendar, extended by what excuses the provider."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_tracker.core.due import Deadline, Interval, deadline_after, deadline_on, recalculated, with_excuses
from sla_tracker.core.duty import Duty, Opened, State
from sla_tracker.core.event import Event
from sla_tracker.core.obligation import OnEvent, OnRequest
from sla_tracker.core.request import Request
from sla_tracker.core.triggers import Granted, granted_by_event, granted_by_request
from sla_tracker.core.workcalendar import WorkCalendar
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Reading


def calendar_of(desk: Desk, duty: Duty) -> WorkCalendar:
    """Return the working calendar that a duty's deadline is computed on."""
    return desk.calendar_of(duty.provider, duty.terms.calendar)


def intervals_of(tx: Reading, duty: Duty) -> tuple[Interval, ...]:
    """Return what excuses the provider: holds that count, waiting for other duties, and the consumer's own holding."""
    holds = (
        Interval(start_at=hold.start_at, end_at=hold.end_at, why="hold") for hold in duty.holds if hold.counts
    )
    judging = (
        Interval(start_at=delivery.at, end_at=delivery.returned_at, why="judging")
        for delivery in duty.deliveries
        if delivery.returned_at is not None
    )
    return tuple(sorted((*holds, *judging, *_waits(tx, duty)), key=lambda interval: interval.start_at))


def _waits(tx: Reading, duty: Duty) -> list[Interval]:
    """Return the waits for duties this one depends on: from that duty's due time to its accepted delivery."""
    waits = []
    for obligation in duty.terms.depends_on:
        for other in tx.find(Duty, obligation=obligation):
            if not _belongs_together(duty, other) or other.state in {State.WAIVED, State.CANCELLED}:
                continue
            done = other.delivery
            end = done.at if done is not None and other.state is State.ACCEPTED else None
            if end is None or end > other.due_at:
                waits.append(Interval(start_at=other.due_at, end_at=end, why=f"waiting:{other.reference}"))
    return waits


def _belongs_together(duty: Duty, other: Duty) -> bool:
    if duty.event or other.event:
        return duty.event == other.event or (bool(duty.subject_key) and duty.subject_key == other.subject_key)
    return duty.period_start == other.period_start and duty.subject_key == other.subject_key


def excused(desk: Desk, tx: Reading, duty: Duty) -> Duty:
    """Return the duty with its deadline extended by everything that excuses it at present."""
    intervals = intervals_of(tx, duty)
    base = duty.granted or duty.deadline
    if not intervals:
        return replace(duty, granted=None, deadline=base, due_at=base.due_at, excuses=())
    deadline = with_excuses(base, intervals, calendar_of(desk, duty))
    return replace(duty, granted=base, deadline=deadline, due_at=deadline.due_at, excuses=intervals)


def rebased(desk: Desk, tx: Reading, duty: Duty, base: Deadline) -> Duty:
    """Return the duty on a new deadline before excuses, with its month and its excuses following."""
    return excused(
        desk,
        tx,
        replace(duty, granted=None, deadline=base, due_at=base.due_at, month=f"{base.nominal_on:%Y-%m}"),
    )


def recomputed(desk: Desk, tx: Reading, duty: Duty, now: datetime) -> Duty:
    """Return the duty on the present calendar; one that was delivered keeps the later of both deadlines.

    An undelivered duty moves earlier at most to the close of the first workday after today.
    """
    fresh = _fresh(desk, tx, duty)
    if fresh is None:
        return duty
    old = duty.granted or duty.deadline
    base = recalculated(old, fresh, now, calendar_of(desk, duty), delivered=duty.state is State.DELIVERED)
    return duty if base == old else rebased(desk, tx, duty, base)


def _fresh(desk: Desk, tx: Reading, duty: Duty) -> Deadline | None:
    calendar = calendar_of(desk, duty)
    match duty.terms.opened:
        case Opened.RECURRING | Opened.STANDING:
            return deadline_on(duty.terms.due, (duty.granted or duty.deadline).nominal_on, calendar)
        case Opened.ON_EVENT:
            event = tx.get(Event, duty.event)
            granted = granted_again(desk, duty, event) if event else None
            return granted.deadline if granted else None
        case Opened.ON_REQUEST:
            request = tx.get(Request, duty.request)
            if request is None:
                return None
            trigger = OnRequest(due=duty.terms.due)
            return granted_by_request(trigger, request.requested_at, request.wanted_at, calendar)[0]
        case Opened.HAND_OVER:
            return deadline_after(duty.terms.due, duty.opened_at, calendar)


def granted_again(desk: Desk, duty: Duty, event: Event) -> Granted | None:
    """Return what an event grants a duty under its frozen terms, ignoring the condition that opened it."""
    trigger = OnEvent(event_type=event.type, due=duty.terms.due)
    return granted_by_event(duty.provider, trigger, event, calendar_of(desk, duty))
