"""Counts the limits of a duty's request anew."""

from __future__ import annotations

from dataclasses import replace

from sla_tracker.domain.duties.duty import Duty, Opened
from sla_tracker.domain.duties.request import Request
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import rebased
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.open_requests.clocks import asked_request, with_consent
from sla_tracker.services.ports import Writing


def recounted(context: ServiceContext, tx: Writing, duty: Duty) -> Duty:
    """Return the duty with the limits that its fields, answer and papers give now.

    Stores the changed answer limit with the request. Excuses are added anew. A duty that was handed over keeps its own
    clock.
    """
    request = existing(tx, Request, duty.request)
    asked = asked_request(context, duty, request)
    values = dict(request.fields)
    for change in asked.changes:
        values[change.field] = change.new
    duty = replace(duty, fields=values)
    kept = duty.terms.request
    if duty.terms.opened is not Opened.ON_REQUEST or kept is None:
        return duty
    if duty.answered_at is None or any(change.moves_answer for change in duty.field_changes):
        answer = asked.answer()
        answer_due_at = answer.due_at if answer is not None else None
        tx.put(replace(request, answer_deadline=answer, answer_due_at=answer_due_at))
        duty = replace(duty, answer_due_at=answer_due_at)
    target = kept.target_for(values, duty.terms.target)
    terms = with_consent(replace(duty.terms, due=asked.limit().due, target=target), values)
    duty = replace(duty, terms=terms, earliest=asked.earliest())
    return rebased(context, tx, duty, asked.settlement())
