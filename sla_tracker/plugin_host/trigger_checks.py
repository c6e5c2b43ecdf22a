"""Checks triggers: their rules, requests, limits and assumed parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from sla_tracker.domain.agreements.clocks import rules_of
from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import (
    AssumedPart,
    OnEvent,
    OnRequest,
    Recurring,
)
from sla_tracker.domain.agreements.request_terms import BY_CONSUMER, Limit, SettleFrom
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.rules import (
    AfterDuty,
    is_shorter,
    precedes_event,
    roll_of,
    span_of_rule,
)
from sla_tracker.errors import N_, PluginError
from sla_tracker.plugin_host.field_checks import (
    condition_problems,
    field_problems,
    id_problems,
    readable,
    repeated,
)

SHORTEST_UPDATES = timedelta(minutes=15)
# Parts of each kind of trigger that a plugin may mark as assumed.
ASSUMABLE = {
    Recurring: (AssumedPart.DUE, AssumedPart.ABOUT, AssumedPart.DAY, AssumedPart.ROLL),
    OnEvent: (AssumedPart.DUE, AssumedPart.ROLL),
    OnRequest: (AssumedPart.DUE, AssumedPart.ANSWER, AssumedPart.ROLL),
}


def is_target(target: Decimal) -> bool:
    """Return whether a number is a valid target: a share from 0 to 1."""
    return target.is_finite() and 0 <= target <= 1


def trigger_problems(trigger: Recurring | OnEvent | OnRequest, where: str) -> Iterator[PluginError]:
    """Yield the errors of a trigger on its own."""
    by_calendar = isinstance(trigger, Recurring)
    if isinstance(trigger.due, RecurringRule | AfterDuty) is not by_calendar:
        yield PluginError(
            N_(
                "{where}.due: a recurring duty needs a day of the calendar; a request or event, a span counted from it."
            )
            if by_calendar
            else N_(
                "{where}.due: this rule names days of the calendar; give a span counted from the event or request."
            ),
            where=where,
        )
    if isinstance(trigger, OnRequest):
        yield from _request_problems(trigger, where)
    if isinstance(trigger.due, AfterDuty):
        yield from id_problems(trigger.due.after, f"{where}.due.after")
    for rule in rules_of(trigger):
        if rule.calendar:
            yield from id_problems(rule.calendar, f"{where}.due.calendar")
    if isinstance(trigger, OnEvent):
        yield from id_problems(trigger.event_type, f"{where}.type")
        yield from condition_problems(trigger.condition, f"{where}.condition")
    if trigger.id:
        yield from id_problems(trigger.id, f"{where}.id")
    yield from _part_problems(trigger, where)


def _request_problems(trigger: OnRequest, where: str) -> Iterator[PluginError]:
    """Yield the errors of a request's limits, fields, papers and updates."""
    for name, rule in (
        ("due", trigger.due),
        ("answer", trigger.answer),
        ("earliest", trigger.earliest),
        *(("limits", rule) for one in trigger.limits for rule in one.rules()),
    ):
        if isinstance(rule, AfterDuty) and name != "due":  # the due is refused like that of an event
            yield PluginError(
                N_("{where}.{name}: this counts from another duty; give a span counted from the request."),
                where=where,
                name=name,
            )
        elif rule is not None and (precedes_event(rule) or isinstance(rule, RecurringRule)):
            yield PluginError(
                N_("{where}.{name}: a request can only be served after it was made."), where=where, name=name
            )
    yield from field_problems(trigger.fields, f"{where}.fields")
    yield from field_problems(trigger.papers, f"{where}.papers")
    yield from _limit_problems(trigger, f"{where}.limits")
    yield from _clock_problems(trigger, where)
    for one in (Limit(due=trigger.due, earliest=trigger.earliest), *trigger.limits):
        if one.earliest is not None and not is_shorter(one.earliest, one.due):
            yield PluginError(
                N_("{where}.earliest: it has to be shorter than due, in the same unit."), where=where
            )
    condition = trigger.condition
    if condition is not None:
        yield from condition_problems(condition, f"{where}.condition")
        yield from _unasked(condition.field, trigger, f"{where}.condition")


