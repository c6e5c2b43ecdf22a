"""Work a deadline out once more from its steps alone, without the calendar and without the rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sla_tracker.domain.deadlines.steps import Piece, Step, StepKind, span_of
from sla_tracker.domain.time.instants import month_length, to_utc
from sla_tracker.domain.time.work_hours import parse_clock

ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Course:
    """Hold what the steps so far amount to."""

    instant: datetime | None = None
    day: date | None = None
    excused: timedelta = timedelta()

    def now_at(self) -> datetime:
        if self.instant is None:
            raise ValueError("These steps start nowhere: the first one has to name an instant or a day.")
        return self.instant


def recompute(steps: Sequence[Step]) -> datetime:
    """Return the instant that the steps lead to; raises ValueError when they contradict each other."""
    course = _Course()
    for step in steps:
        _APPLY[step.kind](course, step)
    return course.now_at()


def _nothing(course: _Course, step: Step) -> None:
    """Pass over a step that explains and does not calculate."""


def _anchor(course: _Course, step: Step) -> None:
    course.instant, course.day = step.at("at"), step.day("on")


def _next_workday(course: _Course, step: Step) -> None:
    course.day = step.day("from") + ONE_DAY * (1 + len(step.days("skipped")))


def _days(course: _Course, step: Step) -> None:
    course.day = step.day("from") + ONE_DAY * step.number("days")


def _workdays(course: _Course, step: Step) -> None:
    wanted = step.number("workdays")
    passed = len(step.days("skipped"))
    course.day = step.day("from") + ONE_DAY * (wanted + (passed if wanted > 0 else -passed))


def _day_of_month(course: _Course, step: Step) -> None:
    first = date.fromisoformat(step.get("month") + "-01")
    course.day = first.replace(day=min(step.number("day"), month_length(first.year, first.month)))


def _nth_workday(course: _Course, step: Step) -> None:
    first = date.fromisoformat(step.get("month") + "-01")
    last = first.replace(day=month_length(first.year, first.month))
    counted = step.number("counted")
    passed = ONE_DAY * (counted - 1 + len(step.days("skipped")))
    if counted == 0:
        course.day = last
    else:
        course.day = first + passed if step.number("n") > 0 else last - passed


def _named_day(course: _Course, step: Step) -> None:
    course.day = step.day("on")


def _roll(course: _Course, step: Step) -> None:
    course.day = step.day("from") + ONE_DAY * (step.number("direction") * len(step.days("closed")))


def _clock(course: _Course, step: Step) -> None:
    """Place the day's time or close in the zone; 24:00 is the next midnight."""
    if course.day is None:
        raise ValueError("These steps give a time of day before any day.")
    text = step.get("at")
    midnight = datetime.combine(course.day, datetime.min.time())
    if text.count(":") == 1:
        local = midnight + timedelta(minutes=parse_clock(text))
    else:
        local = datetime.fromisoformat(f"{course.day.isoformat()}T{text}")
    course.instant = to_utc(local.replace(tzinfo=ZoneInfo(step.get("zone"))))


def _working_time(course: _Course, step: Step) -> None:
    span = span_of(step.get("seconds"))
    pieces = step.pieces("pieces")
    _agree(span, pieces)
    if not pieces:
        course.instant = step.at("at")
    else:
        course.instant = pieces[-1].end if step.get("direction") == "1" else pieces[0].start


def _not_before(course: _Course, step: Step) -> None:
    course.instant = max(course.now_at(), step.at("at"))


def _wanted(course: _Course, step: Step) -> None:
    course.instant = max(course.now_at(), step.at("at"))


def _recalculated(course: _Course, step: Step) -> None:
    course.instant = max(course.now_at(), step.at("floor"))


def _excuse(course: _Course, step: Step) -> None:
    course.excused += span_of(step.get("seconds"))


def _extended(course: _Course, step: Step) -> None:
    if span_of(step.get("seconds")) != course.excused:
        raise ValueError("The excuses of these steps do not add up to the extension.")
    pieces = step.pieces("pieces")
    _agree(course.excused, pieces)
    if pieces[0].start < course.now_at():
        raise ValueError("The extension of these steps begins before the deadline it extends.")
    course.instant = pieces[-1].end


def _agree(span: timedelta, pieces: Sequence[Piece]) -> None:
    if sum((piece.worked for piece in pieces), timedelta()) != span:
        raise ValueError("The stretches of working time in these steps do not add up.")


_APPLY: dict[StepKind, Callable[[_Course, Step], None]] = {
    StepKind.TRIGGER: _nothing,
    StepKind.PERIOD: _nothing,
    StepKind.ANCHOR: _anchor,
    StepKind.AT_EVENT: _nothing,
    StepKind.NEXT_WORKDAY: _next_workday,
    StepKind.DAYS: _days,
    StepKind.WORKDAYS: _workdays,
    StepKind.WORKING_TIME: _working_time,
    StepKind.DAY_OF_MONTH: _day_of_month,
    StepKind.NTH_WORKDAY: _nth_workday,
    StepKind.WEEKLY: _named_day,
    StepKind.RECURRENCE: _named_day,
    StepKind.ROLL: _roll,
    StepKind.KEPT: _nothing,
    StepKind.CLOSE: _clock,
    StepKind.TIME: _clock,
    StepKind.NOT_BEFORE: _not_before,
    StepKind.WANTED: _wanted,
    StepKind.GRACE: _named_day,
    StepKind.RECALCULATED: _recalculated,
    StepKind.EXCUSE: _excuse,
    StepKind.EXTENDED: _extended,
    StepKind.PROVISIONAL: _nothing,
}
