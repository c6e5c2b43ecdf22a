"""JSON documents of the command line: stable field names, instants in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sla_tracker.domain.reference import reference_of

if TYPE_CHECKING:
    from datetime import timedelta
    from decimal import Decimal

    from sla_tracker.domain.agreements.fields import Field
    from sla_tracker.domain.consent.agreed_version import AgreedVersion
    from sla_tracker.domain.deadlines.deadline import Deadline
    from sla_tracker.domain.duties.duty import Delivery, Duty, FieldChange
    from sla_tracker.domain.duties.event import Event, EventType
    from sla_tracker.domain.duties.event_change import EventChange, EventTime
    from sla_tracker.domain.duties.request import Request
    from sla_tracker.domain.text import Text
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.events import Registered
    from sla_tracker.services.months.figure_source import Standing
    from sla_tracker.services.ports import Change
    from sla_tracker.services.queries.duties import DutyDetail, DutyRow, TimeSet
    from sla_tracker.services.queries.sought import SoughtDuty
    from sla_tracker.services.queries.tick_effects import Effects


def instant(at: datetime | None) -> str | None:
    """Return an instant as ISO 8601 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day(on: date | None) -> str | None:
    """Return a day as ISO 8601."""
    return None if on is None else on.isoformat()


def words(text: Text | None) -> dict[str, str] | None:
    """Return a text in both languages."""
    return None if text is None else {"zh": text.zh, "en": text.en}


def duty_document(row: DutyRow) -> dict[str, Any]:
    """Return one row of a duty list; a planned duty has no id and no reference."""
    return {
        "id": row.id or None,
        "reference": row.reference or None,
        "obligation": row.obligation,
        "title": words(row.title),
        "provider": row.provider,
        "consumer": row.consumer,
        "subject": row.subject,
        "period_start": day(row.period_start),
        "period_end": day(row.period_end),
        "month": row.month,
        "due_at": None if row.counts_from else instant(row.due_at),
        "counts_from": _counts_from(row),
        "answer_due_at": instant(row.answer_due_at),
        "state": row.state.value,
        "bucket": row.bucket.value,
        "opened": row.opened.value,
        "assignee": row.assignee or None,
        "evidence_done": row.evidence_done,
        "evidence_asked": row.evidence_asked,
        "planned": row.planned,
        "provisional": row.provisional,
        "assumed": row.assumed,
        "roll_assumed": row.roll_assumed,
        "percent_used": row.percent_used or None,
        "escalated_to": row.escalated_to or None,
        "returned": row.returned,
        "opened_late": row.opened_late,
        "short_notice": row.short_notice,
        "earliest_on": day(row.earliest_on),
        "papers_missing": row.papers_missing,
        "update_due_at": instant(row.update_due_at),
    }


def sought_document(sought: SoughtDuty) -> dict[str, Any]:
    """Return a turn of another obligation that a duty looks for, found or not."""
    return {
        "obligation": sought.obligation,
        "provider": sought.provider or None,
        "turn": sought.turn.value,
        "period_start": day(sought.period_start),
        "period_end": day(sought.period_end),
        "reference": sought.duty.reference if sought.duty else None,
        "archive": sought.archive or None,
    }


def _counts_from(row: DutyRow) -> dict[str, str] | None:
    """Return in both languages from what a planned duty without a due counts."""
    if not row.counts_from:
        return None
    from sla_tracker.wording.times import format_counts_from

    return {lang: format_counts_from(row, lang, UTC) for lang in ("zh", "en")}


