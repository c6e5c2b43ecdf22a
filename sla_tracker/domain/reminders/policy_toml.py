"""Reads reminder policies from TOML tables of settings and checklists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time, timedelta
from enum import StrEnum
from typing import TypeVar

from sla_tracker.domain.quoting import as_written
from sla_tracker.domain.reminders.policy import (
    DEFAULT_POLICY,
    AllowedHours,
    Anchor,
    EveryWorkday,
    InWorkingHours,
    Level,
    OnWorkday,
    Policy,
    ReminderStep,
    TimeUsed,
    When,
)
from sla_tracker.domain.time.work_hours import Segment
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, SlaError, UsageError, Wrong

MOST_STEPS = 30
MOST_WORKDAYS = 60
MOST_TIMES = 20  # repetitions of `every_workday`
MOST_MINUTES = 60 * 200  # 200 hours of working time
USUAL_TIME = time(9)

POLICY_KEYS = ("hours", "closed_days", "steps")
WHEN_KEYS = ("workdays", "working_hours", "working_minutes", "every_workday", "percent")
STEP_KEYS = ("id", "from", *WHEN_KEYS, "at", "to", "channels")

Word = TypeVar("Word", bound=StrEnum)


class PolicyError(Wrong):
    """Raised with every error of a policy's table."""


def policy_from_table(table: Mapping[str, object], base: Policy = DEFAULT_POLICY) -> Policy:
    """Return the policy of a table; keys that are left out are taken from `base`.

    Raises PolicyError with all errors at once.
    """
    reader = _Reader()
    reader.refuse_others(table, POLICY_KEYS, "")
    hours = reader.hours(table, base.hours)
    steps = reader.steps(table["steps"]) if "steps" in table else base.steps
    if reader.problems:
        raise PolicyError(*reader.problems)
    return Policy(steps=steps, hours=hours)


