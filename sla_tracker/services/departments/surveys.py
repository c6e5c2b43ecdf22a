"""Use cases of the quarterly survey: which providers a person is asked about, the answers, the gap scores."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from sla_tracker.domain.measures.survey import Answer, Dimension, Gaps, Mark, check_answers, gaps, quarter_of
from sla_tracker.domain.people import Actor, Role
from sla_tracker.errors import N_, Overtaken, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing

ANONYMOUS = ""


def quarter_now(context: ServiceContext) -> str:
    """Return the present quarter in the deployment's zone."""
    return quarter_of(context.now().astimezone(context.settings.zone).date())


def asked(context: ServiceContext, actor: Actor) -> list[str]:
    """Return the providers of the actor's department about which the actor has not answered in this quarter.

    Where surveys are anonymous nobody knows who has answered; a provider is asked about until every member could have.
    """
    quarter = quarter_now(context)
    providers = sorted(
        {one.provider for one in context.catalogue.in_force() if one.consumer == actor.department}
    )

    def work(tx: Reading) -> list[str]:
        return [one for one in providers if not _is_complete(context, tx, actor, quarter, one)]

    return context.store.read(work)


def _is_complete(context: ServiceContext, tx: Reading, actor: Actor, quarter: str, provider: str) -> bool:
    given = tx.find(Answer, quarter=quarter, consumer=actor.department, provider=provider)
    if context.settings.survey_anonymous:
        return len(given) >= _members(context, actor.department)
    return any(one.by == actor.id for one in given)


def _members(context: ServiceContext, department: str) -> int:
    return sum(
        person.department == department and person.role is not Role.READER
        for person in context.people.values()
    )


def answer(
    context: ServiceContext,
    actor: Actor,
    provider: str,
    marks: Mapping[Dimension, Mark],
    *,
    weights: Mapping[Dimension, int] | None = None,
    comment: str = "",
) -> Answer:
    """Answer this quarter's survey about a provider: expectation and perception per dimension, from 1 to 7.

    Where surveys are anonymous neither the answer nor the history names anybody. Raises Overtaken for a second answer.
    """
    department = context.catalogue.department(provider)
    chosen = dict(context.settings.survey_weights if weights is None else weights)
    check_answers(marks, chosen, comment)
    anonymous = context.settings.survey_anonymous
    quarter = quarter_now(context)

    def work(tx: Writing, now: datetime) -> Answer:
        context.require(actor, Right.SURVEY, now, consumer=actor.department)
        if not any(
            one.provider == department.id and one.consumer == actor.department
            for one in context.catalogue.obligations.values()
        ):
            raise Refused(N_("{department} owes your department nothing."), department=department.name)
        if _is_complete(context, tx, actor, quarter, department.id):
            raise Overtaken(N_("This survey was already answered for {quarter}."), quarter=quarter)
        given = Answer(
            id=str(uuid4()),
            quarter=quarter,
            consumer=actor.department,
            provider=department.id,
            marks=dict(marks),
            weights=chosen,
            comment=comment.strip(),
            by=ANONYMOUS if anonymous else actor.id,
            answered_at=None if anonymous else now,
        )
        tx.put(given)
        return given

    return context.write(None if anonymous else actor, "answered_survey", work)


def results(context: ServiceContext, quarter: str) -> list[Gaps]:
    """Return the gap scores of every pair of departments in a quarter, none below the minimum of answers."""

    def work(tx: Reading) -> list[Gaps]:
        given = tx.find(Answer, quarter=quarter)
        pairs = sorted({(one.consumer, one.provider) for one in given})
        return [
            gaps(
                given,
                quarter=quarter,
                consumer=consumer,
                provider=provider,
                minimum=context.settings.survey_minimum,
            )
            for consumer, provider in pairs
        ]

    return context.store.read(work)
