"""Use cases of holds: the provider waits for somebody; the consumer may object, and its head decides then."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from sla_tracker.core import concessions
from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.desk.access import Right
from sla_tracker.desk.deeds import Deed, do
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Writing
from sla_tracker.errors import NotFound


def hold(desk: Desk, actor: Actor, duty_id: str, *, waits_for: str, reason: str) -> Duty:
    """Put a duty on hold: for whom it waits and for what; the other side sees it at once.

    A department or person is kept by id, whatever it was called by; anybody else, such as a bank, in the words given.
    """

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return concessions.held(duty, waits_for=_id_of(desk, waits_for), reason=reason, by=actor.id, now=now)

    return do(desk, actor, duty_id, Deed(Right.HOLD, "held", step, reason))


def _id_of(desk: Desk, waits_for: str) -> str:
    for find in (desk.catalogue.department, desk.person):
        with suppress(NotFound):
            return find(waits_for.strip()).id
    return waits_for


def resume(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Let the clock of a duty on hold run again; the working time it stood is added to the deadline."""
    return do(desk, actor, duty_id, resuming())


def resuming() -> Deed:
    """Return the deed of letting the clock run again."""
    return Deed(Right.HOLD, "resumed", lambda _tx, duty, now: concessions.resumed(duty, now=now))


def object_to(desk: Desk, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Object to a duty's last hold: it no longer counts unless the consumer's head confirms it."""

    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        return concessions.objected(duty, reason=reason, by=actor.id)

    return do(desk, actor, duty_id, Deed(Right.OBJECT, "objected", step, reason))


def confirm(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Confirm, as the consumer's head, a hold that was objected to: it counts from its beginning after all."""
    return _judge(desk, actor, duty_id, "confirmed_hold", confirmed=True)


def refuse(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Refuse, as the consumer's head, a hold that was objected to: it counts nothing."""
    return _judge(desk, actor, duty_id, "refused_hold", confirmed=False)


def _judge(desk: Desk, actor: Actor, duty_id: str, what: str, *, confirmed: bool) -> Duty:
    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        return concessions.hold_judged(duty, confirmed=confirmed, by=actor.id)

    return do(desk, actor, duty_id, Deed(Right.CONFIRM_HOLD, what, step))
