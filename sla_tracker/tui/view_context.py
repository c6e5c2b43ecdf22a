"""What screens need to put rows into words: names, zone, acting person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.errors import StoreNotOpen
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.access import ROLE_WORDS
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import person_word, text_of, weekday_word

if TYPE_CHECKING:
    from sla_tracker.domain.agreements.catalogue import Catalogue
    from sla_tracker.domain.deadlines.duty_clock import DutyClock
    from sla_tracker.domain.people import Actor, Person
    from sla_tracker.domain.text import Text
    from sla_tracker.domain.time.work_calendar import WorkCalendar
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.queries.rows import DutyRow

WEEK, FRIDAY = 7, 4  # days of a week; Friday's number in it


@dataclass(slots=True, kw_only=True)
class ViewContext:
    """Names and settings of the deployment, shared by all screens.

    `declared` is the plugins' catalogue, `calendar` that of the person's department, and `calendar_of` returns that of
    a department, or the one named; all are None until the deployment is open.
    """

    company: Text
    zone: tzinfo
    actor: Actor
    people: Mapping[str, Person]
    departments: Mapping[str, Text]
    trial: bool
    demonstration: bool
    declared: Catalogue | None = None
    calendar: WorkCalendar | None = None
    calendar_of: Callable[[str, str], WorkCalendar] | None = None
    reads_only: bool = False

    def follow(self, newer: ViewContext) -> None:
        """Take over all values of a newer context."""
        for name in self.__slots__:
            setattr(self, name, getattr(newer, name))

    @property
    def catalogue(self) -> Catalogue:
        """Return the plugins' catalogue; raises StoreNotOpen until the deployment is open."""
        if self.declared is None:
            raise StoreNotOpen
        return self.declared

    @property
    def me(self) -> Person:
        """Return the acting person."""
        return self.actor.person

    @property
    def as_login(self) -> str:
        """Return the login that acts as another person, or the empty text."""
        return self.actor.as_login

    def department(self, id: str) -> str:
        """Return a department's name, or the id of one no longer declared."""
        name = self.departments.get(id)
        return text_of(name) if name else clean(id) or "–"

    def person(self, id: str) -> str:
        """Return a person's name."""
        return person_word(self.people, id)

    def date_of(self, at: datetime) -> date:
        """Return the day of an instant in the company's zone."""
        return at.astimezone(self.zone).date()

    def here(self, now: datetime) -> list[Person]:
        """Return the people who work here today."""
        today = self.date_of(now)
        return [person for person in self.people.values() if person.is_here(today)]

    @property
    def who(self) -> str:
        """Return department and name of the acting person."""
        name = clean(self.me.name)
        if not self.me.department:
            return bracketed(name, _(ROLE_WORDS[self.me.role]))
        return f"{self.department(self.me.department)} · {name}"

    def next_workday(self, now: datetime) -> date:
        """Return the first workday after today.

        Monday to Friday are workdays while no calendar is known.
        """
        today = self.date_of(now)
        if self.calendar is not None:
            return self.calendar.shift_workdays(today, 1)
        return today + timedelta(days=max(1, WEEK - today.weekday()) if today.weekday() >= FRIDAY else 1)

    def clock_of(self, row: DutyRow) -> DutyClock | None:
        """Return the clock that the limit of a row counts by, None while it is not known."""
        if self.calendar_of is None or row.counted_by is None:
            return None
        # Imported late, because the first frame does not need it.
        from sla_tracker.domain.deadlines.duty_clock import DutyClock

        calendar = self.calendar_of(row.provider, row.counted_by.calendar)
        return DutyClock(calendar, is_elapsed=row.counted_by.is_elapsed)

    def clock(self, now: datetime) -> str:
        """Return the local day, weekday and time."""
        local = now.astimezone(self.zone)
        return f"{local:%Y-%m-%d} {weekday_word(local.date())} {local:%H:%M}"


def view_context_of(deployment: OpenDeployment) -> ViewContext:
    """Return the ViewContext of a deployment."""
    context = deployment.context
    return ViewContext(
        company=context.settings.names,
        zone=context.settings.zone,
        actor=deployment.actor,
        people=context.people,
        departments={id: department.name for id, department in context.catalogue.departments.items()},
        trial=context.settings.trial,
        demonstration=context.settings.demonstration,
        declared=context.catalogue,
        calendar=context.calendar_of(deployment.actor.department),
        calendar_of=context.calendar_of,
        reads_only=deployment.reads_only,
    )
