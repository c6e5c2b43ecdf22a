"""Excused time: holds and waits, united, measured in working time, and added to a deadline."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sla_tracker.core.deadline import Deadline, deadline_of
from sla_tracker.core.instants import to_utc
from sla_tracker.core.recompute import recompute
from sla_tracker.core.steps import Step, StepKind, seconds, stamp, stretched
from sla_tracker.core.workcalendar import WorkCalendar

_EXCUSING = (StepKind.EXCUSE, StepKind.EXTENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Hold one stretch of excused time and why; without an end it still runs."""

    start_at: datetime
    end_at: datetime | None
    why: str = ""

    def __post_init__(self) -> None:
        start = to_utc(self.start_at)
        if self.end_at is not None and to_utc(self.end_at) < start:
            raise ValueError(f"Excused time ends at {self.end_at} before it starts at {self.start_at}.")


def with_excuses(
    deadline: Deadline, excuses: Iterable[Interval], calendar: WorkCalendar, *, now: datetime | None = None
) -> Deadline:
    """Return the deadline extended by the working time of its excuses; excuses it already had are replaced.

    Overlapping excuses count once. Only what lies before the deadline, as extended so far, counts: a hold cannot rescue
    what is already late. An excuse that still runs counts up to `now`, or not yet without it.
    """
    base = without_excuses(deadline, calendar)
    steps: list[Step] = []
    total = timedelta()
    due_at = base.due_at
    covered: datetime | None = None
    for start, end, why in sorted(_bounded(excuses, now)):
        fresh = start if covered is None else max(start, covered)
        covered = max(end, fresh)
        counted = timedelta()
        # Working time between a hold and its deadline is what the hold keeps alive; without any it is too late.
        if fresh < due_at and calendar.working_time_between(fresh, due_at) > timedelta():
            counted = calendar.working_time_between(fresh, covered)
        figures = (("from", stamp(start)), ("until", stamp(end)), ("seconds", seconds(counted)), ("why", why))
        steps.append(Step(StepKind.EXCUSE, figures))
        if counted:
            total += counted
            due_at = calendar.add_working_time(due_at, counted)
    if not steps:
        return base
    return _extended(base, due_at, total, steps, calendar)


def without_excuses(deadline: Deadline, calendar: WorkCalendar) -> Deadline:
    """Return the deadline as it was before any excuse, read from its own steps."""
    cut = next((index for index, step in enumerate(deadline.steps) if step.kind in _EXCUSING), None)
    if cut is None:
        return deadline
    steps = deadline.steps[:cut]
    due_at = recompute(steps)
    years = [int(part.partition(":")[0]) for part in deadline.calendar_version.split()]
    return replace(deadline, due_at=due_at, steps=steps)


def _bounded(excuses: Iterable[Interval], now: datetime | None) -> list[tuple[datetime, datetime, str]]:
    found = []
    for excuse in excuses:
        start = to_utc(excuse.start_at)
        end = excuse.end_at or now or excuse.start_at
        found.append((start, max(start, to_utc(end)), excuse.why))
    return found
