"""Use cases of waivers: the provider asks to be excused, the consumer's head grants, refuses, or waives by itself."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.core import concessions
from sla_tracker.core.duty import LIVE, Duty
from sla_tracker.core.people import Actor
from sla_tracker.desk.access import Right
from sla_tracker.desk.deeds import Deed, do
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Writing
from sla_tracker.desk.sidewords import coded_waiver


def ask(desk: Desk, actor: Actor, duty_id: str, *, code: str, reason: str) -> Duty:
    """Ask for a waiver, with one of the deployment's codes and a reason; the duty stays owed until it is granted."""
    coded = coded_waiver(code, desk.settings.waiver_codes)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return concessions.waiver_asked(duty, code=coded, reason=reason, by=actor.id, now=now)

    return do(desk, actor, duty_id, Deed(Right.ASK_WAIVER, "asked_waiver", step, reason))


def grant(desk: Desk, actor: Actor, duty_id: str, answer: str = "") -> Duty:
    """Grant a waiver that was asked for: the duty leaves the rates and is counted as waived."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return concessions.waiver_granted(duty, answer=answer, by=actor.id, now=now)

    return do(desk, actor, duty_id, Deed(Right.WAIVE, "granted_waiver", step, answer))


def refuse(desk: Desk, actor: Actor, duty_id: str, answer: str) -> Duty:
    """Refuse a waiver that was asked for, with a reason; the duty stays owed."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return concessions.waiver_refused(duty, answer=answer, by=actor.id, now=now)

    return do(desk, actor, duty_id, Deed(Right.WAIVE, "refused_waiver", step, answer))


def waive(desk: Desk, actor: Actor, duty_id: str, *, code: str, reason: str) -> Duty:
    """Waive a duty as the consumer's head without being asked."""
    coded = coded_waiver(code, desk.settings.waiver_codes)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        return concessions.waived(duty, code=coded, reason=reason, by=actor.id, now=now)

    return do(desk, actor, duty_id, Deed(Right.WAIVE, "waived", step, reason))


def pending(desk: Desk, consumer: str) -> list[Duty]:
    """Return the duties whose waiver waits for a department's head, oldest wish first."""
    duties = desk.store.read(lambda tx: tx.find(Duty, consumer=consumer, state=LIVE))
    waiting = [
        (duty.waiver.asked_at, duty)
        for duty in duties
        if duty.waiver is not None and duty.waiver.granted is None
    ]
    return [duty for _, duty in sorted(waiting, key=lambda entry: entry[0])]
