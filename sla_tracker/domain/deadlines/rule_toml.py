"""Reads and writes due rules as TOML tables of checklists and settings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import TypedDict

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
from sla_tracker.domain.deadlines.due_rule import SPANS, DueRule, Roll, RuleError, RuleKey
from sla_tracker.domain.deadlines.rules import (
    LONGEST_ELAPSED_TIME,
    AfterDuty,
    AtEvent,
    CountsFrom,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
)
from sla_tracker.domain.quoting import as_written
from sla_tracker.domain.time.work_hours import WEEKDAYS
from sla_tracker.errors import N_, SlaError, UsageError

MOST_MINUTES = LONGEST_ELAPSED_TIME // timedelta(minutes=1)  # of any rule

# For each key that names a rule, the other keys that its table may have.
_TURNS = ("except", "moved")
_OTHER_KEYS: dict[RuleKey, tuple[str, ...]] = {
    RuleKey.AT_EVENT: (),
    RuleKey.DAYS: ("at", "zone", "roll", "calendar"),
    RuleKey.WORKDAYS: ("at", "zone", "calendar"),
    RuleKey.WORKING_HOURS: ("calendar",),
    RuleKey.WORKING_MINUTES: ("calendar",),
    RuleKey.HOURS: ("calendar",),
    RuleKey.MINUTES: ("calendar",),
    RuleKey.DAY: ("at", "zone", "roll", "offset", "months", *_TURNS, "calendar"),
    RuleKey.NTH_WORKDAY: ("at", "zone", "offset", "months", *_TURNS, "calendar"),
    RuleKey.WEEKDAYS: ("at", "zone", "roll", "offset", *_TURNS, "calendar"),
    RuleKey.RRULE: ("start", "at", "zone", "roll", "offset", *_TURNS, "calendar"),
    RuleKey.EVERY_WORKDAY: ("at", "zone", *_TURNS, "calendar"),
    RuleKey.ON: ("at", "zone", "roll", *_TURNS, "calendar"),
}
_KEYS = tuple(dict.fromkeys((*_OTHER_KEYS, *(key for beside in _OTHER_KEYS.values() for key in beside))))


class _Shared(TypedDict):
    """Arguments that every class of recurring rules takes."""

    at: time | None
    zone: str
    calendar: str
    offset: int
    left_out: tuple[date, ...]
    moved: tuple[MovedTurn, ...]


class _Reader:
    """Reads the values of one table and collects all errors."""

    def __init__(self, table: Mapping[str, object]) -> None:
        self.table = table
        self.problems: list[SlaError] = []

    def refuse(self, message: str, key: str, **values: object) -> None:
        written = as_written(self.table.get(key))
        self.problems.append(UsageError(message, **{"key": key, "value": written, **values}))

    def number(self, key: str, default: int | None = None) -> int:
        value = self.table.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self.refuse(N_("{key}: {value} is no whole number."), key)
        return 1

    def minutes(self, key: str, unit: int) -> int:
        value, most = self.table.get(key), MOST_MINUTES // unit
        if isinstance(value, int | float) and type(value) is not bool:
            if abs(value) > most and (isinstance(value, int) or isfinite(value)):
                return MOST_MINUTES + 1  # the rule refuses it in its own words
            if abs(value) <= most and value * unit % 1 == 0:
                return int(value * unit)
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

    def roll(self, usual: Roll = Roll.FOLLOWING) -> Roll:
        value = self.table.get("roll", usual)
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
        value = self.table.get(RuleKey.WEEKDAYS)
        if not isinstance(value, list | tuple):
            self.refuse(N_('{key}: {value} is no list; write {key} = ["fri"].'), RuleKey.WEEKDAYS)
            return (0,)
        named = [name for name in value if name in WEEKDAYS]
        wrong = {as_written(name): name for name in value if name not in WEEKDAYS}
        for name in wrong.values():
            self.refuse(N_("{key}: {what}"), RuleKey.WEEKDAYS, what=_unknown(name, WEEKDAYS))
        return tuple(map(WEEKDAYS.index, named)) or (0,) * bool(wrong)

    def text(self, key: str) -> str:
        value = self.table.get(key)
        if not isinstance(value, str):
            self.refuse(N_('{key}: {value} is no text; write {key} = "FREQ=MONTHLY;BYMONTHDAY=15".'), key)
            return "FREQ=DAILY"
        return value

    def name(self, key: str, example: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str) or (not value and key in self.table):
            self.refuse(N_('{key}: {value} is no name; write {key} = "{example}".'), key, example=example)
            return ""
        return value

    def days(self, key: str) -> tuple[date, ...]:
        value = self.table.get(key, ())
        if not isinstance(value, list | tuple):
            self.refuse(N_('{key}: {value} is no list of days; write {key} = ["2027-01-15"].'), key)
            return ()
        return tuple(day for one in value if (day := self.day(key, one)) is not None)

    def day(self, key: str, value: object) -> date | None:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            written = as_written(value)
            self.refuse(N_("{key}: {value} is no day; write it like 2027-01-15."), key, value=written)
            return None

    def moved(self) -> tuple[MovedTurn, ...]:
        value = self.table.get("moved", {})
        if not isinstance(value, Mapping):
            self.refuse(
                N_('{key}: {value} is no table; write {key} = {{ "2026-11-26" = "2026-11-24" }}.'), "moved"
            )
            return ()
        pairs = [(self.day("moved", one), self.day("moved", other)) for one, other in value.items()]
        return tuple(
            MovedTurn(turn_on=turn_on, to_on=to_on)
            for turn_on, to_on in pairs
            if turn_on is not None and to_on is not None
        )

    def shared(self) -> _Shared:
        """Return what every rule of the calendar may have."""
        if "offset" in self.table and "roll" in self.table:
            self.refuse(N_("{key}: not possible beside offset, which counts workdays itself."), "roll")
        return _Shared(
            at=self.clock(),
            zone=self.zone(),
            calendar=self.calendar(),
            offset=self.number("offset", 0),
            left_out=self.days("except"),
            moved=self.moved(),
        )

    def zone(self) -> str:
        return self.name("zone", "Europe/Berlin")

    def calendar(self) -> str:
        return self.name("calendar", "night-shift")

    def is_true(self, key: str) -> None:
        if self.table[key] is not True:
            self.refuse(N_("{key}: write {key} = true, or name another rule."), key)

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

    def refuse_others(self, kinds: Sequence[RuleKey]) -> None:
        """Record an error for each key that is unknown or that the rule does not take."""
        for key in self.table:
            if key not in _KEYS:
                self.problems.append(_unknown(key, _KEYS))
            elif len(kinds) == 1 and key not in (*kinds, *_OTHER_KEYS[kinds[0]]):
                self._refuse_beside(key, kinds[0])

    def _refuse_beside(self, key: str, kind: RuleKey) -> None:
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
    if "after" in table:
        return _after_duty(table)
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


def _after_duty(table: Mapping[str, object]) -> DueRule:
    """Return the rule of a table that counts from another duty."""
    reader = _Reader(table)
    after, of = table["after"], table.get("of", CountsFrom.DUE)
    if not isinstance(after, str):
        reader.refuse(N_('{key}: {value} is no text; write {key} = "payday", an obligation\'s id.'), "after")
    if of not in [*CountsFrom]:
        reader.refuse(N_("{key}: {what}"), "of", what=_unknown(of, [*CountsFrom]))
    rest = {key: value for key, value in table.items() if key not in ("after", "of")}
    kinds = [key for key in _OTHER_KEYS if key in rest]
    if [key for key in kinds if key not in SPANS] or not kinds:
        reader.problems.append(
            UsageError(
                N_("Beside after, a due rule has exactly one of {allowed}; found {found}."),
                allowed=", ".join(SPANS),
                found=", ".join(kinds) or "-",
            )
        )
        raise RuleError(*reader.problems)
    try:
        then = rule_from_table(rest)
    except RuleError as error:
        raise RuleError(*reader.problems, *error.problems) from error
    if reader.problems:
        raise RuleError(*reader.problems)
    return AfterDuty(
        after=str(after), of=CountsFrom(str(of)), then=then, calendar=getattr(then, "calendar", "")
    )


def rule_to_table(rule: DueRule) -> dict[str, object]:
    """Return the table of a rule, which `rule_from_table` reads back to an equal rule.

    It holds only texts, numbers, lists and tables of texts.
    """
    if isinstance(rule, AfterDuty):
        return {"after": rule.after, "of": str(rule.of), **rule_to_table(rule.then)}
    table = _rule_keys(rule)
    at = getattr(rule, "at", None)
    if isinstance(at, time):
        table["at"] = at.isoformat("minutes" if not (at.second or at.microsecond) else "auto")
    roll = getattr(rule, "roll", Roll.FOLLOWING)
    if roll is not (Roll.NONE if isinstance(rule, ListedDays) else Roll.FOLLOWING):
        table["roll"] = str(roll)
    months = getattr(rule, "months", ())
    if months:
        table["months"] = list(months)
    return table | {key: value for key, value in _later_keys(rule).items() if value}


def _later_keys(rule: DueRule) -> dict[str, object]:
    """Return the keys, empty ones too, that a rule may have besides those of its kind."""
    table: dict[str, object] = {"zone": getattr(rule, "zone", ""), "calendar": rule.calendar}
    if isinstance(rule, RecurringRule):
        table["offset"] = rule.offset
        table["except"] = [day.isoformat() for day in rule.left_out]
        table["moved"] = {one.turn_on.isoformat(): one.to_on.isoformat() for one in rule.moved}
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
    """Return the keys that define the rule, without those that only modify it."""
    match rule:
        case AtEvent():
            return {RuleKey.AT_EVENT: True}
        case InWorkingTime(span=span):
            return _span_keys(span, RuleKey.WORKING_HOURS, RuleKey.WORKING_MINUTES)
        case InElapsedTime(elapsed=span):
            return _span_keys(span, RuleKey.HOURS, RuleKey.MINUTES)
        case InDays(days=days):
            return {RuleKey.DAYS: days}
        case InWorkdays(workdays=workdays):
            return {RuleKey.WORKDAYS: workdays}
        case RecurringRule():
            return _day_keys(rule)
    raise TypeError(f"{type(rule).__name__} is no due rule of this version.")


def _span_keys(span: timedelta, by_hours: RuleKey, by_minutes: RuleKey) -> dict[str, object]:
    minutes = span // timedelta(minutes=1)
    return {by_minutes: minutes} if minutes % 60 else {by_hours: minutes // 60}


def _day_keys(rule: RecurringRule) -> dict[str, object]:
    match rule:
        case DayOfMonth(day=day):
            return {RuleKey.DAY: day}
        case NthWorkday(n=n):
            return {RuleKey.NTH_WORKDAY: n}
        case Weekly(weekdays=weekdays):
            return {RuleKey.WEEKDAYS: [WEEKDAYS[day] for day in weekdays]}
        case Recurrence(rrule=rrule, start_on=start):
            return {RuleKey.RRULE: rrule, "start": start.isoformat()}
        case EachWorkday():
            return {RuleKey.EVERY_WORKDAY: True}
        case ListedDays(on=on):
            return {RuleKey.ON: [day.isoformat() for day in on]}
    raise TypeError(f"{type(rule).__name__} is no due rule of this version.")


def _at_event(reader: _Reader) -> DueRule:
    reader.is_true(RuleKey.AT_EVENT)
    return AtEvent()


def _each_workday(reader: _Reader) -> DueRule:
    reader.is_true(RuleKey.EVERY_WORKDAY)
    return EachWorkday(**reader.shared())


def _span_of(key: str, unit: int) -> Callable[[_Reader], DueRule]:
    """Return the reader of a span of working time in hours (60) or minutes (1)."""
    return lambda reader: InWorkingTime(
        span=timedelta(minutes=reader.minutes(key, unit)), calendar=reader.calendar()
    )


def _elapsed(key: str, unit: int) -> Callable[[_Reader], DueRule]:
    """Return the reader of an elapsed span in hours (60) or minutes (1)."""
    return lambda reader: InElapsedTime(
        elapsed=timedelta(minutes=reader.minutes(key, unit)), calendar=reader.calendar()
    )


_PARSERS: dict[RuleKey, Callable[[_Reader], DueRule]] = {
    RuleKey.AT_EVENT: _at_event,
    RuleKey.DAYS: lambda reader: InDays(
        days=reader.number(RuleKey.DAYS),
        at=reader.clock(),
        zone=reader.zone(),
        roll=reader.roll(),
        calendar=reader.calendar(),
    ),
    RuleKey.WORKDAYS: lambda reader: InWorkdays(
        workdays=reader.number(RuleKey.WORKDAYS),
        at=reader.clock(),
        zone=reader.zone(),
        calendar=reader.calendar(),
    ),
    RuleKey.WORKING_HOURS: _span_of(RuleKey.WORKING_HOURS, 60),
    RuleKey.WORKING_MINUTES: _span_of(RuleKey.WORKING_MINUTES, 1),
    RuleKey.HOURS: _elapsed(RuleKey.HOURS, 60),
    RuleKey.MINUTES: _elapsed(RuleKey.MINUTES, 1),
    RuleKey.DAY: lambda reader: DayOfMonth(
        day=reader.number(RuleKey.DAY), **reader.shared(), roll=reader.roll(), months=reader.months()
    ),
    RuleKey.NTH_WORKDAY: lambda reader: NthWorkday(
        n=reader.number(RuleKey.NTH_WORKDAY), **reader.shared(), months=reader.months()
    ),
    RuleKey.WEEKDAYS: lambda reader: Weekly(
        weekdays=reader.weekdays(), **reader.shared(), roll=reader.roll()
    ),
    RuleKey.RRULE: lambda reader: Recurrence(
        rrule=reader.text(RuleKey.RRULE), start_on=reader.start(), **reader.shared(), roll=reader.roll()
    ),
    RuleKey.EVERY_WORKDAY: _each_workday,
    RuleKey.ON: lambda reader: ListedDays(
        on=reader.days(RuleKey.ON), **reader.shared(), roll=reader.roll(Roll.NONE)
    ),
}
