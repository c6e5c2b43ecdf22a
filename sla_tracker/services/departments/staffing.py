"""Gives a person's open duties to somebody else, when the person moves or leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import BatchResult, DutyAction, apply_to_many
from sla_tracker.services.ports import Writing


def owed_duties_with(context: ServiceContext, person_id: str) -> Sequence[Duty]:
    """Return the duties that a person has in hand, earliest due first.

    A delivered one waits for its consumer; if it is returned, the program puts it into the pool.
    """
    owed = context.store.read(lambda tx: tx.find(Duty, assignee=person_id, state=OWED))
    return sorted(owed, key=lambda duty: (duty.due_at, duty.id))


def pass_duties_on(context: ServiceContext, actor: Actor, person_id: str, to: str = "") -> BatchResult:
    """Give the duties of a person to another one, as one act of an administrator.

    Without another one, they go back to their departments' pools; so does a duty of a department to which the other one
    does not belong. Raises Forbidden, NotFound, Refused where both are the same person.
    """
    context.require(actor, Right.ADMINISTER, context.now())
    other = context.person(to) if to else None
    if other is not None and other.id == person_id:
        raise Refused(N_("Name somebody else; {person} is the one who goes."), person=other.name)

    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        takes = other is not None and other.department == duty.provider
        return transitions.assigned(duty, other.id if other is not None and takes else "")

    ids = [duty.id for duty in owed_duties_with(context, person_id)]
    return apply_to_many(context, actor, ids, DutyAction(Right.ADMINISTER, Verb.ASSIGNED, step))
