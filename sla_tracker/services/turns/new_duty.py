"""Builds the duties that triggers open, without storing them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from sla_tracker.domain.agreements.clocks import clock_for
from sla_tracker.domain.agreements.obligation import (
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
    assumed_parts,
)
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due import Deadline, DueRule
from sla_tracker.domain.duties.duty import Duty, Opened, Terms
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import new_id
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.rosters import RosterReader


def terms_of(obligation: Obligation, trigger: Trigger, target: Decimal, due: DueRule) -> Terms:
    """Return a copy of the obligation's terms, which stays when plugins change.

    `target` is the deployment's, for an obligation without one of its own; `due` the trigger's rule with its zone's
    name, which stays when the consumer moves.
    """
    return Terms(
        due=due,
        opened=_opened_by(trigger),
        evidence=obligation.evidence,
        assumed=assumed_parts(trigger),
        accept_within=obligation.accept_within,
        calendar=obligation.calendar,
        target=target_of(obligation, trigger, target),
        depends_on=obligation.depends_on,
        measure=obligation.measure,
        set_by_admin=trigger.set_by_admin,
        agreed=trigger.version.agreed if trigger.version and trigger.version.agreed.parts else None,
    )


def target_of(obligation: Obligation, trigger: Trigger, usual: Decimal) -> Decimal:
    """Return the agreed target, else the obligation's, else the deployment's."""
    if trigger.version is not None and trigger.version.target is not None:
        return trigger.version.target
    return usual if obligation.target is None else obligation.target


def _opened_by(trigger: Trigger) -> Opened:
    match trigger:
        case Recurring():
            return Opened.STANDING if trigger.standing else Opened.RECURRING
        case OnEvent():
            return Opened.ON_EVENT
        case OnRequest():
            return Opened.ON_REQUEST


def duty_from(
    context: ServiceContext,
    obligation: Obligation,
    trigger: Trigger,
    key: str,
    deadline: Deadline,
    now: datetime,
) -> Duty:
    """Return a new open duty; the caller adds its event, request or period."""
    due, _calendar = clock_for(obligation, trigger.due, context.calendar_of)
    if isinstance(due, RecurringRule):
        due = due.of_turn(deadline.nominal_on)
    return Duty(
        id=new_id(now),
        key=key,
        obligation=obligation.id,
        title=obligation.title,
        provider=obligation.provider,
        consumer=obligation.consumer,
        terms=terms_of(obligation, trigger, context.settings.target, due),
        opened_at=now,
        deadline=deadline,
        due_at=deadline.due_at,
        month=f"{deadline.nominal_on:%Y-%m}",
    )


def recurring_duty(context: ServiceContext, occurrence: Occurrence, now: datetime) -> Duty:
    """Return the new duty of a turn."""
    opened = duty_from(
        context, occurrence.obligation, occurrence.trigger, occurrence.key, occurrence.deadline, now
    )
    return replace(opened, period_start=occurrence.period_start, period_end=occurrence.period_end)


def in_force_since(context: ServiceContext, tx: Reading, obligation: Obligation) -> date:
    """Return the first due day for which a provider's obligation opens duties."""
    return RosterReader(tx).since_of(obligation) or context.settings.in_force_from


def is_behind_change(occurrence: Occurrence) -> bool:
    """Tell whether an occurrence is past for a changed trigger.

    A changed trigger does not open what would have been due before the change, nor what would have opened before it in
    a period that had a duty.
    """
    known = occurrence.known
    if known.changed_at is None:
        return False
    has_duty = known.covered_end is not None and occurrence.period_start < known.covered_end
    return occurrence.deadline.due_at < known.changed_at or (
        has_duty and occurrence.opens_at <= known.changed_at
    )
