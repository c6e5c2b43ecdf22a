"""Computes when a duty opens and when it is due, from a trigger and the calendar."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from sla_tracker.domain.agreements.clocks import CalendarLookup, clock_for
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.known_triggers import KnownTrigger, recognised
from sla_tracker.domain.agreements.obligation import About, Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.domain.agreements.request_terms import RequestTerms
from sla_tracker.domain.deadlines.due import (
    AfterDuty,
    Deadline,
    DueRule,
    deadline_after,
    deadlines_between,
    grace,
    is_short_notice,
    opens_at,
    period_step,
    precedes_event,
    trigger_step,
)
from sla_tracker.domain.deadlines.named_days import days_named, last_due_on
from sla_tracker.domain.deadlines.periods import day_of_turn, period_after, period_before, period_from
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request_clocks import AskedRequest
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.instants import to_utc
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass

# Lists that look for due dates widen their window by this: hardly any roll over closed days moves a date further.
LONGEST_ROLL = timedelta(days=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One turn of a recurring obligation: key, period, deadline, opening instant.

    `turn` names it among the occurrences of its trigger, `known` is how the roster knows the trigger. One that is not
    dated counts from a delivery that lies ahead: its deadline is that of a delivery at the last moment.
    """

    key: str
    turn: str
    known: KnownTrigger
    obligation: Obligation
    trigger: Recurring
    deadline: Deadline
    opens_at: datetime
    period_start: date
    period_end: date
    is_dated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """Deadline that an event sets.

    It also tells whether the event was registered late or at short notice. `rule_due_on` is the day by the rule,
    rolled, before any grace.
    """

    deadline: Deadline
    rule_due_on: date
    opened_late: bool = False
    short_notice: bool = False


class DaysLookedAt(Protocol):
    """Says between which days before roll the turns of a rule are looked for."""

    def __call__(self, rule: DueRule, calendar: WorkCalendar, /) -> tuple[date, date]:
        """Return the days [start, end)."""


def occurrences(
    obligation: Obligation,
    calendar_of: CalendarLookup,
    start: date,
    end: date,
    known: Sequence[KnownTrigger] = (),
) -> Iterator[Occurrence]:
    """Yield the occurrences of an obligation that are due in [start, end).

    The due date before roll decides. All lie within the obligation's validity. Those that count from another duty are
    left out: they need its turns. `known` are its triggers as the roster remembers them.
    """
    return _occurrences(obligation, calendar_of, lambda _rule, _calendar: (start, end), known)


def occurrences_due(
    obligation: Obligation,
    calendar_of: CalendarLookup,
    days: DaysLookedAt,
    known: Sequence[KnownTrigger] = (),
    *,
    due_from: date,
    opening_by: datetime | None = None,
) -> Iterator[Occurrence]:
    """Yield the occurrences of an obligation that are due from a day on, rolled.

    Like `occurrences`, but on the days that `days` says. What opens after `opening_by` is left out before the rest of
    it is computed.
    """
    return _occurrences(obligation, calendar_of, days, known, due_from, opening_by)


def due_between(first_on: date, last_on: date) -> DaysLookedAt:
    """Return where turns due from one day to another, both included, are found."""
    return lambda rule, calendar: days_named(rule, first_on, last_on, calendar)


def opening_until(obligation: Obligation, first_on: date, opening_by: datetime) -> DaysLookedAt:
    """Return where turns due from a day on, and open by an instant, are found."""
    before = obligation.opens_before
    return lambda rule, calendar: days_named(
        rule, first_on, max(first_on, last_due_on(opening_by, before, calendar)), calendar
    )


