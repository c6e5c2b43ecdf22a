"""Computes turns that count from a turn of another obligation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import CalendarLookup, clock_for
from sla_tracker.domain.agreements.known_triggers import KnownTrigger, leading_name, recognised
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import (
    DaysLookedAt,
    Occurrence,
    about,
    due_between,
    key_of,
    occurrences,
    occurrences_due,
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
from sla_tracker.domain.time.instants import ONE_DAY
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
    """Return the base by the rules alone: the due, or a delivery at the last moment."""
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
    """Yield, by the rules alone, the turns whose day before roll lies in [start, end)."""
    yield from occurrences(obligation, calendar_of, start, end, known)
    yield from _counted_by_rule(catalogue, obligation, calendar_of, start, end, known)


def turns_due_by_rule(
    catalogue: Catalogue,
    obligation: Obligation,
    calendar_of: CalendarLookup,
    first_on: date,
    last_on: date,
    known: Sequence[KnownTrigger] = (),
) -> Iterator[Occurrence]:
    """Yield the turns that are due, rolled, from a day to another, both included.

    The rules alone give them. The days before roll are those that rules and calendars say, however long it is closed.
    """
    days = due_between(first_on, last_on)
    found = occurrences_due(obligation, calendar_of, days, known, due_from=first_on)
    yield from (one for one in found if one.deadline.due_on <= last_on)
    span = counted_days(obligation, calendar_of, days)
    if span is not None:
        for one in _counted_by_rule(catalogue, obligation, calendar_of, *span, known):
            if first_on <= one.deadline.due_on <= last_on:
                yield one


def _counted_by_rule(
    catalogue: Catalogue,
    obligation: Obligation,
    calendar_of: CalendarLookup,
    start: date,
    end: date,
    known: Sequence[KnownTrigger],
) -> Iterator[Occurrence]:
    """Yield the turns that count from another duty, by the rules alone."""
    for place, trigger, rule in counting_triggers(obligation):
        seen = recognised(known, obligation)[place]
        based = days_counted_from(*clock_for(obligation, rule.then, calendar_of), start, end)
        turns = (
            turn
            for other in catalogue.beside(rule.after, obligation, obligation.provider)
            for turn in turns_due_by_rule(catalogue, other, calendar_of, *based)
        )
        for turn in turns:
            counted = counted_turn(obligation, trigger, seen, turn, rule_base(rule, turn), calendar_of)
            if is_within(counted, start, end):
                yield counted


def days_counted_from(then: DueRule, calendar: WorkCalendar, start: date, end: date) -> tuple[date, date]:
    """Return the first and last day from which a rule can reach [start, end).

    One workday more on both sides, for rules that go on to the next workday and for other time zones.
    """
    match then:
        case InDays(days=days):
            first, last = start - timedelta(days=days), end - timedelta(days=days)
        case InWorkdays(workdays=workdays):
            first, last = calendar.shift_workdays(start, -workdays), calendar.shift_workdays(end, -workdays)
        case InWorkingTime(span=span):
            instants = (calendar.instant_of(day, time()) for day in (start, end))
            first, last = (calendar.local_date(calendar.add_working_time(one, -span)) for one in instants)
        case InElapsedTime(elapsed=elapsed):
            first, last = start - elapsed - ONE_DAY, end - elapsed + ONE_DAY
        case _:
            first, last = start, end
    return calendar.shift_workdays(first, -1), calendar.shift_workdays(last, 1)


def counted_turn(
    obligation: Obligation,
    trigger: Recurring,
    known: KnownTrigger,
    other: Occurrence,
    base: Base,
    calendar_of: CalendarLookup,
) -> Occurrence:
    """Return the turn that counts from a turn of another obligation.

    Its period and its name are those of the other turn, so that a changed rule opens no turn twice.
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


def turn_days(
    catalogue: Catalogue, obligation: Obligation, first_on: date, last_on: date
) -> tuple[date, date]:
    """Return the days [start, end) that turns can have by another rule.

    A turn is named by its week, month, quarter, … or year, so that another rule may name any other day of that.
    """
    starts, ends = [first_on], [last_on + ONE_DAY]
    for trigger in obligation.triggers:
        if not isinstance(trigger, Recurring):
            continue
        spans = (
            [
                (start - reach_of(trigger.due), end + reach_of(trigger.due))
                for other in catalogue.beside(trigger.due.after, obligation, obligation.provider)
                for start, end in [turn_days(catalogue, other, first_on, last_on)]
            ]
            if isinstance(trigger.due, AfterDuty)
            else [(trigger.due.unit_around(first_on)[0], trigger.due.unit_around(last_on)[1])]
        )
        starts += [start for start, _end in spans]
        ends += [end for _start, end in spans]
    return min(starts), max(ends)


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
    """Return the days [start, end) before roll for turns that count from another duty.

    Returns None if an obligation has no such trigger.
    """
    found = [
        days(*clock_for(obligation, rule.then, calendar_of)) for _, _, rule in counting_triggers(obligation)
    ]
    return (min(start for start, _ in found), max(end for _, end in found)) if found else None


def is_within(turn: Occurrence, start: date, end: date) -> bool:
    """Return whether a turn's day before roll lies in [start, end).

    The day also has to lie in the validity of the turn's trigger.
    """
    on = turn.deadline.nominal_on
    return start <= on < end and turn.obligation.validity_of(turn.trigger).has(on)
