"""Use cases of the quarterly survey: providers to rate, answers, gap scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from random import SystemRandom
from uuid import uuid4

from sla_tracker.domain.measures.survey import (
    Answer,
    Dimension,
    Gaps,
    Mark,
    check_answers,
    gaps_about,
    quarter_of,
    quarter_start,
)
from sla_tracker.domain.people import Actor, Role
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, OutcomeUnknown, Overtaken, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import BallotBox, Reading, Writing

# Anonymous answers that are stored at once, at least: one alone would be that of who answered last.
LEAST_TOGETHER = 2
_CHANCE = SystemRandom()
ANONYMOUS = ""  # person id stored with an anonymous answer


def quarter_now(context: ServiceContext) -> str:
    """Return the current quarter in the deployment's time zone."""
    return quarter_of(context.now().astimezone(context.settings.zone).date())


def providers_of(context: ServiceContext, actor: Actor) -> list[str]:
    """Return the departments that owe something to the actor's department."""
    known = tuple(context.catalogue.departments)
    return sorted(
        {one.provider for one in context.catalogue.in_force() if actor.department in one.owed_to(known)}
    )


def asked(context: ServiceContext, actor: Actor) -> list[str]:
    """Return the providers that the actor has not rated yet in this quarter.

    Where there is no place for anonymous answers beside the store, it is not known who answered: a provider is then
    listed until there are as many answers as members of the department.
    """
    quarter = quarter_now(context)
    providers = providers_of(context, actor)

    def work(tx: Reading) -> list[str]:
        return [one for one in providers if not _is_complete(context, tx, actor, quarter, one)]

    return context.store.read(work)


def _is_complete(context: ServiceContext, tx: Reading, actor: Actor, quarter: str, provider: str) -> bool:
    given = tx.find(Answer, quarter=quarter, consumer=actor.department, provider=provider)
    if context.settings.survey_anonymous and context.ballots is None:
        return len(given) >= _members(context, actor.department)
    return any(one.by == actor.id for one in given)