def _occurrences(
    obligation: Obligation,
    calendar_of: CalendarLookup,
    days: DaysLookedAt,
    known: Sequence[KnownTrigger],
    due_from: date = date.min,
    opening_by: datetime | None = None,
) -> Iterator[Occurrence]:
    for seen, trigger in zip(recognised(known, obligation), obligation.triggers, strict=True):
        if not isinstance(trigger, Recurring) or isinstance(trigger.due, AfterDuty):
            continue
        rule, calendar = clock_for(obligation, trigger.due, calendar_of)
        first, after = obligation.validity_of(trigger).within(*days(rule, calendar))
        period, prefix = PERIODS[trigger.about], key_of(obligation, seen, "")
        for deadline in deadlines_between(rule, first, after, calendar):
            opening = opens_at(deadline, obligation.opens_before, calendar)
            if deadline.due_on < due_from or (opening_by is not None and opening > opening_by):
                continue
            period_start, period_end = period(trigger.due, deadline.nominal_on, calendar)
            turn = trigger.due.turn(deadline.nominal_on)
            yield Occurrence(
                key=prefix + turn,
                turn=turn,
                known=seen,
                obligation=obligation,
                trigger=trigger,
                deadline=about(deadline, period_start, period_end),
                opens_at=opening,
                period_start=period_start,
                period_end=period_end,
            )


def about(deadline: Deadline, period_start: date, period_end: date) -> Deadline:
    """Return the deadline; the first step of its explanation names the period."""
    # Spelt out, because every turn of every list passes here and `replace` takes three times as long.
    return Deadline(
        due_at=deadline.due_at,
        due_on=deadline.due_on,
        nominal_on=deadline.nominal_on,
        provisional=deadline.provisional,
        steps=(period_step(period_start, period_end), *deadline.steps),
        calendar_version=deadline.calendar_version,
    )


def with_trigger(name: Text, deadline: Deadline) -> Deadline:
    """Return a deadline whose first step names the event that opened the duty."""
    return replace(deadline, steps=(trigger_step(name), *deadline.steps))


def key_of(obligation: Obligation, known: KnownTrigger, turn: str) -> str:
    """Return the key of a duty, by obligation, provider, trigger and turn.

    `turn` names an occurrence of the calendar, or is the id of an event or request.
    """
    return f"{obligation.id}/{obligation.provider}/{known.name}/{turn}"


# What finds the period [start, end) that a recurring duty is about. It reaches from one turn to the next, in the rule's
# own unit (week, month, quarter, year); or it is the one before, the one after, or the turn's day alone.
PERIODS = {
    About.PREVIOUS: period_before,
    About.CURRENT: period_from,
    About.NEXT: period_after,
    About.TURN: day_of_turn,
}


def granted_by(
    obligation: Obligation, trigger: OnEvent, event: Event, calendar_of: CalendarLookup
) -> Granted | None:
    """Return the deadline of an obligation for an event.

    None if it opens nothing on that day.
    """
    rule, calendar = clock_for(obligation, trigger.due, calendar_of)
    if not obligation.validity_of(trigger).has(calendar.local_date(event.at)):
        return None
    return granted_by_event(obligation.provider, replace(trigger, due=rule), event, calendar)


def requestable(
    obligation: Obligation,
    consumer: str,
    at: datetime,
    calendar_of: CalendarLookup,
    fields: Mapping[str, str] | None = None,
) -> OnRequest | None:
    """Return the trigger that a consumer's request opens at an instant.

    None if there is none. Without `fields` every value is taken for one that meets the condition.
    """
    for trigger in open_triggers(obligation, consumer, at, calendar_of):
        condition = trigger.condition
        if fields is None or condition is None or not condition.field:
            return trigger
        if condition.takes(fields.get(condition.field, "")):
            return trigger
    return None


def open_triggers(
    obligation: Obligation, consumer: str, at: datetime, calendar_of: CalendarLookup
) -> Iterator[OnRequest]:
    """Yield the triggers that a consumer's request can open at an instant.

    Which of them it does open is decided by the values of its fields.
    """
    for trigger in obligation.triggers:
        if not isinstance(trigger, OnRequest) or not can_open_at(obligation, trigger, at, calendar_of):
            continue
        if trigger.condition is None or trigger.condition.is_open_to(consumer):
            yield trigger


