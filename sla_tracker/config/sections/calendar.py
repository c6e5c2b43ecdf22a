"""`[calendar]`: weekly hours and special days.

The days are national ones, and those of the company and departments.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, model_validator
from pydantic import Field as Key

from sla_tracker.config.sections.base import Id, Section, Sentence, Words, ZoneName
from sla_tracker.domain.time.calendar_layers import DayRule, DaySource, DayStatus, Layer
from sla_tracker.domain.time.work_calendar import RequestPause, WorkCalendar
from sla_tracker.domain.time.work_hours import Segment, WeeklyHours, day_hours
from sla_tracker.errors import N_, UsageError, Wrong

LONGEST_CLOSURE = 120  # days
NO_NAME = Words(zh="公司安排", en="set by the company")


def _hours(written: list[str]) -> list[str]:
    day_hours(written)
    return written


Hours = Annotated[list[str], AfterValidator(_hours)]


class Week(Section):
    """The working hours of each weekday; a day that is left out is closed."""

    mon: Hours = Key(default_factory=list)
    tue: Hours = Key(default_factory=list)
    wed: Hours = Key(default_factory=list)
    thu: Hours = Key(default_factory=list)
    fri: Hours = Key(default_factory=list)
    sat: Hours = Key(default_factory=list)
    sun: Hours = Key(default_factory=list)

    @model_validator(mode="after")
    def _is_worked(self) -> Week:
        if not any(self.model_dump().values()):
            raise Wrong(
                UsageError(N_('At least one weekday needs working hours, such as mon = ["08:30-12:00"].'))
            )
        return self

    def weekly(self) -> WeeklyHours:
        """Return the hours as the calendar takes them."""
        return WeeklyHours.parse(self.model_dump())


class ExceptionalDays(Section):
    """A day, or a stretch of days up to `until`, that is not like its weekday.

    Has exactly one of: `closed = true`; `worked = true` (with the usual hours); `hours` of its own. With `requests =
    false` it takes no requests, and none of the three is needed.
    """

    on: date
    until: date | None = None
    closed: bool = False
    worked: bool = False
    hours: Hours = Key(default_factory=list)
    requests: bool = True
    name: Sentence = NO_NAME

    @model_validator(mode="after")
    def _makes_sense(self) -> ExceptionalDays:
        kinds = [self.closed, self.worked, bool(self.hours)].count(True)
        if kinds > 1 or (kinds == 0 and self.requests):
            raise Wrong(
                UsageError(N_('Give one of closed = true, worked = true, or hours = ["08:30-12:00"].'))
            )
        if self.until is not None and not timedelta() <= self.until - self.on <= timedelta(
            days=LONGEST_CLOSURE
        ):
            raise Wrong(UsageError(N_("until has to lie 0 to {limit} days after on."), limit=LONGEST_CLOSURE))
        return self

    def rules(self) -> Iterator[tuple[date, DayRule]]:
        """Yield what each of the days is; nothing for days that only take no requests."""
        if not (self.closed or self.worked or self.hours):
            return
        status = DayStatus.CLOSED if self.closed else DayStatus.USUAL if self.worked else DayStatus.OWN
        rule = DayRule(status=status, name=self.name.text(), segments=day_hours(self.hours))
        yield from ((day, rule) for day in self.dates())

    def dates(self) -> Iterator[date]:
        """Yield the days."""
        days = ((self.until or self.on) - self.on).days + 1
        yield from (self.on + timedelta(days=index) for index in range(days))


class RequestsClosed(Section):
    """Workdays of each month that take no requests: 1 is the first, -1 the last."""

    nth_workday: int

    @model_validator(mode="after")
    def _is_there(self) -> RequestsClosed:
        if not 1 <= abs(self.nth_workday) <= 31:
            raise Wrong(
                UsageError(
                    N_("{key}: {value} is not possible; allowed are 1 to 31, or -1 to -31 from the end."),
                    key="nth_workday",
                    value=self.nth_workday,
                )
            )
        return self


def _pause(days: list[ExceptionalDays], closed: RequestsClosed | None) -> RequestPause:
    return RequestPause(
        days=frozenset(day for one in days if not one.requests for day in one.dates()),
        nth_workdays=(closed.nth_workday,) if closed else (),
    )


class OwnCalendar(Section):
    """What one department, site or person does differently from the company.

    `national` names a source of national days of its own; empty takes none, left out the company's. `zone` is a time
    zone of its own; `company_days = false` leaves out the days that the company itself changes.
    """

    national: str | None = None
    zone: ZoneName | None = None
    company_days: bool = True
    requests_closed: RequestsClosed | None = None
    weekly: Week | None = None
    usual_hours: Hours = Key(default_factory=list)
    days: list[ExceptionalDays] = Key(default_factory=list)

    def layer(self, name: str) -> Layer:
        """Return the differences as a layer to put on top of the company's calendar."""
        return Layer(
            name=name,
            days=dict(rule for days in self.days for rule in days.rules()),
            weekly=self.weekly.weekly() if self.weekly else None,
            usual_hours=day_hours(self.usual_hours),
        )

    def on_top_of(self, company: WorkCalendar, source: DaySource | None, name: str) -> WorkCalendar:
        """Return the company's calendar with these differences.

        `source` supplies the national days.
        """
        pause = _pause(self.days, self.requests_closed)
        base = replace(
            company,
            source=source,
            zone=company.zone if self.zone is None else ZoneInfo(self.zone),
            layers=company.layers if self.company_days else (),
            no_requests=RequestPause(
                days=company.no_requests.days | pause.days if self.company_days else pause.days,
                nth_workdays=pause.nth_workdays or company.no_requests.nth_workdays,
            ),
        )
        return base.with_layer(self.layer(name))


class CalendarSection(Section):
    """The company's working calendar.

    `national` names a source of national days that a plugin supplies; empty takes none. `usual_hours` are those of
    make-up days and of the close of a closed day; left out, they are those of the first working weekday. `departments`
    holds calendars of their own, by department or by the name that a plugin gives.
    """

    national: str = ""
    weekly: Week
    usual_hours: Hours = Key(default_factory=list)
    days: list[ExceptionalDays] = Key(default_factory=list)
    requests_closed: RequestsClosed | None = None
    departments: dict[Id, OwnCalendar] = Key(default_factory=dict)

    def users_of(self, source: str) -> list[str]:
        """Return the names of the calendars that use a source of national days.

        The company's calendar has the name "".
        """
        own = {
            id: self.national if table.national is None else table.national
            for id, table in self.departments.items()
        }
        return [id for id, named in {"": self.national, **own}.items() if named == source]

    def company(self, zone: ZoneInfo, source: DaySource | None) -> WorkCalendar:
        """Return the company's calendar on top of the nation's days."""
        usual: tuple[Segment, ...] = day_hours(self.usual_hours)
        calendar = WorkCalendar(
            zone=zone,
            weekly=self.weekly.weekly(),
            usual_hours=usual,
            source=source,
            no_requests=_pause(self.days, self.requests_closed),
        )
        days = dict(rule for days in self.days for rule in days.rules())
        return calendar.with_layer(Layer(name="company", days=days)) if days else calendar
