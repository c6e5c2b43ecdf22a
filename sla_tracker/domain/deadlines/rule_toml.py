"""Reads and writes due rules as TOML tables of checklists and settings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from math import isfinite

from sla_tracker.domain.deadlines.calendar_rules import DayOfMonth, NthWorkday, Recurrence, Weekly
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll, RuleError
from sla_tracker.domain.deadlines.rules import AtEvent, InDays, InWorkdays, InWorkingTime
from sla_tracker.domain.quoting import as_written
from sla_tracker.domain.time.work_hours import WEEKDAYS
from sla_tracker.errors import N_, SlaError, UsageError

# For each key that names a rule, the other keys that its table may have.
_OTHER_KEYS: dict[str, tuple[str, ...]] = {
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
_KEYS = tuple(dict.fromkeys((*_OTHER_KEYS, *(key for beside in _OTHER_KEYS.values() for key in beside))))


class _Reader:
    """Reads the values of one table and collects all errors."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self.table = table
        self.problems: list[SlaError] = []

    def refuse(self, message: str, key: str, **values: object) -> None:
        written = as_written(self.table.get(key))
        self.problems.append(UsageError(message, **{"key": key, "value": written, **values}))

    def number(self, key: str) -> int:
        value = self.table.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.refuse(N_("{key}: {value} is no whole number."), key)
        return 1

    def minutes(self, key: str, unit: int) -> int:
        value = self.table.get(key)
        if isinstance(value, int | float) and type(value) is not bool and isfinite(value):
            minutes = value * unit
            if minutes % 1 == 0:
                return int(minutes)
        self.refuse(
            N_("{key}: {value} is no number of whole minutes; write {key} = 4 or {key} = {other}."),
            key,
            other="1.5" if unit == 60 else "90",
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
        self.refuse(
            N_(
                '{key}: {value} is no time of day; write {key} = "12:00" (00:00 to 23:59), '
                "or leave it out for the close."
            ),
            "at",
        )
        return None

    def roll(self) -> Roll:
        value = self.table.get("roll", Roll.FOLLOWING)
        try:
            return Roll(str(value))
        except ValueError:
            self.refuse(N_("{key}: {what}"), "roll", what=_unknown(value, [*Roll]))
            return Roll.FOLLOWING

    def months(self) -> tuple[int, ...]:
        value = self.table.get("months", ())
        if isinstance(value, list | tuple) and all(type(month) is int for month in value):
            return tuple(value)
        self.refuse(N_("{key}: {value} is no list of months; write {key} = [1, 4, 7, 10]."), "months")
        return ()

    def weekdays(self) -> tuple[int, ...]:
        value = self.table.get("weekdays")
        if not isinstance(value, list | tuple):
            self.refuse(N_('{key}: {value} is no list; write {key} = ["fri"].'), "weekdays")
            return (0,)
        named = [name for name in value if name in WEEKDAYS]
        wrong = {as_written(name): name for name in value if name not in WEEKDAYS}
        for name in wrong.values():
            self.refuse(N_("{key}: {what}"), "weekdays", what=_unknown(name, WEEKDAYS))
        return tuple(map(WEEKDAYS.index, named)) or (0,) * bool(wrong)

    def text(self, key: str) -> str:
        value = self.table.get(key)
        if not isinstance(value, str):
            self.refuse(N_('{key}: {value} is no text; write {key} = "FREQ=MONTHLY;BYMONTHDAY=15".'), key)
            return "FREQ=DAILY"
        return value

    def start(self) -> date:
        value = self.table.get("start")
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.refuse(
                N_('{key}: {value} is no day; write {key} = "2026-01-01".')
                if value is not None
                else N_('{key}: an rrule needs its first day beside it, such as {key} = "2026-01-01".'),
                "start",
            )
            return date(2026, 1, 1)

    def refuse_others(self, kinds: Sequence[str]) -> None:
        """Record an error for each key that is unknown or that the rule does not take."""
        for key in self.table:
            if key not in _KEYS:
                self.problems.append(_unknown(key, _KEYS))
            elif len(kinds) == 1 and key not in (*kinds, *_OTHER_KEYS[kinds[0]]):
                self._refuse_beside(key, kinds[0])

    def _refuse_beside(self, key: str, kind: str) -> None:
        beside = ", ".join(_OTHER_KEYS[kind])
        self.refuse(
            N_("{key}: not possible beside {kind}; allowed there: {beside}.")
            if beside
            else N_("{key}: not possible beside {kind}, which stands alone."),
            key,
            kind=kind,
            beside=beside,
        )


def rule_from_table(table: Mapping[str, object]) -> DueRule:
    """Return the due rule of a TOML table.

    Such as `{days = 3}`, `{day = 5, at = "12:00"}` or `{rrule = "…"}`. Raises RuleError with all errors at once: the
    key, what is wrong with it, what is allowed.
    """
    reader = _Reader(table)
    kinds = [key for key in _OTHER_KEYS if key in table]
    reader.refuse_others(kinds)
    if kinds[1:] or not (kinds or reader.problems):  # an unknown key was probably meant as the rule's name
        reader.problems.append(_not_exactly_one(kinds))
    if len(kinds) != 1:
        raise RuleError(*reader.problems)
    rule: DueRule | None = None
    try:
        rule = _PARSERS[kinds[0]](reader)
    except RuleError as error:
        reader.problems.extend(error.problems)
    if rule is None or reader.problems:
        raise RuleError(*reader.problems)
    return rule


def rule_to_table(rule: DueRule) -> dict[str, object]:
    """Return the table of a rule, which `rule_from_table` reads back to an equal rule.

    It holds only texts, numbers and lists.
    """
    table = _rule_keys(rule)
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


def _unknown(value: object, allowed: Sequence[str]) -> SlaError:
    from sla_tracker.domain.toml_reader import unknown_name  # imported only when a table is wrong

    return unknown_name(value if isinstance(value, str) else as_written(value), allowed)


def _not_exactly_one(kinds: Sequence[str]) -> SlaError:
    return UsageError(
        N_("A due rule has exactly one of {allowed}; found {found}.")
        if kinds
        else N_("A due rule has exactly one of {allowed}; found none."),
        allowed=", ".join(_OTHER_KEYS),
        found=", ".join(kinds),
    )


def _rule_keys(rule: DueRule) -> dict[str, object]:
    """Return the keys that define the rule, without time, roll and months."""
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


def _at_event(reader: _Reader) -> DueRule:
    if reader.table["at_event"] is not True:
        reader.refuse(N_("{key}: write {key} = true, or name another rule."), "at_event")
    return AtEvent()


_PARSERS: dict[str, Callable[[_Reader], DueRule]] = {
    "at_event": _at_event,
    "days": lambda reader: InDays(days=reader.number("days"), at=reader.clock(), roll=reader.roll()),
    "workdays": lambda reader: InWorkdays(workdays=reader.number("workdays"), at=reader.clock()),
    "working_hours": lambda reader: InWorkingTime(
        span=timedelta(minutes=reader.minutes("working_hours", 60))
    ),
    "working_minutes": lambda reader: InWorkingTime(
        span=timedelta(minutes=reader.minutes("working_minutes", 1))
    ),
    "day": lambda reader: DayOfMonth(
        day=reader.number("day"), at=reader.clock(), roll=reader.roll(), months=reader.months()
    ),
    "nth_workday": lambda reader: NthWorkday(
        n=reader.number("nth_workday"), at=reader.clock(), months=reader.months()
    ),
    "weekdays": lambda reader: Weekly(weekdays=reader.weekdays(), at=reader.clock(), roll=reader.roll()),
    "rrule": lambda reader: Recurrence(
        rrule=reader.text("rrule"), start_on=reader.start(), at=reader.clock(), roll=reader.roll()
    ),
}
