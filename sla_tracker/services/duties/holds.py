"""Use cases of holds: hold, resume, object; the consumer's head confirms or refuses."""

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
    """Put a duty on hold, with the party it waits for and the reason.

    A known department or person is stored by id; any other party, such as a bank, as typed.
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
    """End a hold; its working time is added to the deadline."""
    return apply(context, actor, duty_id, resume_action())


def resume_action() -> DutyAction:
    """Return the action of ending a hold."""
    return DutyAction(Right.HOLD, "resumed", lambda _tx, duty, now: holds_and_waivers.resumed(duty, now=now))


def object_to(context: ServiceContext, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Object to the last hold; it excuses nothing unless the consumer's head confirms it."""

    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        return holds_and_waivers.objected(duty, reason=reason, by=actor.id)

    return apply(context, actor, duty_id, DutyAction(Right.OBJECT, "objected", step, reason))


def confirm(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """Confirm a hold after an objection; it counts from its beginning."""
    return _judge(context, actor, duty_id, "confirmed_hold", confirmed=True)


def refuse(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """Refuse a hold after an objection; it excuses nothing."""
    return _judge(context, actor, duty_id, "refused_hold", confirmed=False)


def _judge(context: ServiceContext, actor: Actor, duty_id: str, what: str, *, confirmed: bool) -> Duty:
    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        return holds_and_waivers.hold_judged(duty, confirmed=confirmed, by=actor.id)

    return apply(context, actor, duty_id, DutyAction(Right.CONFIRM_HOLD, what, step))
