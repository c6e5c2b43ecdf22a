"""Checks each declaration of a plugin on its own.

Afterwards it is combined with the others.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_tracker.domain.agreements.clocks import rules_of
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.dependencies import dependencies
from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.obligation import (
    EVERY,
    Department,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
)
from sla_tracker.domain.agreements.versions import Stretch, needs_calendar, overlaps, turns_not_there
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.rules import LONGEST_WORKING_TIME, AfterDuty, precedes_event, roll_of
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
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.time.work_hours import DAY_MINUTES, WEEKDAYS, Segment, WeeklyHours
from sla_tracker.errors import N_, Phrase, PluginError

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LONGEST_NAME = 200  # characters
LONGEST_GUIDE = 20_000  # characters
LAYOUT = {ord(char): None for char in "\n\t"}  # control characters that a guide may contain
MOST_WORKDAYS = 60
MOST_PATTERNS = 16  # of subjects
# Parts of each kind of trigger that a plugin may mark as assumed.
ASSUMABLE = {
    Recurring: ("due", "about", "day", "roll"),
    OnEvent: ("due", "roll"),
    OnRequest: ("due", "answer", "roll"),
}


def readable(id: str) -> str:
    """Return a wrong id as people read it; characters that cannot be seen are escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in id)


def place_of(table: str, id: str) -> str:
    """Return the position of an error as in a checklist: `obligation[wash]`."""
    return f"{table}[{readable(id[:64])}]"


def id_problems(id: str, where: str) -> Iterator[PluginError]:
    """Yield the errors of an id.

    People type it, and it is stored and used in file names.
    """
    if not ID.fullmatch(id):
        yield PluginError(
            N_(
                "{where}: {id} is no id; use a to z, 0 to 9 and -, beginning with a letter or digit, at most 64."
            ),
            where=where,
            id=f"'{readable(id[:80])}'",
        )


def text_problems(text: Text, where: str, *, is_guide: bool = False) -> Iterator[PluginError]:
    """Yield the errors of a shown text: empty, too long, hidden characters, markup."""
    limit = LONGEST_GUIDE if is_guide else LONGEST_NAME
    if not (text.zh.strip() or text.en.strip()):
        yield PluginError(N_("{where}: write it in Chinese, in English or in both."), where=where)
    for lang, words in (("zh", text.zh), ("en", text.en)):
        place = f"{where}.{lang}"
        if len(words) > limit:
            yield PluginError(N_("{where}: at most {limit} characters."), where=place, limit=limit)
        line = words.translate(LAYOUT) if is_guide else words
        hidden = "" if line.isprintable() else next(filter(is_hidden, line), "")
        if hidden:
            yield PluginError(
                N_("{where}: the character {code} ({name}) cannot be seen and is not allowed in texts."),
                where=place,
                code=f"U+{ord(hidden):04X}",
                name=unicodedata.name(hidden, "control character").lower(),
            )
        if not is_guide and ("[" in words or "]" in words):
            yield PluginError(
                N_("{where}: square brackets are read as markup by terminals; write 【 】 or ( ) instead."),
                where=place,
            )


def is_hidden(char: str) -> bool:
    """Return whether a character is unsafe to show.

    It controls the terminal, reorders or hides text, or is unassigned.
    """
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


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
    yield from _field_problems(event_type.fields, f"{where}.fields", names_subjects=True)
    yield from _pattern_problems(event_type.subject_patterns, f"{where}.subject_patterns")
    yield from _old_id_problems(event_type.renamed_from, where)


def obligation_problems(obligation: Obligation) -> Iterator[PluginError]:
    """Yield the errors of an obligation on its own."""
    where = place_of("obligation", obligation.id)
    yield from id_problems(obligation.id, where)
    yield from text_problems(obligation.title, f"{where}.title")
    yield from _provider_problems(obligation, where)
    yield from _consumer_problems(obligation, where)
    yield from _field_problems(obligation.evidence, f"{where}.evidence")
    if obligation.guide is not None:
        yield from text_problems(obligation.guide, f"{where}.guide", is_guide=True)
    if obligation.calendar:
        yield from id_problems(obligation.calendar, f"{where}.calendar")
    yield from policy_problems(obligation.reminders, f"{where}.reminders")
    yield from _old_id_problems(obligation.renamed_from, where)
    for other in dependencies(obligation.depends_on):
        yield from id_problems(other.obligation, f"{where}.depends_on")
    yield from _figure_problems(obligation, where)
    if not obligation.triggers:
        yield PluginError(N_("{where}: nothing opens it; give it at least one trigger."), where=where)
    kinds = {(type(one), one.id) for one in obligation.triggers if one.id}
    yield from repeated((id for _kind, id in kinds), f"{where}.triggers")
    yield from _validity_problems(obligation, where)
    for index, trigger in enumerate(obligation.triggers, start=1):
        place = f"{where}.triggers[{index}]"
        yield from _trigger_problems(trigger, place)
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
    """Yield the errors of first and last days, and of versions that are valid together."""
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

    Without a calendar, only for rules that ask none.
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
    yield from repeated((step.id for step in steps), where)
    for index, step in enumerate(steps, start=1):
        place = f"{where}.steps[{index}]"
        yield from id_problems(step.id, place)
        for channel in step.channels:
            yield from id_problems(channel, f"{place}.channels")
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


