"""Simulates how departments fulfil duties: mostly on time, some late or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from sla_tracker.demo.answers import answers, hold_reasons, return_reasons, waiver_reasons, words_of_praise
from sla_tracker.demo.simulation import Simulation
from sla_tracker.domain.duties.duty import OWED, Duty, State
from sla_tracker.services.duties import holds, operations, ratings, waivers

# Shares are 0..1 of all duties. Share that is delivered late: of most departments, and of those that differ.
USUALLY_LATE = 0.05
LATE = {"loan": 0.12, "sales": 0.07, "hr": 0.02}
TAKEN_AT_ONCE = 0.8  # share that somebody takes soon after opening
RETURNED, BY_SILENCE, RATED, WAIVED = 0.05, 0.1, 0.12, 0.012
HELD, HELD_NOW = 0.03, 0.12  # share put on hold: earlier, and of recent duties
NEVER = 0.006  # share that is never delivered
LONGEST_LATE = 14.0  # working hours
# Recent work is left partly undone, because a demonstration without open work shows nothing.
RECENT, UNJUDGED = timedelta(days=5), timedelta(days=2)
LEFT_UNDONE_EVERY = 3  # of the recent duties of a department, every third is late
LEFT_UNJUDGED = 0.6  # share of recent deliveries that nobody judges


class Conduct:
    """Decides once for each opened duty what happens to it, and schedules that."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._seen: set[str] = set()
        self._recent: Counter[str] = Counter()

    def plan_open(self) -> None:
        """Plan all open duties that are not planned yet."""
        self.plan(self._simulation.context.store.read(lambda tx: tx.find(Duty, state=State.OPEN)))

    def plan(self, opened: Iterable[Duty]) -> None:
        """Decide who delivers these duties, and when."""
        fresh = [duty for duty in opened if duty.id not in self._seen]
        for duty in sorted(fresh, key=lambda duty: (duty.due_at, duty.obligation, duty.subject)):
            self._seen.add(duty.id)
            self._plan_one(duty)

    def _plan_one(self, duty: Duty) -> None:
        simulation, calendar = self._simulation, self._simulation.calendar
        who = simulation.somebody(duty.provider)
        recent = duty.due_at > simulation.morning - RECENT
        late = (
            self._is_left_undone(duty)
            if recent
            else simulation.happens(LATE.get(duty.provider, USUALLY_LATE))
        )
        lead = (
            simulation.hours(LONGEST_LATE / 2 if recent else 0.5, LONGEST_LATE)
            if late
            else -simulation.hours(0.2, 12)
        )
        delivers_at = max(
            calendar.add_working_time(duty.due_at, lead),
            calendar.add_working_time(simulation.now, simulation.hours(0.1, 1)),
        )
        if simulation.happens(TAKEN_AT_ONCE):
            takes_at = calendar.add_working_time(simulation.now, simulation.hours(0.1, 4))
            simulation.at(min(takes_at, delivers_at), lambda: self._take(duty.id, who.id))
        if simulation.happens(WAIVED):
            simulation.at(delivers_at, lambda: self._waive(duty.id))
        elif not simulation.happens(NEVER):
            simulation.at(delivers_at, lambda: self._deliver(duty.id, who.id))
        if simulation.happens(HELD_NOW if recent else HELD):
            simulation.at(delivers_at - timedelta(hours=5), lambda: self._hold(duty.id))

    def _is_left_undone(self, duty: Duty) -> bool:
        """Return whether a recent duty is left undone: every third of a department."""
        self._recent[duty.provider] += 1
        return self._recent[duty.provider] % LEFT_UNDONE_EVERY == 0

    def _duty(self, id: str, *states: State) -> Duty | None:
        """Return a duty if it is in one of the states now, else None.

        None also for a delivery whose time limit for a verdict has passed: it counts as accepted.
        """
        duty = self._simulation.context.store.read(lambda tx: tx.get(Duty, id))
        if duty is None or duty.state not in states:
            return None
        silent = (
            duty.state is State.DELIVERED and duty.accept_by_at and duty.accept_by_at < self._simulation.now
        )
        return None if silent else duty

    def _take(self, id: str, person: str) -> None:
        duty = self._duty(id, State.OPEN)
        if duty is not None and not duty.assignee:
            operations.take(self._simulation.context, self._simulation.actor(person), id)

    def _deliver(self, id: str, person: str) -> None:
        duty = self._duty(id, *OWED)
        if duty is None:
            return
        simulation, actor = self._simulation, self._simulation.actor(duty.assignee or person)
        if duty.state is State.HELD:
            holds.resume(simulation.context, actor, id)
        given = answers(duty.terms.evidence, simulation.chance, simulation.today)
        delivered = operations.deliver(simulation.context, actor, id, given)
        if delivered.asks_cause(simulation.now) and simulation.happens(0.9):
            cause = simulation.chance.choice(simulation.context.settings.causes)
            ratings.explain(simulation.context, actor, id, cause)
        patient = LEFT_UNJUDGED if simulation.now > simulation.morning - UNJUDGED else BY_SILENCE
        if not simulation.happens(patient):
            simulation.after(simulation.hours(0.5, 10), lambda: self._judge(id))

    def _judge(self, id: str) -> None:
        duty = self._duty(id, State.DELIVERED)
        if duty is None:
            return
        simulation = self._simulation
        judge = simulation.somebody(duty.consumer)
        if simulation.happens(RETURNED) and not duty.was_returned:
            operations.return_(simulation.context, judge, id, simulation.chance.choice(return_reasons()))
            simulation.after(
                simulation.hours(0.5, 7), lambda: self._deliver(id, duty.assignee or duty.deliveries[-1].by)
            )
            return
        operations.accept(simulation.context, judge, id)
        if simulation.happens(RATED):
            level = simulation.chance.choices((1, 2, 3, 4), (1, 5, 3, 1))[0]
            ratings.rate(simulation.context, judge, id, level, simulation.chance.choice(words_of_praise()))

    def _waive(self, id: str) -> None:
        duty = self._duty(id, *OWED)
        if duty is not None:
            simulation = self._simulation
            code = simulation.chance.choice(simulation.context.settings.waiver_codes)
            reason = simulation.chance.choice(waiver_reasons())
            waivers.waive(simulation.context, simulation.head(duty.consumer), id, code=code, reason=reason)

    def _hold(self, id: str) -> None:
        duty = self._duty(id, State.OPEN)
        if duty is None or self._simulation.now >= duty.due_at:
            return
        simulation = self._simulation
        actor = simulation.actor(duty.assignee) if duty.assignee else simulation.somebody(duty.provider)
        reason = simulation.chance.choice(hold_reasons())
        holds.hold(simulation.context, actor, id, waits_for=duty.consumer, reason=reason)
