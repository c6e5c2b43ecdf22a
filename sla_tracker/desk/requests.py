"""Use cases of requests: ask, answer, withdraw; settling follows the duty."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sla_tracker.core import request as steps
from sla_tracker.core import transitions
from sla_tracker.core.duty import OWED, Duty, State
from sla_tracker.core.obligation import Obligation, OnRequest
from sla_tracker.core.people import Actor
from sla_tracker.core.request import Request, RequestState
from sla_tracker.core.subject import LONGEST_SUBJECT, subject_key
from sla_tracker.core.triggers import granted_by_request
from sla_tracker.desk.access import Right, require
from sla_tracker.desk.desk import Desk, existing, new_id
from sla_tracker.desk.opening import open_for_request
from sla_tracker.desk.ports import Writing
from sla_tracker.errors import N_, Refused, UsageError


def ask(
    desk: Desk,
    actor: Actor,
    obligation_id: str,
    *,
    subject: str = "",
    text: str = "",
    wanted_at: datetime | None = None,
) -> tuple[Request, Duty]:
    """Record a request of the actor's department and open the duty that settles it; both clocks start now."""
    obligation = desk.catalogue.obligation(obligation_id)
    trigger = _requestable(obligation)
    require(actor, Right.ASK, provider=obligation.provider, consumer=obligation.consumer)
    if len(subject) > LONGEST_SUBJECT:
        raise UsageError(N_("A subject has at most {limit} characters."), limit=LONGEST_SUBJECT)

    def work(tx: Writing, now: datetime) -> tuple[Request, Duty]:
        calendar = desk.calendar_of(obligation.provider, obligation.calendar)
        settle, answer = granted_by_request(trigger, now, wanted_at, calendar)
        request = Request(
            id=new_id(now),
            obligation=obligation.id,
            provider=obligation.provider,
            consumer=obligation.consumer,
            subject=subject.strip(),
            subject_key=subject_key(subject),
            text=text.strip(),
            requested_at=now,
            requested_by=actor.id,
            wanted_at=wanted_at,
            answer_due_at=answer.due_at if answer else None,
        )
        duty = open_for_request(desk, tx, request, obligation, trigger, settle, now)
        request = replace(request, duty=duty.id)
        tx.put(request)
        return request, duty

    return desk.write(actor, "requested", work)


def _requestable(obligation: Obligation) -> OnRequest:
    for trigger in obligation.triggers:
        if isinstance(trigger, OnRequest):
            return trigger
    raise Refused(
        N_("“{title}” cannot be asked for: it opens by the calendar or by an event."), title=obligation.title
    )


def answer(desk: Desk, actor: Actor, duty_id: str, text: str) -> Duty:
    """Record the provider's first answer to a request; stops the answer clock."""

    def work(tx: Writing, now: datetime) -> Duty:
        duty = existing(tx, Duty, duty_id)
        require(actor, Right.ANSWER, provider=duty.provider, consumer=duty.consumer)
        if not duty.request:
            raise Refused(
                N_("“{title}” was not asked for by a request; there is nothing to answer."), title=duty.title
            )
        request = existing(tx, Request, duty.request)
        tx.put(steps.answered(request, answer=text.strip(), now=now, by=actor.id))
        changed = replace(duty, answered_at=now, assignee=duty.assignee or actor.id)
        tx.put(changed)
        return changed

    return desk.write(actor, "answered", work)


def withdraw(desk: Desk, actor: Actor, request_id: str, reason: str) -> Request:
    """Withdraw a request that is not settled yet; its duty is cancelled."""

    def work(tx: Writing, now: datetime) -> Request:
        request = existing(tx, Request, request_id)
        require(actor, Right.WITHDRAW_REQUEST, provider=request.provider, consumer=request.consumer)
        changed = steps.withdrawn(request, reason=reason)
        tx.put(changed)
        duty = tx.get(Duty, request.duty)
        if duty is not None and duty.is_live:
            tx.put(transitions.cancelled(duty, now=now))
        return changed

    return desk.write(actor, "withdrew_request", work, reason)


def settle_request(tx: Writing, duty: Duty) -> None:
    """Let a request follow its duty: settled by a delivery, answered again once that is returned or taken back."""
    request = tx.get(Request, duty.request) if duty.request else None
    if request is None or request.state is RequestState.WITHDRAWN:
        return
    if duty.state in OWED and request.state is RequestState.SETTLED:
        tx.put(steps.reopened(request))
    elif duty.state in {State.DELIVERED, State.ACCEPTED} and request.state is not RequestState.SETTLED:
        last = duty.delivery
        if last is not None:
            tx.put(steps.settled(request, now=last.at))
