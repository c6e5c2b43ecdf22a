"""Use cases while a request is open: tick papers, tell how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import OWED, Duty, Note, Paper
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Choices, IllegalTransition, Refused, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.open_requests.clocks import request_terms_of
from sla_tracker.services.open_requests.recounting import recounted
from sla_tracker.services.ports import Reading, Writing


def tick_papers(
    context: ServiceContext, actor: Actor, duty_id: str, ids: Sequence[str], at: datetime | None = None
) -> Duty:
    """Note that papers are there, as either side.

    The last paper starts the settle clock. `at` is when they came, if that was earlier; it also corrects a later time.
    What the other side than the provider tells like this must not lie before the request, and gives the provider the
    grace of a late registration. Raises Refused for a duty that waits for none, UsageError for a paper that it does not
    ask for or an impossible time.
    """

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        _must_be_owed(duty)
        check_papers(duty, ids)
        is_outside = actor.department != duty.provider
        if at is not None:
            _check_arrival(tx, duty, at, now, is_outside=is_outside)
        came_at = at or now
        known = {paper.id: paper for paper in duty.papers}
        told_at = now if at is not None and is_outside else None
        ticked = {
            id: Paper(id=id, at=came_at, by=actor.id, told_at=told_at)
            for id in dict.fromkeys(ids)
            if id not in known or came_at < known[id].at
        }
        if not ticked:
            raise UsageError(N_("These papers are ticked already: nothing would change."))
        kept = tuple(paper for paper in duty.papers if paper.id not in ticked)
        return recounted(context, tx, replace(duty, papers=(*kept, *ticked.values())))

    return apply(context, actor, duty_id, DutyAction(Right.TICK_PAPER, Verb.TICKED_PAPER, step))


def _check_arrival(tx: Reading, duty: Duty, at: datetime, now: datetime, *, is_outside: bool) -> None:
    """Raise UsageError for a time at which papers cannot have come."""
    if at > now:
        raise UsageError(N_("Papers cannot have come at {at}, which lies ahead."), at=at)
    request = tx.get(Request, duty.request)
    if is_outside and request is not None and at < request.requested_at:
        raise UsageError(
            N_("Papers count from the request on, which was made at {requested}; {at} lies before it."),
            requested=request.requested_at,
            at=at,
        )


def check_papers(duty: Duty, ids: Sequence[str]) -> None:
    """Raise for papers that a duty does not ask for."""
    papers = {paper.id: paper.label for paper in request_terms_of(duty).papers}
    if not papers:
        raise Refused(N_("“{title}” ({ref}) waits for no papers."), title=duty.title, ref=duty.reference)
    for id in ids:
        if id not in papers:
            raise UsageError(
                N_("There is no paper “{name}”; the papers are {known}."), name=id, known=Choices(papers)
            )


def tell_update(context: ServiceContext, actor: Actor, duty_id: str, text: str) -> Duty:
    """Record how an open request stands, as the provider.

    The limit of the next update counts from this one.
    """

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        _must_be_owed(duty)
        if request_terms_of(duty).updates_every is None:
            raise Refused(
                N_("“{title}” ({ref}) promises no updates; write a note (sla note)."),
                title=duty.title,
                ref=duty.reference,
            )
        return replace(duty, updates=(*duty.updates, Note(at=now, by=actor.id, text=reason_given(text))))

    return apply(context, actor, duty_id, DutyAction(Right.UPDATE_REQUEST, Verb.UPDATED, step))


def _must_be_owed(duty: Duty) -> None:
    if duty.state not in OWED:
        raise IllegalTransition(
            N_("“{title}” ({ref}) is not open any more."), title=duty.title, ref=duty.reference
        )