def detail_document(detail: DutyDetail) -> dict[str, Any]:
    """Return one duty with its terms, deliveries and history."""
    from sla_tracker.services.queries.tick_effects import effects_on  # `sla due` loads nothing of it

    duty = detail.duty
    effects = effects_on(duty, detail.history)
    return {
        **duty_document(detail.row),
        "event": duty.event or None,
        "request": duty.request or None,
        "request_text": (detail.request.text or None) if detail.request else None,
        "request_answer": (detail.request.answer or None) if detail.request else None,
        "opened_at": instant(duty.opened_at),
        "answer_limit_at": instant(duty.answer_due_at),
        "answered_at": instant(duty.answered_at),
        "waits_for": [_awaited_document(other) for other in detail.awaited],
        "accept_by_at": instant(duty.accept_by_at),
        "accepted_at": instant(duty.accepted_at),
        "accepted_by": duty.accepted_by or None,
        "assumed_parts": list(duty.terms.assumed),
        "set_by_admin": list(duty.terms.set_by_admin),
        "agreed": _agreed_document(duty.terms.agreed),
        "evidence": [field_document(field) for field in duty.terms.evidence],
        "draft": dict(duty.draft),
        "deliveries": [_delivery_document(delivery) for delivery in duty.deliveries],
        "notes": [{"at": instant(note.at), "by": note.by, "text": note.text} for note in duty.notes],
        "guide": words(detail.guide),
        "short_notice_by": _time_set_document(detail.short_notice),
        "event_changes": [_event_change_document(change) for change in duty.event_changes],
        "event_counts_from": _event_time_document(duty.event_time),
        "fields": dict(duty.fields),
        "field_changes": [_field_change_document(change) for change in duty.field_changes],
        "papers": [
            {"id": paper.id, "at": instant(paper.at), "by": paper.by, "told_at": instant(paper.told_at)}
            for paper in duty.papers
        ],
        "updates": [{"at": instant(one.at), "by": one.by, "text": one.text} for one in duty.updates],
        "updates_given": detail.updates.given if detail.updates else None,
        "updates_judged": detail.updates.judged if detail.updates else None,
        "archive": detail.archive or None,
        "history": [change_document(change, effects) for change in detail.history],
    }


def _field_change_document(change: FieldChange) -> dict[str, Any]:
    return {
        "field": change.field,
        "old": change.old or None,
        "new": change.new or None,
        "at": instant(change.at),
        "by": change.by,
        "department": change.side,
        "reason": change.reason,
        "counts": change.counts,
        "objected_by": change.objected_by or None,
        "objection": change.objection or None,
        "confirmed": change.confirmed,
        "decided_by": change.confirmed_by or None,
    }


def _agreed_document(version: AgreedVersion | None) -> dict[str, Any] | None:
    """Return the version of the agreement by which a duty goes; None for no agreement."""
    if version is None:
        return None
    return {
        "agreement": version.agreement,
        "version": version.version,
        "agreed_at": instant(version.agreed_at),
        "proposed_by": version.proposed_by,
        "accepted_by": version.accepted_by,
        "first_on": version.first_on.isoformat(),
        "last_on": version.last_on.isoformat() if version.last_on else None,
        "parts": list(version.parts),
    }


def _awaited_document(other: Duty) -> dict[str, Any]:
    return {
        "id": other.id,
        "reference": other.reference,
        "title": words(other.title),
        "provider": other.provider,
        "due_at": instant(other.due_at),
    }


def _time_set_document(given: TimeSet | None) -> dict[str, Any] | None:
    return None if given is None else {"person": given.by, "at": instant(given.at)}


def _event_time_document(time: EventTime | None) -> dict[str, Any] | None:
    """Return a time that counts instead of the event's own."""
    if time is None:
        return None
    return {"at": instant(time.at), "set_at": instant(time.set_at), "set_by": time.set_by}


def _event_change_document(change: EventChange) -> dict[str, Any]:
    return {
        "kind": change.kind.value,
        "effect": change.effect.value,
        "at": instant(change.at),
        "by": change.by,
        "department": change.department or None,
        "event_before": instant(change.before.at),
        "event_after": instant(change.new_at),
        "reason": change.reason or None,
        "pending": change.is_pending,
        "objected_by": change.objected_by or None,
        "objection": change.objection or None,
        "confirmed": change.confirmed,
        "decided_by": change.confirmed_by or None,
        "decided_at": instant(change.confirmed_at),
        "answer": change.answer or None,
        "superseded": change.superseded,
    }


def field_document(field: Field) -> dict[str, Any]:
    """Return one declared field."""
    return {
        "id": field.id,
        "kind": field.kind.value,
        "label": words(field.label),
        "required": field.required,
        "choices": [{"id": choice.id, "label": words(choice.label)} for choice in field.choices],
        "is_subject": field.is_subject,
    }


def _delivery_document(delivery: Delivery) -> dict[str, Any]:
    return {
        "at": instant(delivery.at),
        "by": delivery.by,
        "evidence": dict(delivery.evidence),
        "note": delivery.note,
        "claimed_at": instant(delivery.claimed_at),
        "claim_confirmed": delivery.claim_confirmed,
        "returned_at": instant(delivery.returned_at),
        "returned_by": delivery.returned_by or None,
        "reason": delivery.reason or None,
        "not_reviewed": list(delivery.not_reviewed),
    }


