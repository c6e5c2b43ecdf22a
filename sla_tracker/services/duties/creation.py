"""Creates duties from the calendar, from events and from requests."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.obligation import (
    Obligation,
    OnEvent,
    OnRequest,
)
from sla_tracker.domain.agreements.occurrences import Granted, Occurrence, granted_by, request_terms
from sla_tracker.domain.deadlines.due import Deadline
from sla_tracker.domain.duties.duty import Duty, Paper, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import in_open_month
from sla_tracker.services.duties.keys import OldDuties, TriggerKeys, is_opened
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.duties.waits import last_of
from sla_tracker.services.open_requests.clocks import asked_request, with_consent
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.new_duty import duty_from, in_force_since, is_behind_change, recurring_duty
from sla_tracker.value_class import dataclass


def open_recurring(
    context: ServiceContext, tx: Writing, occurrence: Occurrence, now: datetime, old: OldDuties
) -> Duty | None:
    """Open a recurring duty; None if it exists or its month is closed.

    None also for what only a changed checklist would open in the past.
    """
    if is_behind_change(occurrence) or is_opened(tx, occurrence, old):
        return None
    duty = recurring_duty(context, occurrence, now)
    return None if in_open_month(tx, duty).carried else save_duty(context, tx, duty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """An obligation that an event triggers, and the deadline that the event gives."""

    obligation: Obligation
    trigger: OnEvent
    granted: Granted


def concerned(context: ServiceContext, tx: Reading, event: Event) -> dict[str, Concern]:
    """Return by key the obligations that an event triggers and that are in force."""
    found, keys = {}, TriggerKeys(tx)
    for obligation, trigger in context.catalogue.opened_by(event.type):
        key = keys.key_of(obligation, trigger, event.id)
        granted = granted_by(obligation, trigger, event, context.calendar_of)
        if granted is not None and granted.rule_due_on >= in_force_since(context, tx, obligation):
            found[key] = Concern(obligation=obligation, trigger=trigger, granted=granted)
    return found


def open_for_event(
    context: ServiceContext, tx: Writing, event: Event, now: datetime, *, already: Container[str] = ()
) -> list[Duty]:
    """Open the duties that an event triggers.

    Leaves out those `already` opened, and existing ones, unless they, or what they were handed over to, are cancelled.
    """
    opened, keys = [], TriggerKeys(tx)
    for key, concern in concerned(context, tx, event).items():
        trigger = (concern.obligation, concern.trigger)
        if key in already or keys.is_sealed(event, *trigger):
            continue
        known = keys.opened_by(event, *trigger)
        if any(last_of(tx, duty).state is not State.CANCELLED for duty in known):
            continue
        duty = duty_from(context, concern.obligation, concern.trigger, key, concern.granted.deadline, now)
        opened.append(save_duty(context, tx, in_open_month(tx, with_event(duty, event, concern.granted))))
    return opened


def open_for_request(
    context: ServiceContext,
    tx: Writing,
    request: Request,
    obligation: Obligation,
    trigger: OnRequest,
    settle: Deadline,
    now: datetime,
    papers: tuple[Paper, ...] = (),
) -> Duty:
    """Open the duty that settles a request; `papers` are those that are there already."""
    key = TriggerKeys(tx).key_of(obligation, trigger, request.id)
    owed = obligation.to(request.consumer)
    terms = request_terms(owed, trigger, context.calendar_of)
    limit = terms.limit_for(request.fields)
    limited = replace(trigger.for_consumer(request.consumer), due=limit.due)
    duty = duty_from(context, owed, limited, key, settle, now)
    target = terms.target_for(request.fields, duty.terms.target)
    if any(one.target is not None for one in terms.limits):
        terms = replace(terms, usual=replace(terms.usual, target=terms.usual.target or duty.terms.target))
    duty = replace(
        duty,
        terms=with_consent(
            replace(duty.terms, target=target, request=terms if terms.is_special else None), request.fields
        ),
        consumer=request.consumer,
        subject=request.subject,
        subject_key=request.subject_key,
        request=request.id,
        answer_due_at=request.answer_due_at,
        opened_from=request.consumer,
        fields=dict(request.fields),
        papers=papers,
    )
    return save_duty(context, tx, with_range(context, duty, request))


def with_range(context: ServiceContext, duty: Duty, request: Request) -> Duty:
    """Return a request's duty with the earlier end of its range."""
    return replace(duty, earliest=asked_request(context, duty, request).earliest())


def with_event(duty: Duty, event: Event, granted: Granted) -> Duty:
    """Return a new duty of an event."""
    return replace(
        duty,
        subject=event.subject,
        subject_key=event.subject_key,
        event=event.id,
        opened_from=event.time_set_from,
        opened_late=granted.opened_late,
        short_notice=granted.short_notice,
    )
