"""Simulates a company day by day: events, requests, complaints and closed months."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random

from sla_tracker.demo import answers
from sla_tracker.demo.conduct import Conduct
from sla_tracker.demo.simulation import MovingClock, Simulation
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.people import Actor, Role
from sla_tracker.domain.time.instants import months_later
from sla_tracker.errors import Refused
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.months import archive

SEED = 20_261_120  # fixed, so that every demonstration is the same
EVENTS_A_DAY = (2, 3, 3, 4, 4, 5)  # one of these is chosen for each day
REQUESTS_A_DAY = 0.35  # probability of a request
COMPLAINTS_A_DAY = 0.035  # probability of a complaint
# More events in the last days, so that the demonstration has open work.
BUSY_DAY, BUSY_AT_LAST = 4, timedelta(days=6)
CLOSING_WORKDAY = 8  # workday of the following month on which a month is closed
BESIDE_MINUTES = (8 * 60, 20 * 60 + 1, 30)  # of the day, when a program beside the people looks
FIRST_HOUR, LAST_HOUR = 0.3, 7.0  # working hours after the day opens


def first_day(today: date) -> date:
    """Return the first day of a simulation: of the month eleven months ago."""
    return months_later(today.replace(day=1), -11)


def play(
    context: ServiceContext,
    until: datetime,
    every_half_hour: Callable[[ServiceContext], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Fill a new deployment with simulated history up to an instant.

    The history begins with the deployment's `in_force_from`. Calls on the same day give the same history except for
    ids; later in the day it is longer. What is to be done `every_half_hour` of the day runs between the acts, as a
    program beside the people would. `progress` is called with each year that begins.
    """
    begins_at = datetime.combine(context.settings.in_force_from, time(), context.settings.zone)
    clock = MovingClock(begins_at.astimezone(UTC))
    context = replace(context, clock=clock)
    simulation = Simulation(context=context, clock=clock, until=until, chance=Random(SEED))
    past = Past(simulation)
    day = context.settings.in_force_from
    last = simulation.calendar.local_date(until)
    while day <= last:
        if progress is not None and day in {context.settings.in_force_from, date(day.year, 1, 1)}:
            simulation.at(simulation.calendar.instant_of(day, time()), partial(progress, day.year))
        if simulation.calendar.is_workday(day):
            simulation.at(simulation.calendar.open_of(day), past.begin_day)
        if every_half_hour is not None:
            for minutes in range(*BESIDE_MINUTES):
                at = simulation.calendar.instant_of(day, time(minutes // 60, minutes % 60))
                simulation.at(at, partial(every_half_hour, context))
        day += timedelta(days=1)
    simulation.play()
    tick(context)


class Past:
    """Simulates events, requests, complaints and month closings.

    `Conduct` handles the duties.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._conduct = Conduct(simulation)
        self._closed: set[str] = set()

    def begin_day(self) -> None:
        """Open the day's recurring duties; schedule its events, requests, complaints."""
        simulation = self._simulation
        tick(simulation.context)
        self._conduct.plan_open()
        self._close_month()
        busy = BUSY_DAY if simulation.now > simulation.morning - BUSY_AT_LAST else 0
        for _number in range(busy + simulation.chance.choice(EVENTS_A_DAY)):
            simulation.after(simulation.hours(FIRST_HOUR, LAST_HOUR), self._event)
        if simulation.happens(REQUESTS_A_DAY):
            simulation.after(simulation.hours(FIRST_HOUR, LAST_HOUR), self._request)
        if simulation.happens(COMPLAINTS_A_DAY):
            simulation.after(simulation.hours(FIRST_HOUR, LAST_HOUR), self._complaint)

    def _event(self) -> None:
        simulation = self._simulation
        event_type = self._random_event_type()
        at = self._time_of(event_type)
        fields = answers.answers(
            events.fields_asked(simulation.context, event_type, at),
            simulation.chance,
            simulation.calendar.local_date(at),
        )
        registered = events.register(
            simulation.context,
            simulation.somebody(simulation.chance.choice(self._registrars(event_type))),
            event_type.id,
            subject=answers.subject(event_type.subject, simulation.chance, simulation.today),
            at=at,
            fields=fields,
            again=True,
        )
        self._conduct.plan(registered.opened)

    def _random_event_type(self) -> EventType:
        """Return a random event type; types that open many obligations are more frequent."""
        catalogue = self._simulation.context.catalogue
        kinds = list(catalogue.event_types.values())
        weights = [1 + sum(1 for _ in catalogue.opened_by(kind.id)) ** 2 for kind in kinds]
        return self._simulation.chance.choices(kinds, weights)[0]

    def _registrars(self, event_type: EventType) -> list[str]:
        """Return the departments that may register an event of a type."""
        opened = {
            obligation.provider
            for obligation, _ in self._simulation.context.catalogue.opened_by(event_type.id)
        }
        return sorted(opened) or sorted(self._simulation.context.catalogue.departments)

    def _time_of(self, event_type: EventType) -> datetime:
        """Return the time of an event: just before now, or in some days when planned."""
        simulation = self._simulation
        if not event_type.planned:
            return simulation.now - timedelta(minutes=simulation.chance.randrange(5, 25))
        day = simulation.calendar.shift_workdays(simulation.today, simulation.chance.randrange(2, 7))
        return datetime.combine(
            day, time(simulation.chance.choice((9, 10, 14, 15, 16))), simulation.context.settings.zone
        )

    def _request(self) -> None:
        simulation = self._simulation
        obligation, trigger = simulation.chance.choice(list(simulation.context.catalogue.on_request()))
        contract = f"HT{simulation.today:%Y}-{simulation.chance.randrange(10_000, 99_999)}"
        asker = simulation.somebody(obligation.consumer)
        request, duty = requests.ask(
            simulation.context,
            asker,
            obligation.id,
            provider=obligation.provider,
            subject=contract,
            fields=answers.answers(trigger.fields, simulation.chance, simulation.today),
        )
        if request.answer_due_at is not None and simulation.happens(0.9):
            simulation.after(simulation.hours(0.2, 2), lambda: self._answer(duty.id))
        self._conduct.plan((duty,))

    def _answer(self, duty_id: str) -> None:
        simulation = self._simulation
        duty = simulation.context.store.read(lambda tx: tx.get(Duty, duty_id))
        if duty is not None and duty.is_live and duty.answered_at is None:
            words = answers.first_answers()
            requests.answer(
                simulation.context,
                simulation.somebody(duty.provider),
                duty_id,
                simulation.chance.choice(words),
            )

    def _complaint(self) -> None:
        simulation, context = self._simulation, self._simulation.context
        late = [duty for duty in context.store.read(lambda tx: tx.find(Duty)) if duty.is_late(simulation.now)]
        if not late:
            return
        duty = simulation.chance.choice(
            sorted(late, key=lambda duty: (duty.due_at, duty.obligation, duty.subject))
        )
        text = simulation.chance.choice(answers.complaints())
        lodged = complaints.lodge(
            context,
            simulation.somebody(duty.consumer),
            duty.provider,
            text,
            duties=(duty.id,),
            subject=duty.subject,
        )
        simulation.after(
            simulation.hours(2, 12), lambda: self._settle(lodged.id, duty.provider, duty.consumer)
        )

    def _settle(self, complaint: str, against: str, complainant: str) -> None:
        simulation, context = self._simulation, self._simulation.context
        head, worker = simulation.head(against), simulation.somebody(against)
        judge = self._judge_of(complaint, against, complainant)
        said = answers.remedy()
        founded = simulation.happens(0.8)
        complaints.judge(
            context, judge, complaint, founded=founded, reason=said.judgement if founded else said.refusal
        )
        if not founded:
            return
        complaints.name(context, judge, complaint, against, said.judgement)
        complaints.analyse(
            context, worker, complaint, simulation.chance.choice(context.settings.causes), said.cause
        )
        if simulation.happens(0.15):
            return
        proposer = next(iter(simulation.people_of(against, Role.STAFF)), worker.person)
        complaints.propose(context, simulation.actor(proposer.id), complaint, said.remedy)
        complaints.approve(context, head, complaint, approved=True, reason=said.approval)
        complaints.carry_out(context, worker, complaint, said.done)
        grade = simulation.chance.choice((2, 3, 3, 4))
        complaints.evaluate(context, simulation.somebody(complainant), complaint, grade, said.summary)

    def _judge_of(self, complaint: str, against: str, complainant: str) -> Actor:
        """Return the head who judges a complaint.

        Where none does, an administrator chooses a third department first.
        """
        simulation, context = self._simulation, self._simulation.context
        judge = context.settings.complaint_judge
        if judge in {"", against, complainant}:
            judge = next(id for id in context.catalogue.departments if id not in {against, complainant})
            administrator = next(one for one in context.people.values() if one.role is Role.ADMIN)
            complaints.refer(
                context, simulation.actor(administrator.id), complaint, judge, answers.remedy().judgement
            )
        return simulation.head(judge)

    def _close_month(self) -> None:
        """Close the previous month from its closing workday on.

        A refused closing is tried again the next day. The only month of a past that begins last month is left open, for
        whoever looks to close it.
        """
        simulation = self._simulation
        first = simulation.today.replace(day=1)
        month = f"{first - timedelta(days=1):%Y-%m}"
        settled_on = simulation.calendar.nth_workday(first.year, first.month, CLOSING_WORKDAY)
        begun = f"{simulation.context.settings.in_force_from:%Y-%m}"
        if simulation.today < settled_on or month in self._closed or month < begun:
            return
        last_on = simulation.calendar.local_date(simulation.until)
        if begun == f"{months_later(last_on.replace(day=1), -1):%Y-%m}":
            return
        try:
            archive.close_and_seal(simulation.context, simulation.head("finance"), month, mark_missed=True)
        except Refused:
            return
        self._closed.add(month)
