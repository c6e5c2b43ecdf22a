"""Stores a changed duty.

Updates its request, its event and the duties that depend on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from sla_tracker.domain.duties import request as steps
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.measures.archive_index import IndexedMonth
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.claimed_times import end_claim
from sla_tracker.services.duties.current_deadline import excused, in_open_month, recomputed
from sla_tracker.services.duties.scheduling.batches import Write, in_batches
from sla_tracker.services.duties.waits import waits_of, with_ended_waits
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.counted import counted_from, opened_by_delivery
from sla_tracker.services.turns.prerequisites import dependents_of


def settle_silence(context: ServiceContext, concerned: Callable[[Reading], Iterable[Duty]]) -> None:
    """Store that silence accepted some of the duties that a person is about to act on.

    The acceptance is recorded as a separate act of the system, because the history would otherwise show the person's
    act only.
    """
    now, context = context.now(), context.for_the_program()
    ids = context.store.read(lambda tx: [one.id for one in concerned(tx) if accepted_by_silence(one, now)])
    list(accept_in_batches(context, partial(context.write, None, Verb.ROLLED_OVER), ids))


def accept_in_batches(context: ServiceContext, write: Write, ids: Iterable[str]) -> Iterator[Duty]:
    """Accept deliveries whose time for a verdict has passed; yields those duties.

    Each transaction accepts a limited number.
    """

    def change(_tx: Reading, duty: Duty, now: datetime) -> Duty | None:
        return accepted_by_silence(duty, now)

    yield from in_batches(context, write, (Duty, ids), change, lambda tx, duty: save_duty(context, tx, duty))


def accept_by_silence(
    context: ServiceContext, tx: Writing, duties: Iterable[Duty], now: datetime
) -> Iterator[Duty]:
    """Accept the deliveries whose time for a verdict has passed; yields those duties."""
    for accepted in [accepted_by_silence(duty, now) for duty in duties]:
        if accepted is not None:
            yield save_duty(context, tx, accepted)


def accepted_by_silence(duty: Duty, now: datetime) -> Duty | None:
    """Return a duty as silence has accepted it by now; None if it has not."""
    accepted = transitions.by_silence(duty, now)
    return None if accepted is duty else accepted


def save_duty(context: ServiceContext, tx: Writing, duty: Duty) -> Duty:
    """Store a duty with recomputed excuses, its request and its dependents.

    Returns the duty as stored.
    """
    return _save(context, tx, duty, {duty.id})


def _save(context: ServiceContext, tx: Writing, duty: Duty, seen: set[str]) -> Duty:
    before = tx.get(Duty, duty.id)
    # When a duty closes, what excused it until then still counts; afterwards its deadline stands.
    moves = duty.is_live or (before is not None and before.is_live)
    saved = excused(context, tx, duty) if moves else duty
    tx.put(saved)
    _update_request(context, tx, saved)
    if saved.event_changes:
        end_claim(tx, saved.event)
    _follow_counted(context, tx, saved, seen)
    for dependent in list(dependents_of(context, tx, saved)):
        if dependent.id in seen:  # duties that depend on each other
            continue
        if not dependent.is_live:
            _keep_waits(context, tx, dependent)
        elif excused(context, tx, dependent) != dependent:
            _save(context, tx, dependent, seen | {dependent.id})
    return saved


def _follow_counted(context: ServiceContext, tx: Writing, duty: Duty, seen: set[str]) -> None:
    """Move, cancel or open the duties whose due counts from a changed duty."""
    now = context.now()
    for counted in counted_from(context, tx, duty):
        if counted.id in seen:
            continue
        if duty.state is State.CANCELLED and counted.state in OWED:
            changed = transitions.cancelled(counted, now=now)
        else:
            changed = recomputed(context, tx, counted, now)
        if changed != counted:
            _save(context, tx, changed, seen | {counted.id})
    for opened in list(opened_by_delivery(context, tx, duty, now)):
        if not in_open_month(tx, opened).carried:
            _save(context, tx, opened, seen | {opened.id})


def _keep_waits(context: ServiceContext, tx: Writing, closed: Duty) -> None:
    """Store what a closed duty has waited for, in case it is reopened.

    The deadline does not change.
    """
    kept = with_ended_waits(closed, waits_of(context, tx, closed))
    if kept != closed:
        tx.put(kept)


def _update_request(context: ServiceContext, tx: Writing, duty: Duty) -> None:
    """Settle, reopen or withdraw the request of a duty, by the duty's state."""
    request = tx.get(Request, duty.request) if duty.request else None
    if request is None or request.state is RequestState.WITHDRAWN:
        return
    last = duty.delivery
    if duty.state in OWED and request.state is RequestState.SETTLED:
        taken_back = all(delivery.at != request.settled_at for delivery in duty.deliveries)
        taken_back = taken_back and not _is_counted(context, tx, request)
        tx.put(steps.reopened(request, taken_back=taken_back))
    elif duty.state in {State.DELIVERED, State.ACCEPTED} and last is not None:
        if request.settled_at != last.at:
            pending = steps.reopened(request) if request.state is RequestState.SETTLED else request
            tx.put(steps.settled(pending, now=last.at))
    elif duty.state is State.WAIVED and duty.waiver is not None:
        tx.put(steps.withdrawn(request, reason=duty.waiver.reason, now=duty.closed_at))


def _is_counted(context: ServiceContext, tx: Reading, request: Request) -> bool:
    """Return whether a closed month counts the answer, which nothing changes later."""
    limit_at = request.answer_due_at
    if limit_at is None:
        return False
    month = tx.get(IndexedMonth, f"{limit_at.astimezone(context.settings.zone):%Y-%m}")
    return month is not None and month.closed
