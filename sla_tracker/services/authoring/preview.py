"""Computes which duties a plugin would open.

By the calendar, by events, by requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.known_triggers import KnownTrigger
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Recurring, Trigger
from sla_tracker.domain.agreements.occurrences import LONGEST_ROLL, Occurrence, occurrences
from sla_tracker.domain.deadlines.due import Deadline, deadline_after
from sla_tracker.domain.time.work_calendar import WorkCalendar

CalendarOf = Callable[[Obligation], WorkCalendar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The deadlines of an event or request at `at`.

    `answer` is that of the first answer.
    """

    obligation: Obligation
    trigger: OnEvent | OnRequest
    at: datetime
    deadline: Deadline
    answer: Deadline | None = None


def calendars_by(
    catalogue: Catalogue, calendars: Mapping[str, WorkCalendar], company: str = ""
) -> CalendarOf:
    """Return a function that gives an obligation's calendar.

    The one that it names, else its provider's, else the company's.
    """

    def calendar_of(obligation: Obligation) -> WorkCalendar:
        department = catalogue.departments[obligation.provider]
        names = (obligation.calendar, department.calendar, department.id)
        return next((calendars[name] for name in names if name and name in calendars), calendars[company])

    return calendar_of


def alike(obligations: Iterable[Obligation], calendar_of: CalendarOf) -> tuple[Obligation, ...]:
    """Return obligations as they bind their providers, one for those with the same deadlines.

    Its `providers` are all of these.
    """
    groups: dict[tuple[str, int, tuple[Trigger, ...]], list[Obligation]] = {}
    for one in obligations:
        groups.setdefault((one.id, id(calendar_of(one)), one.triggers), []).append(one)
    return tuple(
        replace(same[0], providers=tuple(one.provider for one in same)) if same[0].is_shared else same[0]
        for same in groups.values()
    )


def coming(
    obligations: Iterable[Obligation],
    calendar_of: CalendarOf,
    start: date,
    end: date,
    known: Mapping[str, Sequence[KnownTrigger]] = MappingProxyType({}),
) -> tuple[Occurrence, ...]:
    """Return the recurring occurrences with a due day in [start, end), by due time.

    `known` are the triggers of obligations that were there before, by obligation.
    """
    found = [
        occurrence
        for obligation in obligations
        if not obligation.retired
        for occurrence in _due_between(
            obligation, calendar_of(obligation), start, end, known.get(obligation.id, ())
        )
    ]
    return tuple(sorted(found, key=lambda occurrence: (occurrence.deadline.due_at, occurrence.obligation.id)))


def examples(obligations: Iterable[Obligation], calendar_of: CalendarOf, at: datetime) -> tuple[Example, ...]:
    """Return the deadlines that event and request triggers give at an instant."""
    return tuple(
        _example(obligation, trigger, calendar_of(obligation), at)
        for obligation in obligations
        if not obligation.retired
        for trigger in obligation.triggers
        if not isinstance(trigger, Recurring)
    )


def _due_between(
    obligation: Obligation, calendar: WorkCalendar, start: date, end: date, known: Sequence[KnownTrigger]
) -> Iterator[Occurrence]:
    # An occurrence can roll out of its period, so look that much further on both sides.
    for occurrence in occurrences(obligation, calendar, start - LONGEST_ROLL, end + LONGEST_ROLL, known):
        if start <= occurrence.deadline.due_on < end:
            yield occurrence


def _example(
    obligation: Obligation, trigger: OnEvent | OnRequest, calendar: WorkCalendar, at: datetime
) -> Example:
    answer = trigger.answer if isinstance(trigger, OnRequest) else None
    return Example(
        obligation=obligation,
        trigger=trigger,
        at=at,
        deadline=deadline_after(trigger.due, at, calendar),
        answer=deadline_after(answer, at, calendar) if answer else None,
    )
