"""Days, rules and excuses of an independent model; time is the company's local wall clock, naive.

A deadline with excuses is found by walking through the working time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

DAY = timedelta(days=1)
SHIFTS = ((time(8, 30), time(12)), (time(13, 30), time(18)))
CLOSE = time(18)

Span = tuple[datetime, datetime]


@dataclass
class Days:
    """The company's calendar: Monday to Friday, with days that were changed."""

    changed: dict[date, bool] = field(default_factory=dict)

    def works(self, day: date) -> bool:
        return self.changed.get(day, day.weekday() < 5)

    def close(self, day: date) -> datetime:
        return datetime.combine(day, CLOSE)

    def shift(self, day: date, workdays: int) -> date:
        step = DAY if workdays > 0 else -DAY
        left = abs(workdays)
        while left:
            day += step
            left -= self.works(day)
        return day

    def following(self, day: date) -> date:
        while not self.works(day):
            day += DAY
        return day

    def shifts(self, since: datetime) -> Iterator[Span]:
        """Yield the stretches of working time that end after an instant."""
        day = since.date()
        while True:
            if self.works(day):
                for opens, closes in SHIFTS:
                    if (end := datetime.combine(day, closes)) > since:
                        yield max(since, datetime.combine(day, opens)), end
            day += DAY

    def between(self, a: datetime, b: datetime) -> timedelta:
        total = timedelta()
        if b <= a:
            return total
        for start, end in self.shifts(a):
            if start >= b:
                return total
            total += min(end, b) - start
        return total

    def after(self, since: datetime, span: timedelta) -> datetime:
        for start, end in self.shifts(since):
            if end - start >= span:
                return start + span
            span -= end - start
        raise AssertionError


@dataclass(frozen=True)
class Rule:
    """When something is due: a number of days, workdays or working minutes, or a day of the month."""

    kind: str
    number: int

    @property
    def precedes(self) -> bool:
        """Whether it is due before its event."""
        return self.number < 0

    def due(self, anchor: datetime, days: Days) -> tuple[date, datetime]:
        """Return nominal day and instant, counted from an event or request."""
        on = anchor.date()
        if self.kind == "minutes":
            due = days.after(anchor, timedelta(minutes=self.number))
            return due.date(), due
        if self.kind == "workdays":
            on = days.shift(on, self.number)
            return on, days.close(on)
        nominal = on + DAY * self.number
        return nominal, days.close(days.following(nominal))

    def due_in(self, month: str, days: Days) -> tuple[date, datetime]:
        nominal = date.fromisoformat(f"{month}-{self.number:02}")
        return nominal, days.close(days.following(nominal))


def month_of(day: date) -> str:
    return day.isoformat()[:7]


def month_after(month: str) -> str:
    return month_of(date.fromisoformat(f"{month}-01") + DAY * 31)


def with_excuses(base: datetime, excuses: list[Span], days: Days) -> datetime:
    """Return the instant at which the working time up to `base` is used up, excuses left out.

    Walks from the first excuse through the working time; it stands still inside an excuse while any is left.
    """
    excuses = sorted(one for one in excuses if one[0] < one[1])
    if not excuses:
        return base
    since = excuses[0][0]
    left = days.between(since, base)
    if not left:
        return base
    united: list[list[datetime]] = []
    for start, end in excuses:
        if united and start <= united[-1][1]:
            united[-1][1] = max(end, united[-1][1])
        else:
            united.append([start, end])
    due = base
    for place, (start, end) in enumerate(united):
        if place:
            left -= days.between(united[place - 1][1], start)
            if left <= timedelta():
                return due
        if days.between(start, end):
            due = days.after(end, left)
    return due
