"""Finds what makes proposed terms impossible."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

from sla_tracker.domain.agreements.obligation import OnRequest, Recurring, Trigger
from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.domain.deadlines.rules import AfterDuty, precedes_event, roll_of
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
    if parts.target is not None and not is_share(parts.target):
        yield UsageError(
            N_("A target is a share of duties on time from 0 to 1, such as 0.95; this is {target}."),
            target=parts.target,
        )


def is_share(number: Decimal) -> bool:
    """Return whether a number is a share from 0 to 1."""
    return number.is_finite() and 0 <= number <= 1


def limit_problems(limit: AgreedLimit, trigger: Trigger, calendars: Collection[str]) -> Iterator[SlaError]:
    """Yield the errors of a proposed limit of a trigger."""
    due = limit.due
    if due is not None and due != trigger.due:
        yield from _rule_problems(due, trigger, calendars)
    if limit.answer is not None:
        if isinstance(trigger, OnRequest):
            yield from _rule_problems(limit.answer, trigger, calendars)
        else:
            yield UsageError(N_("Only a request has a limit for its first answer."))
    rule = due or trigger.due
    if limit.roll is not None and roll_of(rule) is None:
        yield UsageError(N_("This limit names no day, so nothing moves when a day is off."))
    elif limit.roll is Roll.SKIP and not isinstance(rule, RecurringRule):
        yield UsageError(N_("Only a turn of the calendar can be left out on a day off; this stays owed."))


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
