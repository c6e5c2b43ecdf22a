"""Stores a changed duty, and lets what hangs on it follow: its request, and the duties that wait for it."""

from __future__ import annotations

from sla_tracker.domain.duties import request as steps
from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import dependents_of, excused
from sla_tracker.services.ports import Writing


def save_duty(context: ServiceContext, tx: Writing, duty: Duty) -> Duty:
    """Store a duty with its present excuses and let its request and its dependents follow; returns it as stored."""
    return _keep(context, tx, duty, {duty.id})


def _keep(context: ServiceContext, tx: Writing, duty: Duty, seen: set[str]) -> Duty:
    kept = excused(context, tx, duty) if duty.is_live else duty
    tx.put(kept)
    _settle_request(tx, kept)
    for dependent in list(dependents_of(context, tx, kept)):
        if dependent.id not in seen and excused(context, tx, dependent) != dependent:
            _keep(context, tx, dependent, seen | {dependent.id})
    return kept


def _settle_request(tx: Writing, duty: Duty) -> None:
    """Let a request follow its duty: settled by a delivery, open again once that is returned or taken back."""
    request = tx.get(Request, duty.request) if duty.request else None
    if request is None or request.state is RequestState.WITHDRAWN:
        return
    last = duty.delivery
    if duty.state in OWED and request.state is RequestState.SETTLED:
        taken_back = all(delivery.at != request.settled_at for delivery in duty.deliveries)
        tx.put(steps.reopened(request, taken_back=taken_back))
    elif duty.state in {State.DELIVERED, State.ACCEPTED} and last is not None:
        if request.settled_at != last.at:
            pending = steps.reopened(request) if request.state is RequestState.SETTLED else request
            tx.put(steps.settled(pending, now=last.at))
    elif duty.state is State.WAIVED and duty.waiver is not None:
        tx.put(steps.withdrawn(request, reason=duty.waiver.reason))
