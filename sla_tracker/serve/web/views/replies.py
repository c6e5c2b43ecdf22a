"""Chooses what answers a question of the web process.

A page, a call of a program, a calendar, or who somebody is can answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date

from sla_tracker import i18n
from sla_tracker.domain.people import Person
from sla_tracker.errors import SlaError, show_times_in
from sla_tracker.serve.caller import person_named
from sla_tracker.serve.web.exchange import HTML, Answer, Kind, Question
from sla_tracker.serve.web.page import Frame, Page
from sla_tracker.serve.web.render import as_html
from sla_tracker.serve.web.views import api, feed, metrics, pages
from sla_tracker.serve.web.views.visit import Visit, status_of

Reply = Callable[[Visit], Answer]
REPLIES: Mapping[Kind, Reply] = {
    Kind.PAGE: pages.answer,
    Kind.API: api.answer,
    Kind.FEED: feed.answer,
    Kind.METRICS: metrics.answer,
}


FOR_PROGRAMS = frozenset({Kind.API, Kind.METRICS})


def reply(visit: Visit) -> Answer:
    """Return the answer to a question of somebody who may ask it."""
    show_times_in(visit.zone)
    language = visit.question.language or visit.actor.person.language
    with i18n.speaking(language):
        found = REPLIES[visit.question.kind](visit)
    return _marked(visit, found)


def _marked(visit: Visit, found: Answer) -> Answer:
    from dataclasses import replace

    person = visit.acting.person
    rights = f"{person.id} {person.department} {person.role}"
    return replace(found, mark=hashlib.sha256(rights.encode()).hexdigest()[:16])


def who(people: Mapping[str, Person], question: Question, today: date) -> Answer:
    """Return the person here whom an id or a login means; nobody is an answer, too."""
    person = person_named(question.person, people, today)
    return (
        Answer() if person is None else Answer(person=person.id, name=person.name, language=person.language)
    )


def claimed(people: Mapping[str, Person], question: Question, today: date) -> Answer:
    """Return the person here whom a provider or a proxy names.

    A person is named by id or login, and by mail address where the question says so. A name that means two people means
    nobody. Numbers of this host's users (`uid:`) are not for them to give.
    """
    named = question.person
    found = [
        person
        for person in people.values()
        if person.is_here(today)
        and (
            named in (person.id, *(login for login in person.logins if not login.startswith("uid:")))
            or (question.by_mail and _is_mail(named, (person.addresses or {}).get("mail", "")))
        )
    ]
    if len(found) != 1:
        return Answer()
    return Answer(person=found[0].id, name=found[0].name, language=found[0].language)


def _is_mail(named: str, mail: str) -> bool:
    """Return whether a name is a mail address; only of ASCII letters case is ignored.

    Other letters become equal that are different mailboxes (U+212A, the Kelvin sign, and k).
    """
    if "@" not in named:
        return False
    return named == mail or (named.isascii() and mail.isascii() and named.lower() == mail.lower())


NAMES: Mapping[Kind, Callable[[Mapping[str, Person], Question, date], Answer]] = {
    Kind.WHO: who,
    Kind.CLAIMED: claimed,
}
"""Answers to the web process itself, which asks before anybody is logged in."""


def refused(problem: SlaError, kind: Kind) -> Answer:
    """Return a refusal before anything could be answered."""
    return (
        api.problem_of(problem)
        if kind in FOR_PROGRAMS
        else fault(problem.sentence(), kind, status_of(problem))
    )


def fault(sentence: str, kind: Kind = Kind.PAGE, status: int = 500) -> Answer:
    """Return what went wrong: a page, or a problem for programs."""
    if kind in FOR_PROGRAMS:
        return api.fault(sentence, status)
    page = Page(title="sla", problem=sentence)
    return Answer(status=status, type=HTML, body=as_html(page, Frame(company="sla")))
