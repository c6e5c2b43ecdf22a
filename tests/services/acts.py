"""Short ways to bring a context into a situation."""

from __future__ import annotations

from collections.abc import Callable

from sla_tracker.domain.duties.complaint import ORDER, Complaint, Stage
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.people import Actor
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import complaints
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.services.lookup.references import existing
from sla_tracker.testing.company import an_actor, local, set_clock

TICKED = {"sheet": "yes"}


def who(context: ServiceContext, person: str) -> Actor:
    """Let a person act."""
    return an_actor(context, person)


def opened(
    context: ServiceContext,
    at: str = "2026-11-20 10:00",
    *,
    by: str = "wang.fang",
    subject: str = "鄂F·12345",
    **fields: str,
) -> dict[str, Duty]:
    """Register the delivery of a vehicle and return the duties it opened, by obligation."""
    done = events.register(
        context, who(context, by), "vehicle-delivered", subject=subject, at=local(at), fields=fields
    )
    return {duty.obligation: duty for duty in done.opened}


def sheet(context: ServiceContext, at: str = "2026-11-20 10:00", **registration: str) -> Duty:
    """Open a decoration sheet, due three days later."""
    return opened(context, at, **registration)["decoration-sheet"]


def delivered(context: ServiceContext, **registration: str) -> Duty:
    """Open a decoration sheet and deliver it at once."""
    return operations.deliver(context, who(context, "wang.fang"), sheet(context, **registration).id, TICKED)


def stored(context: ServiceContext, duty: Duty) -> Duty:
    """Return a duty as it is stored now."""
    return context.store.read(lambda tx: existing(tx, Duty, duty.id))


def stored_request(context: ServiceContext, request: Request) -> Request:
    """Return a request as it is stored now."""
    return context.store.read(lambda tx: existing(tx, Request, request.id))


def stored_complaint(context: ServiceContext, complaint: Complaint) -> Complaint:
    """Return a complaint as it is stored now."""
    return context.store.read(lambda tx: existing(tx, Complaint, complaint.id))


def live(context: ServiceContext, obligation: str) -> list[Duty]:
    """Return every stored duty of an obligation, soonest due first."""
    found = context.store.read(lambda tx: tx.find(Duty, obligation=obligation))
    return sorted(found, key=lambda duty: duty.due_at)


def rolled_to(context: ServiceContext, at: str) -> scheduler.TickResult:
    """Let time pass and roll over."""
    set_clock(context, at)
    return scheduler.tick(context)


def complained(context: ServiceContext) -> Complaint:
    """Let finance complain about sales."""
    return complaints.lodge(context, who(context, "chen.jing"), "sales", "The sheets come late every week.")


TAKERS = {
    Stage.JUDGE: "wu.di",
    Stage.NAME: "wu.di",
    Stage.ANALYSE: "liu.yang",
    Stage.PROPOSE: "liu.yang",
    Stage.APPROVE: "zhou.min",
    Stage.CARRY_OUT: "liu.yang",
    Stage.EVALUATE: "chen.jing",
}


STEPS: dict[Stage, Callable[[ServiceContext, Actor, str], Complaint]] = {
    Stage.JUDGE: lambda context, actor, id: complaints.judge(
        context, actor, id, founded=True, reason="so it is"
    ),
    Stage.NAME: lambda context, actor, id: complaints.name(
        context, actor, id, "service", "they hold the papers"
    ),
    Stage.ANALYSE: lambda context, actor, id: complaints.analyse(context, actor, id, "workload", "too few"),
    Stage.PROPOSE: lambda context, actor, id: complaints.propose(
        context, actor, id, "a second person on Mondays"
    ),
    Stage.APPROVE: lambda context, actor, id: complaints.approve(
        context, actor, id, approved=True, reason="good"
    ),
    Stage.CARRY_OUT: lambda context, actor, id: complaints.carry_out(
        context, actor, id, "done since the 1st"
    ),
    Stage.EVALUATE: lambda context, actor, id: complaints.evaluate(context, actor, id, 3, "much better"),
}


def step_complaint(
    context: ServiceContext, complaint: Complaint, stage: Stage, person: str = ""
) -> Complaint:
    """Take a step, as the person who usually does."""
    return STEPS[stage](context, who(context, person or TAKERS[stage]), complaint.id)


def complaint_at(context: ServiceContext, stage: Stage) -> Complaint:
    """Bring a complaint to the point at which it waits for a step."""
    complaint = complained(context)
    for one in ORDER[1 : ORDER.index(stage)]:
        complaint = step_complaint(context, complaint, one)
    return complaint
