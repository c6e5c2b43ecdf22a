"""Reads a clause as an admin writes it, and says when its duties are due, over the Chinese year 2026."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sla_china.days import ChinaDays
from sla_tracker.domain.agreements.clocks import CalendarLookup
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import LONGEST_ROLL, Occurrence, occurrences
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus, FixedDays
from sla_tracker.domain.time.work_calendar import RequestPause, Text, WeeklyHours, WorkCalendar
from sla_tracker.errors import PluginError
from sla_tracker.plugin_host.checklists.reader import read_checklist
from sla_tracker.plugin_host.checks import obligation_problems

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = WeeklyHours.parse(dict.fromkeys(DAYS, ("08:30-12:00", "13:30-18:00")))
GERMAN_DAYS = {
    date(2026, month, day): DayRule(status=DayStatus.CLOSED, name=Text("假日", "holiday"))
    for month, day in ((1, 1), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (10, 3), (12, 25), (12, 26))
}
CALENDARS: Mapping[str, WorkCalendar] = {
    "": WorkCalendar(zone=SHANGHAI, weekly=OFFICE, source=ChinaDays()),
    "berlin": WorkCalendar(
        zone=ZoneInfo("Europe/Berlin"),
        weekly=WeeklyHours.parse(dict.fromkeys(DAYS, ("09:00-17:00",))),
        source=FixedDays(by_day=GERMAN_DAYS),
    ),
    "nights": WorkCalendar(
        zone=SHANGHAI, weekly=WeeklyHours.parse(dict.fromkeys(DAYS, ("22:00-06:00",))), source=ChinaDays()
    ),
    "closing": WorkCalendar(
        zone=SHANGHAI, weekly=OFFICE, source=ChinaDays(), no_requests=RequestPause(nth_workdays=(-1,))
    ),
    "always-open": WorkCalendar(
        zone=SHANGHAI, weekly=WeeklyHours.parse(dict.fromkeys((*DAYS, "sat", "sun"), ("00:00-24:00",)))
    ),
}
YEAR = (date(2026, 1, 1), date(2027, 1, 1))


def lookup(berlin: str = "berlin") -> CalendarLookup:
    """Return the calendars of the clauses; the department of that name works in Berlin."""

    def calendar_of(department: str, named: str = "") -> WorkCalendar:
        return CALENDARS[named or (berlin if department == berlin else "")]

    return calendar_of


def clause(text: str, *, check: bool = True) -> Obligation:
    """Return the obligation that a clause describes, written below the usual keys."""
    checklist, _file = read_checklist(
        f"""
[department]
id = "hr"
name = "人事部"
[[obligation]]
id = "list"
title = "清单"
{"" if "consumer = " in text else 'consumer = "berlin"'}
{text}
""".encode(),
        "clause.toml",
    )
    (found,) = checklist.obligations()
    assert not check or list(obligation_problems(found)) == []
    return found


def turns(obligation: Obligation) -> list[Occurrence]:
    """Return the turns that are due in 2026, each proved by its own steps."""
    first, last = YEAR
    found = list(occurrences(obligation, lookup(), first - LONGEST_ROLL, last + LONGEST_ROLL))
    for one in found:
        assert recompute(one.deadline.steps) == one.deadline.due_at
    return [one for one in found if first <= one.deadline.due_on < last]


def days(obligation: Obligation) -> str:
    """Return the due days of 2026 as `01-05 02-05 …`."""
    return " ".join(f"{one.deadline.due_on:%m-%d}" for one in turns(obligation))


def told(deadline: Deadline, zone: ZoneInfo = SHANGHAI) -> tuple[list[str], list[str]]:
    """Return the sentences that explain a deadline, in Chinese and in English."""
    zh, en = (list(explain(deadline.steps, lang=lang, zone=zone)) for lang in ("zh_CN", "en"))
    return zh, en


def local(text: str, zone: str = "Asia/Shanghai") -> datetime:
    """Return the instant of a local time such as `2026-10-02 03:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def on_clock(instant: datetime, zone: str = "Asia/Shanghai") -> str:
    """Return an instant as a local time, as `local` reads it."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def hours(count: float) -> timedelta:
    """Return a number of hours as a span."""
    return timedelta(hours=count)


def refusals(text: str) -> str:
    """Return why a clause that can be read is refused."""
    return "\n".join(map(str, obligation_problems(clause(text, check=False))))


def unreadable(text: str) -> str:
    """Return why a clause cannot be read."""
    with pytest.raises(PluginError) as caught:
        clause(text)
    return str(caught.value)
