"""Use cases of a duty, such as take, assign, deliver, accept and return.

What can be done to several duties at once has a function `*_action`, for `actions.apply_to_many`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time

from sla_tracker.domain.deadlines.due import deadline_after, precedes_event
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import Duty, State, limit_missed_by
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Incomplete, NeedsConfirmation, Overtaken, Refused, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.duties.current_deadline import in_open_month, recomputed
from sla_tracker.services.ports import Reading, Writing


def take(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """Take a duty from the pool, or as the absent assignee's deputy; raises Overtaken."""
    return apply(context, actor, duty_id, take_action(context, actor))


def take_action(context: ServiceContext, actor: Actor) -> DutyAction:
    """Return the action of taking a duty."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        if (
            duty.assignee
            and duty.assignee != actor.id
            and not _is_deputy_of(context, actor, duty.assignee, now)
        ):
            raise Overtaken(
                N_("“{title}” ({ref}) is already with {person}; their head can assign it to you."),
                title=duty.title,
                ref=duty.reference,
                person=context.name_of(duty.assignee),
            )
        return transitions.assigned(duty, actor.id)

    return DutyAction(Right.TAKE, Verb.TOOK, step)


def _is_deputy_of(context: ServiceContext, actor: Actor, person_id: str, now: datetime) -> bool:
    person = context.people.get(person_id)
    today = now.astimezone(context.settings.zone).date()
    return person is not None and person.deputy == actor.id and person.is_away(today)


def release(context: ServiceContext, actor: Actor, duty_id: str) -> Duty:
    """Put one's own duty back into the department's pool."""
    return apply(context, actor, duty_id, release_action(context, actor))


def release_action(context: ServiceContext, actor: Actor) -> DutyAction:
    """Return the action of putting a duty back into the pool."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        if not duty.assignee:
            raise Overtaken(
                N_("“{title}” ({ref}) is in the department's pool already."),
                title=duty.title,
                ref=duty.reference,
            )
        require_own_or_head(context, actor, duty, now)
        return transitions.assigned(duty, "")

    return DutyAction(Right.TAKE, Verb.RELEASED, step)


def assign(context: ServiceContext, actor: Actor, duty_id: str, person_id: str) -> Duty:
    """Assign a duty to a member of the provider; others' duties only as the head."""
    return apply(context, actor, duty_id, assign_action(context, actor, person_id))


def assign_action(context: ServiceContext, actor: Actor, person_id: str) -> DutyAction:
    """Return the action of assigning to a person; raises NotFound."""
    person = context.person(person_id)

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        require_own_or_head(context, actor, duty, now)
        today = now.astimezone(context.settings.zone).date()
        if person.department != duty.provider or not person.is_here(today):
            provider = context.catalogue.departments.get(duty.provider)
            raise Refused(
                N_("{person} is not in {department}, which owes this; choose one of its members."),
                person=person.name,
                department=provider.name if provider else duty.provider,
            )
        return transitions.assigned(duty, person.id)

    return DutyAction(Right.TAKE, Verb.ASSIGNED, step)


def require_own_or_head(context: ServiceContext, actor: Actor, duty: Duty, now: datetime) -> None:
    """Raise Forbidden unless the duty is the actor's own or the actor may assign.

    Own is also a duty of somebody absent whose deputy the actor is.
    """
    if duty.assignee != actor.id and not _is_deputy_of(context, actor, duty.assignee, now):
        context.require(actor, Right.ASSIGN, now, provider=duty.provider, consumer=duty.consumer)


def fill_in(context: ServiceContext, actor: Actor, duty_id: str, evidence: Mapping[str, str]) -> Duty:
    """Save evidence without delivering; a blank value clears a field."""
    step = lambda _tx, duty, _now: transitions.drafted(duty, evidence)
    return apply(context, actor, duty_id, DutyAction(Right.DELIVER, Verb.FILLED_IN, step))


def note(context: ServiceContext, actor: Actor, duty_id: str, text: str) -> Duty:
    """Write a note on a duty; provider and consumer may."""
    return apply(context, actor, duty_id, note_action(actor, text))


def note_action(actor: Actor, text: str) -> DutyAction:
    """Return the action of writing a note."""
    step = lambda _tx, duty, now: transitions.noted(duty, text, by=actor.id, now=now)
    return DutyAction(Right.NOTE, Verb.NOTED, step)


def deliver(
    context: ServiceContext,
    actor: Actor,
    duty_id: str,
    evidence: Mapping[str, str] | None = None,
    *,
    note: str = "",
    claimed_at: datetime | None = None,
) -> Duty:
    """Deliver a duty with its complete evidence.

    Raises Incomplete with what is missing or what a plugin's review objects to, and Overtaken when another person was
    first. The review runs before the transaction; a plugin whose review fails does not stop the delivery, which is
    marked as not reviewed by it.
    """
    given = dict(evidence or {})
    return apply(
        context, actor, duty_id, deliver_action(context, actor, lambda _duty: given, note, claimed_at)
    )


