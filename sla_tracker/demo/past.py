"""The past itself: what happens in the company day by day, and how it looks this morning."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from sla_tracker.core.duty import Duty
from sla_tracker.core.event import EventType
from sla_tracker.core.instants import months_later
from sla_tracker.core.people import Role
from sla_tracker.demo import answers
from sla_tracker.demo.conduct import Conduct
from sla_tracker.demo.stage import MovingClock, Stage
from sla_tracker.desk import complaints, events, requests, sealing
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.rollover import roll_over
from sla_tracker.errors import Refused

SEED = 20_261_120
EVENTS_A_DAY = (2, 3, 3, 4, 4, 5)
REQUESTS_A_DAY = 0.35
COMPLAINTS_A_DAY = 0.035
# The last days are busy, so that there is something to see.
BUSY_DAY, BUSY_AT_LAST = 4, timedelta(days=6)
CLOSING_WORKDAY = 8
FIRST_HOUR, LAST_HOUR = 0.3, 7.0


def first_day(today: date) -> date:
    """Return the day a year's history begins: the first of the month eleven months before."""
    return months_later(today.replace(day=1), -11)


def play(desk: Desk, until: datetime) -> None:
    """Fill a new deployment with a past, from the first day that its agreement is in force up to an instant.

    Another call on the same day plays the same; later in the day more of that day has happened. Only ids differ.
    """
    begins_at = datetime.combine(desk.settings.in_force_from, time(), desk.settings.zone)
    clock = MovingClock(begins_at.astimezone(UTC))
    desk = replace(desk, clock=clock)
    stage = Stage(desk=desk, clock=clock, until=until, chance=Random(SEED))
    past = Past(stage)
    day = desk.settings.in_force_from
    last = stage.calendar.local_date(until)
    while day <= last:
        if stage.calendar.is_workday(day):
            stage.at(stage.calendar.open_of(day), past.begin_day)
        day += timedelta(days=1)
    stage.play()
    roll_over(desk)


