"""Where turns are looked for that are due, or open, in some days: none is missed, however long a closure is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from sla_tracker.domain.deadlines.due import (
    DayOfMonth,
    Deadline,
    DueRule,
    MovedTurn,
    NthWorkday,
    Roll,
    Weekly,
    deadlines_between,
    opens_at,
)
from sla_tracker.domain.deadlines.named_days import days_named, last_due_of, last_due_on
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, Layer
from sla_tracker.testing.company import a_calendar

CLOSED = DayRule(status=DayStatus.CLOSED, name=Text(zh="停", en="Closed"))
HOLIDAYS = (date(2026, 12, 1), date(2027, 2, 13))
CALENDAR = a_calendar().with_layer(
    Layer(name="company", days={HOLIDAYS[0] + timedelta(days=n): CLOSED for n in range(75)})
)
MOVED = (
    MovedTurn(turn_on=date(2026, 11, 25), to_on=date(2026, 12, 26)),
    MovedTurn(turn_on=date(2027, 2, 25), to_on=date(2027, 1, 25)),
)
RULES: dict[str, DueRule] = {
    **{f"day-{roll}": DayOfMonth(day=25, roll=roll) for roll in Roll},
    "moved": DayOfMonth(day=25, moved=MOVED),
    "offset": DayOfMonth(day=10, offset=15),
    "offset-before": DayOfMonth(day=10, offset=-15),
    "weekly": Weekly(weekdays=(0, 5), roll=Roll.PRECEDING),
    "nth": NthWorkday(n=-1),
}
FIRST, LAST = date(2026, 11, 1), date(2027, 3, 31)
DAYS = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)]


def turns(rule: DueRule) -> list[Deadline]:
    """Return all turns that may be due in the days, looked for in two years."""
    return list(deadlines_between(rule, date(2026, 4, 1), date(2027, 11, 1), CALENDAR))


@pytest.mark.parametrize("name", RULES)
def test_every_turn_that_is_due_is_named_in_the_days(name: str) -> None:
    every = turns(RULES[name])
    for day in DAYS:
        start, end = days_named(RULES[name], day, day, CALENDAR)
        due = [one for one in every if one.due_on == day]
        assert all(start <= one.nominal_on < end for one in due)
        assert end - start < timedelta(days=170)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("before", [0, 1, 5, 60])
def test_what_opens_by_an_instant_is_due_by_that_day(name: str, before: int) -> None:
    every = turns(RULES[name])
    for day in DAYS:
        instant = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
        last_on = last_due_on(instant, before, CALENDAR)
        opened = [one for one in every if opens_at(one, before, CALENDAR) <= instant]
        assert all(one.due_on <= last_on for one in opened)


@pytest.mark.parametrize("name", RULES)
def test_no_turn_is_due_after_the_last_day_of_its_day_before_roll(name: str) -> None:
    every = turns(RULES[name])
    for day in DAYS:
        last_on = last_due_of(RULES[name], day, CALENDAR)
        assert all(one.due_on <= last_on for one in every if one.nominal_on <= day)