def _limit_problems(trigger: OnRequest, where: str) -> Iterator[PluginError]:
    """Yield the errors of what the limits are chosen by, and of their targets."""
    if any(one.target is not None and not is_target(one.target) for one in trigger.limits):
        yield PluginError(
            N_("{where}.target: give a share of duties on time from 0 to 1, such as 0.95."), where=where
        )
    if trigger.limits_by == BY_CONSUMER:
        consumers = [id for one in trigger.limits for id in one.consumers]
        for id in consumers:
            yield from id_problems(id, where)
        yield from repeated(consumers, where)
        return
    if any(field.id == BY_CONSUMER for field in trigger.fields):
        yield PluginError(N_("{where}: a field cannot be called consumer beside limits."), where=where)
    field = next((one for one in trigger.fields if one.id == trigger.limits_by), None)
    if field is None:
        yield from _unasked(trigger.limits_by, trigger, where)
        return
    if field.kind is not FieldKind.CHOICE:
        yield PluginError(
            N_("{where}: limits are chosen by a field of kind choice; {id} is none."),
            where=where,
            id=f"'{readable(field.id[:64])}'",
        )
        return
    values = [value for one in trigger.limits for value in one.values]
    yield from repeated(values, where)
    known = {choice.id for choice in field.choices}
    for value in values:
        if value not in known:
            yield PluginError(
                N_("{where}: {value} is no choice of {id}; its choices are {known}."),
                where=where,
                value=f"'{readable(value[:64])}'",
                id=f"'{readable(field.id[:64])}'",
                known=", ".join(choice.id for choice in field.choices),
            )


def _unasked(id: str, trigger: OnRequest, where: str) -> Iterator[PluginError]:
    """Yield the error of a field that is not asked with the request."""
    if id and id not in {field.id for field in trigger.fields}:
        yield PluginError(
            N_("{where}: the request has no field {id}; declare it under fields."),
            where=where,
            id=f"'{readable(id[:64])}'",
        )


def _clock_problems(trigger: OnRequest, where: str) -> Iterator[PluginError]:
    """Yield the errors of what starts the settle clock, and of the updates."""
    if trigger.settle_from is SettleFrom.ANSWER and trigger.answer is None:
        yield PluginError(
            N_(
                '{where}.settle_from: "answer" needs a limit for the answer, else who never answers is never late.'
            ),
            where=where,
        )
    if bool(trigger.papers) is not (trigger.settle_from is SettleFrom.PAPERS):
        yield PluginError(N_("{where}.settle_from: name the papers it waits for."), where=where)
    every = trigger.updates_every
    span = span_of_rule(every) if every is not None else None
    if every is not None and (span is None or span < SHORTEST_UPDATES):
        yield PluginError(
            N_("{where}.updates_every: give hours or minutes, at least {least} minutes."),
            where=where,
            least=SHORTEST_UPDATES // timedelta(minutes=1),
        )


def _part_problems(trigger: Recurring | OnEvent | OnRequest, where: str) -> Iterator[PluginError]:
    """Yield the errors of the parts that a trigger names as assumed or agreed."""
    allowed = ASSUMABLE[type(trigger)]
    for key, parts in (("assumed", trigger.assumed), ("agreed", trigger.agreed)):
        for part in parts:
            if part not in allowed:
                yield PluginError(
                    N_(
                        "{where}.{key}: {part} is no part that can be assumed or agreed; allowed are {allowed}."
                    ),
                    where=where,
                    key=key,
                    part=f"'{readable(part[:64])}'",
                    allowed=", ".join(allowed),
                )
    if AssumedPart.ROLL in (*trigger.assumed, *trigger.agreed) and roll_of(trigger.due) is None:
        yield PluginError(
            N_("{where}: “roll” is named, but this rule has no day that could move."), where=where
        )
    for part in sorted({*trigger.assumed} & {*trigger.agreed}):
        yield PluginError(
            N_("{where}: {part} is named as assumed and as agreed; keep one of them."), where=where, part=part
        )
