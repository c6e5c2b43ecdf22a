"""Due rules: frozen values that define when something is due."""

from dataclasses import field, replace
from datetime import time, timedelta
from enum import StrEnum

from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.due_rule import (
    CONSUMER_ZONE,
    CalendarRule,
    DueRule,
    Roll,
    RuleError,
    amount_problems,
    check,
    clock_problems,
    skipped_problems,
)
from sla_tracker.errors import N_, UsageError
from sla_tracker.value_class import dataclass

LONGEST_DAYS = 3660  # calendar days
MOST_WORKDAYS = 1000
LONGEST_WORKING_TIME = timedelta(hours=2000)
LONGEST_ELAPSED_TIME = timedelta(hours=24) * LONGEST_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class AtEvent(CalendarRule):
    """Due at the instant of the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InDays(CalendarRule):
    """Due N calendar days after the event's day.

    0 is the same day, a negative number lies before it.
    """

    days: int
    at: time | None = None
    roll: Roll = Roll.FOLLOWING
    zone: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        check(
            *amount_problems("days", self.days, LONGEST_DAYS),
            *clock_problems(self.at, self.zone),
            *skipped_problems("roll", self.roll),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InWorkdays(CalendarRule):
    """Due on the N-th workday after the event's day.

    0 is the same day, a negative number lies before it.
    """

    workdays: int
    at: time | None = None
    zone: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        check(*amount_problems("workdays", self.workdays, MOST_WORKDAYS), *clock_problems(self.at, self.zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class InWorkingTime(CalendarRule):
    """Due after a span of working time in whole minutes (negative = before the event)."""

    span: timedelta

    def __post_init__(self) -> None:
        problems = []
        if self.span % timedelta(minutes=1):
            problems.append(UsageError(N_("Working time is counted in whole minutes.")))
        if abs(self.span) > LONGEST_WORKING_TIME:
            hours = LONGEST_WORKING_TIME // timedelta(hours=1)
            problems.append(UsageError(N_("Working time: at most {most} hours are possible."), most=hours))
        check(*problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class InElapsedTime(CalendarRule):
    """Due after a span of the clock in whole minutes, day and night.

    With a negative span it is due before. The rule asks no calendar: it is never rolled and never provisional.
    """

    elapsed: timedelta

    def __post_init__(self) -> None:
        problems = []
        if self.elapsed % timedelta(minutes=1):
            problems.append(UsageError(N_("Elapsed time is counted in whole minutes.")))
        if abs(self.elapsed) > LONGEST_ELAPSED_TIME:
            hours = LONGEST_ELAPSED_TIME // timedelta(hours=1)
            problems.append(UsageError(N_("Elapsed time: at most {most} hours are possible."), most=hours))
        check(*problems)


class Turn(StrEnum):
    """Which turn of another obligation is meant, compared by period."""

    SAME = "same"
    PREVIOUS = "previous"
    NEXT = "next"
    OVERLAPPING = "overlapping"
    LATEST = "latest"


class CountsFrom(StrEnum):
    """The instant of another duty from which a rule counts."""

    DUE = "due"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterDuty(CalendarRule):
    """Due by `then`, counted from a turn of the obligation `after`.

    `of` is the instant of that duty: its due before excuses, or its first delivery.
    """

    after: str
    then: DueRule
    of: CountsFrom = CountsFrom.DUE

    def __post_init__(self) -> None:
        if isinstance(self.then, RecurringRule | AfterDuty):
            check(UsageError(N_("A rule that counts from another duty needs a span, such as workdays = 1.")))
        if self.of is CountsFrom.DELIVERY and precedes_event(self.then):
            check(
                UsageError(
                    N_("Nothing can be due before a delivery that lies ahead; count from the due instead.")
                )
            )


def _span_of(rule: DueRule) -> DueRule:
    """Return the rule itself, or the span of one that counts from another duty."""
    return rule.then if isinstance(rule, AfterDuty) else rule


def roll_of(rule: DueRule) -> Roll | None:
    """Return where the rule's day moves; None for a rule that names none."""
    roll = getattr(_span_of(rule), "roll", None)
    return roll if isinstance(roll, Roll) else None


def time_of(rule: DueRule) -> time | None:
    """Return the time of day that the rule states.

    None for the close, or a rule without a day.
    """
    at = getattr(_span_of(rule), "at", None)
    return at if isinstance(at, time) else None


def can_roll(rule: DueRule) -> bool:
    """Return whether the rule names a day that may turn out to be no workday."""
    span = _span_of(rule)
    # The same day of a closed one counts as the next workday, without any roll.
    return roll_of(rule) is not None and not (isinstance(span, InDays) and span.days == 0)


def with_roll(rule: DueRule, roll: Roll) -> DueRule:
    """Return the rule with another roll; raises RuleError if it cannot have it."""
    if roll_of(rule) is None:
        raise RuleError(UsageError(N_("{key}: this rule names no day that could move."), key="roll"))
    if isinstance(rule, AfterDuty):
        return replace(rule, then=with_roll(rule.then, roll))
    changed: DueRule = replace(rule, roll=roll)  # type: ignore[type-var]
    return changed


def in_zone_of(rule: DueRule, consumer_zone: str) -> DueRule:
    """Return the rule with the name of a zone where it names the consumer's."""
    if isinstance(rule, AfterDuty):
        return replace(rule, then=in_zone_of(rule.then, consumer_zone))
    if getattr(rule, "zone", "") != CONSUMER_ZONE:
        return rule
    named: DueRule = replace(rule, zone=consumer_zone)  # type: ignore[type-var]
    return named


def precedes_event(rule: DueRule) -> bool:
    """Return whether the rule is due at or before its event."""
    match rule:
        case AtEvent():
            return True
        case InDays(days=amount) | InWorkdays(workdays=amount):
            return amount < 0
        case InWorkingTime(span=span) | InElapsedTime(elapsed=span):
            return span < timedelta(0)
    return False


def span_of_rule(rule: DueRule) -> timedelta | None:
    """Return the span of a rule that counts hours or minutes.

    None for one that counts days.
    """
    match rule:
        case InWorkingTime(span=span):
            return span
        case InElapsedTime(elapsed=span):
            return span
    return None


def is_shorter(rule: DueRule, other: DueRule) -> bool:
    """Return whether a rule is shorter than another one of the same class."""
    match rule, other:
        case (InDays(days=one), InDays(days=two)) | (InWorkdays(workdays=one), InWorkdays(workdays=two)):
            return one < two
    first, second = span_of_rule(rule), span_of_rule(other)
    return type(rule) is type(other) and first is not None and second is not None and first < second
