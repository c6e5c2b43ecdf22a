"""Use cases of opinion: the consumer rates what it accepted, the provider says what made it late."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.core import opinion
from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.desk.access import Right
from sla_tracker.desk.deeds import Deed, do
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Reading, Writing
from sla_tracker.desk.sidewords import coded_cause


def rate(desk: Desk, actor: Actor, duty_id: str, level: int, word: str = "", *, again: bool = False) -> Duty:
    """Rate an accepted duty from 0 (not met) to 4 (memorable), with a word.

    Raises Doubtful for 0 on what was accepted, unless `again`.
    """

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return opinion.rated(duty, level=level, word=word, by=actor.id, now=now, again=again)

    return do(desk, actor, duty_id, Deed(Right.JUDGE, "rated", step))


def explain(desk: Desk, actor: Actor, duty_id: str, cause: str, note: str = "") -> Duty:
    """Say by one of the deployment's categories what made a duty late, missed or returned."""
    return do(desk, actor, duty_id, explaining(desk, cause, note))


def explaining(desk: Desk, cause: str, note: str = "") -> Deed:
    """Return the deed of saying why; raises UsageError when the deployment has no such category."""
    category = coded_cause(cause, desk.settings.causes)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return opinion.explained(duty, cause=category, note=note, now=now)

    return Deed(Right.EXPLAIN, "explained_lateness", step)


def asks_now(duty: Duty, now: datetime) -> bool:
    """Say whether the delivery just made is the moment to ask for a cause: the first late one."""
    earlier = duty.deliveries[:-1]
    asked_before = any(one.returned_at is not None and one.counts_at > duty.due_at for one in earlier)
    return not duty.cause and duty.is_late(now) and not asked_before


def unexplained(desk: Desk, department: str, month: str) -> list[Duty]:
    """Return the duties of a provider's month that were late, missed or returned, without a cause so far."""
    now = desk.now()

    def work(tx: Reading) -> list[Duty]:
        return [duty for duty in tx.find(Duty, provider=department, month=month) if duty.asks_cause(now)]

    return desk.store.read(work)
