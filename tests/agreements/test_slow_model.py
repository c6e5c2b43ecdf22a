"""The rules of turns against a slow model that walks day by day and shares no code with them."""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import LONGEST_ROLL, occurrences
from sla_tracker.domain.deadlines.due import rule_from_table
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, FixedDays
from sla_tracker.domain.time.work_calendar import Text, WeeklyHours, WorkCalendar
from sla_tracker.testing.company import always

ONE = timedelta(days=1)
START, END = date(2026, 9, 1), date(2026, 12, 1)
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/St_Johns")


@dataclass(frozen=True, kw_only=True)
class World:
    """A calendar as plain sets: which weekdays are worked, which days are not, when a day ends."""

    zone: str
    weekdays: frozenset[int]
    closed: frozenset[date]
    worked: frozenset[date]
    closes: str  # an hour; one before the opening at 09:00 lies on the next day

    def is_worked(self, day: date) -> bool:
        if day in self.closed:
            return False
        return day in self.worked or day.weekday() in self.weekdays

    def close(self, day: date) -> datetime:
        hour = int(self.closes[:2])
        on = day if hour > 9 and hour < 24 else day + ONE
        return datetime(on.year, on.month, on.day, hour % 24, tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def calendar(self) -> WorkCalendar:
        off = DayRule(status=DayStatus.CLOSED, name=Text("休", "off"))
        made_up = DayRule(status=DayStatus.USUAL, name=Text("班", "made up"))
        days = dict.fromkeys(self.worked, made_up) | dict.fromkeys(self.closed, off)
        hours = {WEEK[number]: (f"09:00-{self.closes}",) for number in self.weekdays}
        return WorkCalendar(
            zone=ZoneInfo(self.zone), weekly=WeeklyHours.parse(hours), source=FixedDays(by_day=days)
        )


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A due rule as a table of a checklist, with its days of validity."""

    table: Mapping[str, Any]
    first: date | None = None
    last: date | None = None


def walk(world: World, day: date, workdays: int) -> date:
    step = ONE if workdays > 0 else -ONE
    for _count in range(abs(workdays)):
        day += step
        while not world.is_worked(day):
            day += step
    return day


def is_named(world: World, table: Mapping[str, Any], day: date) -> bool:
    length = monthrange(day.year, day.month)[1]
    if "day" in table:
        wanted: int = table["day"]
        return day.day == (min(wanted, length) if wanted > 0 else max(length + 1 + wanted, 1))
    if "nth_workday" in table:
        worked = [one for number in range(1, length + 1) if world.is_worked(one := day.replace(day=number))]
        ordered = worked if table["nth_workday"] > 0 else worked[::-1]
        place = min(abs(table["nth_workday"]), len(ordered)) - 1
        return day == ordered[place] if ordered else day.day == length
    if "rrule" in table:
        start = date.fromisoformat(table["start"])
        mondays = (one - timedelta(days=one.weekday()) for one in (day, start))
        weeks = (next(mondays) - next(mondays)).days // 7
        return day >= start and day.weekday() == start.weekday() and weeks % 2 == 0
    if "every_workday" in table:
        return world.is_worked(day)
    listed: list[str] = table["on"] if "on" in table else table["weekdays"]
    return (f"{day}" if "on" in table else WEEK[day.weekday()]) in listed


def turns(world: World, clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield the day before roll and the due instant of each turn whose day lies in the window."""
    table = clause.table
    day = START
    while day < END:
        if is_named(world, table, day) and is_valid(clause, day):
            due_on = due_day(world, table, day)
            if due_on is not None:
                yield f"{day}", f"{instant(world, table, due_on):%Y-%m-%d %H:%M}"
        day += ONE


def is_valid(clause: Clause, day: date) -> bool:
    if clause.first is not None and day < clause.first:
        return False
    if clause.last is not None and day > clause.last:
        return False
    return day.isoformat() not in clause.table.get("except", ())


def due_day(world: World, table: Mapping[str, Any], day: date) -> date | None:
    moved = table.get("moved", {}).get(day.isoformat())
    if moved is not None:
        return date.fromisoformat(moved)
    if table.get("offset"):
        return walk(world, day, table["offset"])
    usual = "none" if "on" in table else "following"
    roll = table.get("roll", usual)
    if world.is_worked(day) or roll == "none":
        return day
    return None if roll == "skip" else walk(world, day, 1 if roll == "following" else -1)


def instant(world: World, table: Mapping[str, Any], day: date) -> datetime:
    if "at" not in table:
        return world.close(day)
    hour, minute = map(int, table["at"].split(":"))
    zone = ZoneInfo(table.get("zone", world.zone))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


near = st.integers(0, (END - START).days - 1).map(lambda days: START + timedelta(days=days))
some_days = st.frozensets(near, max_size=12)
iso_days = st.lists(near, min_size=1, max_size=6, unique=True).map(
    lambda days: [f"{day}" for day in sorted(days)]
)
worlds = st.builds(
    World,
    zone=st.sampled_from(ZONES),
    weekdays=st.frozensets(st.integers(0, 6), min_size=2),
    closed=some_days,
    worked=some_days,
    closes=st.sampled_from(("18:00", "24:00", "01:00")),
)
names = st.one_of(
    st.fixed_dictionaries({"day": st.integers(-31, 31).filter(bool)}),
    st.fixed_dictionaries({"nth_workday": st.integers(-23, 23).filter(bool)}),
    st.fixed_dictionaries({"weekdays": st.lists(st.sampled_from(WEEK), min_size=1, unique=True)}),
    st.just({"every_workday": True}),
    st.fixed_dictionaries({"on": iso_days}),
    near.map(lambda day: {"rrule": "FREQ=WEEKLY;INTERVAL=2", "start": f"{day - timedelta(days=30)}"}),
)
places: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from(("following", "preceding", "skip", "none")).map(lambda roll: {"roll": roll}),
    st.integers(-5, 5).filter(bool).map(lambda offset: {"offset": offset}),
)
times: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.sampled_from(("00:00", "02:30", "15:00")).map(lambda at: {"at": at}),
    st.sampled_from(ZONES).map(lambda zone: {"at": "15:00", "zone": zone}),
)


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    """Return a clause with exceptions that name turns, and perhaps others."""
    table: dict[str, Any] = {**draw(names), **draw(times)}
    if "nth_workday" not in table and "every_workday" not in table:
        table |= {
            key: value for key, value in draw(places).items() if not (key == "offset" and "on" in table)
        }
    elif "nth_workday" in table:
        table |= draw(st.one_of(st.just({}), st.integers(-3, 3).filter(bool).map(lambda n: {"offset": n})))
    exceptions = draw(st.lists(near, max_size=4, unique=True))
    table["except"] = [f"{day}" for day in exceptions[:2]]
    table["moved"] = {f"{day}": f"{day + timedelta(days=draw(st.integers(-9, 9)))}" for day in exceptions[2:]}
    first, last = draw(st.none() | near), draw(st.none() | near)
    return Clause(table=table, first=first, last=last)


@given(worlds, clauses())
def test_turns_are_those_of_a_walk_over_days(world: World, clause: Clause) -> None:
    obligation = Obligation(
        id="list",
        title=Text("清单", "List"),
        provider="hr",
        consumer="finance",
        triggers=(
            Recurring(
                due=rule_from_table(clause.table), valid_from_on=clause.first, valid_until_on=clause.last
            ),
        ),
    )
    found = list(occurrences(obligation, always(world.calendar()), START, END))
    shown = [
        (f"{one.deadline.nominal_on}", f"{one.deadline.due_at.astimezone(UTC):%Y-%m-%d %H:%M}")
        for one in found
    ]
    assert shown == list(turns(world, clause))
    for one in found:
        assert recompute(one.deadline.steps) == one.deadline.due_at
        assert abs(one.deadline.due_on - one.deadline.nominal_on) <= LONGEST_ROLL
