"""How the departments keep their agreements: mostly on time, sometimes late, now and then not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from sla_tracker.core.duty import OWED, Duty, State
from sla_tracker.demo.answers import answers, hold_reasons, return_reasons, waiver_reasons, words_of_praise
from sla_tracker.demo.stage import Stage
from sla_tracker.desk import duties, holds, ratings, waivers

# The share of duties that a department delivers late; nobody is perfect, and not all are alike.
USUALLY_LATE = 0.05
LATE = {"loan": 0.12, "sales": 0.07, "hr": 0.02}
TAKEN_AT_ONCE = 0.8
RETURNED, BY_SILENCE, RATED, WAIVED = 0.05, 0.1, 0.12, 0.012
HELD, HELD_NOW = 0.03, 0.12
NEVER = 0.006
LONGEST_LATE = 14.0
# Of what is due about now, not everything has been seen to: a morning with nothing to do shows nothing.
RECENT, UNJUDGED = timedelta(days=5), timedelta(days=2)
LEFT_LYING, LEFT_UNJUDGED = 3, 0.6


class Conduct:
    """What becomes of every duty, decided once, when it is first seen."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seen: set[str] = set()
        self._recent: Counter[str] = Counter()

    def look(self) -> None:
        """Take up the duties that nobody has looked at yet."""
        self.take_up(self._stage.desk.store.read(lambda tx: tx.find(Duty, state=State.OPEN)))

    def take_up(self, opened: Iterable[Duty]) -> None:
        """Decide who does these duties, and when."""
        fresh = [duty for duty in opened if duty.id not in self._seen]
        for duty in sorted(fresh, key=lambda duty: (duty.due_at, duty.obligation, duty.subject)):
            self._seen.add(duty.id)
            self._plan(duty)

    def _plan(self, duty: Duty) -> None:
        stage, calendar = self._stage, self._stage.calendar
        who = stage.somebody(duty.provider)
        recent = duty.due_at > stage.morning - RECENT
        late = self._left_lying(duty) if recent else stage.happens(LATE.get(duty.provider, USUALLY_LATE))
        lead = (
            stage.hours(LONGEST_LATE / 2 if recent else 0.5, LONGEST_LATE) if late else -stage.hours(0.2, 12)
        )
        delivers_at = max(
            calendar.add_working_time(duty.due_at, lead),
            calendar.add_working_time(stage.now, stage.hours(0.1, 1)),
        )
        if stage.happens(TAKEN_AT_ONCE):
            takes_at = calendar.add_working_time(stage.now, stage.hours(0.1, 4))
            stage.at(min(takes_at, delivers_at), lambda: self._take(duty.id, who.id))
        if stage.happens(WAIVED):
            stage.at(delivers_at, lambda: self._waive(duty.id))
        elif not stage.happens(NEVER):
            stage.at(delivers_at, lambda: self._deliver(duty.id, who.id))
        if stage.happens(HELD_NOW if recent else HELD):
            stage.at(delivers_at - timedelta(hours=5), lambda: self._hold(duty.id))

    def _left_lying(self, duty: Duty) -> bool:
        """Say whether a duty of these days is one that a department has let lie: its every third."""
        self._recent[duty.provider] += 1
        return self._recent[duty.provider] % LEFT_LYING == 0

    def _duty(self, id: str, *states: State) -> Duty | None:
        """Return a duty if it is in one of the states now, silence counted."""
        duty = self._stage.desk.store.read(lambda tx: tx.get(Duty, id))
        if duty is None or duty.state not in states:
            return None
        silent = duty.state is State.DELIVERED and duty.accept_by_at and duty.accept_by_at < self._stage.now
        return None if silent else duty

    def _take(self, id: str, person: str) -> None:
        duty = self._duty(id, State.OPEN)
        if duty is not None and not duty.assignee:
            duties.take(self._stage.desk, self._stage.actor(person), id)

    def _deliver(self, id: str, person: str) -> None:
        duty = self._duty(id, *OWED)
        if duty is None:
            return
        stage, actor = self._stage, self._stage.actor(duty.assignee or person)
        if duty.state is State.HELD:
            holds.resume(stage.desk, actor, id)
        given = answers(duty.terms.evidence, stage.chance, stage.today)
        delivered = duties.deliver(stage.desk, actor, id, given)
        if delivered.asks_cause(stage.now) and stage.happens(0.9):
            cause = stage.chance.choice(stage.desk.settings.causes)
            ratings.explain(stage.desk, actor, id, cause)
        patient = LEFT_UNJUDGED if stage.now > stage.morning - UNJUDGED else BY_SILENCE
        if not stage.happens(patient):
            stage.after(stage.hours(0.5, 10), lambda: self._judge(id))

    def _judge(self, id: str) -> None:
        duty = self._duty(id, State.DELIVERED)
        if duty is None:
            return
        stage = self._stage
        judge = stage.somebody(duty.consumer)
        if stage.happens(RETURNED) and not duty.was_returned:
            duties.return_(stage.desk, judge, id, stage.chance.choice(return_reasons()))
            stage.after(
                stage.hours(0.5, 7), lambda: self._deliver(id, duty.assignee or duty.deliveries[-1].by)
            )
            return
        duties.accept(stage.desk, judge, id)
        if stage.happens(RATED):
            level = stage.chance.choices((1, 2, 3, 4), (1, 5, 3, 1))[0]
            ratings.rate(stage.desk, judge, id, level, stage.chance.choice(words_of_praise()))

    def _waive(self, id: str) -> None:
        duty = self._duty(id, *OWED)
        if duty is not None:
            stage = self._stage
            code = stage.chance.choice(stage.desk.settings.waiver_codes)
            reason = stage.chance.choice(waiver_reasons())
            waivers.waive(stage.desk, stage.head(duty.consumer), id, code=code, reason=reason)

    def _hold(self, id: str) -> None:
        duty = self._duty(id, State.OPEN)
        if duty is None or self._stage.now >= duty.due_at:
            return
        stage = self._stage
        actor = stage.actor(duty.assignee) if duty.assignee else stage.somebody(duty.provider)
        reason = stage.chance.choice(hold_reasons())
        holds.hold(stage.desk, actor, id, waits_for=duty.consumer, reason=reason)