class Past:
    """What happens in the company, apart from what becomes of the duties that follow."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._conduct = Conduct(stage)
        self._closed: set[str] = set()

    def begin_day(self) -> None:
        """Open what the calendar opens, and let the day's events and requests happen."""
        stage = self._stage
        roll_over(stage.desk)
        self._conduct.look()
        self._close_month()
        busy = BUSY_DAY if stage.now > stage.morning - BUSY_AT_LAST else 0
        for _number in range(busy + stage.chance.choice(EVENTS_A_DAY)):
            stage.after(stage.hours(FIRST_HOUR, LAST_HOUR), self._event)
        if stage.happens(REQUESTS_A_DAY):
            stage.after(stage.hours(FIRST_HOUR, LAST_HOUR), self._request)
        if stage.happens(COMPLAINTS_A_DAY):
            stage.after(stage.hours(FIRST_HOUR, LAST_HOUR), self._complaint)

    def _event(self) -> None:
        stage = self._stage
        event_type = self._happening()
        at = self._time_of(event_type)
        fields = answers.answers(
            events.fields_asked(stage.desk, event_type, at), stage.chance, stage.calendar.local_date(at)
        )
        registered = events.register(
            stage.desk,
            stage.somebody(stage.chance.choice(self._registrars(event_type))),
            event_type.id,
            subject=answers.subject(event_type.subject, stage.chance, stage.today),
            at=at,
            fields=fields,
            again=True,
        )
        self._conduct.take_up(registered.opened)

    def _happening(self) -> EventType:
        """Return what kind of event it is: one that concerns several departments is the company's daily business."""
        catalogue = self._stage.desk.catalogue
        kinds = list(catalogue.event_types.values())
        weights = [1 + sum(1 for _ in catalogue.opened_by(kind.id)) ** 2 for kind in kinds]
        return self._stage.chance.choices(kinds, weights)[0]

    def _registrars(self, event_type: EventType) -> list[str]:
        """Return the departments that learn of such an event first."""
        opened = {
            obligation.provider for obligation, _ in self._stage.desk.catalogue.opened_by(event_type.id)
        }
        return sorted(opened) or sorted(self._stage.desk.catalogue.departments)

    def _time_of(self, event_type: EventType) -> datetime:
        """Return when it happened: just now, or some days ahead when it is planned."""
        stage = self._stage
        if not event_type.planned:
            return stage.now - timedelta(minutes=stage.chance.randrange(5, 25))
        day = stage.calendar.shift_workdays(stage.today, stage.chance.randrange(2, 7))
        return datetime.combine(day, time(stage.chance.choice((9, 10, 14, 15, 16))), stage.desk.settings.zone)

    def _request(self) -> None:
        stage = self._stage
        obligation, _trigger = stage.chance.choice(list(stage.desk.catalogue.on_request()))
        contract = f"HT{stage.today:%Y}-{stage.chance.randrange(10_000, 99_999)}"
        asker = stage.somebody(obligation.consumer)
        request, duty = requests.ask(stage.desk, asker, obligation.id, subject=contract)
        if request.answer_due_at is not None and stage.happens(0.9):
            stage.after(stage.hours(0.2, 2), lambda: self._answer(duty.id))
        self._conduct.take_up((duty,))

    def _answer(self, duty_id: str) -> None:
        stage = self._stage
        duty = stage.desk.store.read(lambda tx: tx.get(Duty, duty_id))
        if duty is not None and duty.is_live and duty.answered_at is None:
            words = answers.first_answers()
            requests.answer(stage.desk, stage.somebody(duty.provider), duty_id, stage.chance.choice(words))

    def _complaint(self) -> None:
        stage, desk = self._stage, self._stage.desk
        late = [duty for duty in desk.store.read(lambda tx: tx.find(Duty)) if duty.is_late(stage.now)]
        if not late:
            return
        duty = stage.chance.choice(
            sorted(late, key=lambda duty: (duty.due_at, duty.obligation, duty.subject))
        )
        text = stage.chance.choice(answers.complaints())
        lodged = complaints.lodge(
            desk, stage.somebody(duty.consumer), duty.provider, text, duties=(duty.id,), subject=duty.subject
        )
        stage.after(stage.hours(2, 12), lambda: self._settle(lodged.id, duty.provider, duty.consumer))

    def _settle(self, complaint: str, against: str, complainant: str) -> None:
        stage, desk = self._stage, self._stage.desk
        head, worker = stage.head(against), stage.somebody(against)
        said = answers.remedy()
        founded = stage.happens(0.8)
        complaints.judge(
            desk, head, complaint, founded=founded, reason=said.judgement if founded else said.refusal
        )
        if not founded:
            return
        complaints.name(desk, head, complaint, against, said.judgement)
        complaints.analyse(desk, worker, complaint, stage.chance.choice(desk.settings.causes), said.cause)
        if stage.happens(0.15):
            return
        proposer = next(iter(stage.people_of(against, Role.STAFF)), worker.person)
        complaints.propose(desk, stage.actor(proposer.id), complaint, said.remedy)
        complaints.approve(desk, head, complaint, approved=True, reason=said.approval)
        complaints.carry_out(desk, worker, complaint, said.done)
        grade = stage.chance.choice((2, 3, 3, 4))
        complaints.evaluate(desk, stage.somebody(complainant), complaint, grade, said.summary)

    def _close_month(self) -> None:
        """Close the month before once it is settled; what stands in the way is tried again the next morning."""
        stage = self._stage
        first = stage.today.replace(day=1)
        month = f"{first - timedelta(days=1):%Y-%m}"
        settled_on = stage.calendar.nth_workday(first.year, first.month, CLOSING_WORKDAY)
        begun = f"{stage.desk.settings.in_force_from:%Y-%m}"
        if stage.today < settled_on or month in self._closed or month < begun:
            return
        try:
            sealing.close_and_seal(stage.desk, stage.head("finance"), month, mark_missed=True)
        except Refused:
            return
        self._closed.add(month)