def change_document(change: Change, effects: Effects) -> dict[str, Any]:
    """Return one change of the log as a document.

    `did` is what a tick did, for other changes the recorded verb again.
    """
    did = effects.get(change.sequence)
    return {
        "sequence": change.sequence,
        "at": instant(change.act.at),
        "what": change.act.what,
        "did": [change.act.what] if did is None else [effect.value for effect in did],
        "by": change.act.by,
        "via": change.act.via,
        "uid": change.act.uid,
        "login": change.act.login or None,
        "reason": change.act.reason or None,
    }


def event_document(event: Event) -> dict[str, Any]:
    """Return one event."""
    return {
        "id": event.id,
        "reference": reference_of(event.id),
        "type": event.type,
        "title": words(event.title),
        "planned": event.planned,
        "subject": event.subject,
        "at": instant(event.at),
        "registered_at": instant(event.registered_at),
        "registered_by": event.registered_by,
        "fields": dict(event.fields),
        "before_claim": _event_time_document(event.before_claim),
        "state": event.state.value,
        "reason": event.reason or None,
    }


def event_type_document(event_type: EventType) -> dict[str, Any]:
    """Return one event type."""
    return {
        "id": event_type.id,
        "title": words(event_type.title),
        "subject": words(event_type.subject),
        "planned": event_type.planned,
        "subject_patterns": list(event_type.subject_patterns),
        "fields": [field_document(field) for field in event_type.fields],
    }


def registered_document(context: ServiceContext, found: Registered, now: datetime) -> dict[str, Any]:
    """Return what an act on an event did to the event and to duties."""
    from sla_tracker.services.queries.duties import row_of
    from sla_tracker.wording.withheld import format_withheld

    groups = {
        "opened": found.opened,
        "moved": found.moved,
        "cancelled": found.cancelled,
        "claimed": found.claimed,
    }
    return {
        "event": event_document(found.event),
        **{
            name: [duty_document(row_of(context, duty, now)) for duty in duties]
            for name, duties in groups.items()
        },
        "nothing_owed": [
            {"obligation": one.obligation.id, "reason": format_withheld(context, one)}
            for one in found.withheld
        ],
    }


def request_document(request: Request) -> dict[str, Any]:
    """Return one request."""
    return {
        "id": request.id,
        "reference": reference_of(request.id),
        "duty": request.duty,
        "obligation": request.obligation,
        "provider": request.provider,
        "consumer": request.consumer,
        "subject": request.subject,
        "text": request.text,
        "fields": dict(request.fields),
        "state": request.state.value,
        "requested_at": instant(request.requested_at),
        "requested_by": request.requested_by,
        "wanted_at": instant(request.wanted_at),
        "answer_due_at": instant(request.answer_due_at),
        "answered_at": instant(request.answered_at),
        "answer": request.answer or None,
        "settled_at": instant(request.settled_at),
        "reason": request.reason or None,
    }


def deadline_document(deadline: Deadline) -> dict[str, Any]:
    """Return a deadline with its steps as stored."""
    return {
        "due_at": instant(deadline.due_at),
        "due_on": day(deadline.due_on),
        "nominal_on": day(deadline.nominal_on),
        "provisional": deadline.provisional,
        "steps": [{"kind": step.kind.value, **dict(step.details)} for step in deadline.steps],
    }


def range_document(standing: Standing) -> dict[str, Any]:
    """Return a range as a JSON object: its days, and whether its figures are final."""
    dates = standing.dates
    return {
        "id": dates.id,
        "unit": dates.unit.value,
        "first_on": day(dates.first_on),
        "last_on": day(dates.last_on),
        "final": standing.is_final,
        "open_months": list(standing.open_months),
    }


def ratio(share: Decimal | None, *, target: Decimal | int = 1) -> str | None:
    """Return a ratio as decimal text, rounded half up to six places.

    A ratio below 1 or below its target stays below it after rounding.
    """
    if share is None:
        return None
    from sla_tracker.domain.measures.rounding import rounded

    return f"{rounded(share, 6, bounds=(1, target)):.6f}".rstrip("0").rstrip(".")


def minutes(span: timedelta | None) -> int | None:
    """Return a span in whole minutes, rounded down."""
    return None if span is None else int(span.total_seconds() // 60)
