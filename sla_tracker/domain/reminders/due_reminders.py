"""Computes a duty's reminders and escalations from policy, calendar and people.

These functions do not know what was sent already; the reminder planner subtracts that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.people import Person
from sla_tracker.domain.reminders.allowed_hours import is_allowed, last_allowed, next_allowed
from sla_tracker.domain.reminders.news import News, is_of_interest
from sla_tracker.domain.reminders.policy import (
    AllowedHours,
    Anchor,
    EveryWorkday,
    InWorkingHours,
    OnWorkday,
    Policies,
    Policy,
    ReminderStep,
    TimeUsed,
)
from sla_tracker.domain.reminders.recipients import Members, Recipient, department_of, recipients
from sla_tracker.domain.reminders.reminder import Reminder
from sla_tracker.domain.reminders.time_used import used_at
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass

SHARE_MARK = "%"  # in the key of a turn whose step is in percent; ids of steps have none


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderInputs:
    """Inputs besides the duty: calendars, people and policies.

    Calendars are found for a duty and for a department. `members` are the people by department; None to find them at
    each question. `next_updates` are the open limit of a duty's updates, and those that follow if none is given.
    """

    duty_calendar: Callable[[Duty], WorkCalendar]
    department_calendar: Callable[[str], WorkCalendar]
    people: Mapping[str, Person]
    policies: Policies
    policy_of: Callable[[Duty], Policy]
    members: Members | None = None
    next_updates: Callable[[Duty], Sequence[datetime]] = lambda _duty: ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderTurn:
    """One step of a duty's policy at an instant.

    `key` has the step's id and its anchor's day.
    """

    key: str
    step: ReminderStep
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReminder:
    """One turn for one recipient on one channel."""

    turn: ReminderTurn
    recipient: Recipient


def limit_of(duty: Duty, anchor: Anchor) -> datetime:
    """Return the limit that a reminder is about: of the due, answer or verdict."""
    if anchor is Anchor.ANSWER and duty.answer_due_at is not None:
        return duty.answer_due_at
    if anchor is Anchor.VERDICT and duty.accept_by_at is not None:
        return duty.accept_by_at
    return duty.due_at


def due_reminders(
    duty: Duty, inputs: ReminderInputs, *, until: datetime, since: datetime | None = None
) -> list[DueReminder]:
    """Return the reminders due after `since` and not after `until`, in order of time.

    `since` None means from the opening of the duty on.
    """
    return [
        DueReminder(turn=turn, recipient=recipient)
        for turn in turns(duty, inputs)
        if turn.at <= until and (since is None or turn.at > since)
        for recipient in addressed(duty, turn, inputs)
    ]


def turns(duty: Duty, inputs: ReminderInputs) -> list[ReminderTurn]:
    """Return all turns of the duty's policy in its current state, by time.

    Past and future turns are included.
    """
    policy = inputs.policy_of(duty)
    found = [turn for step in policy.steps for turn in _turns_of(duty, step, policy.hours, inputs)]
    return sorted(found, key=lambda turn: turn.at)


def addressed(duty: Duty, turn: ReminderTurn, inputs: ReminderInputs) -> list[Recipient]:
    """Return the recipients of a turn, by the absences and addresses of its day."""
    on = inputs.department_calendar(department_of(duty, turn.step.level)).local_date(turn.at)
    return recipients(
        duty,
        turn.step.level,
        turn.step.channels,
        policies=inputs.policies,
        people=inputs.people,
        on=on,
        members=inputs.members,
    )


def is_wanted(duty: Duty, anchor: Anchor) -> bool:
    """Return whether the act that an anchor counts to is still due.

    Duties that are done, waived or on hold cause no reminders.
    """
    if anchor is Anchor.VERDICT:
        return duty.state is State.DELIVERED
    if anchor is Anchor.PAPERS:
        return duty.state is State.OPEN and bool(duty.missing_papers)
    if anchor is Anchor.UPDATE:
        return duty.state is State.OPEN and not duty.missing_papers
    if anchor is Anchor.ANSWER:
        return duty.state is State.OPEN and duty.answer_due_at is not None and duty.answered_at is None
    return duty.state is State.OPEN


def still_stands(
    duty: Duty, reminder: Reminder, calendar: WorkCalendar, updates: Sequence[datetime] = ()
) -> bool:
    """Return whether a planned reminder is still valid.

    `updates` are the next limits of its updates. It is when it is still wanted and its anchor has not moved to another
    day; news, while the duty bears it out.
    """
    if reminder.news is not None:
        is_reassigned = reminder.news is News.ASSIGNED and duty.assignee not in {
            reminder.recipient,
            reminder.instead_of,
            *reminder.mentions,
        }
        return is_of_interest(duty, reminder.news) and not is_reassigned
    anchor = reminder.anchor
    if not is_wanted(duty, anchor) or _is_clock_stopped(duty, anchor, reminder.fell_due_at):
        return False
    if anchor is Anchor.UPDATE:
        return any(reminder.turn.endswith(_instant_suffix(limit)) for limit in updates)
    if SHARE_MARK in reminder.turn:
        return reminder.turn.endswith(_share_suffix(duty))
    found = _anchor_of(duty, anchor, calendar)
    days = [] if found is None else [found[1]]
    if anchor is Anchor.DUE and duty.earliest is not None:
        days.append(duty.earliest.due_on)
    return any(reminder.turn.endswith(_day_suffix(day)) for day in days)


def _turns_of(
    duty: Duty, step: ReminderStep, hours: AllowedHours, inputs: ReminderInputs
) -> Iterator[ReminderTurn]:
    calendar = inputs.duty_calendar(duty)
    if step.anchor is Anchor.UPDATE:
        yield from _update_turns(duty, step, hours, inputs)
        return
    anchor = _anchor_of(duty, step.anchor, calendar) if is_wanted(duty, step.anchor) else None
    if anchor is not None and duty.earliest is not None and _is_first(step, inputs.policy_of(duty)):
        anchor = (duty.earliest.due_at, duty.earliest.due_on, anchor[2])
    if anchor is None:
        return
    anchor_at, anchor_on, begins_at = anchor
    recipient_calendar = inputs.department_calendar(department_of(duty, step.level))
    if isinstance(step.when, TimeUsed):
        passed_at = used_at(duty, step.when.percent, calendar)
        if passed_at is not None:
            at = _moved_into_hours(max(passed_at, begins_at), anchor_at, begins_at, hours, recipient_calendar)
            yield ReminderTurn(key=f"{step.id}{_share_suffix(duty)}", step=step, at=at)
        return
    for number, moment in _moments(step, anchor_at, anchor_on, calendar):
        at = _moved_into_hours(max(moment, begins_at), anchor_at, begins_at, hours, recipient_calendar)
        if not _is_clock_stopped(duty, step.anchor, at):
            yield ReminderTurn(key=f"{step.id}{number}{_day_suffix(anchor_on)}", step=step, at=at)


def _is_first(step: ReminderStep, policy: Policy) -> bool:
    """Return whether a step is the first before the due.

    A range counts from its earlier end.
    """
    early = [
        one.when.workdays
        for one in policy.steps
        if one.anchor is Anchor.DUE and isinstance(one.when, OnWorkday) and one.when.workdays < 0
    ]
    if step.anchor is not Anchor.DUE or not isinstance(step.when, OnWorkday) or not early:
        return False
    return step.when.workdays == min(early)


def _update_turns(
    duty: Duty, step: ReminderStep, hours: AllowedHours, inputs: ReminderInputs
) -> Iterator[ReminderTurn]:
    """Yield a step's turns for the limits of a duty's updates.

    The first is for the open limit, the others for those that follow if no update is given.
    """
    limits = inputs.next_updates(duty) if is_wanted(duty, Anchor.UPDATE) else ()
    calendar = inputs.duty_calendar(duty)
    recipient_calendar = inputs.department_calendar(department_of(duty, step.level))
    begins_at = max((one.at for one in duty.updates), default=duty.opened_at)
    for limit in limits:
        for number, moment in _moments(step, limit, calendar.local_date(limit), calendar):
            at = _moved_into_hours(max(moment, begins_at), limit, begins_at, hours, recipient_calendar)
            yield ReminderTurn(key=f"{step.id}{number}{_instant_suffix(limit)}", step=step, at=at)
        begins_at = limit


def _is_clock_stopped(duty: Duty, anchor: Anchor, at: datetime) -> bool:
    """Return whether the clock of the due time is stopped then.

    Holds do not stop the clock of the answer (docs/time.md).
    """
    return anchor is Anchor.DUE and duty.stands_still(at)


def _anchor_of(duty: Duty, anchor: Anchor, calendar: WorkCalendar) -> tuple[datetime, date, datetime] | None:
    """Return the anchor's instant, its day, and the earliest instant to remind of it."""
    match anchor:
        case Anchor.OPENING | Anchor.PAPERS:
            return duty.opened_at, calendar.local_date(duty.opened_at), duty.opened_at
        case Anchor.DUE:
            return duty.due_at, duty.deadline.due_on, duty.opened_at
        case Anchor.ANSWER if duty.answer_due_at is not None:
            return duty.answer_due_at, calendar.local_date(duty.answer_due_at), duty.opened_at
        case Anchor.VERDICT if duty.accept_by_at is not None and duty.delivery is not None:
            return duty.accept_by_at, calendar.local_date(duty.accept_by_at), duty.delivery.at
    return None