def can_open_at(
    obligation: Obligation, trigger: OnEvent | OnRequest, at: datetime, calendar_of: CalendarLookup
) -> bool:
    """Return whether a trigger is valid and its condition holds at this time of day.

    Who asks or registers, and what the fields hold, is not looked at. Day and time of day are those of the calendar by
    which the trigger's limit counts.
    """
    condition = trigger.condition
    local = _local(obligation, trigger, at, calendar_of)
    return obligation.validity_of(trigger).has(local.date()) and (
        condition is None or condition.holds_at(local.time())
    )


def is_valid_at(
    obligation: Obligation, trigger: OnEvent | OnRequest, at: datetime, calendar_of: CalendarLookup
) -> bool:
    """Return whether a trigger is valid on the day of an event or request."""
    return obligation.validity_of(trigger).has(_local(obligation, trigger, at, calendar_of).date())


def _local(
    obligation: Obligation, trigger: OnEvent | OnRequest, at: datetime, calendar_of: CalendarLookup
) -> datetime:
    """Return an instant in the zone of the calendar by which a trigger's limit counts."""
    _rule, calendar = clock_for(obligation, trigger.due, calendar_of)
    return to_utc(at).astimezone(calendar.zone)


def fields_of_request(triggers: Iterable[OnRequest]) -> tuple[Field, ...]:
    """Return the fields that are asked with a request, each once.

    A field is required where a condition or a limit needs it.
    """
    found: dict[str, Field] = {}
    for trigger in triggers:
        needed = {trigger.limits_by, trigger.condition.field if trigger.condition is not None else ""}
        for field in trigger.fields:
            known = found.get(field.id, field)
            found[field.id] = replace(known, required=known.required or field.id in needed)
    return tuple(found.values())


def granted_on_request(
    obligation: Obligation,
    trigger: OnRequest,
    requested_at: datetime,
    wanted_by: datetime | date | None,
    calendar_of: CalendarLookup,
    fields: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Deadline, Deadline | None]:
    """Return the deadlines of settlement and answer of a consumer's request."""
    asked = asked_of(obligation, trigger, requested_at, wanted_by, calendar_of, fields)
    return asked.settlement(), asked.answer()


def asked_of(
    obligation: Obligation,
    trigger: OnRequest,
    requested_at: datetime,
    wanted_by: datetime | date | None,
    calendar_of: CalendarLookup,
    fields: Mapping[str, str] = MappingProxyType({}),
    papers_at: datetime | None = None,
) -> AskedRequest:
    """Return a consumer's request with the obligation's clocks.

    `fields` are the values given with it.
    """
    return AskedRequest(
        terms=request_terms(obligation, trigger, calendar_of),
        requested_at=requested_at,
        calendar_for=lambda rule: clock_for(obligation, rule, calendar_of)[1],
        wanted_by=wanted_by,
        fields=fields,
        papers_at=papers_at,
    )


def request_terms(obligation: Obligation, trigger: OnRequest, calendar_of: CalendarLookup) -> RequestTerms:
    """Return the terms that a request keeps of its trigger, with named zones."""
    terms = trigger.for_consumer(obligation.consumer).terms
    return terms.with_rules(lambda rule: clock_for(obligation, rule, calendar_of)[0])


def granted_by_event(provider: str, trigger: OnEvent, event: Event, calendar: WorkCalendar) -> Granted | None:
    """Return a provider's deadline for an event; None if the condition does not hold.

    An event that another department registers late gets a period of grace. A deadline at or before a planned event
    is short notice when it lies before the moment at which the event's time was set.
    """
    local = event.at.astimezone(calendar.zone)
    by = event.registered_from
    if trigger.condition is not None and not trigger.condition.holds(local.time(), event.fields, by):
        return None
    deadline = with_trigger(event.title, deadline_after(trigger.due, event.at, calendar))
    if event.planned and precedes_event(trigger.due):
        short = is_short_notice(deadline, trigger.due, event.time_set_at)
        return Granted(deadline=deadline, rule_due_on=deadline.due_on, short_notice=short)
    later = None
    if event.time_set_from != provider:
        later = grace(deadline, trigger.due, event.at, event.time_set_at, calendar)
    return Granted(deadline=later or deadline, rule_due_on=deadline.due_on, opened_late=later is not None)
