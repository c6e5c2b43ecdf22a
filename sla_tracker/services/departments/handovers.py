"""Use cases of hand-overs: offer a duty, consent, refuse, withdraw."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.request_terms import Limit, RequestTerms
from sla_tracker.domain.deadlines.due import DueRule, InWorkdays, deadline_after
from sla_tracker.domain.duties import transitions
from sla_tracker.domain.duties.duty import Duty, Opened, State
from sla_tracker.domain.duties.handover import Offer, OfferState, decided
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.transitions import Move, reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Overtaken, Refused, UsageError, Who
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import in_open_month
from sla_tracker.services.duties.saving import save_duty
from sla_tracker.services.duties.waits import undelivered_since
from sla_tracker.services.lookup.references import existing, must_not_be_sealed, new_id
from sla_tracker.services.ports import Reading, Writing

MOST_WORKDAYS = 60  # the longest time limit of a hand-over


def offer(
    context: ServiceContext, actor: Actor, duty_id: str, taker: str, *, reason: str, within: int | None = None
) -> Offer:
    """Offer a duty to another department, due `within` workdays after its consent.

    Until it consents nothing changes: the duty stays owed and its deadline stands.
    """
    department = context.catalogue.department(taker)
    workdays = context.settings.hand_over_within if within is None else within
    if not 1 <= workdays <= MOST_WORKDAYS:
        raise UsageError(N_("A hand-over gives 1 to {most} workdays."), most=MOST_WORKDAYS)
    must_not_be_sealed(context, Duty, duty_id)

    def work(tx: Writing, now: datetime) -> Offer:
        duty = existing(tx, Duty, duty_id)
        context.require(actor, Right.HAND_OVER, now, provider=duty.provider, consumer=duty.consumer)
        transitions.after(duty, Move.HAND_OVER)
        _check_taker(tx, context, duty, department.id)
        made = Offer(
            id=new_id(now),
            duty=duty.id,
            giver=duty.provider,
            taker=department.id,
            asked_at=now,
            asked_by=actor.id,
            reason=reason_given(reason),
            within=workdays,
        )
        tx.put(made)
        return made

    return context.write(actor, Verb.OFFERED_HAND_OVER, work, reason)


def _check_taker(tx: Reading, context: ServiceContext, duty: Duty, taker: str) -> None:
    if taker in {duty.provider, duty.consumer}:
        raise Refused(
            N_(
                "A duty is handed over to a third department, neither who owes it nor who is owed; assign it instead."
            )
        )
    for other in tx.find(Offer, duty=duty.id, state=OfferState.ASKED):
        asked = context.catalogue.departments.get(other.taker)
        raise Overtaken(
            N_("“{title}” ({ref}) was already offered to {taker} by {by} at {at}."),
            title=duty.title,
            ref=duty.reference,
            taker=asked.name if asked else other.taker,
            by=Who(other.asked_by),
            at=other.asked_at,
        )


def consent(context: ServiceContext, actor: Actor, offer_id: str) -> tuple[Duty, Duty]:
    """Accept an offer; returns the duty handed over and the new duty linked to it."""

    def work(tx: Writing, now: datetime) -> tuple[Duty, Duty]:
        made = existing(tx, Offer, offer_id)
        context.require(actor, Right.CONSENT, now, provider=made.taker)
        taken = decided(made, OfferState.CONSENTED, answer="", by=actor.id, now=now)
        duty = existing(tx, Duty, made.duty)
        linked = _linked(context, tx, duty, made, now)
        tx.put(replace(taken, linked=linked.id))
        given = transitions.handed_over(duty, to=linked.id, now=now)
        tx.put(linked)
        _follow_request(tx, given, linked)
        return save_duty(context, tx, given), save_duty(context, tx, linked)

    return context.write(actor, Verb.HANDED_OVER, work)


def _linked(context: ServiceContext, tx: Reading, duty: Duty, made: Offer, now: datetime) -> Duty:
    rule = InWorkdays(workdays=made.within)
    deadline = deadline_after(rule, now, context.calendar_of(made.taker))
    linked = replace(
        duty,
        id=new_id(now),
        key=f"hand-over/{made.id}",
        provider=made.taker,
        terms=replace(
            duty.terms, due=rule, opened=Opened.HAND_OVER, calendar="", request=_own_clock(duty, rule)
        ),
        opened_at=now,
        opened_from=made.giver,
        deadline=deadline,
        due_at=deadline.due_at,
        month=f"{deadline.nominal_on:%Y-%m}",
        state=State.OPEN,
        granted=None,
        assignee="",
        holds=(),
        earliest=None,
        updates=(),
        excuses=(),
        waits=(),
        deliveries=(),
        waiver=None,
        cause="",
        cause_note="",
        opened_late=False,
        short_notice=False,
        carried=False,
        handed_from=duty.id,
        undelivered_since_at=undelivered_since(duty),
        # Its clock is its own, whatever time the event has; whether it is owed at all is still to be decided.
        event_time=None,
        event_changes=tuple(change for change in duty.event_changes if not change.sets_time),
        # What is objected to is decided on with the duty that is judged by it, and follows then.
        field_changes=tuple(change for change in duty.field_changes if not change.is_pending),
    )
    return in_open_month(tx, linked)


def _own_clock(duty: Duty, rule: DueRule) -> RequestTerms | None:
    """Return what the new duty keeps of a request: its fields and its updates.

    The limits of the first department do not bind the new one.
    """
    terms = duty.terms.request
    if terms is None:
        return None
    kept = RequestTerms(usual=Limit(due=rule), fields=terms.fields, updates_every=terms.updates_every)
    return kept if kept.is_special else None


def _follow_request(tx: Writing, given: Duty, linked: Duty) -> None:
    request = tx.get(Request, given.request) if given.request else None
    if request is not None:
        tx.put(replace(request, duty=linked.id))


def refuse(context: ServiceContext, actor: Actor, offer_id: str, answer: str) -> Offer:
    """Refuse an offer with a reason; the duty stays with its department."""

    def work(tx: Writing, now: datetime) -> Offer:
        made = existing(tx, Offer, offer_id)
        context.require(actor, Right.CONSENT, now, provider=made.taker)
        changed = decided(made, OfferState.REFUSED, answer=reason_given(answer), by=actor.id, now=now)
        tx.put(changed)
        return changed

    return context.write(actor, Verb.REFUSED_HAND_OVER, work, answer)


def withdraw(context: ServiceContext, actor: Actor, offer_id: str) -> Offer:
    """Withdraw an offer that is not decided yet."""

    def work(tx: Writing, now: datetime) -> Offer:
        made = existing(tx, Offer, offer_id)
        context.require(actor, Right.HAND_OVER, now, provider=made.giver)
        changed = decided(made, OfferState.WITHDRAWN, answer="", by=actor.id, now=now)
        tx.put(changed)
        return changed

    return context.write(actor, Verb.WITHDREW_HAND_OVER, work)


def pending(context: ServiceContext, department: str) -> list[Offer]:
    """Return a department's undecided offers, made and received, oldest first."""

    def work(tx: Reading) -> list[Offer]:
        asked = tx.find(Offer, taker=department, state=OfferState.ASKED)
        made = tx.find(Offer, giver=department, state=OfferState.ASKED)
        return sorted((*asked, *made), key=lambda one: one.asked_at)

    return context.store.read(work)
