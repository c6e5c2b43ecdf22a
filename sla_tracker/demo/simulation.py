"""Where the past is played: a desk whose clock goes forward from one act to the next, and the people who act."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services.context import COMPANY, ServiceContext

VIA = "demonstration"

SimulatedAct = Callable[[], None]


class MovingClock:
    """A clock that stands where the play has got to."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the instant the play has got to."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Go forward; an earlier instant changes nothing."""
        self._at = max(self._at, at.astimezone(UTC))


@dataclass(kw_only=True)
class Simulation:
    """The desk and its clock, chance with a fixed seed, and what is going to be done, by its time."""

    context: ServiceContext
    clock: MovingClock
    until: datetime
    chance: Random
    _coming: list[tuple[datetime, int, SimulatedAct]] = field(default_factory=list)
    _number: int = 0

    @property
    def calendar(self) -> WorkCalendar:
        """Return the company's working calendar."""
        return self.context.calendars[COMPANY]

    @property
    def morning(self) -> datetime:
        """Return when the last day of the play begins: what is decided by it is the same at any hour of that day."""
        return self.calendar.instant_of(self.calendar.local_date(self.until), time())

    @property
    def now(self) -> datetime:
        """Return the instant the play has got to."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """Return the local day the play has got to."""
        return self.calendar.local_date(self.now)

    def at(self, instant: datetime, act: SimulatedAct) -> None:
        """Have something done at an instant; what comes after the end is never done."""
        self._number += 1
        if instant < self.until:
            heapq.heappush(self._coming, (max(instant, self.now), self._number, act))

    def after(self, span: timedelta, act: SimulatedAct) -> None:
        """Have something done after a span of working time."""
        self.at(self.calendar.add_working_time(self.now, span), act)

    def play(self) -> None:
        """Do everything that is coming, in the order of time."""
        while self._coming:
            at, _number, act = heapq.heappop(self._coming)
            self.clock.move_to(at)
            act()
        self.clock.move_to(self.until)

    def happens(self, share: float) -> bool:
        """Say whether something happens that happens in this share of cases."""
        return self.chance.random() < share

    def hours(self, least: float, most: float) -> timedelta:
        """Return some span of working time."""
        return timedelta(minutes=round(60 * self.chance.uniform(least, most)))

    def people_of(self, department: str, role: Role | None = None) -> list[Person]:
        """Return a department's people who may act, the busiest first, or those of one role."""
        own = [person for person in self.context.people.values() if person.department == department]
        return [
            person
            for person in own
            if person.role is role or (role is None and person.role in {Role.STAFF, Role.HEAD})
        ]

    def somebody(self, department: str) -> Actor:
        """Return who does it this time: the first of a department has most of the work, its head the least."""
        people = self.people_of(department)
        weights = [3 ** (len(people) - place) for place in range(len(people))]
        return acting(self.chance.choices(people, weights)[0])

    def actor(self, person: str) -> Actor:
        """Return a person by id."""
        return acting(self.context.people[person])

    def head(self, department: str) -> Actor:
        """Return the head of a department, or somebody of it where there is none."""
        heads = self.people_of(department, Role.HEAD)
        return acting(heads[0]) if heads else self.somebody(department)


def acting(person: Person) -> Actor:
    """Return a person as somebody who acts in the play."""
    return Actor(person=person, via=VIA)
