"""Use cases while a request is open: tick papers, tell how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.duties.duty import OWED, Duty, Note, Paper
from sla_tracker.domain.duties.transitions import reason_given
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, Choices, IllegalTransition, Refused, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.actions import DutyAction, apply
from sla_tracker.services.open_requests.clocks import request_terms_of
from sla_tracker.services.open_requests.recounting import recounted
from sla_tracker.services.ports import Writing


def tick_papers(context: ServiceContext, actor: Actor, duty_id: str, ids: Sequence[str]) -> Duty:
    """Note that papers are there, as either side; with the last one the settle clock starts.

    Raises Refused for a duty that waits for none, UsageError for a paper that it does not ask for.
    """

    def step(tx: Writing, duty: Duty, now: datetime) -> Duty:
        _must_be_owed(duty)
        check_papers(duty, ids)
        missing = [id for id in dict.fromkeys(ids) if id in duty.missing_papers]
        if not missing:
            raise UsageError(N_("These papers are ticked already: nothing would change."))
        ticked = tuple(Paper(id=id, at=now, by=actor.id) for id in missing)
        return recounted(context, tx, replace(duty, papers=(*duty.papers, *ticked)))

    return apply(context, actor, duty_id, DutyAction(Right.TICK_PAPER, "ticked_paper", step))


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
    """Record how an open request stands, as the provider; the next update counts from it."""

    def step(_tx: Writing, duty: Duty, now: datetime) -> Duty:
        _must_be_owed(duty)
        if request_terms_of(duty).updates_every is None:
            raise Refused(
                N_("“{title}” ({ref}) promises no updates; write a note (sla note)."),
                title=duty.title,
                ref=duty.reference,
            )
        return replace(duty, updates=(*duty.updates, Note(at=now, by=actor.id, text=reason_given(text))))

    return apply(context, actor, duty_id, DutyAction(Right.UPDATE_REQUEST, "updated", step))


def _must_be_owed(duty: Duty) -> None:
    if duty.state not in OWED:
        raise IllegalTransition(
            N_("“{title}” ({ref}) is not open any more."), title=duty.title, ref=duty.reference
        )
