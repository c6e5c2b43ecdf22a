"""Event queue of the simulation: a context whose clock jumps from act to act."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import field
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.value_class import dataclass

VIA = "demonstration"

SimulatedAct = Callable[[], None]


class MovingClock:
    """Clock that shows the current instant of the simulation."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the current instant of the simulation."""
        return self._at

    def move_to(self, at: datetime) -> None:
        """Move forward to an instant; an earlier one changes nothing."""
        self._at = max(self._at, at.astimezone(UTC))


@dataclass(kw_only=True)
class Simulation:
    """ServiceContext, clock, seeded random generator, and a queue of acts by time."""

    context: ServiceContext
    clock: MovingClock
    until: datetime
    chance: Random
    _queue: list[tuple[datetime, int, SimulatedAct]] = field(default_factory=list)
    _number: int = 0

    @property
    def calendar(self) -> WorkCalendar:
        """Return the company's working calendar."""
        return self.context.calendars[COMPANY]

    @property
    def morning(self) -> datetime:
        """Return the start of the last day.

        Decisions that depend on it are the same at any hour of that day.
        """
        return self.calendar.instant_of(self.calendar.local_date(self.until), time())

    @property
    def now(self) -> datetime:
        """Return the current instant of the simulation."""
        return self.clock.now()

    @property
    def today(self) -> date:
        """Return the current local day of the simulation."""
        return self.calendar.local_date(self.now)

    def at(self, instant: datetime, act: SimulatedAct) -> None:
        """Schedule an act at an instant; acts after the end are dropped."""
        # The number keeps acts of the same instant in the order of scheduling.
        self._number += 1
        if instant < self.until:
            heapq.heappush(self._queue, (max(instant, self.now), self._number, act))

    def after(self, span: timedelta, act: SimulatedAct) -> None:
        """Schedule an act after a span of working time."""
        self.at(self.calendar.add_working_time(self.now, span), act)

    def play(self) -> None:
        """Perform all scheduled acts in order of time."""
        while self._queue:
            at, _number, act = heapq.heappop(self._queue)
            self.clock.move_to(at)
            act()
        self.clock.move_to(self.until)

    def happens(self, share: float) -> bool:
        """Return True with a probability of `share` (0..1)."""
        return self.chance.random() < share

    def hours(self, least: float, most: float) -> timedelta:
        """Return a random span between two numbers of hours, in whole minutes."""
        return timedelta(minutes=round(60 * self.chance.uniform(least, most)))

    def people_of(self, department: str, role: Role | None = None) -> list[Person]:
        """Return a department's people who may act, or those of one role."""
        own = [person for person in self.context.people.values() if person.department == department]
        return [
            person
            for person in own
            if person.role is role or (role is None and person.role in {Role.STAFF, Role.HEAD})
        ]

    def somebody(self, department: str) -> Actor:
        """Return a random person of a department, more often those listed first."""
        people = self.people_of(department)
        weights = [3 ** (len(people) - place) for place in range(len(people))]
        return acting(self.chance.choices(people, weights)[0])

    def actor(self, person: str) -> Actor:
        """Return the actor of a person's id."""
        return acting(self.context.people[person])

    def head(self, department: str) -> Actor:
        """Return the head of a department, or some person of it when there is none."""
        heads = self.people_of(department, Role.HEAD)
        return acting(heads[0]) if heads else self.somebody(department)


def acting(person: Person) -> Actor:
    """Return a person as an actor of the demonstration."""
    return Actor(person=person, via=VIA)
