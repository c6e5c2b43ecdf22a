"""When a duty opens, and with which deadline: the meeting of an obligation's trigger and the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.obligation import About, Obligation, OnEvent, OnRequest, Recurring
from sla_tracker.domain.deadlines.due import (
    Deadline,
    InDays,
    NthWorkday,
    deadline_after,
    deadlines_between,
    grace,
    is_short_notice,
    opens_at,
    period_step,
    precedes_event,
    trigger_step,
    wanted,
)
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_calendar import WorkCalendar

REQUEST = Text(zh="请求", en="Request")
LONGEST_ROLL = timedelta(days=40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A duty that the calendar will open or has opened: its key, period, deadline and opening instant."""

    key: str
    obligation: Obligation
    trigger: Recurring
    deadline: Deadline
    opens_at: datetime
    period_start: date
    period_end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The deadline an event grants, and what has to be said about it."""

    deadline: Deadline
    opened_late: bool = False
    short_notice: bool = False


def occurrences(
    obligation: Obligation, calendar: WorkCalendar, start: date, end: date
) -> Iterator[Occurrence]:
    """Yield the recurring duties of one obligation whose due date, before roll, lies in [start, end)."""
    for number, trigger in enumerate(obligation.triggers):
        if not isinstance(trigger, Recurring):
            continue
        for deadline in deadlines_between(trigger.due, start, end, calendar):
            period_start, period_end = period_of(trigger, deadline.nominal_on, calendar)
            yield Occurrence(
                key=f"{obligation.id}/{number}/{_turn(trigger, deadline)}",
                obligation=obligation,
                trigger=trigger,
                deadline=about(deadline, period_start, period_end),
                opens_at=opens_at(deadline, obligation.opens_before, calendar),
                period_start=period_start,
                period_end=period_end,
            )


def about(deadline: Deadline, period_start: date, period_end: date) -> Deadline:
    """Return a recurring duty's deadline, its explanation beginning with the period it is about."""
    return replace(deadline, steps=(period_step(period_start, period_end), *deadline.steps))


def _opened_by(name: Text, deadline: Deadline) -> Deadline:
    return replace(deadline, steps=(trigger_step(name), *deadline.steps))


def _turn(trigger: Recurring, deadline: Deadline) -> str:
    """Name one turn of a recurring rule, however a changed calendar moves its day."""
    day = deadline.nominal_on.isoformat()
    return day[:7] if isinstance(trigger.due, NthWorkday) else day


def period_of(trigger: Recurring, nominal_on: date, calendar: WorkCalendar) -> tuple[date, date]:
    """Return the half-open interval a recurring duty is about.

    The unit is the rule's own (week, month, quarter, year); `About.PREVIOUS` takes the one before that of the
    due date.
    """
    start, end = trigger.due.unit_around(nominal_on)
    if trigger.about is About.CURRENT:
        return start, end
    previous_start, _ = trigger.due.unit_around(start - timedelta(days=1))
    return previous_start, start


def granted_by_event(provider: str, trigger: OnEvent, event: Event, calendar: WorkCalendar) -> Granted | None:
    """Return the deadline an event grants a provider, or None when its condition does not hold.

    Somebody else's late registration grants grace; a deadline before or at a planned event that lies before
    the time was set is short notice.
    """
    local = event.at.astimezone(calendar.zone)
    if trigger.condition is not None and not trigger.condition.holds(local.time(), event.fields):
        return None
    deadline = _opened_by(event.title, deadline_after(trigger.due, event.at, calendar))
    if event.planned and precedes_event(trigger.due):
        return Granted(
            deadline=deadline, short_notice=is_short_notice(deadline, trigger.due, event.time_set_at)
        )
    if event.time_set_from == provider:
        return Granted(deadline=deadline)
    later = grace(deadline, trigger.due, event.time_set_at, calendar)
    return Granted(deadline=deadline) if later is None else Granted(deadline=later, opened_late=True)


def granted_by_request(
    trigger: OnRequest, requested_at: datetime, wanted_at: datetime | None, calendar: WorkCalendar
) -> tuple[Deadline, Deadline | None]:
    """Return the settlement's deadline and the answer's, counted from when the request was recorded.

    A later wish extends the settlement, an earlier one never shortens it; a same-day request has no answer clock.
    """
    settle = _opened_by(REQUEST, deadline_after(trigger.due, requested_at, calendar))
    if wanted_at is not None and wanted_at > settle.due_at:
        settle = wanted(settle, wanted_at, calendar)
    same_day = isinstance(trigger.due, InDays) and trigger.due.days == 0
    if trigger.answer is None or same_day:
        return settle, None
    return settle, _opened_by(REQUEST, deadline_after(trigger.answer, requested_at, calendar))
