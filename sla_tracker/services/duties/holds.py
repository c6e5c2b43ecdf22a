"""Use cases of holds: the provider waits for somebody; the consumer may object, and its head decides then."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sla_tracker.domain.duties import holds_and_waivers
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.errors import NotFound
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.ports import Writing


def hold(context: ServiceContext, actor: Actor, duty_id: str, *, waits_for: str, reason: str) -> Duty:
    """Put a duty on hold: for whom it waits and for what; the other side sees it at once.

    A department or person is kept by id, whatever it was called by; anybody else, such as a bank, in the words given.
    """

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return holds_and_waivers.held(
            duty, waits_for=_id_of(context, waits_for), reason=reason, by=actor.id, now=now
        )

    return apply(context, actor, duty_id, DutyAction(Right.HOLD, "held", step, reason))


def _id_of(context: ServiceContext, waits_for: str) -> str:
    for find in (context.catalogue.department, context.person):
        with suppress(NotFound):
            return find(waits_for.strip()).id
    return waits_for


def resume(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """Let the clock of a duty on hold run again; the working time it stood is added to the deadline."""
    return apply(context, actor, duty_id, resume_action())


def resume_action() -> DutyAction:
    """Return the deed of letting the clock run again."""
    return DutyAction(Right.HOLD, "resumed", lambda _tx, duty, now: holds_and_waivers.resumed(duty, now=now))


def object_to(context: ServiceContext, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Object to a duty's last hold: it no longer counts unless the consumer's head confirms it."""

    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        return holds_and_waivers.objected(duty, reason=reason, by=actor.id)

    return apply(context, actor, duty_id, DutyAction(Right.OBJECT, "objected", step, reason))


def confirm(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """Confirm, as the consumer's head, a hold that was objected to: it counts from its beginning after all."""
    return _judge(context, actor, duty_id, "confirmed_hold", confirmed=True)


def refuse(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """Refuse, as the consumer's head, a hold that was objected to: it counts nothing."""
    return _judge(context, actor, duty_id, "refused_hold", confirmed=False)


def _judge(context: ServiceContext, actor: Actor, duty_id: str, what: str, *, confirmed: bool) -> Duty:
    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        return holds_and_waivers.hold_judged(duty, confirmed=confirmed, by=actor.id)

    return apply(context, actor, duty_id, DutyAction(Right.CONFIRM_HOLD, what, step))
