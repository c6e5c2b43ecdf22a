"""Due rules as people write them in checklists and settings: one small table each."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from math import isfinite

from sla_tracker.core.rules import (
    AtEvent,
    DayOfMonth,
    DueRule,
    InDays,
    InWorkdays,
    InWorkingTime,
    NthWorkday,
    Recurrence,
    Roll,
    RuleError,
    Weekly,
)
from sla_tracker.core.workhours import WEEKDAYS

# The key that names the rule, and the keys that may stand beside it.
_BESIDE: dict[str, tuple[str, ...]] = {
    "at_event": (),
    "days": ("at", "roll"),
    "workdays": ("at",),
    "working_hours": (),
    "working_minutes": (),
    "day": ("at", "roll", "months"),
    "nth_workday": ("at", "months"),
    "weekdays": ("at", "roll"),
    "rrule": ("start", "at", "roll"),
}
_KEYS = tuple(dict.fromkeys((*_BESIDE, *(key for beside in _BESIDE.values() for key in beside))))


class _Reader:
    """Read the values of one table and collect everything that is wrong with them."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self.table = table
        self.problems: list[str] = []

    def number(self, key: str) -> int:
        value = self.table.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.problems.append(f"{key}: {value!r} is no whole number.")
        return 1

    def minutes(self, key: str, unit: int) -> int:
        value = self.table.get(key)
        if isinstance(value, int | float) and type(value) is not bool and isfinite(value):
            minutes = value * unit
            if minutes % 1 == 0:
                return int(minutes)
        self.problems.append(
            f"{key}: {value!r} is no number of whole minutes; write {key} = 4 or {key} = 1.5."
        )
        return 1

    def clock(self) -> time | None:
        value = self.table.get("at")
        if value is None or isinstance(value, time):
            return value
        if isinstance(value, str):
            try:
                return time.fromisoformat(value if len(value) != 4 else "0" + value)
            except ValueError:
                pass
        self.problems.append(
            f'at: {value!r} is no time of day; write at = "12:00" (00:00 to 23:59), or leave it out for the close.'
        )
        return None

    def roll(self) -> Roll:
        value = self.table.get("roll", Roll.FOLLOWING)
        try:
            return Roll(str(value))
        except ValueError:
            self.problems.append(
                f"roll: {value!r} is unknown; allowed are {', '.join(Roll)}.{_hint(value, [*Roll])}"
            )
            return Roll.FOLLOWING

    def months(self) -> tuple[int, ...]:
        value = self.table.get("months", ())
        if isinstance(value, list | tuple) and all(type(month) is int for month in value):
            return tuple(value)
        self.problems.append(f"months: {value!r} is no list of months; write months = [1, 4, 7, 10].")
        return ()

    def weekdays(self) -> tuple[int, ...]:
        value = self.table.get("weekdays")
        if not isinstance(value, list | tuple):
            self.problems.append(f'weekdays: {value!r} is no list; write weekdays = ["fri"].')
            return (0,)
        for name in value:
            if name not in WEEKDAYS:
                allowed = ", ".join(WEEKDAYS)
                self.problems.append(
                    f"weekdays: {name!r} is unknown; allowed are {allowed}.{_hint(name, WEEKDAYS)}"
                )
        return tuple(WEEKDAYS.index(name) for name in value if name in WEEKDAYS) or (0,) * bool(value)

    def text(self, key: str) -> str:
        value = self.table.get(key)
        if not isinstance(value, str):
            self.problems.append(f'{key}: {value!r} is no text; write rrule = "FREQ=MONTHLY;BYMONTHDAY=15".')
        return str(value)

    def start(self) -> date:
        value = self.table.get("start")
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.problems.append(
                f'start: {value!r} is no day; an rrule needs its first day, as start = "2026-01-01".'
            )
            return date(2026, 1, 1)


