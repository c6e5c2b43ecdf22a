"""Short ways to bring a desk into a situation."""

from __future__ import annotations

from collections.abc import Callable

from sla_tracker.core.complaint import ORDER, Complaint, Stage
from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.core.request import Request
from sla_tracker.desk import complaints, duties, events, rollover
from sla_tracker.desk.desk import Desk, existing
from sla_tracker.testing.company import an_actor, local, set_clock

TICKED = {"sheet": "yes"}


def who(desk: Desk, person: str) -> Actor:
    """Let a person act."""
    return an_actor(desk, person)


def opened(
    desk: Desk,
    at: str = "2026-11-20 10:00",
    *,
    by: str = "wang.fang",
    subject: str = "鄂F·12345",
    **fields: str,
) -> dict[str, Duty]:
    """Register the delivery of a vehicle and return the duties it opened, by obligation."""
    done = events.register(
        desk, who(desk, by), "vehicle-delivered", subject=subject, at=local(at), fields=fields
    )
    return {duty.obligation: duty for duty in done.opened}


def sheet(desk: Desk, at: str = "2026-11-20 10:00", **registration: str) -> Duty:
    """Open a decoration sheet, due three days later."""
    return opened(desk, at, **registration)["decoration-sheet"]


def delivered(desk: Desk, **registration: str) -> Duty:
    """Open a decoration sheet and deliver it at once."""
    return duties.deliver(desk, who(desk, "wang.fang"), sheet(desk, **registration).id, TICKED)


def stored(desk: Desk, duty: Duty) -> Duty:
    """Return a duty as it is stored now."""
    return desk.store.read(lambda tx: existing(tx, Duty, duty.id))


def stored_request(desk: Desk, request: Request) -> Request:
    """Return a request as it is stored now."""
    return desk.store.read(lambda tx: existing(tx, Request, request.id))


def stored_complaint(desk: Desk, complaint: Complaint) -> Complaint:
    """Return a complaint as it is stored now."""
    return desk.store.read(lambda tx: existing(tx, Complaint, complaint.id))


def live(desk: Desk, obligation: str) -> list[Duty]:
    """Return every stored duty of an obligation, soonest due first."""
    found = desk.store.read(lambda tx: tx.find(Duty, obligation=obligation))
    return sorted(found, key=lambda duty: duty.due_at)


def rolled_to(desk: Desk, at: str) -> rollover.Rolled:
    """Let time pass and roll over."""
    set_clock(desk, at)
    return rollover.roll_over(desk)


def complained(desk: Desk) -> Complaint:
    """Let finance complain about sales."""
    return complaints.lodge(desk, who(desk, "chen.jing"), "sales", "The sheets come late every week.")


TAKERS = {
    Stage.JUDGE: "li.na",
    Stage.NAME: "li.na",
    Stage.ANALYSE: "liu.yang",
    Stage.PROPOSE: "liu.yang",
    Stage.APPROVE: "zhou.min",
    Stage.CARRY_OUT: "liu.yang",
    Stage.EVALUATE: "chen.jing",
}


STEPS: dict[Stage, Callable[[Desk, Actor, str], Complaint]] = {
    Stage.JUDGE: lambda desk, actor, id: complaints.judge(desk, actor, id, founded=True, reason="so it is"),
    Stage.NAME: lambda desk, actor, id: complaints.name(desk, actor, id, "service", "they hold the papers"),
    Stage.ANALYSE: lambda desk, actor, id: complaints.analyse(desk, actor, id, "workload", "too few"),
    Stage.PROPOSE: lambda desk, actor, id: complaints.propose(desk, actor, id, "a second person on Mondays"),
    Stage.APPROVE: lambda desk, actor, id: complaints.approve(desk, actor, id, approved=True, reason="good"),
    Stage.CARRY_OUT: lambda desk, actor, id: complaints.carry_out(desk, actor, id, "done since the 1st"),
    Stage.EVALUATE: lambda desk, actor, id: complaints.evaluate(desk, actor, id, 3, "much better"),
}


def step_complaint(desk: Desk, complaint: Complaint, stage: Stage, person: str = "") -> Complaint:
    """Take a step, as the person who usually does."""
    return STEPS[stage](desk, who(desk, person or TAKERS[stage]), complaint.id)


def complaint_at(desk: Desk, stage: Stage) -> Complaint:
    """Bring a complaint to the point at which it waits for a step."""
    complaint = complained(desk)
    for one in ORDER[1 : ORDER.index(stage)]:
        complaint = step_complaint(desk, complaint, one)
    return complaint
