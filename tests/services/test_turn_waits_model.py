"""Random turns, deliveries and returns against a model that looks at single instants and shares no code."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.agreements.joins import DatedTurn
from sla_tracker.domain.agreements.obligation import About, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, Turn
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, waivers
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import a_context, an_obligation, local
from tests.domain.test_joins import model
from tests.services.acts import live, rolled_to, stored, who

MONTHS = ((), (1, 4, 7, 10), (2, 5, 8, 11), (3, 9))
FIRST = date(2026, 1, 5)
STEP = timedelta(hours=7)


class Played:
    """One random year: two obligations, what their people do, and when each of the other's duties was owed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.which = self.chance.choice(list(Turn))
        other = Recurring(
            due=DayOfMonth(day=self.chance.randint(1, 28), months=self.chance.choice(MONTHS)),
            about=self.chance.choice((About.PREVIOUS, About.CURRENT)),
        )
        own = Recurring(
            due=DayOfMonth(day=self.chance.randint(1, 28), months=self.chance.choice(MONTHS)),
            about=self.chance.choice((About.PREVIOUS, About.CURRENT)),
        )
        self.context: ServiceContext = a_context(
            store=MemoryStore(),
            now=f"{FIRST} 09:00",
            in_force_from=FIRST,
            obligations=(
                an_obligation("other", provider="warehouse", triggers=(other,)),
                an_obligation(
                    "own",
                    triggers=(own,),
                    depends_on=(Dependency(obligation="other", turn=self.which),),
                ),
            ),
        )
        self.owed: dict[str, list[tuple[datetime, datetime | None]]] = {}

    def play(self) -> None:
        for number in range(1, 260):
            at = local(f"{FIRST} 09:00") + timedelta(days=number)
            rolled_to(self.context, f"{at + timedelta(hours=8):%Y-%m-%d} 09:00")
            for duty in live(self.context, "other"):
                if self.chance.random() < 0.05:
                    self.act(duty)

    def act(self, duty: Duty) -> None:
        if duty.state is State.OPEN and self.chance.random() < 0.8:
            operations.deliver(self.context, who(self.context, "ma.chao"), duty.id)
        elif duty.state is State.OPEN:
            waivers.waive(
                self.context, who(self.context, "sun.hua"), duty.id, code="agreed", reason="not needed"
            )
        elif duty.state is State.DELIVERED:
            operations.return_(self.context, who(self.context, "chen.jing"), duty.id, "not complete")


def owed_at(duty: Duty, at: datetime) -> bool:
    """Return whether a duty was past its first due and not delivered at an instant."""
    if at <= (duty.granted or duty.deadline).due_at or (duty.closed_at is not None and at > duty.closed_at):
        return False
    stands = [one for one in duty.deliveries if one.at < at]
    return not stands or (stands[-1].returned_at is not None and stands[-1].returned_at < at)


def dated(duty: Duty) -> DatedTurn:
    assert duty.period_start is not None
    assert duty.period_end is not None
    nominal_on = (duty.granted or duty.deadline).nominal_on
    return DatedTurn(
        key=duty.id, period_start=duty.period_start, period_end=duty.period_end, nominal_on=nominal_on
    )


def test_every_instant_is_excused_exactly_when_the_other_was_owed(effort: Callable[[int, int], int]) -> None:
    joined = 0
    for seed in range(effort(12, 200)):
        played = Played(seed)
        played.play()
        now, others = played.context.now(), live(played.context, "other")
        last = max((one.period_start for one in others if one.period_start), default=FIRST)
        for own in live(played.context, "own"):
            duty = stored(played.context, own)
            if duty.period_end is not None and duty.period_end > last and played.which is Turn.NEXT:
                continue  # the turn after it has not been opened yet
            known = [one for one in others if one.opened_at >= local(f"{FIRST} 09:00")]
            meant = model(dated(duty), [dated(one) for one in known], played.which)
            awaited = [one for one in known if one.id in meant]
            joined += len(awaited)
            at = duty.opened_at + timedelta(minutes=1)
            while at < now:
                expected = any(owed_at(one, at) for one in awaited)
                said = any(
                    one.start_at < at and (one.end_at is None or at <= one.end_at) for one in duty.excuses
                )
                # What comes too late to save the duty is no excuse any more, and none is kept that runs then.
                if at <= duty.due_at:
                    assert said == expected, f"seed {seed}, {played.which}, {duty.key} at {at}"
                at += STEP
    assert joined > 0
