"""Use cases of waivers: the provider asks, the consumer's head decides or waives."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.domain.duties import holds_and_waivers
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.access import Right
from sla_tracker.services.codes import coded_waiver
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.ports import Writing


def ask(context: ServiceContext, actor: Actor, duty_id: str, *, code: str, reason: str) -> Duty:
    """Ask for a waiver with a code and a reason.

    The duty stays owed until the waiver is granted.
    """
    coded = coded_waiver(code, context.settings.waiver_codes)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return holds_and_waivers.waiver_asked(duty, code=coded, reason=reason, by=actor.id, now=now)

    return apply(context, actor, duty_id, DutyAction(Right.ASK_WAIVER, Verb.ASKED_WAIVER, step, reason))


def grant(context: ServiceContext, actor: Actor, duty_id: str, answer: str = "") -> Duty:
    """Grant a requested waiver; the duty is counted as waived, not in the rates."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return holds_and_waivers.waiver_granted(duty, answer=answer, by=actor.id, now=now)

    return apply(context, actor, duty_id, DutyAction(Right.WAIVE, Verb.GRANTED_WAIVER, step, answer))


def refuse(context: ServiceContext, actor: Actor, duty_id: str, answer: str) -> Duty:
    """Refuse a requested waiver with a reason; the duty stays owed."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return holds_and_waivers.waiver_refused(duty, answer=answer, by=actor.id, now=now)

    return apply(context, actor, duty_id, DutyAction(Right.WAIVE, Verb.REFUSED_WAIVER, step, answer))


def waive(context: ServiceContext, actor: Actor, duty_id: str, *, code: str, reason: str) -> Duty:
    """Waive a duty as the consumer's head, without a request."""
    return apply(context, actor, duty_id, waive_action(context, actor, code=code, reason=reason))


def waive_action(context: ServiceContext, actor: Actor, *, code: str, reason: str) -> DutyAction:
    """Return the action of waiving duties; raises UsageError for an unknown code."""
    coded = coded_waiver(code, context.settings.waiver_codes)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return holds_and_waivers.waived(duty, code=coded, reason=reason, by=actor.id, now=now)

    return DutyAction(Right.WAIVE, Verb.WAIVED, step, reason)


def pending(context: ServiceContext, consumer: str) -> list[Duty]:
    """Return a consumer's owed duties with an undecided waiver, oldest request first."""
    duties = context.store.read(lambda tx: tx.find(Duty, consumer=consumer, state=OWED))
    waiting = [
        (duty.waiver.asked_at, duty)
        for duty in duties
        if duty.waiver is not None and duty.waiver.granted is None
    ]
    return [duty for _, duty in sorted(waiting, key=lambda entry: entry[0])]
