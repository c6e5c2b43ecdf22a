"""Finds the duties that a duty waits for, and the time that it has waited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.deadlines.due import Interval, opens_at
from sla_tracker.domain.duties.duty import LIVE, Duty, Opened, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_changes import counted_time
from sla_tracker.domain.measures.month import months_around
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading


def waits_of(context: ServiceContext, tx: Reading, duty: Duty) -> tuple[Interval, ...]:
    """Return the intervals in which a duty waited, or waits, for others.

    None begins before the duty's own clock. A wait for a duty that is cancelled ends then; what was waited for a duty
    that lies in an archive is taken from the duty itself.
    """
    others = {
        other.id: other
        for obligation in duty.terms.depends_on
        for other in _prerequisites(tx, duty, obligation)
    }
    for known in (*duty.waits, *duty.excuses):
        other = (
            tx.get(Duty, known.waited_for) if known.waited_for and known.waited_for not in others else None
        )
        if other is not None:
            others[other.id] = other
    read = {id: other for id, other in others.items() if not _continues_in_an_archive(tx, other)}
    if not read and not duty.waits and not duty.excuses:
        return ()
    since = _clock_start(context, tx, duty)
    fresh = [wait for other in read.values() for wait in _waits_for(tx, other, since)]
    return (*fresh, *_kept(duty, read.values()))


def _kept(duty: Duty, read: Iterable[Duty]) -> Iterator[Interval]:
    """Yield the ended waits that the duty keeps, for duties that cannot be read any more."""
    ids = {other.id for other in read}
    yield from (wait for wait in duty.waits if wait.waited_for not in ids)
    # Before waits were kept with the id they waited for, only they had an English reason.
    reasons = {_reason(other)[0] for other in read} | {wait.why for wait in duty.waits}
    for excuse in duty.excuses:
        if excuse.why_en and not excuse.waited_for and excuse.end_at and excuse.why not in reasons:
            yield excuse


def _clock_start(context: ServiceContext, tx: Reading, duty: Duty) -> datetime:
    """Return when the clock of a duty began: its event, its request, or its opening."""
    if duty.terms.opened is Opened.ON_EVENT and not duty.opened_late:
        event = tx.get(Event, duty.event)
        return duty.opened_at if event is None else min(counted_time(duty, event).at, duty.opened_at)
    obligation = context.catalogue.obligations.get(duty.obligation)
    if duty.period_start is None or duty.handed_from or obligation is None:
        return duty.opened_at
    calendar = context.calendar_of(duty.provider, duty.terms.calendar)
    # Opened late, after a time without any run, it counts from the day on which it should have opened.
    return min(duty.opened_at, opens_at(duty.granted or duty.deadline, obligation.opens_before, calendar))


def _waits_for(tx: Reading, other: Duty, clock_start: datetime) -> Iterator[Interval]:
    """Yield the waits for a duty, from its deadline before excuses.

    What excuses the other provider does not shorten the wait.
    """
    why, why_en = _reason(other)
    for start_at, end_at in _undelivered_intervals(tx, other, (other.granted or other.deadline).due_at):
        begins_at = max(start_at, clock_start)
        if end_at is None or begins_at < end_at:
            yield Interval(start_at=begins_at, end_at=end_at, why=why, why_en=why_en, waited_for=other.id)


def _reason(other: Duty) -> tuple[str, str]:
    """Return why one waits for a duty, in Chinese and in English."""
    return (
        f"等待“{other.title.zh}” {other.reference}",
        f"waiting for “{other.title.get('en')}” {other.reference}",
    )


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
    linked = _linked(tx, other)
    if linked is not None:
        yield from _undelivered_intervals(tx, linked, since)
    elif other.closed_at is None or other.closed_at > since:
        yield since, other.closed_at


def _linked(tx: Reading, other: Duty) -> Duty | None:
    """Return the duty that a handed-over one continues as; None without one or in an archive."""
    return tx.get(Duty, other.handed_to) if other.state is State.HANDED_OVER else None


def _continues_in_an_archive(tx: Reading, other: Duty) -> bool:
    """Tell whether a duty was handed over to one that lies in an archive."""
    while other.state is State.HANDED_OVER:
        linked = _linked(tx, other)
        if linked is None:
            return True
        other = linked
    return False


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
    linked = _linked(tx, other)
    return other if linked is None else _last_handed_over(tx, linked)


def _prerequisites(tx: Reading, duty: Duty, obligation: str) -> list[Duty]:
    """Return the duties of an obligation with the same event, subject or period as this."""
    found = tx.find(Duty, obligation=obligation, event=duty.event) if duty.event else []
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
    for obligation in context.catalogue.dependents(duty.obligation):
        for dependent in tx.find(Duty, obligation=obligation, state=LIVE):
            if duty.obligation in dependent.terms.depends_on and _depends_on(dependent, duty):
                yield dependent


def _depends_on(dependent: Duty, duty: Duty) -> bool:
    return (
        (bool(dependent.event) and dependent.event == duty.event)
        or (bool(dependent.subject_key) and dependent.subject_key == duty.subject_key)
        or (dependent.period_start is not None and dependent.period_start == duty.period_start)
    )


def with_ended_waits(duty: Duty, waits: Iterable[Interval]) -> Duty:
    """Return the duty keeping those of its waits that have ended."""
    ended = tuple(wait for wait in waits if wait.end_at is not None)
    return duty if ended == duty.waits else replace(duty, waits=ended)