def _moments(
    step: ReminderStep, anchor_at: datetime, anchor_on: date, calendar: WorkCalendar
) -> Iterator[tuple[str, datetime]]:
    """Yield each turn's number and instant, before allowed hours apply.

    The number is empty for a step taken once.
    """
    match step.when:
        case OnWorkday(workdays=workdays, at=at):
            yield "", calendar.instant_of(calendar.shift_workdays(anchor_on, workdays), at)
        case InWorkingHours(span=span):
            yield "", calendar.add_working_time(anchor_at, span) if span else anchor_at
        case EveryWorkday(most=most, at=at):
            for number in range(1, most + 1):
                yield f"#{number}", calendar.instant_of(calendar.shift_workdays(anchor_on, number), at)


def highest_shares(found: Iterable[ReminderTurn]) -> list[ReminderTurn]:
    """Return turns that fall due together, without lower steps in percent.

    Who is told of 80 % at the same time need not be told of 50 %.
    """
    turns_found = list(found)
    shares = [turn.step.when.percent for turn in turns_found if isinstance(turn.step.when, TimeUsed)]
    return [
        turn
        for turn in turns_found
        if not isinstance(turn.step.when, TimeUsed) or turn.step.when.percent == max(shares)
    ]


def _moved_into_hours(
    moment: datetime, anchor_at: datetime, begins_at: datetime, hours: AllowedHours, calendar: WorkCalendar
) -> datetime:
    """Return the instant moved into the allowed hours.

    The instant moves forward, or back when moving forward would put a reminder after the anchor it precedes.
    """
    if is_allowed(hours, moment, calendar):
        return moment
    later = next_allowed(hours, moment, calendar)
    if moment <= anchor_at < later:
        earlier = last_allowed(hours, moment, calendar)
        if earlier >= begins_at:
            return earlier
    return later


def _instant_suffix(at: datetime) -> str:
    return f"@{at.astimezone(UTC):%Y-%m-%dT%H:%M}Z"


def _day_suffix(on: date) -> str:
    return f"@{on.isoformat()}"


def _share_suffix(duty: Duty) -> str:
    """Return the end of the key of a step in percent.

    The end names the day before excuses: a hold moves the due, but what was said at 80 % is not said again.
    """
    return f"{SHARE_MARK}{_day_suffix((duty.granted or duty.deadline).due_on)}"
