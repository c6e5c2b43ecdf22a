"""Finds what makes proposed terms impossible."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

from sla_tracker.domain.agreements.obligation import OnRequest, Recurring, Trigger
from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts
from sla_tracker.domain.consent.limit_rows import row_of, values_of
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.domain.deadlines.rules import AfterDuty, is_shorter, precedes_event, roll_of
from sla_tracker.errors import N_, SlaError, UsageError


def days_problems(first_on: date, last_on: date | None, today: date) -> Iterator[SlaError]:
    """Yield the errors of the days on which terms are to apply."""
    if first_on < today:
        yield UsageError(
            N_("An agreement cannot begin on {day}, which has passed; the first possible day is {today}."),
            day=first_on,
            today=today,
        )
    if last_on is not None and last_on < first_on:
        yield UsageError(
            N_("The last day, {last}, lies before the first day, {first}."), last=last_on, first=first_on
        )


def parts_problems(parts: AgreedParts) -> Iterator[SlaError]:
    """Yield the errors of proposed terms as a whole."""
    if not parts.limits and parts.target is None:
        yield UsageError(N_("Nothing is proposed: name a limit, what happens on a day off, or a target."))
    for target in (parts.target, *(one.target for one in parts.limits)):
        if target is not None and not is_share(target):
            yield UsageError(
                N_("A target is a share of duties on time from 0 to 1, such as 0.95; this is {target}."),
                target=target,
            )


def is_share(number: Decimal) -> bool:
    """Return whether a number is a share from 0 to 1."""
    return number.is_finite() and 0 <= number <= 1


def limit_problems(limit: AgreedLimit, trigger: Trigger, calendars: Collection[str]) -> Iterator[SlaError]:
    """Yield the errors of a proposed limit of a trigger, or of one row of its limits."""
    if limit.value and limit.value not in values_of(trigger):
        yield from _row_problems(limit, trigger)
        return
    due = limit.due
    if due is not None and due != trigger.due:
        yield from _rule_problems(due, trigger, calendars)
    if limit.answer is not None:
        if isinstance(trigger, OnRequest):
            yield from _rule_problems(limit.answer, trigger, calendars)
        else:
            yield UsageError(N_("Only a request has a limit for its first answer."))
    present = row_of(trigger, limit.value) if limit.value and isinstance(trigger, OnRequest) else trigger
    rule = due or present.due
    yield from _range_problems(limit, trigger, rule)
    if limit.roll is not None and roll_of(rule) is None:
        yield UsageError(N_("This limit names no day, so nothing moves when a day is off."))
    elif limit.roll is Roll.SKIP and not isinstance(rule, RecurringRule):
        yield UsageError(N_("Only a turn of the calendar can be left out on a day off; this stays owed."))


def _row_problems(limit: AgreedLimit, trigger: Trigger) -> Iterator[SlaError]:
    """Yield the error of a row that the table of limits cannot have."""
    known = values_of(trigger)
    if known:
        yield UsageError(
            N_("No limit is chosen by “{value}”; the choices are {known}."),
            value=limit.value,
            known=", ".join(known),
        )
    else:
        yield UsageError(N_("The limits of this obligation are not chosen by a field; leave --for out."))


def _range_problems(limit: AgreedLimit, trigger: Trigger, due: DueRule) -> Iterator[SlaError]:
    """Yield the errors of the earlier end of a range, proposed or present."""
    if not isinstance(trigger, OnRequest):
        if limit.earliest is not None:
            yield UsageError(N_("Only a request has a range; leave its earlier end out."))
        return
    if limit.due is None and limit.earliest is None:
        return
    present = row_of(trigger, limit.value) if limit.value else trigger
    earliest = limit.earliest or present.earliest
    if earliest is None:
        return
    if isinstance(earliest, RecurringRule | AfterDuty) or not is_shorter(earliest, due):
        yield UsageError(
            N_("The earlier end of a range has to be shorter than the limit, in the same unit; propose both.")
        )


def _rule_problems(rule: DueRule, trigger: Trigger, calendars: Collection[str]) -> Iterator[SlaError]:
    if isinstance(rule, AfterDuty):
        yield UsageError(
            N_("A limit that counts from another duty is written in the plugin; propose another one here.")
        )
    elif isinstance(trigger, Recurring) and not isinstance(rule, RecurringRule):
        yield UsageError(N_("This obligation opens by the calendar: propose a day, such as “the 5th”."))
    elif not isinstance(trigger, Recurring) and isinstance(rule, RecurringRule):
        yield UsageError(
            N_(
                "This obligation opens by an event or a request: propose a time from then on, such as “3 workdays”."
            )
        )
    elif isinstance(trigger, OnRequest) and precedes_event(rule):
        yield UsageError(N_("A request can only be settled after it was made."))
    if rule.calendar and rule.calendar not in calendars:
        yield UsageError(N_("There is no calendar “{name}”."), name=rule.calendar)
