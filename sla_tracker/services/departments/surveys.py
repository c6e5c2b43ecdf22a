"""Use cases of the quarterly survey: providers to rate, answers, gap scores."""

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

ANONYMOUS = ""  # person id stored with an anonymous answer


def quarter_now(context: ServiceContext) -> str:
    """Return the current quarter in the deployment's time zone."""
    return quarter_of(context.now().astimezone(context.settings.zone).date())


def asked(context: ServiceContext, actor: Actor) -> list[str]:
    """Return the providers that the actor has not rated yet in this quarter.

    In anonymous surveys the actor's answers are not known: a provider is listed until there are as many answers as
    members of the department.
    """
    quarter = quarter_now(context)
    providers = sorted(
        {
            one.provider
            for one in context.catalogue.in_force()
            if actor.department in one.owed_to(tuple(context.catalogue.departments))
        }
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
    """Store an answer about a provider.

    Expectation and perception (1 to 7) per dimension.

    In anonymous surveys neither the answer nor the history names a person. Raises Overtaken for a second answer.
    """
    department = context.catalogue.department(provider)
    chosen = dict(context.settings.survey_weights if weights is None else weights)
    check_answers(marks, chosen, comment)
    anonymous = context.settings.survey_anonymous
    quarter = quarter_now(context)

    def work(tx: Writing, now: datetime) -> Answer:
        context.require(actor, Right.SURVEY, now, consumer=actor.department)
        if not any(
            one.provider == department.id
            and actor.department in one.owed_to(tuple(context.catalogue.departments))
            for declared in context.catalogue.obligations
            for one in context.catalogue.bound(declared)
        ):
            raise Refused(N_("{department} owes your department nothing."), department=department.name)
        if _is_complete(context, tx, actor, quarter, department.id):
            raise Overtaken(N_("This survey was already answered for {quarter}."), quarter=quarter)
        given = Answer(
            id=str(uuid4()),  # random: a time-ordered id would show when an anonymous answer was given
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
    """Return the gap scores of each pair of departments in a quarter.

    Pairs with fewer answers than the deployment's minimum get no figures.
    """

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