def rule_from_table(table: Mapping[str, object]) -> DueRule:
    """Return the rule that a table writes down, as `{days = 3}`, `{day = 5, at = "12:00"}` or `{rrule = "…"}`.

    Raises RuleError with all problems at once: the key, what is wrong with it, what is allowed.
    """
    reader = _Reader(table)
    kinds = [key for key in _BESIDE if key in table]
    if len(kinds) != 1:
        found = f"found {', '.join(kinds)}" if kinds else "found none"
        reader.problems.append(f"A due rule has exactly one of {', '.join(_BESIDE)}; {found}.")
    _refuse_others(reader, kinds)
    if len(kinds) != 1:
        raise RuleError(*reader.problems)
    rule: DueRule | None = None
    try:
        rule = _READ[kinds[0]](reader)
    except RuleError as error:
        reader.problems.extend(error.problems)
    if rule is None or reader.problems:
        raise RuleError(*dict.fromkeys(reader.problems))
    return rule


def rule_to_table(rule: DueRule) -> dict[str, object]:
    """Return the table that `rule_from_table` reads back to an equal rule; only texts, numbers and lists."""
    table = _named(rule)
    at = getattr(rule, "at", None)
    if isinstance(at, time):
        table["at"] = at.isoformat("minutes" if not (at.second or at.microsecond) else "auto")
    roll = getattr(rule, "roll", Roll.FOLLOWING)
    if roll is not Roll.FOLLOWING:
        table["roll"] = str(roll)
    months = getattr(rule, "months", ())
    if months:
        table["months"] = list(months)
    return table


def _named(rule: DueRule) -> dict[str, object]:
    """Return the keys that name the rule, without time, roll and months."""
    table: dict[str, object]
    match rule:
        case AtEvent():
            table = {"at_event": True}
        case InWorkingTime(span=span):
            minutes = span // timedelta(minutes=1)
            table = {"working_minutes": minutes} if minutes % 60 else {"working_hours": minutes // 60}
        case InDays(days=days):
            table = {"days": days}
        case InWorkdays(workdays=workdays):
            table = {"workdays": workdays}
        case DayOfMonth(day=day):
            table = {"day": day}
        case NthWorkday(n=n):
            table = {"nth_workday": n}
        case Weekly(weekdays=weekdays):
            table = {"weekdays": [WEEKDAYS[day] for day in weekdays]}
        case Recurrence(rrule=rrule, start_on=start):
            table = {"rrule": rrule, "start": start.isoformat()}
        case _:
            raise TypeError(f"{type(rule).__name__} is no due rule of this version.")
    return table


def _refuse_others(reader: _Reader, kinds: list[str]) -> None:
    for key in reader.table:
        if key not in _KEYS:
            reader.problems.append(
                f"{key}: unknown key.{_hint(key, _KEYS) or ' Allowed are ' + ', '.join(_KEYS) + '.'}"
            )
        elif len(kinds) == 1 and key not in (*kinds, *_BESIDE[kinds[0]]):
            beside = ", ".join(_BESIDE[kinds[0]]) or "nothing"
            reader.problems.append(f"{key}: not possible beside {kinds[0]}; allowed there: {beside}.")


def _at_event(reader: _Reader) -> DueRule:
    if reader.table["at_event"] is not True:
        reader.problems.append("at_event: write at_event = true, or name another rule.")
    return AtEvent()


_READ: dict[str, Callable[[_Reader], DueRule]] = {
    "at_event": _at_event,
    "days": lambda found: InDays(days=found.number("days"), at=found.clock(), roll=found.roll()),
    "workdays": lambda found: InWorkdays(workdays=found.number("workdays"), at=found.clock()),
    "working_hours": lambda found: InWorkingTime(span=timedelta(minutes=found.minutes("working_hours", 60))),
    "working_minutes": lambda found: InWorkingTime(
        span=timedelta(minutes=found.minutes("working_minutes", 1))
    ),
    "day": lambda found: DayOfMonth(
        day=found.number("day"), at=found.clock(), roll=found.roll(), months=found.months()
    ),
    "nth_workday": lambda found: NthWorkday(
        n=found.number("nth_workday"), at=found.clock(), months=found.months()
    ),
    "weekdays": lambda found: Weekly(weekdays=found.weekdays(), at=found.clock(), roll=found.roll()),
    "rrule": lambda found: Recurrence(
        rrule=found.text("rrule"), start_on=found.start(), at=found.clock(), roll=found.roll()
    ),
}


def _hint(value: object, allowed: list[str] | tuple[str, ...]) -> str:
    from difflib import get_close_matches  # only wrong tables need it

    near = get_close_matches(str(value), allowed, n=1)
    return f" Did you mean {near[0]}?" if near else ""