class _Reader:
    """Reads one table and collects all its errors."""

    def __init__(self) -> None:
        self.problems: list[SlaError] = []

    def refuse(self, message: str, **values: object) -> None:
        self.problems.append(UsageError(message, **values))

    def refuse_others(self, table: Mapping[str, object], known: Sequence[str], place: str) -> None:
        for key in table:
            if key not in known:
                self.refuse_unknown(place, str(key), known)

    def refuse_unknown(self, place: str, name: str, known: Iterable[str]) -> None:
        problem = unknown_name(name, known)
        if place:
            self.refuse(N_("{key}: {what}"), key=place, what=problem)
        else:
            self.problems.append(problem)

    def hours(self, table: Mapping[str, object], base: AllowedHours) -> AllowedHours:
        closed_days = table.get("closed_days", base.closed_days)
        if not isinstance(closed_days, bool):
            self.refuse(N_("closed_days is true or false, not {value}."), value=repr(closed_days)[:64])
            closed_days = base.closed_days
        written = table.get("hours")
        if written is None:
            return AllowedHours(span=base.span, closed_days=closed_days)
        try:
            hours = AllowedHours(span=Segment.parse(str(written)), closed_days=closed_days)
        except ValueError:
            hours = None
        if hours is not None and hours.is_of_one_day:
            return hours
        self.refuse(
            N_("hours: {value} is no span of a day; write it like 08:00-20:00."), value=as_written(written)
        )
        return base

    def steps(self, written: object) -> tuple[ReminderStep, ...]:
        if not isinstance(written, list | tuple) or len(written) > MOST_STEPS:
            self.refuse(N_("steps is a list of at most {limit} tables."), limit=MOST_STEPS)
            return ()
        found = [step for number, table in enumerate(written, 1) for step in self._step(table, number)]
        ids = [step.id for step in found]
        for id in sorted({id for id in ids if ids.count(id) > 1}):
            self.refuse(N_("Two steps are called {id}; give each its own id."), id=id)
        return tuple(found)

    def _step(self, table: object, number: int) -> Iterator[ReminderStep]:
        place = f"steps[{number}]"
        if not isinstance(table, Mapping):
            self.refuse(N_('{place} is a table such as {{workdays = -3, at = "09:00"}}.'), place=place)
            return
        self.refuse_others(table, STEP_KEYS, place)
        anchor = self._word(table, "from", Anchor, Anchor.DUE, place)
        level = self._word(table, "to", Level, Level.ASSIGNEE, place)
        when = self._when(table, place)
        if isinstance(when, TimeUsed) and anchor is not Anchor.DUE:
            self.refuse(N_("{place}: percent counts the time until the due; leave out from."), place=place)
        if when is not None:
            usual = "-".join((anchor, level, *_id_parts(when)))
            yield ReminderStep(
                id=self._id(table, usual, place),
                when=when,
                anchor=anchor,
                level=level,
                channels=self._channels(table, place),
            )

    def _when(self, table: Mapping[str, object], place: str) -> When | None:
        named = [key for key in WHEN_KEYS if key in table]
        if len(named) != 1:
            self.refuse(N_("{place} needs exactly one of {keys}."), place=place, keys=", ".join(WHEN_KEYS))
            return None
        key = named[0]
        if key == "workdays":
            days = self._number(table, key, -MOST_WORKDAYS, MOST_WORKDAYS, place)
            return OnWorkday(workdays=days, at=self._clock(table, place))
        if key == "every_workday":
            return EveryWorkday(
                most=self._number(table, key, 1, MOST_TIMES, place), at=self._clock(table, place)
            )
        if "at" in table:
            self.refuse(N_("{place}: at is not possible beside {key}."), place=place, key=key)
        if key == "percent":
            return TimeUsed(percent=self._number(table, key, 1, 100, place))
        unit = 60 if key == "working_hours" else 1
        limit = MOST_MINUTES // unit
        return InWorkingHours(span=timedelta(minutes=unit * self._number(table, key, -limit, limit, place)))

    def _number(self, table: Mapping[str, object], key: str, least: int, most: int, place: str) -> int:
        value = table[key]
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.refuse(
            N_("{key}: {value} is not possible; allowed are whole numbers from {least} to {most}."),
            key=_key_path(place, key),
            value=as_written(value),
            least=least,
            most=most,
        )
        return least

    def _clock(self, table: Mapping[str, object], place: str) -> time:
        value = table.get("at", USUAL_TIME)
        at = value if isinstance(value, time) else local_time(str(value))
        if at is None:
            self.refuse(
                N_("{key}: {value} is no time of day; write it like 09:00."),
                key=_key_path(place, "at"),
                value=as_written(value),
            )
            return USUAL_TIME
        return at

    def _word(
        self, table: Mapping[str, object], key: str, words: type[Word], usual: Word, place: str
    ) -> Word:
        value = table.get(key, usual)
        try:
            return words(str(value))
        except ValueError:
            self.refuse_unknown(_key_path(place, key), _text_of(value), [*words])
            return usual

    def _id(self, table: Mapping[str, object], usual: str, place: str) -> str:
        value = table.get("id", usual)
        if (
            isinstance(value, str)
            and 0 < len(value) <= 64
            and value.replace("-", "").isalnum()
            and value.isascii()
        ):
            return value
        self.refuse(
            N_("{key}: {value} is no id; use a to z, 0 to 9 and -."),
            key=_key_path(place, "id"),
            value=as_written(value),
        )
        return usual

    def _channels(self, table: Mapping[str, object], place: str) -> tuple[str, ...]:
        value = table.get("channels", ())
        if isinstance(value, list | tuple) and all(isinstance(name, str) for name in value):
            return tuple(value)
        self.refuse(N_('{key} is a list of names, such as ["mail"].'), key=_key_path(place, "channels"))
        return ()


def local_time(written: str) -> time | None:
    """Return a local time of day such as `9:00`; None for any other text.

    A time with a zone is such another text.
    """
    try:
        at = time.fromisoformat(written.rjust(5, "0"))
    except ValueError:
        return None
    return at if at.tzinfo is None else None


def unknown_channels(policy: Policy, known: Sequence[str]) -> Iterator[SlaError]:
    """Yield an error for each channel of a policy that the deployment does not have."""
    for step in policy.steps:
        for name in step.channels:
            if name not in known:
                yield UsageError(
                    N_("The step {step} names a channel that is not set up: {what}"),
                    step=step.id,
                    what=unknown_name(name, known),
                )


def _id_parts(when: When) -> tuple[str, ...]:
    match when:
        case OnWorkday(workdays=days, at=at):
            return f"{abs(days)}d", "before" if days < 0 else "after", f"{at:%H%M}"
        case InWorkingHours(span=span):
            minutes = span // timedelta(minutes=1)
            return f"{abs(minutes)}m", "before" if minutes < 0 else "after"
        case EveryWorkday(at=at):
            return "every", f"{at:%H%M}"
        case TimeUsed(percent=percent):
            return f"{percent}p", "used"


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else as_written(value)


def _key_path(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
