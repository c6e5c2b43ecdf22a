"""Use cases of a duty: take, assign, fill in, deliver, accept, return, note."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sla_tracker.core import transitions
from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Actor
from sla_tracker.desk.access import Right, require
from sla_tracker.desk.desk import Desk, existing
from sla_tracker.desk.excuses import excused
from sla_tracker.desk.ports import Writing
from sla_tracker.desk.requests import settle_request
from sla_tracker.errors import N_, Incomplete, Overtaken, Refused, UsageError


def _step(
    desk: Desk,
    actor: Actor,
    right: Right,
    what: str,
    duty_id: str,
    step: Callable[[Writing, Duty, datetime], Duty],
    reason: str = "",
) -> Duty:
    """Run one step on one duty in one transaction, after asking whether the actor may."""

    def work(tx: Writing, now: datetime) -> Duty:
        duty = existing(tx, Duty, duty_id)
        require(actor, right, provider=duty.provider, consumer=duty.consumer)
        changed = step(tx, duty, now)
        if changed != duty:
            tx.put(changed)
            settle_request(tx, changed)
        return changed

    return desk.write(actor, what, work, reason)


def take(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Take a duty from the department's pool; raises Overtaken when somebody else has it."""

    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        if duty.assignee and duty.assignee != actor.id:
            raise Overtaken(
                N_("“{title}” ({ref}) is already with {person}; their head can assign it to you."),
                title=duty.title,
                ref=duty.reference,
                person=desk.people[duty.assignee].name if duty.assignee in desk.people else duty.assignee,
            )
        return transitions.assigned(duty, actor.id)

    return _step(desk, actor, Right.TAKE, "took", duty_id, step)


def release(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Put one's own duty back into the department's pool."""

    def step(_tx: Writing, duty: Duty, _now: datetime) -> Duty:
        if duty.assignee != actor.id:
            require(actor, Right.ASSIGN, provider=duty.provider, consumer=duty.consumer)
        return transitions.assigned(duty, "")

    return _step(desk, actor, Right.TAKE, "released", duty_id, step)


def assign(desk: Desk, actor: Actor, duty_id: str, person_id: str) -> Duty:
    """Assign a duty to a member of the provider; one's own may be passed on, others' takes the head."""
    person = desk.person(person_id)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        if duty.assignee != actor.id:
            require(actor, Right.ASSIGN, provider=duty.provider, consumer=duty.consumer)
        today = now.astimezone(desk.settings.zone).date()
        if person.department != duty.provider or (person.left_on and person.left_on <= today):
            raise Refused(
                N_("{person} is not in {department}, which owes this; choose one of its members."),
                person=person.name,
                department=desk.catalogue.department(duty.provider).name,
            )
        return transitions.assigned(duty, person.id)

    return _step(desk, actor, Right.TAKE, "assigned", duty_id, step)


def fill_in(desk: Desk, actor: Actor, duty_id: str, evidence: Mapping[str, str]) -> Duty:
    """Keep evidence that is there already, without delivering yet; a blank value clears an item."""
    return _step(
        desk,
        actor,
        Right.DELIVER,
        "filled_in",
        duty_id,
        lambda _tx, duty, _now: transitions.drafted(duty, evidence),
    )


def note(desk: Desk, actor: Actor, duty_id: str, text: str) -> Duty:
    """Write a note on a duty; both sides may."""
    return _step(
        desk,
        actor,
        Right.NOTE,
        "noted",
        duty_id,
        lambda _tx, duty, now: transitions.noted(duty, text, by=actor.id, now=now),
    )


def deliver(
    desk: Desk,
    actor: Actor,
    duty_id: str,
    evidence: Mapping[str, str] | None = None,
    *,
    note: str = "",
    claimed_at: datetime | None = None,
) -> Duty:
    """Deliver a duty with its evidence, complete.

    Raises Incomplete naming what is missing, Overtaken when somebody was first, and Refused when a plugin's
    review finds problems. The review runs before the transaction, on frozen values.
    """
    given = dict(evidence or {})
    _review(desk, duty_id, given)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        verdict_calendar = desk.calendar_of(duty.consumer)
        limit = verdict_calendar.close_of(
            verdict_calendar.shift_workdays(verdict_calendar.local_date(now), duty.terms.accept_within)
        )
        return transitions.delivered(
            duty, given, by=actor.id, now=now, accept_by_at=limit, note=note, claimed_at=claimed_at
        )

    return _step(desk, actor, Right.DELIVER, "delivered", duty_id, step)


def _review(desk: Desk, duty_id: str, given: Mapping[str, str]) -> None:
    duty = desk.store.read(lambda tx: existing(tx, Duty, duty_id))
    problems = desk.review(duty, {**duty.draft, **given})
    if problems:
        raise Incomplete(
            N_("“{title}” cannot be delivered yet:"),
            tuple(UsageError(N_("{problem}"), problem=problem) for problem in problems),
            title=duty.title,
        )


def take_back(desk: Desk, actor: Actor, duty_id: str) -> Duty:
    """Take back a delivery that nobody has judged yet."""
    return _step(
        desk, actor, Right.DELIVER, "took_back", duty_id, lambda _tx, duty, _now: transitions.withdrawn(duty)
    )


def accept(desk: Desk, actor: Actor, duty_id: str, *, confirm_claim: bool = False) -> Duty:
    """Accept a delivery; `confirm_claim` confirms the earlier time the provider claims."""
    return _step(
        desk,
        actor,
        Right.JUDGE,
        "accepted",
        duty_id,
        lambda _tx, duty, now: transitions.accepted(duty, by=actor.id, now=now, confirm_claim=confirm_claim),
    )


def return_(desk: Desk, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Return a delivery with a reason; the duty is open again, and the time it was held is excused."""

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        return excused(desk, tx, transitions.returned(duty, reason, by=actor.id, now=now))

    return _step(desk, actor, Right.JUDGE, "returned", duty_id, step, reason)
