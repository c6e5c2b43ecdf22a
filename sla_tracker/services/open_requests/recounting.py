"""Counts the limits of a duty's request anew."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.duties.duty import Duty, FieldChange, Opened
from sla_tracker.domain.duties.request import Request
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import rebased
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.open_requests.clocks import asked_request, request_terms_of, with_consent
from sla_tracker.services.ports import Writing


def recounted(context: ServiceContext, tx: Writing, duty: Duty) -> Duty:
    """Return the duty with the limits that its fields, answer and papers give now.

    Stores the changed answer limit with the request. Excuses are added anew. A duty that was handed over keeps its own
    clock. A limit that nothing of this moves stays as it is: by a changed calendar alone, one that has passed would be
    kept, or one that was kept be missed.
    """
    before, request = existing(tx, Duty, duty.id), existing(tx, Request, duty.request)
    values = dict(request.fields)
    for change in duty.field_changes:
        if change.counts:
            values[change.field] = change.new
    duty = replace(duty, fields=values)
    kept = duty.terms.request
    if duty.terms.opened is not Opened.ON_REQUEST or kept is None:
        return duty
    earlier = asked_request(context, before, request).settlement()
    if list(_moving_answer(before)) != list(_moving_answer(duty)):
        answer = replace(asked_request(context, duty, request), answer_limit=None).answer()
        answer_due_at = answer.due_at if answer is not None else None
        request = replace(request, answer_deadline=answer, answer_due_at=answer_due_at)
        tx.put(request)
        duty = replace(duty, answer_due_at=answer_due_at)
    asked = asked_request(context, duty, request)
    target = kept.target_for(values, duty.terms.target)
    terms = with_consent(replace(duty.terms, due=asked.limit().due, target=target), values)
    duty = replace(duty, terms=terms, earliest=asked.earliest())
    return rebased(context, tx, duty, _moved(duty.granted or duty.deadline, earlier, asked.settlement()))


def _moving_answer(duty: Duty) -> Iterator[FieldChange]:
    """Yield the changes that count and move the limit of the answer."""
    limits_by = request_terms_of(duty).limits_by
    yield from (
        one for one in duty.field_changes if one.counts and one.moves_answer and one.field == limits_by
    )


def _moved(present: Deadline, earlier: Deadline, new: Deadline) -> Deadline:
    """Return the deadline of the settlement that `present` becomes.

    `earlier` and `new` are those before and after what happened, both by the calendar of today. Where that has made the
    present one later, to leave time to act, only a shorter limit makes it earlier.
    """
    is_sooner = new.due_at < earlier.due_at
    return new if is_sooner or new.due_at >= present.due_at else present
