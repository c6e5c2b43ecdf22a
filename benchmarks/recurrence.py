"""Measures recurring due dates against `rrule.between`, which iterates from the rule's start.

Both give the same days. Ours computes the days in the window directly, and is timed twice: the days alone, and whole
deadlines (moved to a workday and its closing time, with explanation).
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from time import perf_counter
from typing import TypeVar
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

from benchmarks._limits import at_least
from sla_tracker.domain.deadlines.due import DayOfMonth, Recurrence, RecurringRule, Weekly, deadlines_between
from sla_tracker.domain.time.work_calendar import (
    DayRule,
    DayStatus,
    FixedDays,
    Text,
    WeeklyHours,
    WorkCalendar,
)

MONTH = date(2026, 11, 1), date(2026, 12, 1)
YEAR = date(2026, 1, 1), date(2027, 1, 1)
NEEDED = 8  # lowest ratio of rrule's time to ours, deadlines of a month
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

T = TypeVar("T")
Pair = tuple[RecurringRule, rrule]


def rules(count: int) -> list[Pair]:
    """Return `count` rules, started three to eight years ago, each with the equal rrule."""
    pairs = []
    for number in range(count):
        start = date(2018 + number % 6, number % 12 + 1, 1)
        match number % 8:
            case 0 | 1 | 2 | 3:
                pairs.append(_monthly(number % 31 + 1, start))
            case 4 | 5:
                weekday = number % 5
                pairs.append(
                    (Weekly(weekdays=(weekday,)), _rrule(f"FREQ=WEEKLY;BYDAY={WEEKDAYS[weekday]}", start))
                )
            case 6:
                quarterly = DayOfMonth(day=15, months=(2, 5, 8, 11))
                pairs.append((quarterly, _rrule("FREQ=YEARLY;BYMONTH=2,5,8,11;BYMONTHDAY=15", start)))
            case _:
                text = "FREQ=MONTHLY;BYDAY=-1FR"
                pairs.append((Recurrence(rrule=text, start_on=start), _rrule(text, start)))
    return pairs


def _monthly(day: int, start: date) -> Pair:
    # In a short month the last day counts; this is how RFC 5545 expresses that.
    days = ",".join(str(number) for number in range(min(day, 28), day + 1))
    return DayOfMonth(day=day), _rrule(f"FREQ=MONTHLY;BYMONTHDAY={days};BYSETPOS=-1", start)


def _rrule(text: str, start: date) -> rrule:
    rule = rrulestr(text, dtstart=datetime.combine(start, time()))
    assert isinstance(rule, rrule)
    return rule


def office() -> WorkCalendar:
    """Return a calendar: Monday to Friday, a lunch break, one week of holidays a year."""
    holiday = DayRule(status=DayStatus.CLOSED, name=Text("国庆节", "National Day"))
    days = {date(year, 10, day): holiday for year in range(2015, 2031) for day in range(1, 8)}
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("08:30-12:00", "13:30-18:00"))
    weekly = WeeklyHours.parse(hours)
    return WorkCalendar(zone=ZoneInfo("Asia/Shanghai"), weekly=weekly, source=FixedDays(by_day=days))


def walked(pairs: Sequence[Pair], window: tuple[date, date]) -> list[date]:
    """Return the days by `rrule.between` over each rule."""
    first = datetime.combine(window[0], time())
    last = datetime.combine(window[1] - timedelta(days=1), time())
    return [moment.date() for _, rule in pairs for moment in rule.between(first, last, inc=True)]


def walked_and_rolled(
    pairs: Sequence[Pair], window: tuple[date, date], calendar: WorkCalendar
) -> list[datetime]:
    """Return the due instants by `rrule.between`, moved to the next workday's closing time."""
    found = []
    for day in walked(pairs, window):
        while not calendar.is_workday(day):
            day += timedelta(days=1)
        close = datetime.combine(day, time(18), tzinfo=calendar.zone)
        found.append(close.astimezone(UTC))
    return found


def jumped(pairs: Sequence[Pair], window: tuple[date, date], calendar: WorkCalendar) -> list[date]:
    """Return the days by the program's rules."""
    return [day for rule, _ in pairs for day in rule.nominal_days(*window, calendar)]


def computed(pairs: Sequence[Pair], window: tuple[date, date], calendar: WorkCalendar) -> list[datetime]:
    """Return the due instants of whole deadlines."""
    return [found.due_at for rule, _ in pairs for found in deadlines_between(rule, *window, calendar)]


def seconds(work: Callable[[], list[T]], turns: int = 7) -> tuple[float, list[T]]:
    """Return the median seconds of some calls, and the result."""
    result = work()
    times = []
    for _ in range(turns):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return median(times), result


def compare(title: str, pairs: Sequence[Pair], window: tuple[date, date]) -> tuple[float, float]:
    """Print the figures of one window; return the ratios for days and for whole deadlines."""
    calendar = office()
    walk, days = seconds(lambda: walked(pairs, window))
    roll, dues = seconds(lambda: walked_and_rolled(pairs, window, calendar))
    jump, our_days = seconds(lambda: jumped(pairs, window, calendar))
    whole, our_dues = seconds(lambda: computed(pairs, window, calendar))
    assert our_days == days, f"{title}: other days than rrule"
    assert our_dues == dues, f"{title}: other deadlines than rrule and a roll"
    print(f"{title}: {len(pairs)} rules, {len(days)} duties")
    print(
        f"  days        rrule {walk * 1e3:8.1f} ms   ours {jump * 1e3:7.1f} ms   {walk / jump:6.1f} x faster"
    )
    print(
        f"  deadlines   rrule {roll * 1e3:8.1f} ms   ours {whole * 1e3:7.1f} ms   {roll / whole:6.1f} x faster"
    )
    return walk / jump, roll / whole


def main() -> None:
    """Measure one month of 400 rules and a year of 50 departments with 30 obligations each."""
    _, month = compare("one month", rules(400), MONTH)
    compare("one year", rules(50 * 30), YEAR)
    at_least(month, NEEDED, "rrule.between / deadlines of a month")


if __name__ == "__main__":
    main()