def _members(context: ServiceContext, department: str) -> int:
    """Return how many people may have answered in this quarter.

    Whoever leaves in the course of it counts: an anonymous answer may be theirs, and would else be another one's.
    """
    first_on = quarter_start(context.now().astimezone(context.settings.zone).date())
    return sum(
        person.department == department and person.role is not Role.READER and person.is_here(first_on)
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

    `marks` has expectation and perception, 1 to 7, for each dimension. In anonymous surveys the person is on record as
    having answered, and the answer waits apart from it until it can be stored with others (`release`). Raises Overtaken
    for a second answer.
    """
    department = context.catalogue.department(provider)
    chosen = dict(context.settings.survey_weights if weights is None else weights)
    check_answers(marks, chosen, comment)
    anonymous = context.settings.survey_anonymous
    quarter = quarter_now(context)
    given = Answer(
        id=str(uuid4()),  # random: a time-ordered id would show when an anonymous answer was given
        quarter=quarter,
        consumer=actor.department,
        provider=department.id,
        marks=dict(marks),
        weights=chosen,
        comment=comment.strip(),
        by=ANONYMOUS if anonymous else actor.id,
    )

    def check(tx: Writing, now: datetime) -> None:
        context.require(actor, Right.SURVEY, now, consumer=actor.department)
        if not _owes(context, department.id, actor.department):
            raise Refused(N_("{department} owes your department nothing."), department=department.name)
        if _is_complete(context, tx, actor, quarter, department.id):
            raise Overtaken(N_("This survey was already answered for {quarter}."), quarter=quarter)

    def work(tx: Writing, now: datetime) -> Answer:
        check(tx, now)
        kept = given if anonymous else replace(given, answered_at=now)
        tx.put(kept)
        return kept

    if not anonymous:
        return context.write(actor, Verb.ANSWERED_SURVEY, work)
    if context.ballots is None:
        # Not even the login of the process, which is the person's.
        return replace(context, process="").write(None, Verb.ANSWERED_SURVEY, work)
    _cast(context, context.ballots, actor, given, check)
    release(context)
    return given


def _owes(context: ServiceContext, provider: str, consumer: str) -> bool:
    """Return whether any obligation binds a provider to a consumer."""
    departments = tuple(context.catalogue.departments)
    return any(
        one.provider == provider and consumer in one.owed_to(departments)
        for declared in context.catalogue.obligations
        for one in context.catalogue.bound(declared)
    )


def _cast(
    context: ServiceContext,
    ballots: BallotBox,
    actor: Actor,
    given: Answer,
    check: Callable[[Writing, datetime], None],
) -> None:
    """Put an answer into the box, and record that the person has answered."""
    name = ballots.add(given)

    def work(tx: Writing, now: datetime) -> None:
        check(tx, now)
        receipt = replace(
            given, id=str(uuid4()), marks={}, weights={}, comment="", by=actor.id, answered_at=now
        )
        tx.put(receipt)

    try:
        context.write(actor, Verb.ANSWERED_SURVEY, work)
    except OutcomeUnknown:
        raise  # if it counts, the answer is there
    except BaseException:
        ballots.remove([name])
        raise


def release(context: ServiceContext) -> int:
    """Store anonymous answers that wait; return how many.

    Several are stored at once in random order. Those of two departments and a quarter are stored when everybody asked
    has answered or the quarter is over, and before that when so many wait that as many again stay behind. Fewer than
    can be shown are never stored: they would tell of single people, and nobody sees them.
    """
    if context.ballots is None or not (waiting := context.ballots.waiting()):
        return 0
    ballots, done = context.ballots, list[str]()

    def work(tx: Writing, _now: datetime) -> int:
        chosen, over = _ready(context, tx, ballots.waiting())
        done[:] = [*chosen, *over]
        # One that is there already was stored by a program that ended before it emptied the box.
        fresh = [answer for answer in chosen.values() if tx.get(Answer, answer.id) is None]
        _CHANCE.shuffle(fresh)
        for answer in fresh:
            tx.put(answer)
        return len(fresh)

    if not any(context.store.read(lambda tx: _ready(context, tx, waiting))):
        return 0
    count = context.write(None, Verb.ANSWERED_SURVEY, work)
    ballots.remove(done)
    return count


def _ready(
    context: ServiceContext, tx: Reading, waiting: Mapping[str, Answer]
) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Return the answers to be stored now, and those that can never be shown.

    An answer can never be shown when its quarter has ended with too few.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for name, given in sorted(waiting.items()):
        groups.setdefault((given.quarter, given.consumer, given.provider), []).append(name)
    least = max(context.settings.survey_minimum, LEAST_TOGETHER)
    chosen, over = list[str](), list[str]()
    for (quarter, consumer, provider), names in groups.items():
        answered = sum(
            one.is_receipt for one in tx.find(Answer, quarter=quarter, consumer=consumer, provider=provider)
        )
        is_past = quarter < quarter_now(context)
        if (is_past or answered >= _members(context, consumer)) and len(names) >= least:
            chosen += names
        elif is_past:
            over += names
        elif len(names) >= 2 * least:
            chosen += _CHANCE.sample(names, least)
    return {name: waiting[name] for name in chosen}, {name: waiting[name] for name in over}


def results(context: ServiceContext, quarter: str) -> list[Gaps]:
    """Return the gap scores of each pair of departments in a quarter.

    Departments with fewer answers about a provider than the deployment's minimum are counted together, and have no
    figures where that is still too few.
    """

    def work(tx: Reading) -> list[Gaps]:
        given = [one for one in tx.find(Answer, quarter=quarter) if not one.is_receipt]
        least = context.settings.survey_minimum
        found = [
            one
            for provider in sorted({one.provider for one in given})
            for one in gaps_about(given, quarter=quarter, provider=provider, minimum=least)
        ]
        return sorted(found, key=lambda one: (not one.consumer, one.consumer, one.provider))

    return context.store.read(work)
