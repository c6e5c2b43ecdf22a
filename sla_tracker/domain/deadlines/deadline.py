"""Deadline with its explanatory steps, and the helpers that build one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from sla_tracker.domain.deadlines.due_rule import Roll
from sla_tracker.domain.deadlines.steps import Step, StepKind, listed
from sla_tracker.domain.time.instants import local_instant
from sla_tracker.domain.time.work_calendar import Look, WorkCalendar
from sla_tracker.domain.time.work_hours import clock
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A due instant, with the steps of the calculation that explain it.

    `due_on` is the civil day the due belongs to (a due at 24:00 belongs to the day that ends). `nominal_on` is the day
    before roll and excuses; its month is the month of the duty. `calendar_version` covers the years looked at.
    """

    due_at: datetime
    due_on: date
    nominal_on: date
    provisional: bool = False
    steps: tuple[Step, ...] = ()
    calendar_version: str = ""


def rolled(
    day: date,
    roll: Roll,
    calendar: WorkCalendar,
    *,
    after: date | None = None,
    before: date | None = None,
) -> tuple[date, Step | None]:
    """Return a day rolled to a workday, and the step that explains it, if any.

    The result must lie after the day `after` and before the day `before` (the day of the event); a roll that would
    break this goes the other way.
    """
    if calendar.is_workday(day):
        return day, None
    name = closed_name(day, calendar)
    if roll in (Roll.NONE, Roll.SKIP):  # an open duty whose day was closed later keeps its day
        return day, Step(StepKind.KEPT, (("on", day.isoformat()), *name))
    wanted = 1 if roll is Roll.FOLLOWING else -1
    direction = wanted
    target = calendar.shift_workdays(day, direction)
    if (after is not None and target <= after) or (before is not None and target >= before):
        direction = -wanted
        target = calendar.shift_workdays(day, direction)
    passed = calendar.closed_days(min(day, target), max(day, target))
    step = Step(
        StepKind.ROLL,
        (
            ("from", day.isoformat()),
            ("direction", str(direction)),
            ("turned", "yes" if direction != wanted else ""),
            ("closed", listed(passed)),
            ("on", target.isoformat()),
            *name,
        ),
    )
    return target, step


def closed_name(day: date, calendar: WorkCalendar) -> tuple[tuple[str, str], ...]:
    """Return an exceptional day's name as step details; none for a plain weekend."""
    rule = calendar.rule_on(day)
    return () if rule is None else (("name_zh", rule.name.get("zh")), ("name_en", rule.name.get("en")))


def due_on_day(
    day: date,
    at: time | None,
    calendar: WorkCalendar,
    *,
    nominal_on: date,
    steps: Sequence[Step | None],
    looked: tuple[date, date] | None = None,
    zone: str = "",
) -> Deadline:
    """Return the deadline on a day, at the given time or else at the day's close.

    `looked` are the first and last day that the calculation depends on. The time is read in `zone`, if there is one.
    """
    if at is None:
        due_at, minute = calendar.closing(day)
        final = _close_step(day, minute, calendar.zone.key)
        if looked is None:
            looked = (day, day)
        elif not looked[0] <= day <= looked[1]:
            looked = (min(looked[0], day), max(looked[1], day))
    else:
        read_in = calendar.zone if not zone else ZoneInfo(zone)
        due_at = local_instant(day, at, read_in)
        figures = (("on", day.isoformat()), ("at", _shown(at)), ("zone", read_in.key))
        final = Step(StepKind.TIME, figures)
    return deadline_of(due_at, day, calendar, nominal_on=nominal_on, steps=(*steps, final), looked=looked)


# Cached: the duties of a list close on the same few days.
@lru_cache(maxsize=4096)
def _close_step(day: date, minute: int, zone: str) -> Step:
    return Step(StepKind.CLOSE, (("on", day.isoformat()), ("at", clock(minute)), ("zone", zone)))


def _shown(at: time) -> str:
    return at.isoformat("minutes" if not (at.second or at.microsecond) else "auto")


def deadline_of(
    due_at: datetime,
    due_on: date,
    calendar: WorkCalendar,
    *,
    nominal_on: date,
    steps: Sequence[Step | None],
    looked: tuple[date, date] | None,
) -> Deadline:
    """Return the deadline; provisional if it depends on an unpublished year.

    `looked` are the first and last day that it depends on, None for a deadline that depends on no day.
    """
    kept = [step for step in steps if step is not None]
    if looked is None:
        return Deadline(due_at=due_at, due_on=due_on, nominal_on=nominal_on, steps=tuple(kept))
    look = calendar.looked_at(*looked)
    if look.unpublished:
        kept += _provisional_steps(look)
    return Deadline(
        due_at=due_at,
        due_on=due_on,
        nominal_on=nominal_on,
        provisional=bool(look.unpublished),
        steps=tuple(kept),
        calendar_version=look.version,
    )


def _provisional_steps(look: Look) -> list[Step]:
    """Return the steps that name the unpublished years and the unreadable ones."""
    awaited = [year for year in look.unpublished if year not in look.unread]
    steps = []
    if awaited:
        steps.append(Step(StepKind.PROVISIONAL, (("years", " ".join(map(str, awaited))),)))
    if look.unread:
        years = " ".join(map(str, look.unread))
        steps.append(Step(StepKind.PROVISIONAL, (("years", years), ("cause", "unread"))))
    return steps


def joined(earlier: Deadline, later: Deadline) -> Deadline:
    """Return `later` with the steps and calendar years of both.

    The steps of `earlier` come first.
    """
    said = {step for step in earlier.steps if step.kind is StepKind.PROVISIONAL}
    versions = dict.fromkeys((*earlier.calendar_version.split(), *later.calendar_version.split()))
    return replace(
        later,
        provisional=earlier.provisional or later.provisional,
        steps=(*earlier.steps, *(step for step in later.steps if step not in said)),
        calendar_version=" ".join(versions),
    )