def deliver_action(
    context: ServiceContext,
    actor: Actor,
    evidence: Callable[[Duty], Mapping[str, str]],
    note: str = "",
    claimed_at: datetime | None = None,
) -> DutyAction:
    """Return the action of delivering; `evidence` returns the values for a duty."""
    unreviewed: dict[str, tuple[str, ...]] = {}

    def precheck(duty: Duty) -> None:
        review = context.review(duty, {**duty.draft, **evidence(duty)})
        unreviewed[duty.id] = tuple(review.failed)
        if problems := review.objections:
            raise Incomplete(
                N_("“{title}” cannot be delivered yet:"),
                tuple(UsageError(N_("{problem}"), problem=problem) for problem in problems),
                title=duty.title,
            )

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        limit = deadline_after(duty.terms.silence, now, context.calendar_of(duty.consumer))
        return transitions.delivered(
            duty,
            evidence(duty),
            by=actor.id,
            now=now,
            accept_by_at=limit.due_at,
            note=note,
            claimed_at=claimed_at,
            earliest_at=_earliest_claim(context, tx, duty),
            not_reviewed=unreviewed.get(duty.id, ()),
        )

    return DutyAction(Right.DELIVER, Verb.DELIVERED, step, precheck=precheck)


def _earliest_claim(context: ServiceContext, tx: Reading, duty: Duty) -> datetime:
    """Return the earliest delivery that can be claimed for a duty.

    It is the time of the event, the start of the period, or the opening.
    """
    event = tx.get(Event, duty.event) if duty.event else None
    if event is not None:
        return event.registered_at if precedes_event(duty.terms.due) else event.at
    if duty.period_start is not None:
        return datetime.combine(duty.period_start, time(), context.settings.zone).astimezone(UTC)
    return duty.opened_at


def take_back(context: ServiceContext, actor: Actor, duty_id: str, *, insists: bool = False) -> Duty:
    """Take back a delivery without a verdict.

    Raises NeedsConfirmation when the duty becomes late by it, unless the actor insists.
    """
    return apply(context, actor, duty_id, take_back_action([duty_id] if insists else ()))


def take_back_action(confirmed: Iterable[str] = ()) -> DutyAction:
    """Return the action of taking a delivery back.

    `confirmed` are the duties for which the actor knows that they become late by it.
    """
    step = lambda _tx, duty, _now: transitions.withdrawn(duty)
    return DutyAction(
        Right.DELIVER,
        Verb.TOOK_BACK,
        step,
        doubt=doubt_about_taking_back,
        confirmed=frozenset(confirmed),
    )


def doubt_about_taking_back(duty: Duty, now: datetime) -> NeedsConfirmation | None:
    """Return the question before taking back a delivery that kept a passed limit."""
    if duty.state is not State.DELIVERED:
        return None
    due = limit_missed_by(duty, transitions.withdrawn(duty), now)
    if due is None:
        return None
    return NeedsConfirmation(
        N_(
            "Without the delivery “{title}” {subject} ({ref}) is late: it was due at {due}. Take it back all the same?"
        ),
        title=duty.title,
        subject=duty.subject,
        ref=duty.reference,
        due=due,
    )


def accept(context: ServiceContext, actor: Actor, duty_id: str, *, confirm_claim: bool = False) -> Duty:
    """Accept a delivery; `confirm_claim` makes the claimed earlier time count."""
    return apply(context, actor, duty_id, accept_action(context, actor, confirm_claim=confirm_claim))


def accept_action(context: ServiceContext, actor: Actor, *, confirm_claim: bool = False) -> DutyAction:
    """Return the action of accepting."""

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        last = duty.delivery
        claimed_at = last.claimed_at if last is not None else None
        if confirm_claim and (claimed_at is None or claimed_at < _earliest_claim(context, tx, duty)):
            raise Refused(
                N_("“{title}” ({ref}) claims no earlier time that could be confirmed; accept it without."),
                title=duty.title,
                ref=duty.reference,
            )
        return transitions.accepted(duty, by=actor.id, now=now, confirm_claim=confirm_claim)

    return DutyAction(Right.JUDGE, Verb.ACCEPTED, step)


def return_(context: ServiceContext, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Return a delivery with a reason; the consumer's time until then is excused."""
    return apply(context, actor, duty_id, return_action(actor, reason))


def return_action(actor: Actor, reason: str) -> DutyAction:
    """Return the action of returning."""
    step = lambda _tx, duty, now: transitions.returned(duty, reason, by=actor.id, now=now)
    return DutyAction(Right.JUDGE, Verb.RETURNED, step, reason)


def reopen(context: ServiceContext, actor: Actor, duty_id: str, reason: str) -> Duty:
    """Reopen an accepted or missed duty.

    A duty of a closed month counts in a later one. The deadline follows the calendars of today, which have not reached
    the duty while it was closed.
    """

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        again = transitions.reopened(duty, reason, by=actor.id, now=now)
        return in_open_month(tx, recomputed(context, tx, again, now, reopened=True))

    return apply(context, actor, duty_id, DutyAction(Right.REOPEN, Verb.REOPENED, step, reason))
