"""Checks each declaration of a plugin, before it is combined with others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.dependencies import dependencies
from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import (
    EVERY,
    Department,
    Obligation,
    OnRequest,
    Recurring,
)
from sla_tracker.domain.agreements.versions import Stretch, needs_calendar, overlaps, turns_not_there
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.rules import (
    LONGEST_WORKING_TIME,
)
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.duties.subject import LONGEST_SUBJECT
from sla_tracker.domain.duties.subject_patterns import is_pattern
from sla_tracker.domain.reminders import policy_toml
from sla_tracker.domain.reminders.policy import (
    EveryWorkday,
    InWorkingHours,
    OnWorkday,
    Policy,
    TimeUsed,
    When,
)
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import DAY_MINUTES, WEEKDAYS, Segment, WeeklyHours
from sla_tracker.errors import N_, Phrase, PluginError
from sla_tracker.plugin_host.field_checks import (
    field_problems,
    id_problems,
    is_hidden,
    place_of,
    readable,
    repeated,
    text_problems,
)
from sla_tracker.plugin_host.trigger_checks import is_target, trigger_problems

MOST_WORKDAYS = 60
MOST_PATTERNS = 16  # of subjects


def department_problems(department: Department) -> Iterator[PluginError]:
    """Yield the errors of a department on its own."""
    where = place_of("department", department.id)
    yield from id_problems(department.id, where)
    yield from text_problems(department.name, f"{where}.name")
    if department.calendar:
        yield from id_problems(department.calendar, f"{where}.calendar")
    yield from policy_problems(department.reminders, f"{where}.reminders")
    yield from _old_id_problems(department.renamed_from, where)


def event_type_problems(event_type: EventType) -> Iterator[PluginError]:
    """Yield the errors of an event type on its own."""
    where = place_of("event_type", event_type.id)
    yield from id_problems(event_type.id, where)
    yield from text_problems(event_type.title, f"{where}.title")
    yield from text_problems(event_type.subject, f"{where}.subject")
    yield from field_problems(event_type.fields, f"{where}.fields", names_subjects=True)
    yield from _pattern_problems(event_type.subject_patterns, f"{where}.subject_patterns")
    yield from _old_id_problems(event_type.renamed_from, where)


def obligation_problems(obligation: Obligation) -> Iterator[PluginError]:
    """Yield the errors of an obligation on its own."""
    where = place_of("obligation", obligation.id)
    yield from id_problems(obligation.id, where)
    yield from text_problems(obligation.title, f"{where}.title")
    yield from _provider_problems(obligation, where)
    yield from _consumer_problems(obligation, where)
    yield from field_problems(obligation.evidence, f"{where}.evidence")
    if obligation.guide is not None:
        yield from text_problems(obligation.guide, f"{where}.guide", is_guide=True)
    if obligation.calendar:
        yield from id_problems(obligation.calendar, f"{where}.calendar")
    yield from policy_problems(obligation.reminders, f"{where}.reminders")
    yield from _old_id_problems(obligation.renamed_from, where)
    for other in dependencies(obligation.depends_on):
        yield from id_problems(other.obligation, f"{where}.depends_on")
    yield from _figure_problems(obligation, where)
    yield from measure_problems(obligation, f"{where}.measure")
    if not obligation.triggers:
        yield PluginError(N_("{where}: nothing opens it; give it at least one trigger."), where=where)
    kinds = {(type(one), one.id) for one in obligation.triggers if one.id}
    yield from repeated((id for _kind, id in kinds), f"{where}.triggers")
    yield from _validity_problems(obligation, where)
    for index, trigger in enumerate(obligation.triggers, start=1):
        place = f"{where}.triggers[{index}]"
        yield from trigger_problems(trigger, place)
        if isinstance(trigger, Recurring):
            yield from turn_problems(obligation, trigger, place)


def _consumer_problems(obligation: Obligation, where: str) -> Iterator[PluginError]:
    """Yield the errors of the departments that are owed an obligation."""
    place = f"{where}.consumer"
    for id in obligation.consumers or (obligation.consumer,):
        if id != EVERY:
            yield from id_problems(id, place)
    yield from repeated(obligation.consumers, place)
    several = obligation.consumer == EVERY or obligation.consumers
    if several and not all(isinstance(one, OnRequest) for one in obligation.triggers):
        yield PluginError(
            N_("{where}: several consumers are possible only for what is asked for on request."), where=place
        )
    if obligation.consumer == EVERY == obligation.provider:
        yield PluginError(N_("{where}: only one side can be every department."), where=place)


def _validity_problems(obligation: Obligation, where: str) -> Iterator[PluginError]:
    """Yield the errors of first and last days, and of overlapping versions.

    Versions overlap where they are valid together.
    """
    named = [(where, obligation.valid_from_on, obligation.valid_until_on)]
    for index, trigger in enumerate(obligation.triggers, start=1):
        named.append((f"{where}.triggers[{index}]", trigger.valid_from_on, trigger.valid_until_on))
    for place, first, last in named:
        if first is not None and last is not None and last < first:
            yield PluginError(
                N_("{where}.valid_until: {last} lies before the first day, {first}."),
                where=place,
                last=last,
                first=first,
            )
    for one in overlaps(obligation):
        if one.first_on == date.min and one.last_on == date.max:
            yield PluginError(
                N_("{where}: {id} is declared {times} times."),
                where=f"{where}.triggers",
                id=f"'{readable(one.id[:64])}'",
                times=sum(trigger.id == one.id for trigger in obligation.triggers),
            )
            continue
        yield PluginError(
            N_("{where}.triggers: two versions of {id} are valid {days}; only one may be."),
            where=where,
            id=f"'{readable(one.id[:64])}'",
            days=days_between(one),
        )


def days_between(stretch: Stretch) -> Phrase:
    """Return from when to when days reach, with an open end where there is none."""
    if stretch.last_on == date.max:
        return Phrase(N_("from {first} on"), first=stretch.first_on)
    if stretch.first_on == date.min:
        return Phrase(N_("until {last}"), last=stretch.last_on)
    return Phrase(N_("from {first} to {last}"), first=stretch.first_on, last=stretch.last_on)


def turn_problems(
    obligation: Obligation, trigger: Recurring, where: str, calendar: WorkCalendar | None = None
) -> Iterator[PluginError]:
    """Yield an error for each exception that names no turn.

    Without a calendar, only rules that ask none are checked.
    """
    rule = trigger.due
    if not isinstance(rule, RecurringRule) or (calendar is None and needs_calendar(rule)):
        return
    for day in turns_not_there(obligation, trigger, calendar or _EVERY_DAY):
        if calendar is not None and calendar.is_provisional(day):
            continue  # the days of that year may still change
        yield PluginError(
            N_("{where}.due: {day} is no turn of this rule while it is valid; except and moved name turns."),
            where=where,
            day=day,
        )


# Rules that ask no calendar get this one.
_EVERY_DAY = WorkCalendar(
    zone=ZoneInfo("UTC"), weekly=WeeklyHours(tuple((Segment(0, DAY_MINUTES),) for _day in WEEKDAYS))
)


def _provider_problems(obligation: Obligation, where: str) -> Iterator[PluginError]:
    """Yield the errors of the departments that owe an obligation."""
    place = f"{where}.provider"
    for id in obligation.providers or (obligation.provider,):
        if id == EVERY and obligation.providers:
            yield PluginError(N_("{where}: “*” means every department and stands alone."), where=place)
        elif id != EVERY:
            yield from id_problems(id, place)
    yield from repeated(obligation.providers, place)
    if obligation.not_from and obligation.provider != EVERY:
        yield PluginError(
            N_('{where}.except: it leaves departments out of provider = "*" only.'), where=where
        )
    for id in obligation.not_from:
        yield from id_problems(id, f"{where}.except")


def _old_id_problems(old_ids: tuple[str, ...], where: str) -> Iterator[PluginError]:
    for id in old_ids:
        yield from id_problems(id, f"{where}.renamed_from")


def _figure_problems(obligation: Obligation, where: str) -> Iterator[PluginError]:
    within = obligation.accept_within
    for name, workdays in (
        ("opens_before", obligation.opens_before),
        ("accept_within", within if isinstance(within, int) else 0),
    ):
        if not 0 <= workdays <= MOST_WORKDAYS:
            yield PluginError(
                N_("{where}.{name}: {value} is out of reach; allowed are 0 to {limit} workdays."),
                where=where,
                name=name,
                value=workdays,
                limit=MOST_WORKDAYS,
            )
    if isinstance(within, timedelta) and not timedelta() < within <= LONGEST_WORKING_TIME:
        yield PluginError(
            N_("{where}.accept_within: give working time of more than 0 and at most {limit} hours."),
            where=where,
            limit=LONGEST_WORKING_TIME // timedelta(hours=1),
        )
    if obligation.target is not None and not is_target(obligation.target):
        yield PluginError(
            N_("{where}.target: give a share of duties on time from 0 to 1, such as 0.95."), where=where
        )


def policy_problems(policy: Policy | None, where: str) -> Iterator[PluginError]:
    """Yield the errors of a reminder policy on its own.

    Whether its channels exist is checked with the settings of the deployment.
    """
    steps = policy.steps if policy else ()
    if len(steps) > policy_toml.MOST_STEPS:
        yield PluginError(N_("{where}: at most {limit} values."), where=where, limit=policy_toml.MOST_STEPS)
    if policy is not None and not policy.hours.is_of_one_day:
        yield PluginError(
            N_("{where}.hours: {value} is no span of a day; write it like 08:00-20:00."),
            where=where,
            value=policy.hours.span,
        )
    yield from repeated((step.id for step in steps), where)
    for index, step in enumerate(steps, start=1):
        place = f"{where}.steps[{index}]"
        yield from id_problems(step.id, place)
        for channel in step.channels:
            yield from id_problems(channel, f"{place}.channels")
        if isinstance(step.when, OnWorkday | EveryWorkday) and step.when.at.tzinfo is not None:
            yield PluginError(N_("{where}.at: give the local clock time, without a time zone."), where=place)
        if not _is_near(step.when):
            yield PluginError(N_("{where}: this reminder is too far from what it reminds of."), where=place)


def _is_near(when: When) -> bool:
    match when:
        case OnWorkday(workdays=workdays):
            return abs(workdays) <= policy_toml.MOST_WORKDAYS
        case InWorkingHours(span=span):
            return abs(span) <= timedelta(minutes=policy_toml.MOST_MINUTES)
        case EveryWorkday(most=most):
            return 1 <= most <= policy_toml.MOST_TIMES
        case TimeUsed(percent=percent):
            return 1 <= percent <= 100


def measure_problems(obligation: Obligation, where: str) -> Iterator[PluginError]:
    """Yield the errors of what the delivered numbers are compared with."""
    measure = obligation.measure
    if measure is None:
        return
    bounds = (measure.minimum, measure.maximum)
    is_bound = bool(measure.field) and any(one is not None for one in bounds)
    is_share = bool(measure.good and measure.of) and measure.target is not None
    wrong_bound = is_bound and (measure.good or measure.of or measure.target is not None)
    wrong_share = is_share and (measure.field or any(one is not None for one in bounds))
    if wrong_bound or wrong_share or not (is_bound or is_share):
        yield PluginError(
            N_("{where}: write {example} or {other}."),
            where=where,
            example='{ field = "availability", min = 99.5, unit = "%" }',
            other='{ good = "within", of = "orders", target = 0.90 }',
        )
        return
    low, high = bounds
    if low is not None and high is not None and low > high:
        yield PluginError(N_("{where}: min is greater than max."), where=where)
    if measure.target is not None and not is_target(measure.target):
        yield PluginError(N_("{where}.target: give a share from 0 to 1, such as 0.95."), where=where)
    numbers = {one.id for one in obligation.evidence if one.kind is FieldKind.NUMBER and one.required}
    for id in filter(None, (measure.field, measure.good, measure.of)):
        if id not in numbers:
            yield PluginError(
                N_("{where}: {id} has to be a required number among the evidence."),
                where=where,
                id=f"'{readable(id[:64])}'",
            )


def _pattern_problems(patterns: tuple[str, ...], where: str) -> Iterator[PluginError]:
    """Yield the errors of what subjects look like."""
    if len(patterns) > MOST_PATTERNS:
        yield PluginError(N_("{where}: at most {n} patterns."), where=where, n=MOST_PATTERNS)
    for pattern in patterns:
        if not is_pattern(pattern) or len(pattern) > LONGEST_SUBJECT or any(map(is_hidden, pattern)):
            yield PluginError(
                N_(
                    "{where}: “{pattern}” is no pattern; write # for a digit, @ for a letter from A to Z, ? for "
                    "either, and other characters as they are."
                ),
                where=where,
                pattern=pattern[:64],
            )
