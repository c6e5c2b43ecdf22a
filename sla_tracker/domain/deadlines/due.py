"""Calculates deadlines from a due rule, an anchor or day range, and a calendar.

docs/time.md lists the rule for every boundary case with its reason and test.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sla_tracker.domain.deadlines.calendar_rules import (
    DayOfMonth,
    EachWorkday,
    ListedDays,
    MovedTurn,
    NthWorkday,
    Recurrence,
    RecurringRule,
    Weekly,
)
from sla_tracker.domain.deadlines.deadline import Deadline, deadline_of, due_on_day, joined, rolled
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll, RuleError
from sla_tracker.domain.deadlines.excuses import Interval, with_excuses
from sla_tracker.domain.deadlines.rule_toml import rule_from_table, rule_to_table
from sla_tracker.domain.deadlines.rules import (
    AfterDuty,
    AtEvent,
    CountsFrom,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    Turn,
    can_roll,
    precedes_event,
    roll_of,
    time_of,
)
from sla_tracker.domain.deadlines.steps import (
    Step,
    StepKind,
    listed,
    no_requests_step,
    period_step,
    seconds,
    stamp,
    stretched,
    trigger_step,
)
from sla_tracker.domain.time.instants import ONE_DAY, local_instant, to_utc
from sla_tracker.domain.time.work_calendar import CalendarError, WorkCalendar, month_length

__all__ = [
    "AfterDuty",
    "AtEvent",
    "CountsFrom",
    "DayOfMonth",
    "Deadline",
    "DueRule",
    "EachWorkday",
    "InDays",
    "InElapsedTime",
    "InWorkdays",
    "InWorkingTime",
    "Interval",
    "ListedDays",
    "MovedTurn",
    "NthWorkday",
    "Recurrence",
    "RecurringRule",
    "Roll",
    "RuleError",
    "Step",
    "StepKind",
    "Turn",
    "Weekly",
    "can_roll",
    "deadline_after",
    "deadline_on",
    "deadlines_between",
    "grace",
    "is_short_notice",
    "no_requests_step",
    "opens_at",
    "period_step",
    "precedes_event",
    "recalculated",
    "rule_from_table",
    "rule_to_table",
    "trigger_step",
    "wanted",
    "with_excuses",
]

LATE_AFTER = timedelta(minutes=1)
"""An event is registered late this long after it: times are typed in whole minutes."""


def deadline_after(rule: DueRule, anchor: datetime, calendar: WorkCalendar) -> Deadline:
    """Return the deadline of a rule, counted from the instant of an event or request.

    Raises TypeError for a recurring rule: it has no anchor, see `deadlines_between`. Raises CalendarError where the
    deadline would lie outside the years 1 to 9999.
    """
    try:
        return _after(rule, to_utc(anchor), calendar)
    except OverflowError as error:
        raise CalendarError(f"Nothing can be due so far from {anchor.isoformat()}: calendars end.") from error


def _after(rule: DueRule, anchor: datetime, calendar: WorkCalendar) -> Deadline:
    day = calendar.day_of(anchor)
    start = Step(
        StepKind.ANCHOR, (("at", stamp(anchor)), ("on", day.isoformat()), ("zone", calendar.zone.key))
    )
    match rule:
        case AtEvent():
            steps = (start, Step(StepKind.AT_EVENT))
            return deadline_of(anchor, day, calendar, nominal_on=day, steps=steps, looked=None)
        case InDays(days=0) | InWorkdays(workdays=0):
            found = _same_day(anchor, rule, calendar, start)
        case InDays():
            found = _in_days(rule, day, calendar, start)
        case InWorkdays():
            found = _in_workdays(rule, day, calendar, start)
        case InWorkingTime():
            return _in_working_time(rule, anchor, calendar, start)
        case InElapsedTime():
            return _in_elapsed_time(rule, anchor, calendar, start)
        case _:
            raise TypeError(f"{type(rule).__name__} counts from the calendar, not from an event.")
    if found.due_at < anchor and not precedes_event(rule):
        # Where a clock is set back over midnight, a stated time occurs twice; the first can lie before the event.
        step = Step(StepKind.NOT_BEFORE, (("at", stamp(anchor)),))
        return replace(found, due_at=anchor, steps=(*found.steps, step))
    return found


def deadlines_between(rule: DueRule, start: date, end: date, calendar: WorkCalendar) -> Iterator[Deadline]:
    """Yield a recurring rule's deadlines in [start, end), in order.

    The day before roll decides. With `Roll.SKIP` a turn whose day is no workday has none, nor has one that is left
    out. The cost depends on the
    range only, not on how long ago the rule began. Raises TypeError for a rule that needs an event.
    """
    if not isinstance(rule, RecurringRule):
        raise TypeError(f"{type(rule).__name__} counts from an event, not from the calendar.")
    left_out, roll, at = frozenset(rule.left_out), roll_of(rule), time_of(rule)
    for day in rule.nominal_days(start, end, calendar):
        is_skipped = roll is Roll.SKIP and not calendar.is_workday(day) and rule.moved_to(day) is None
        if day not in left_out and not is_skipped:
            yield _deadline_of_day(rule, day, calendar, roll, at)


def deadline_on(rule: DueRule, nominal_on: date, calendar: WorkCalendar) -> Deadline:
    """Return the deadline of the occurrence with this nominal day.

    The calendar is the current one. An n-th workday may have moved within its month since. Raises TypeError for a
    rule that needs an event.
    """
    if not isinstance(rule, RecurringRule):
        raise TypeError(f"{type(rule).__name__} counts from an event, not from the calendar.")
    if isinstance(rule, NthWorkday):
        nominal_on = rule.day_in(nominal_on.year, nominal_on.month, calendar)
    return _deadline_of_day(rule, nominal_on, calendar, roll_of(rule), time_of(rule))


def opens_at(deadline: Deadline, workdays_before: int, calendar: WorkCalendar) -> datetime:
    """Return when a recurring duty opens.

    It opens at 00:00 local time, N workdays before the deadline's day.
    """
    return calendar.midnight_before(deadline.due_on, workdays_before)


def wanted(deadline: Deadline, wanted: datetime | date, calendar: WorkCalendar) -> Deadline:
    """Return a request's deadline, extended to the time wanted if that is later.

    A day without a time means that day's close.
    """
    if isinstance(wanted, datetime):
        instant, day, looked = to_utc(wanted), calendar.local_date(wanted), None
    else:
        instant, day, looked = calendar.close_of(wanted), wanted, (wanted, wanted)
    if instant <= deadline.due_at:
        return deadline
    step = Step(StepKind.WANTED, (("at", stamp(instant)), ("on", day.isoformat())))
    return joined(deadline, deadline_of(instant, day, calendar, nominal_on=day, steps=(step,), looked=looked))


def grace(
    deadline: Deadline, rule: DueRule, happened_at: datetime, registered_at: datetime, calendar: WorkCalendar
) -> Deadline | None:
    """Return the extended deadline after a late registration of the event, or None.

    A deadline is extended only when another department than the provider registered the event. It is the close of the
    first workday after the registration's day, when the rule counted from the registration would be later than the
    deadline and the deadline lies before that close; for elapsed time, it is the rule counted from the registration. A
    rule before or at its event gives no grace, and what is registered in less than a minute is not late.
    """
    if precedes_event(rule) or registered_at - happened_at < LATE_AFTER:
        return None
    anew = deadline_after(rule, registered_at, calendar)
    if anew.due_at <= deadline.due_at:
        return None
    if isinstance(rule, InElapsedTime):
        figures = (("registered", stamp(registered_at)), ("seconds", seconds(rule.elapsed)))
        counted = Step(StepKind.GRACE, (*figures, ("at", stamp(anew.due_at))))
        return joined(deadline, replace(anew, steps=(counted,)))
    registered_on = calendar.day_of(registered_at)
    day = calendar.shift_workdays(registered_on, 1)
    if deadline.due_at >= calendar.close_of(day):
        return None
    step = Step(StepKind.GRACE, (("registered", stamp(registered_at)), ("on", day.isoformat())))
    looked = (registered_on, day)
    return joined(deadline, due_on_day(day, None, calendar, nominal_on=day, steps=(step,), looked=looked))


def is_short_notice(deadline: Deadline, rule: DueRule, set_at: datetime) -> bool:
    """Return whether the deadline had passed when the event's time was set.

    Only duties at or before a planned event can be at short notice.
    """
    return precedes_event(rule) and deadline.due_at < to_utc(set_at)


def recalculated(
    old: Deadline,
    new: Deadline,
    changed_at: datetime,
    calendar: WorkCalendar,
    *,
    delivered: bool = False,
    by_event: bool = False,
    cause: str = "",
) -> Deadline:
    """Return the deadline after a change of the calendar or, `by_event`, of its event.

    `cause` names another change: `agreement` for one of the turn's day.

    It is `new`, but leaves time to act. Undelivered, it moves earlier at most to the close of the first workday after
    the change's day; already delivered, the later of both stands.
    """
    day = calendar.shift_workdays(calendar.day_of(changed_at), 1)
    floor = old.due_at if delivered else min(old.due_at, calendar.close_of(day))
    if new.due_at >= floor:
        return new
    due_on = old.due_on if floor == old.due_at else day
    named = "event" if by_event else cause
    why = (("cause", named),) if named else ()
    figures = (("old", stamp(old.due_at)), ("changed", stamp(changed_at)), ("floor", stamp(floor)))
    step = Step(StepKind.RECALCULATED, (*figures, ("delivered", "yes" if delivered else ""), *why))
    return replace(new, due_at=floor, due_on=due_on, steps=(*new.steps, step))


def _same_day(anchor: datetime, rule: InDays | InWorkdays, calendar: WorkCalendar, start: Step) -> Deadline:
    """Return a deadline on the same day, else on the next workday.

    The next workday counts if the day is closed or its time is over.
    """
    day = target = calendar.day_of(anchor)
    steps = [start]
    closed = not calendar.is_workday(day)
    at = rule.at
    read_in = ZoneInfo(rule.zone) if rule.zone else calendar.zone
    limit = calendar.close_of(day) if at is None else local_instant(day, at, read_in)
    if closed or anchor >= limit:
        target = calendar.shift_workdays(day, 1)
        skipped = calendar.closed_days(day + ONE_DAY, target)
        figures = (
            ("from", day.isoformat()),
            ("why", "closed" if closed else "over"),
            ("skipped", listed(skipped)),
        )
        steps.append(Step(StepKind.NEXT_WORKDAY, (*figures, ("on", target.isoformat()))))
    steps.append(
        Step(StepKind.DAYS, (("from", target.isoformat()), ("days", "0"), ("on", target.isoformat())))
    )
    looked = (day, target)
    return due_on_day(target, at, calendar, nominal_on=target, steps=steps, looked=looked, zone=rule.zone)


def _in_days(rule: InDays, day: date, calendar: WorkCalendar, start: Step) -> Deadline:
    nominal = day + timedelta(days=rule.days)
    figures = (("from", day.isoformat()), ("days", str(rule.days)), ("on", nominal.isoformat()))
    counted = Step(StepKind.DAYS, figures)
    before, after = (day, None) if rule.days < 0 else (None, day)
    target, roll = rolled(nominal, rule.roll, calendar, after=after, before=before)
    # A stated time that is never rolled does not depend on the calendar.
    looked = None if rule.roll is Roll.NONE else (min(nominal, target), max(nominal, target))
    steps = (start, counted, roll)
    return due_on_day(
        target, rule.at, calendar, nominal_on=nominal, steps=steps, looked=looked, zone=rule.zone
    )


def _in_workdays(rule: InWorkdays, day: date, calendar: WorkCalendar, start: Step) -> Deadline:
    target, counted = _workdays_from(day, rule.workdays, calendar)
    looked, steps = (min(day, target), max(day, target)), (start, counted)
    return due_on_day(
        target, rule.at, calendar, nominal_on=target, steps=steps, looked=looked, zone=rule.zone
    )


def _workdays_from(day: date, workdays: int, calendar: WorkCalendar) -> tuple[date, Step]:
    """Return the day some workdays from another, and the step that counts them."""
    target = calendar.shift_workdays(day, workdays)
    between = (day + ONE_DAY, target) if workdays > 0 else (target, day - ONE_DAY)
    figures = (("from", day.isoformat()), ("workdays", str(workdays)))
    skipped = listed(calendar.closed_days(*between))
    return target, Step(StepKind.WORKDAYS, (*figures, ("skipped", skipped), ("on", target.isoformat())))


def _in_elapsed_time(rule: InElapsedTime, anchor: datetime, calendar: WorkCalendar, start: Step) -> Deadline:
    due_at = anchor + rule.elapsed
    due_on = calendar.local_date(due_at)
    direction = "-1" if rule.elapsed < timedelta() else "1"
    figures = (("seconds", seconds(abs(rule.elapsed))), ("direction", direction), ("at", stamp(due_at)))
    steps = (start, Step(StepKind.ELAPSED, figures))
    return deadline_of(due_at, due_on, calendar, nominal_on=due_on, steps=steps, looked=None)


def _in_working_time(rule: InWorkingTime, anchor: datetime, calendar: WorkCalendar, start: Step) -> Deadline:
    due_at = calendar.add_working_time(anchor, rule.span)
    pieces = tuple(calendar.working_pieces(min(anchor, due_at), max(anchor, due_at)))
    # A segment that ends at 24:00 ends on its own day, not on the next.
    due_on = calendar.day_of(pieces[-1][0] if pieces and rule.span > timedelta() else due_at)
    figures = (
        ("seconds", seconds(abs(rule.span))),
        ("direction", "-1" if rule.span < timedelta() else "1"),
        ("pieces", stretched(pieces)),
        ("at", stamp(due_at)),
    )
    anchored_on = calendar.day_of(anchor)
    return deadline_of(
        due_at,
        due_on,
        calendar,
        nominal_on=due_on,
        steps=(start, Step(StepKind.WORKING_TIME, figures)),
        looked=(min(anchored_on, due_on), max(anchored_on, due_on)),
    )


def _deadline_of_day(
    rule: RecurringRule, day: date, calendar: WorkCalendar, roll: Roll | None, at: time | None
) -> Deadline:
    """Return the deadline of a turn, by the roll and time of its rule.

    Roll and time are arguments, because lists have thousands of turns of few rules.
    """
    named, looked = _named_day(rule, day, calendar)
    moved_to = rule.moved_to(day)
    target, step = _final_day(rule, day, moved_to, calendar, roll)
    is_asked = rule.offset or roll is not Roll.NONE
    if looked is None and is_asked and moved_to is None:
        looked = (day, target) if day <= target else (target, day)
    return due_on_day(
        target, at, calendar, nominal_on=day, steps=(named, step), looked=looked, zone=rule.zone
    )


def _final_day(
    rule: RecurringRule, day: date, moved_to: date | None, calendar: WorkCalendar, roll: Roll | None
) -> tuple[date, Step | None]:
    """Return the due day of a turn, and the step that explains it.

    The day is moved by agreement, else counted from the turn's day, else rolled.
    """
    if moved_to is not None:
        return moved_to, Step(StepKind.MOVED, (("from", day.isoformat()), ("on", moved_to.isoformat())))
    if rule.offset:
        return _workdays_from(day, rule.offset, calendar)
    return rolled(day, roll or _UNNAMED_ROLLS.get(type(rule), Roll.FOLLOWING), calendar)


# A month without any workday has its last day, which is rolled; a workday that was closed later stays.
_UNNAMED_ROLLS: dict[type[RecurringRule], Roll] = {NthWorkday: Roll.FOLLOWING, EachWorkday: Roll.SKIP}


def _named_day(
    rule: RecurringRule, day: date, calendar: WorkCalendar
) -> tuple[Step, tuple[date, date] | None]:
    """Return the step that names a turn's day, and the days that it depends on."""
    match rule:
        case NthWorkday():
            last = date(day.year, day.month, month_length(day.year, day.month))
            return _nth_step(rule, day, calendar), (day.replace(day=1), last)
        case DayOfMonth():
            return _day_of_month_step(rule.day, day), None
        case Weekly():
            return _weekly_step(day), None
    on = ("on", day.isoformat())
    match rule:
        case Recurrence():
            start = ("start", rule.start_on.isoformat())
            return Step(StepKind.RECURRENCE, (("rrule", rule.rrule), start, on)), None
        case EachWorkday():
            return Step(StepKind.EACH_WORKDAY, (on,)), (day, day)
        case ListedDays():
            return Step(StepKind.LISTED, (on,)), None
    raise TypeError(f"{type(rule).__name__} is no due rule of this version.")


