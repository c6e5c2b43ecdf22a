"""What lies between departments and waits for somebody: complaints, wishes, offers, notes, opinions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sla_tracker.core.complaint import Complaint
from sla_tracker.core.duty import LIVE, Duty, State
from sla_tracker.core.handover import Offer, ShiftNote
from sla_tracker.core.people import SYSTEM, Actor
from sla_tracker.desk import complaints, handovers, shifts, surveys
from sla_tracker.desk.access import Right, may
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Reading

RATED_WITHIN = timedelta(days=14)
MOST_OPINIONS = 30


class MatterKind(StrEnum):
    """What a matter asks for; the order is that of the list."""

    COMPLAINT = "complaint"
    WAIVER = "waiver"
    HOLD = "hold"
    OFFER = "offer"
    NOTE = "note"
    CAUSE = "cause"
    RATING = "rating"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One matter between two departments; `mine` says that the person can do something about it now.

    `about` is the complaint, duty, offer or note itself; a survey is about the department `against` alone.
    """

    kind: MatterKind
    id: str
    origin: str
    against: str
    about: Complaint | Duty | Offer | ShiftNote | None
    limit_at: datetime | None
    late: bool
    mine: bool
    duty: Duty | None = None


def matters(desk: Desk, actor: Actor, *, ended: bool = False) -> list[Matter]:
    """Return what waits for the actor's department, by kind, soonest limit first; ended complaints too if asked."""
    now = desk.now()
    acting = desk.acting(actor, now)
    found = [
        *_complaints(desk, acting, now, ended=ended),
        *desk.store.read(lambda tx: list(_on_duties(tx, acting, now))),
        *_offers(desk, acting),
        *_notes(desk, acting),
        *_surveys(desk, acting),
    ]
    order = list(MatterKind)
    return sorted(
        found,
        key=lambda one: (order.index(one.kind), one.limit_at is None, one.limit_at or now, one.id),
    )


def _complaints(desk: Desk, actor: Actor, now: datetime, *, ended: bool) -> Iterator[Matter]:
    for one in complaints.listed(desk, actor.department, ended=ended):
        yield Matter(
            kind=MatterKind.COMPLAINT,
            id=one.id,
            origin=one.complainant,
            against=one.against,
            about=one,
            limit_at=one.due_at,
            late=one.is_escalated(now),
            mine=complaints.may_step(desk, actor, one, now),
        )


def _on_duties(tx: Reading, actor: Actor, now: datetime) -> Iterator[Matter]:
    live = tx.find(Duty, consumer=actor.department, state=LIVE)
    for duty in live:
        if duty.waiver is not None and duty.waiver.granted is None:
            yield _on_duty(MatterKind.WAIVER, duty, mine=may(actor, Right.WAIVE, **_sides(duty)))
        if duty.holds and duty.holds[-1].objected_by and duty.holds[-1].confirmed is None:
            yield _on_duty(MatterKind.HOLD, duty, mine=may(actor, Right.CONFIRM_HOLD, **_sides(duty)))
    months = (f"{now:%Y-%m}", f"{now - RATED_WITHIN:%Y-%m}")
    owed = tx.find(Duty, provider=actor.department, month=months)
    unexplained = [duty for duty in owed if duty.asks_cause(now)]
    for duty in unexplained[:MOST_OPINIONS]:
        yield _on_duty(MatterKind.CAUSE, duty, mine=may(actor, Right.EXPLAIN, **_sides(duty)))
    judged = tx.find(Duty, consumer=actor.department, month=months, state=State.ACCEPTED)
    unrated = [duty for duty in judged if duty.rating is None and _is_fresh(duty, now)]
    for duty in unrated[-MOST_OPINIONS:]:
        yield _on_duty(MatterKind.RATING, duty, mine=may(actor, Right.JUDGE, **_sides(duty)))


def _is_fresh(duty: Duty, now: datetime) -> bool:
    accepted_at = duty.accepted_at
    return accepted_at is not None and duty.accepted_by != SYSTEM and now - accepted_at <= RATED_WITHIN


def _sides(duty: Duty) -> dict[str, str]:
    return {"provider": duty.provider, "consumer": duty.consumer}


def _on_duty(kind: MatterKind, duty: Duty, *, mine: bool) -> Matter:
    return Matter(
        kind=kind,
        id=duty.id,
        origin=duty.provider,
        against=duty.consumer,
        about=duty,
        limit_at=duty.due_at if duty.is_live else None,
        late=False,
        mine=mine,
        duty=duty,
    )


def _offers(desk: Desk, actor: Actor) -> Iterator[Matter]:
    for one in handovers.pending(desk, actor.department):
        duty = desk.store.read(lambda tx, id=one.duty: tx.get(Duty, id))  # type: ignore[misc]
        yield Matter(
            kind=MatterKind.OFFER,
            id=one.id,
            origin=one.giver,
            against=one.taker,
            about=one,
            limit_at=None if duty is None else duty.due_at,
            late=False,
            mine=may(actor, Right.CONSENT, provider=one.taker),
            duty=duty,
        )


def _notes(desk: Desk, actor: Actor) -> Iterator[Matter]:
    for one in shifts.unacknowledged(desk, actor.department):
        yield Matter(
            kind=MatterKind.NOTE,
            id=one.id,
            origin=one.department,
            against=one.department,
            about=one,
            limit_at=None,
            late=False,
            mine=one.written_by == actor.id or one.successor in {"", actor.id},
        )


def _surveys(desk: Desk, actor: Actor) -> Iterator[Matter]:
    if not may(actor, Right.SURVEY, consumer=actor.department) or not actor.department:
        return
    for provider in surveys.asked(desk, actor):
        yield Matter(
            kind=MatterKind.SURVEY,
            id=f"{surveys.quarter_now(desk)}/{provider}",
            origin=actor.department,
            against=provider,
            about=None,
            limit_at=None,
            late=False,
            mine=True,
        )
