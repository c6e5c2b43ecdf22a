"""Computes turns that count from a turn of another obligation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import CalendarLookup, clock_for
from sla_tracker.domain.agreements.known_triggers import KnownTrigger, leading_name, recognised
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import (
    DaysLookedAt,
    Occurrence,
    about,
    key_of,
    occurrences,
)
from sla_tracker.domain.deadlines.due import (
    AfterDuty,
    CountsFrom,
    Deadline,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    deadline_after,
    opens_at,
)
from sla_tracker.domain.deadlines.due_rule import DueRule
from sla_tracker.domain.deadlines.steps import after_duty_step
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass

# Workdays can be this far apart on the average, long holidays included.
_ROUGHLY_A_WORKDAY = timedelta(days=3)
_LEAST_REACH = timedelta(days=100)  # more than the longest holidays of a school


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """The instant of another duty from which is counted.

    `of` is `due`, `delivery`, `waived` or `missed`; one that is not certain is a delivery that lies ahead.
    """

    at: datetime
    of: str
    is_certain: bool = True


def rule_base(rule: AfterDuty, other: Occurrence) -> Base:
    """Return the base that the rules alone give.

    It is the due, or a delivery at the last moment.
    """
    is_due = rule.of is CountsFrom.DUE
    return Base(at=other.deadline.due_at, of=str(rule.of), is_certain=is_due and other.is_dated)


def counting_triggers(obligation: Obligation) -> Iterator[tuple[int, Recurring, AfterDuty]]:
    """Yield the triggers that count from another duty, with their places."""
    for place, trigger in enumerate(obligation.triggers):
        if isinstance(trigger, Recurring) and isinstance(trigger.due, AfterDuty):
            yield place, trigger, trigger.due


def turns_by_rule(
    catalogue: Catalogue,
    obligation: Obligation,
    calendar_of: CalendarLookup,
    start: date,
    end: date,
    known: Sequence[KnownTrigger] = (),
) -> Iterator[Occurrence]:
    """Yield the turns whose day before roll lies in [start, end).

    The rules alone give them.
    """
    yield from occurrences(obligation, calendar_of, start, end, known)
    for place, trigger, rule in counting_triggers(obligation):
        seen, reach = recognised(known, obligation)[place], reach_of(rule)
        turns = (
            turn
            for other in catalogue.beside(rule.after, obligation, obligation.provider)
            for turn in turns_by_rule(catalogue, other, calendar_of, start - reach, end + reach)
        )
        for turn in turns:
            counted = counted_turn(obligation, trigger, seen, turn, rule_base(rule, turn), calendar_of)
            if is_within(counted, start, end):
                yield counted


def counted_turn(
    obligation: Obligation,
    trigger: Recurring,
    known: KnownTrigger,
    other: Occurrence,
    base: Base,
    calendar_of: CalendarLookup,
) -> Occurrence:
    """Return the turn that counts from a turn of another obligation.

    Its period is that of the other one, its name too, so that a changed rule opens no turn twice.
    """
    rule = trigger.due
    assert isinstance(rule, AfterDuty)
    then, calendar = clock_for(obligation, rule.then, calendar_of)
    turn = f"{other.known.name}@{other.turn}"
    deadline = counted_deadline(then, base, other.obligation.title, calendar)
    is_due = rule.of is CountsFrom.DUE
    return Occurrence(
        key=key_of(obligation, known, turn),
        turn=turn,
        known=known,
        obligation=obligation,
        trigger=trigger,
        deadline=about(deadline, other.period_start, other.period_end),
        opens_at=opens_at(deadline, obligation.opens_before, calendar) if is_due else base.at,
        period_start=other.period_start,
        period_end=other.period_end,
        is_dated=base.is_certain,
    )


def counted_deadline(then: DueRule, base: Base, title: Text, calendar: WorkCalendar) -> Deadline:
    """Return the deadline that a rule gives from an instant of another duty."""
    counted = deadline_after(then, base.at, calendar)
    return replace(counted, steps=(after_duty_step(title, base.of), *counted.steps))


def reach_of(rule: AfterDuty) -> timedelta:
    """Return how far from a due the turn can lie that it counts from."""
    match rule.then:
        case InDays(days=days):
            span = timedelta(days=abs(days))
        case InWorkdays(workdays=workdays):
            span = _ROUGHLY_A_WORKDAY * abs(workdays)
        case InWorkingTime(span=worked):
            span = abs(worked) * 6
        case InElapsedTime(elapsed=elapsed):
            span = abs(elapsed)
        case _:
            span = timedelta()
    return _LEAST_REACH + span


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTurn:
    """A provider's turn as a duty's key names it: by its trigger and the turn."""

    provider: str
    trigger: str
    turn: str

    @property
    def other(self) -> NamedTurn | None:
        """Return the turn from which this one counts; None for one of the calendar.

        Its provider is the one of this turn; an obligation that another department owes has another.
        """
        named = leading_name(self.turn, "@")
        return None if named is None else NamedTurn(provider=self.provider, trigger=named[0], turn=named[1])

    def is_same_turn(self, other: NamedTurn) -> bool:
        """Return whether trigger and turn are the same; providers may differ."""
        return (self.trigger, self.turn) == (other.trigger, other.turn)

    def key_for(self, obligation: Obligation) -> str:
        """Return the key of this turn of a provider's obligation."""
        return f"{obligation.id}/{obligation.provider}/{self.trigger}/{self.turn}"


def named_turn(key: str) -> NamedTurn | None:
    """Return the turn that a duty's key names; None for a key that names none."""
    _obligation, provider, rest = (*key.split("/", 2), "", "")[:3]
    named = leading_name(rest, "/")
    return None if named is None else NamedTurn(provider=provider, trigger=named[0], turn=named[1])


def counted_days(
    obligation: Obligation, calendar_of: CalendarLookup, days: DaysLookedAt
) -> tuple[date, date] | None:
    """Return the days [start, end) for turns that count from another duty.

    They are days before roll. None if an obligation has no such trigger.
    """
    found = [
        days(*clock_for(obligation, rule.then, calendar_of)) for _, _, rule in counting_triggers(obligation)
    ]
    return (min(start for start, _ in found), max(end for _, end in found)) if found else None


def is_within(turn: Occurrence, start: date, end: date) -> bool:
    """Return whether a turn's day before roll lies in [start, end).

    It also has to lie in the validity of the turn's trigger.
    """
    on = turn.deadline.nominal_on
    return start <= on < end and turn.obligation.validity_of(turn.trigger).has(on)
