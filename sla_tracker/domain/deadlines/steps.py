"""Steps of a deadline's calculation, stored as plain texts with the duty."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from sla_tracker.domain.text import Text
from sla_tracker.domain.time.instants import to_utc
from sla_tracker.value_class import dataclass

_MOST_PIECES = 7  # intervals that a step stores one by one; of a longer list the middle is summed up
_KEPT_PIECES = 3  # intervals kept at either end of a longer list


class StepKind(StrEnum):
    """Kind of a step; `phrases.py` has the texts for each."""

    TRIGGER = "trigger"
    PERIOD = "period"
    AFTER_DUTY = "after_duty"
    NO_REQUESTS = "no_requests"
    CHANGED = "changed"
    CLOCK_START = "clock_start"
    ANCHOR = "anchor"
    AT_EVENT = "at_event"
    NEXT_WORKDAY = "next_workday"
    DAYS = "days"
    WORKDAYS = "workdays"
    WORKING_TIME = "working_time"
    ELAPSED = "elapsed"
    DAY_OF_MONTH = "day_of_month"
    NTH_WORKDAY = "nth_workday"
    WEEKLY = "weekly"
    RECURRENCE = "recurrence"
    EACH_WORKDAY = "each_workday"
    LISTED = "listed"
    MOVED = "moved"
    ROLL = "roll"
    KEPT = "kept"
    CLOSE = "close"
    TIME = "time"
    NOT_BEFORE = "not_before"
    WANTED = "wanted"
    GRACE = "grace"
    RECALCULATED = "recalculated"
    EXCUSE = "excuse"
    EXTENDED = "extended"
    PROVISIONAL = "provisional"
    SET = "set"


@dataclass(frozen=True, slots=True)
class Piece:
    """An interval and the working time in it; they differ when several were summed up."""

    start: datetime
    end: datetime
    worked: timedelta

    @property
    def is_whole(self) -> bool:
        """Return whether all of the interval is working time."""
        return self.worked == self.end - self.start

    @classmethod
    def parse(cls, text: str) -> "Piece":
        """Return the piece that `str` has formatted."""
        start, end, *worked = text.split("/")
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        return cls(first, last, span_of(worked[0]) if worked else last - first)

    def __str__(self) -> str:
        ends = f"{stamp(self.start)}/{stamp(self.end)}"
        return ends if self.is_whole else f"{ends}/{seconds(self.worked)}"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its kind, and its figures as texts.

    The texts are ISO days, ISO instants and plain numbers.
    """

    kind: StepKind
    details: tuple[tuple[str, str], ...] = ()

    def get(self, key: str) -> str:
        """Return a figure, or the empty text."""
        return next((value for name, value in self.details if name == key), "")

    def day(self, key: str) -> date:
        """Return a figure that is a day."""
        return date.fromisoformat(self.get(key))

    def at(self, key: str) -> datetime:
        """Return a figure that is an instant."""
        return datetime.fromisoformat(self.get(key))

    def number(self, key: str) -> int:
        """Return a figure that is a whole number."""
        return int(self.get(key))

    def days(self, key: str) -> tuple[date, ...]:
        """Return a figure that is a list of days."""
        return tuple(date.fromisoformat(text) for text in self.get(key).split())

    def pieces(self, key: str) -> tuple[Piece, ...]:
        """Return a figure that is a list of intervals of working time."""
        return tuple(map(Piece.parse, self.get(key).split()))


def stamp(instant: datetime) -> str:
    """Format an instant for a step: UTC, ISO 8601."""
    return to_utc(instant).isoformat().replace("+00:00", "Z")


def listed(days: Sequence[date]) -> str:
    """Format days for a step."""
    return " ".join(map(date.isoformat, days))


def stretched(pieces: Sequence[tuple[datetime, datetime]]) -> str:
    """Format working intervals for a step; sums up the middle of a long list."""
    whole = [Piece(start, end, end - start) for start, end in pieces]
    if len(whole) > _MOST_PIECES:
        middle = whole[_KEPT_PIECES:-_KEPT_PIECES]
        summed = Piece(middle[0].start, middle[-1].end, sum((piece.worked for piece in middle), timedelta()))
        whole = [*whole[:_KEPT_PIECES], summed, *whole[-_KEPT_PIECES:]]
    return " ".join(map(str, whole))


def seconds(span: timedelta) -> str:
    """Format a span in seconds, exact to the microsecond."""
    whole = span // timedelta(seconds=1)
    rest = (span - timedelta(seconds=whole)) // timedelta(microseconds=1)
    return f"{whole}.{rest:06d}" if rest else str(whole)


def span_of(text: str) -> timedelta:
    """Return the span that `seconds` has formatted."""
    whole, _, rest = text.partition(".")
    return timedelta(seconds=int(whole), microseconds=int(rest or 0))


def trigger_step(name: Text) -> Step:
    """Return the step that names what opened the duty; `recompute` ignores it."""
    return Step(StepKind.TRIGGER, (("zh", name.get("zh")), ("en", name.get("en"))))


def no_requests_step(requested_at: datetime, starts_at: datetime) -> Step:
    """Return the step that says why a request's clock starts later.

    `recompute` ignores it.
    """
    return Step(StepKind.NO_REQUESTS, (("requested", stamp(requested_at)), ("at", stamp(starts_at))))


def changed_step(name: Text, effect: str, at: datetime) -> Step:
    """Return the step of a request's changed field and what the change did.

    `recompute` ignores it. `name` has the field and both values.
    """
    return Step(
        StepKind.CHANGED,
        (("zh", name.get("zh")), ("en", name.get("en")), ("effect", effect), ("at", stamp(at))),
    )


def clock_start_step(cause: str, at: datetime) -> Step:
    """Return the step that says from where a request's settle clock counts.

    `recompute` ignores it.
    """
    return Step(StepKind.CLOCK_START, (("cause", cause), ("at", stamp(at))))


def after_duty_step(name: Text, of: str) -> Step:
    """Return the step that names the duty from which is counted, and from what of it.

    `recompute` ignores this step.
    """
    return Step(StepKind.AFTER_DUTY, (("zh", name.get("zh")), ("en", name.get("en")), ("of", of)))


def counting_steps(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps that say from what a duty counts and how far, without any date."""
    for step in steps:
        if step.kind in (StepKind.AFTER_DUTY, StepKind.DAYS, StepKind.WORKDAYS):
            yield step
        elif step.kind in (StepKind.WORKING_TIME, StepKind.ELAPSED):
            yield Step(step.kind, (("seconds", step.get("seconds")), ("undated", "yes")))


# Cached: the duties of a list are about the same few periods.
@lru_cache(maxsize=4096)
def period_step(start: date, end: date) -> Step:
    """Return the step that names a duty's period [start, end).

    `recompute` ignores this step.
    """
    return Step(StepKind.PERIOD, (("start", start.isoformat()), ("end", end.isoformat())))
