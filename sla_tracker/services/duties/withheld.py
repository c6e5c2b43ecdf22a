"""Finds why an event opens no duty of an obligation that its kind would open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from sla_tracker.domain.agreements.clocks import clock_for
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent
from sla_tracker.domain.agreements.occurrences import granted_by
from sla_tracker.domain.duties.event import Event
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading
from sla_tracker.services.turns.new_duty import in_force_since
from sla_tracker.value_class import dataclass


class Reason(StrEnum):
    """Why an obligation owes nothing for an event."""

    TIME = "time"
    FIELD = "field"
    FIRST_DAY = "first_day"
    VALIDITY = "validity"
    ASKED_BY = "asked_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """An obligation that an event does not open, and why.

    `due_on` is the day on which it would have been due, `since` the first day whose dues are kept.
    """

    obligation: Obligation
    trigger: OnEvent
    reason: Reason
    due_on: date | None = None
    since: date | None = None


def withheld_by(context: ServiceContext, tx: Reading, event: Event) -> Iterator[Withheld]:
    """Yield the obligations for an event's kind that it does not open, with reasons."""
    for obligation, trigger in context.catalogue.opened_by(event.type):
        granted = granted_by(obligation, trigger, event, context.calendar_of)
        if granted is None:
            reason = _reason(context, obligation, trigger, event)
            if reason is not Reason.VALIDITY or not _has_valid_version(context, obligation, trigger, event):
                yield Withheld(obligation=obligation, trigger=trigger, reason=reason)
            continue
        since = in_force_since(context, tx, obligation)
        if granted.rule_due_on < since:
            yield Withheld(
                obligation=obligation,
                trigger=trigger,
                reason=Reason.FIRST_DAY,
                due_on=granted.rule_due_on,
                since=since,
            )


def _has_valid_version(
    context: ServiceContext, obligation: Obligation, trigger: OnEvent, event: Event
) -> bool:
    """Tell whether another agreed version of a trigger applies on an event's day."""
    _rule, calendar = clock_for(obligation, trigger.due, context.calendar_of)
    place, day = obligation.place_of(trigger), event.at.astimezone(calendar.zone).date()
    return any(
        obligation.place_of(one) == place and obligation.validity_of(one).has(day)
        for one in obligation.triggers
    )


def _reason(context: ServiceContext, obligation: Obligation, trigger: OnEvent, event: Event) -> Reason:
    """Return why a trigger opens nothing for an event whose type it names."""
    _rule, calendar = clock_for(obligation, trigger.due, context.calendar_of)
    local = event.at.astimezone(calendar.zone)
    condition = trigger.condition
    if condition is None or not obligation.validity_of(trigger).has(local.date()):
        return Reason.VALIDITY
    if not condition.holds_at(local.time()):
        return Reason.TIME
    if condition.asked_by and event.registered_from not in condition.asked_by:
        return Reason.ASKED_BY
    return Reason.FIELD
