"""Use cases of ratings by the consumer and of causes given by the provider."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.domain.duties import ratings
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.access import Right
from sla_tracker.services.codes import coded_cause
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.ports import Reading, Writing


def rate(
    context: ServiceContext, actor: Actor, duty_id: str, level: int, word: str = "", *, again: bool = False
) -> Duty:
    """Rate an accepted duty from 0 (not met) to 4 (memorable), with a comment.

    Raises NeedsConfirmation for 0 on what was accepted, unless `again`.
    """
    return apply(context, actor, duty_id, rate_action(actor, level, word, again=again))


def rate_action(actor: Actor, level: int, word: str = "", *, again: bool = False) -> DutyAction:
    """Return the action of rating a duty."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return ratings.rated(duty, level=level, word=word, by=actor.id, now=now, again=again)

    return DutyAction(Right.JUDGE, Verb.RATED, step)


def explain(context: ServiceContext, actor: Actor, duty_id: str, cause: str, note: str = "") -> Duty:
    """Record why a duty was late, missed or returned, by one of the codes."""
    return apply(context, actor, duty_id, explain_action(context, cause, note))


def explain_action(context: ServiceContext, cause: str, note: str = "") -> DutyAction:
    """Return the action of recording a cause; raises UsageError for an unknown code."""
    category = coded_cause(cause, context.settings.causes)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return ratings.explained(duty, cause=category, note=note, now=now)

    return DutyAction(Right.EXPLAIN, Verb.EXPLAINED_LATENESS, step)


def asks_now(duty: Duty, now: datetime) -> bool:
    """Tell whether to ask for a cause now: after the first late delivery only."""
    earlier = duty.deliveries[:-1]
    asked_before = any(one.returned_at is not None and one.counts_at > duty.due_at for one in earlier)
    return not duty.cause and duty.is_late(now) and not asked_before


def unexplained(context: ServiceContext, department: str, month: str) -> list[Duty]:
    """Return a provider's late, missed or returned duties of a month without a cause."""
    now = context.now()

    def work(tx: Reading) -> list[Duty]:
        return [duty for duty in tx.find(Duty, provider=department, month=month) if duty.asks_cause(now)]

    return context.store.read(work)
