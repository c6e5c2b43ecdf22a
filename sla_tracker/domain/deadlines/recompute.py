"""Recomputes a deadline from its stored steps, without calendar or rule."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sla_tracker.domain.deadlines.steps import Piece, Step, StepKind, span_of
from sla_tracker.domain.time.instants import ONE_DAY, month_length, to_utc
from sla_tracker.value_class import dataclass


@dataclass(slots=True)
class _Calculation:
    """Intermediate result of the steps applied so far."""

    instant: datetime | None = None
    day: date | None = None
    excused: timedelta = timedelta()

    def now_at(self) -> datetime:
        if self.instant is None:
            raise ValueError("These steps start nowhere: the first one has to name an instant or a day.")
        return self.instant


def recompute(steps: Sequence[Step]) -> datetime:
    """Return the instant that the steps lead to; ValueError when they contradict."""
    calc = _Calculation()
    for step in steps:
        _APPLY[step.kind](calc, step)
    return calc.now_at()


def _unchanged(calc: _Calculation, step: Step) -> None:
    """Change nothing, for a step that only explains."""


def _anchor(calc: _Calculation, step: Step) -> None:
    calc.instant, calc.day = step.at("at"), step.day("on")


def _next_workday(calc: _Calculation, step: Step) -> None:
    calc.day = step.day("from") + ONE_DAY * (1 + len(step.days("skipped")))


def _days(calc: _Calculation, step: Step) -> None:
    calc.day = step.day("from") + ONE_DAY * step.number("days")


def _workdays(calc: _Calculation, step: Step) -> None:
    wanted = step.number("workdays")
    passed = len(step.days("skipped"))
    calc.day = step.day("from") + ONE_DAY * (wanted + (passed if wanted > 0 else -passed))


def _day_of_month(calc: _Calculation, step: Step) -> None:
    first = date.fromisoformat(step.get("month") + "-01")
    length = month_length(first.year, first.month)
    day = step.number("day")
    calc.day = first.replace(day=min(day, length) if day > 0 else max(length + 1 + day, 1))


def _nth_workday(calc: _Calculation, step: Step) -> None:
    first = date.fromisoformat(step.get("month") + "-01")
    last = first.replace(day=month_length(first.year, first.month))
    counted = step.number("counted")
    passed = ONE_DAY * (counted - 1 + len(step.days("skipped")))
    if counted == 0:
        calc.day = last
    else:
        calc.day = first + passed if step.number("n") > 0 else last - passed


def _named_day(calc: _Calculation, step: Step) -> None:
    calc.day = step.day("on")


def _roll(calc: _Calculation, step: Step) -> None:
    calc.day = step.day("from") + ONE_DAY * (step.number("direction") * len(step.days("closed")))


def _clock(calc: _Calculation, step: Step) -> None:
    """Set the instant from the day and a local time."""
    if calc.day is None:
        raise ValueError("These steps give a time of day before any day.")
    calc.instant = _instant_of(calc.day, step)


def clock_instant(step: Step) -> datetime:
    """Return the instant that a step with a day and a time of day names."""
    return _instant_of(step.day("on"), step)


def _instant_of(day: date, step: Step) -> datetime:
    """Return the instant of a step's local time on a day.

    24:00 is the next midnight, 30:00 six hours on.
    """
    text = step.get("at")
    if text.count(":") == 1:
        hour, minute = map(int, text.split(":"))
        local = datetime.combine(day, datetime.min.time()) + timedelta(hours=hour, minutes=minute)
    else:
        local = datetime.fromisoformat(f"{day.isoformat()}T{text}")
    return to_utc(local.replace(tzinfo=ZoneInfo(step.get("zone"))))


def _set(calc: _Calculation, step: Step) -> None:
    calc.instant = step.at("at")


def _working_time(calc: _Calculation, step: Step) -> None:
    span = span_of(step.get("seconds"))
    pieces = step.pieces("pieces")
    _check_sum(span, pieces)
    if not pieces:
        calc.instant = step.at("at")
    else:
        calc.instant = pieces[-1].end if step.get("direction") == "1" else pieces[0].start


def _elapsed(calc: _Calculation, step: Step) -> None:
    span = span_of(step.get("seconds"))
    calc.instant = calc.now_at() + (span if step.get("direction") == "1" else -span)


def _grace(calc: _Calculation, step: Step) -> None:
    """Set the day of grace; for elapsed time the instant, counted from registration."""
    if step.get("at"):
        calc.instant = step.at("registered") + span_of(step.get("seconds"))
    else:
        calc.day = step.day("on")


def _not_before(calc: _Calculation, step: Step) -> None:
    calc.instant = max(calc.now_at(), step.at("at"))


def _wanted(calc: _Calculation, step: Step) -> None:
    calc.instant = max(calc.now_at(), step.at("at"))


def _recalculated(calc: _Calculation, step: Step) -> None:
    calc.instant = max(calc.now_at(), step.at("floor"))


def _excuse(calc: _Calculation, step: Step) -> None:
    calc.excused += span_of(step.get("seconds"))


def _extended(calc: _Calculation, step: Step) -> None:
    if span_of(step.get("seconds")) != calc.excused:
        raise ValueError("The excuses of these steps do not add up to the extension.")
    pieces = step.pieces("pieces")
    _check_sum(calc.excused, pieces)
    if step.get("unit") and pieces[0].start != calc.now_at():
        raise ValueError("The extension of these steps does not begin at the deadline it extends.")
    if pieces[0].start < calc.now_at():
        raise ValueError("The extension of these steps begins before the deadline it extends.")
    calc.instant = pieces[-1].end


def _check_sum(span: timedelta, pieces: Sequence[Piece]) -> None:
    if sum((piece.worked for piece in pieces), timedelta()) != span:
        raise ValueError("The stretches of working time in these steps do not add up.")


_APPLY: dict[StepKind, Callable[[_Calculation, Step], None]] = {
    StepKind.TRIGGER: _unchanged,
    StepKind.PERIOD: _unchanged,
    StepKind.AFTER_DUTY: _unchanged,
    StepKind.NO_REQUESTS: _unchanged,
    StepKind.CHANGED: _unchanged,
    StepKind.CLOCK_START: _unchanged,
    StepKind.ANCHOR: _anchor,
    StepKind.AT_EVENT: _unchanged,
    StepKind.NEXT_WORKDAY: _next_workday,
    StepKind.DAYS: _days,
    StepKind.WORKDAYS: _workdays,
    StepKind.WORKING_TIME: _working_time,
    StepKind.ELAPSED: _elapsed,
    StepKind.DAY_OF_MONTH: _day_of_month,
    StepKind.NTH_WORKDAY: _nth_workday,
    StepKind.WEEKLY: _named_day,
    StepKind.RECURRENCE: _named_day,
    StepKind.EACH_WORKDAY: _named_day,
    StepKind.LISTED: _named_day,
    StepKind.MOVED: _named_day,
    StepKind.ROLL: _roll,
    StepKind.KEPT: _unchanged,
    StepKind.CLOSE: _clock,
    StepKind.TIME: _clock,
    StepKind.NOT_BEFORE: _not_before,
    StepKind.WANTED: _wanted,
    StepKind.GRACE: _grace,
    StepKind.RECALCULATED: _recalculated,
    StepKind.EXCUSE: _excuse,
    StepKind.EXTENDED: _extended,
    StepKind.PROVISIONAL: _unchanged,
    StepKind.SET: _set,
}
