"""Computes which duties a plugin would open by the calendar, events and requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from types import MappingProxyType

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.clocks import CalendarLookup, clock_for
from sla_tracker.domain.agreements.counted import turns_due_by_rule
from sla_tracker.domain.agreements.known_triggers import KnownTrigger
from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, OnRequest, Recurring, Trigger
from sla_tracker.domain.agreements.occurrences import Occurrence, granted_on_request
from sla_tracker.domain.deadlines.due import Deadline, deadline_after
from sla_tracker.domain.deadlines.steps import StepKind
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """The deadlines of an event or request at `at`.

    `answer` is the deadline of the first answer to a request.
    """

    obligation: Obligation
    trigger: OnEvent | OnRequest
    at: datetime
    deadline: Deadline
    answer: Deadline | None = None


def calendars_by(
    catalogue: Catalogue, calendars: Mapping[str, WorkCalendar], company: str = ""
) -> CalendarLookup:
    """Return a function that gives the calendar of a department.

    A calendar asked for by name comes first, then the department's, then the company's.
    """

    def calendar_of(department: str, named: str = "") -> WorkCalendar:
        own = catalogue.departments.get(department)
        names = (named, own.calendar if own else "", department)
        return next((calendars[name] for name in names if name and name in calendars), calendars[company])

    return calendar_of


def alike(obligations: Iterable[Obligation], calendar_of: CalendarLookup) -> tuple[Obligation, ...]:
    """Return obligations as they bind providers, those with the same deadlines once.

    The `providers` of each are all departments that it binds with these deadlines.
    """
    groups: dict[tuple[str, int, tuple[Trigger, ...]], list[Obligation]] = {}
    for one in obligations:
        calendar = calendar_of(one.provider, one.calendar)
        groups.setdefault((one.id, id(calendar), one.triggers), []).append(one)
    return tuple(
        replace(same[0], providers=tuple(one.provider for one in same)) if same[0].is_shared else same[0]
        for same in groups.values()
    )


def coming(
    catalogue: Catalogue,
    obligations: Iterable[Obligation],
    calendar_of: CalendarLookup,
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
        for occurrence in turns_due_by_rule(
            catalogue, obligation, calendar_of, start, end - ONE_DAY, known.get(obligation.id, ())
        )
    ]
    return tuple(sorted(found, key=lambda occurrence: (occurrence.deadline.due_at, occurrence.obligation.id)))


def examples(
    obligations: Iterable[Obligation], calendar_of: CalendarLookup, at: datetime
) -> tuple[Example, ...]:
    """Return the deadlines that event and request triggers give at an instant."""
    return tuple(
        _example(obligation, trigger, calendar_of, at)
        for obligation in obligations
        if not obligation.retired
        for trigger in obligation.triggers
        if not isinstance(trigger, Recurring)
    )


def _example(
    obligation: Obligation, trigger: OnEvent | OnRequest, calendar_of: CalendarLookup, at: datetime
) -> Example:
    if isinstance(trigger, OnRequest):
        due, answer = granted_on_request(obligation, trigger, at, None, calendar_of)
        return Example(obligation=obligation, trigger=trigger, at=at, deadline=_plain(due), answer=answer)
    rule, calendar = clock_for(obligation, trigger.due, calendar_of)
    deadline = deadline_after(rule, at, calendar)
    return Example(obligation=obligation, trigger=trigger, at=at, deadline=deadline, answer=None)


def _plain(deadline: Deadline) -> Deadline:
    """Return a deadline without the step that says that a request opens it.

    An example of a request says so already.
    """
    steps = tuple(step for step in deadline.steps if step.kind is not StepKind.TRIGGER)
    return replace(deadline, steps=steps)