# Cached, as the steps of closes and periods: the duties of a list are named by the same few days.
@lru_cache(maxsize=4096)
def _day_of_month_step(number: int, day: date) -> Step:
    on = day.isoformat()
    return Step(StepKind.DAY_OF_MONTH, (("day", str(number)), ("month", on[:7]), ("on", on)))


# Cached for the same reason.
@lru_cache(maxsize=4096)
def _weekly_step(day: date) -> Step:
    return Step(StepKind.WEEKLY, (("weekday", str(day.weekday())), ("on", day.isoformat())))


def _nth_step(rule: NthWorkday, day: date, calendar: WorkCalendar) -> Step:
    """Return the step that lists the workdays counted in a month and the days skipped."""
    first = day.replace(day=1)
    last = date(day.year, day.month, month_length(day.year, day.month))
    workdays = calendar.workdays_between(first - ONE_DAY, last)
    passed = calendar.closed_days(first, day) if rule.n > 0 else calendar.closed_days(day, last)
    figures = (
        ("n", str(rule.n)),
        ("month", first.isoformat()[:7]),
        ("counted", str(min(abs(rule.n), workdays))),
        ("skipped", listed(passed)),
        ("on", day.isoformat()),
    )
    return Step(StepKind.NTH_WORKDAY, figures)