def is_target(target: Decimal) -> bool:
    """Return whether a number is a valid target: a share from 0 to 1."""
    return target.is_finite() and 0 <= target <= 1


def _trigger_problems(trigger: Recurring | OnEvent | OnRequest, where: str) -> Iterator[PluginError]:
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
        yield from _condition_problems(trigger.condition, f"{where}.condition")
    if trigger.id:
        yield from id_problems(trigger.id, f"{where}.id")
    yield from _part_problems(trigger, where)


def _request_problems(trigger: OnRequest, where: str) -> Iterator[PluginError]:
    """Yield the errors of a request's limits, those for some consumers included."""
    for name, rule in (
        ("due", trigger.due),
        ("answer", trigger.answer),
        *(("limits", rule) for one in trigger.limits for rule in (one.due, one.answer)),
    ):
        if rule is not None and (precedes_event(rule) or isinstance(rule, RecurringRule)):
            yield PluginError(
                N_("{where}.{name}: a request can only be served after it was made."), where=where, name=name
            )
    consumers = [id for one in trigger.limits for id in one.consumers]
    for id in consumers:
        yield from id_problems(id, f"{where}.limits")
    yield from repeated(consumers, f"{where}.limits")
    condition = trigger.condition
    if condition is not None and (condition.field or condition.bounds):
        yield PluginError(
            N_("{where}.condition: a request has no fields; its condition is asked_by, or a time."),
            where=where,
        )
    if condition is not None:
        for id in condition.asked_by:
            yield from id_problems(id, f"{where}.condition.asked_by")


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
    if "roll" in (*trigger.assumed, *trigger.agreed) and roll_of(trigger.due) is None:
        yield PluginError(
            N_("{where}: “roll” is named, but this rule has no day that could move."), where=where
        )
    for part in sorted({*trigger.assumed} & {*trigger.agreed}):
        yield PluginError(
            N_("{where}: {part} is named as assumed and as agreed; keep one of them."), where=where, part=part
        )


def _condition_problems(condition: Condition | None, where: str) -> Iterator[PluginError]:
    if condition is None:
        return
    for id in condition.asked_by:
        yield from id_problems(id, f"{where}.asked_by")
    if condition.field:
        yield from id_problems(condition.field, f"{where}.field")
        yield from id_problems(condition.equals, f"{where}.equals")
    bounds = condition.bounds
    if bounds and not condition.field:
        yield PluginError(N_("{where}: name the field whose value is compared."), where=where)
    if len({type(bound) for bound in bounds}) > 1:
        yield PluginError(N_("{where}: compare with numbers or with days, not with both."), where=where)
    if bounds and condition.equals != "yes":
        yield PluginError(N_("{where}.equals: not possible beside a comparison."), where=where)


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


def _field_problems(
    fields: tuple[Field, ...], where: str, *, names_subjects: bool = False
) -> Iterator[PluginError]:
    yield from repeated((field.id for field in fields), where)
    for index, field in enumerate(fields, start=1):
        place = f"{where}[{index}]"
        yield from id_problems(field.id, place)
        yield from text_problems(field.label, f"{place}.label")
        if bool(field.choices) is not (field.kind is FieldKind.CHOICE):
            yield PluginError(
                N_("{where}: a field of kind choice needs choices, and no other kind has any."), where=place
            )
        if field.is_subject and not (names_subjects and field.kind in {FieldKind.TEXT, FieldKind.REFERENCE}):
            yield PluginError(
                N_("{where}: only fields of events of kind text or reference name another subject."),
                where=place,
            )
        yield from repeated((choice.id for choice in field.choices), f"{place}.choices")
        for choice in field.choices:
            yield from id_problems(choice.id, f"{place}.choices")
            yield from text_problems(choice.label, f"{place}.choices.{choice.id[:64]}")


def repeated(ids: Iterable[str], where: str) -> Iterator[PluginError]:
    """Yield one error for each id that occurs more than once."""
    for id, times in Counter(ids).items():
        if times > 1:
            yield PluginError(
                N_("{where}: {id} is declared {times} times."),
                where=where,
                id=f"'{readable(id[:64])}'",
                times=times,
            )
