"""Adds excused time (holds and waits, overlaps counted once) to a deadline."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sla_tracker.domain.deadlines.deadline import Deadline, deadline_of, joined
from sla_tracker.domain.deadlines.duty_clock import DutyClock
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.deadlines.steps import Step, StepKind, seconds, stamp, stretched
from sla_tracker.domain.time.instants import to_utc
from sla_tracker.value_class import dataclass

ELAPSED = ("unit", "elapsed")  # a step's figure: its time was measured day and night
_EXCUSE_STEPS = (StepKind.EXCUSE, StepKind.EXTENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """One interval of excused time with its reason; still running if it has no end.

    `why_en` is the English reason, for reasons that are not in a person's own words. `waited_for` is the id of the duty
    that was waited for.
    """

    start_at: datetime
    end_at: datetime | None
    why: str = ""
    why_en: str = ""
    waited_for: str = ""

    def __post_init__(self) -> None:
        start = to_utc(self.start_at)
        if self.end_at is not None and to_utc(self.end_at) < start:
            raise ValueError(f"Excused time ends at {self.end_at} before it starts at {self.start_at}.")


def with_excuses(
    deadline: Deadline, excuses: Iterable[Interval], clock: DutyClock, *, now: datetime | None = None
) -> Deadline:
    """Return the deadline extended by its excuses, in the unit of its own clock.

    Excuses it already had are replaced; overlapping ones count once. An excuse counts only if it begins before the
    deadline as extended so far: a hold cannot save a duty that is already late. A running excuse counts up to `now`, or
    not at all without it.
    """
    base = without_excuses(deadline)
    steps: list[Step] = []
    total = timedelta()
    so_far = False
    due_at = base.due_at
    covered: datetime | None = None
    for start, end, why, why_en, running in sorted(_bounded(excuses, now)):
        fresh = start if covered is None else max(start, covered)
        covered = max(end, fresh)
        counted = timedelta()
        # A hold preserves the time left until the deadline; when none is left, it comes too late.
        if fresh < due_at and clock.between(fresh, due_at) > timedelta():
            counted = clock.between(fresh, covered)
        figures = [
            ("from", stamp(start)),
            ("until", "" if running else stamp(end)),
            ("seconds", seconds(counted)),
            ("why", why),
            *([("why_en", why_en)] if why_en else []),
            *([ELAPSED] if clock.is_elapsed else []),
            *([("now", stamp(end))] if counted and running else []),
        ]
        steps.append(Step(StepKind.EXCUSE, tuple(figures)))
        so_far = so_far or (running and bool(counted))
        if counted:
            total += counted
            due_at = clock.later(due_at, counted)
    noted = replace(base, steps=(*base.steps, *steps))
    return _extended(noted, due_at, total, clock, so_far=now if so_far else None) if total else noted


def without_excuses(deadline: Deadline) -> Deadline:
    """Return the deadline without its excuses, restored from its own steps."""
    cut = next((index for index, step in enumerate(deadline.steps) if step.kind in _EXCUSE_STEPS), None)
    if cut is None:
        return deadline
    extended = next((step for step in deadline.steps if step.kind is StepKind.EXTENDED), None)
    steps = deadline.steps[:cut]
    if extended is None:
        return replace(deadline, steps=steps)
    return replace(
        deadline,
        due_at=recompute(steps),
        due_on=extended.day("base_on"),
        provisional=any(step.kind is StepKind.PROVISIONAL for step in steps),
        steps=steps,
        calendar_version=extended.get("base_version"),
    )


def _extended(
    base: Deadline, due_at: datetime, total: timedelta, clock: DutyClock, *, so_far: datetime | None
) -> Deadline:
    """Return the deadline moved by the excused time, with a step about it.

    `so_far` is the instant up to which an excuse was counted that still runs.
    """
    calendar = clock.calendar
    pieces = tuple(clock.pieces(base.due_at, due_at))
    due_on = calendar.local_date(due_at) if clock.is_elapsed else calendar.day_of(pieces[-1][0])
    figures = (
        ("seconds", seconds(total)),
        ("pieces", stretched(pieces)),
        ("at", stamp(due_at)),
        ("base_on", base.due_on.isoformat()),
        ("base_version", base.calendar_version),
        *((("now", stamp(so_far)),) if so_far is not None else ()),
        *((ELAPSED,) if clock.is_elapsed else ()),
    )
    return joined(
        base,
        deadline_of(
            due_at,
            due_on,
            calendar,
            nominal_on=base.nominal_on,
            steps=(Step(StepKind.EXTENDED, figures),),
            looked=None if clock.is_elapsed else (base.due_on, due_on),
        ),
    )


def _bounded(
    excuses: Iterable[Interval], now: datetime | None
) -> list[tuple[datetime, datetime, str, str, bool]]:
    """Return start, end, both reasons and whether it is running, of each excuse.

    A running excuse ends at `now`, or where it starts without `now`.
    """
    found = []
    for excuse in excuses:
        start = to_utc(excuse.start_at)
        end = excuse.end_at or now or excuse.start_at
        found.append((start, max(start, to_utc(end)), excuse.why, excuse.why_en, excuse.end_at is None))
    return found
