"""Finds and draws the page of an address."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlencode

from sla_tracker.errors import OutcomeUnknown, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.i18n.punctuation import paired
from sla_tracker.serve.web.exchange import Answer, Question
from sla_tracker.serve.web.navigation import OTHER_LANGUAGE, navigation
from sla_tracker.serve.web.page import Frame, Link, Page, Section
from sla_tracker.serve.web.render import as_html
from sla_tracker.serve.web.views import account_pages, duty_lists, duty_page, event_pages, request_pages
from sla_tracker.serve.web.views.fields import with_typed
from sla_tracker.serve.web.views.sentences import sentence_of
from sla_tracker.serve.web.views.visit import Visit, no_page, status_of
from sla_tracker.value_class import dataclass

View = Callable[..., Page | Answer]
REFERENCE = r"([0-9a-f-]{4,36})"


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a pattern of paths, and what answers them.

    The groups of the pattern become arguments.
    """

    method: str
    pattern: str
    view: View


ROUTES: Sequence[Route] = (
    Route("GET", r"/", duty_lists.today),
    Route("GET", r"/ours", duty_lists.ours),
    Route("GET", r"/owed", duty_lists.owed),
    Route("GET", rf"/duty/{REFERENCE}", duty_page.show),
    Route("POST", rf"/duty/{REFERENCE}/([a-z-]+)", duty_page.act),
    Route("GET", r"/events", event_pages.listed),
    Route("GET", r"/events/new", event_pages.new),
    Route("POST", r"/events/new", event_pages.register),
    Route("GET", rf"/event/{REFERENCE}", event_pages.show),
    Route("GET", r"/requests", request_pages.listed),
    Route("GET", r"/requests/new", request_pages.new),
    Route("POST", r"/requests/new", request_pages.ask),
    Route("GET", rf"/request/{REFERENCE}", request_pages.show),
    Route("POST", rf"/request/{REFERENCE}/([a-z-]+)", request_pages.act),
    Route("GET", r"/account", account_pages.account),
    Route("POST", r"/account/feed", account_pages.make_feed),
    Route("POST", r"/account/feed/end", account_pages.end_feed),
)


def answer(visit: Visit) -> Answer:
    """Return the page of a request; what is refused becomes a page that says why."""
    try:
        found = _find(visit)
    except SlaError as problem:
        back = Section(links=[Link(text=_("To the duties"), href="/")])
        found = Page(
            title=_title(visit, problem),
            problem=sentence_of(problem),
            status=status_of(problem),
            sections=[back],
        )
    if isinstance(found, Answer):
        return found
    question = visit.question
    if question.typed_for:
        found = with_typed(found, replace(question, path=question.typed_for))
    elif question.changes and found.problem:
        found = with_typed(found, question)
    return Answer(status=found.status, body=as_html(found, frame_of(visit)))


def _title(visit: Visit, problem: SlaError) -> str:
    if not visit.question.changes:
        return _("This cannot be shown")
    return _("Perhaps this was done.") if isinstance(problem, OutcomeUnknown) else _("Nothing was done.")


def _find(visit: Visit) -> Page | Answer:
    question = visit.question
    for route in ROUTES:
        matched = re.fullmatch(route.pattern, question.path)
        if matched and route.method == question.method:
            return route.view(visit, *matched.groups())
    return no_page(question.path)


def _page_of(question: Question) -> str:
    """Return the path that shows a page again, such as in another language."""
    if question.changes:
        return "/"
    return f"{question.path}?{urlencode(question.query)}" if question.query else question.path


def frame_of(visit: Visit) -> Frame:
    """Return what surrounds the pages of a person."""
    question, settings = visit.question, visit.context.settings
    return Frame(
        company=settings.names.get(language()),
        person=visit.actor.person.name,
        department=visit.reader.department(visit.actor.department) if visit.actor.department else "",
        csrf=question.csrf,
        once=question.once,
        notice=question.notice,
        links=navigation(question.path, with_terminal=question.has_terminal),
        path=_page_of(question),
        other_language=OTHER_LANGUAGE[language()],
        log_out=_("Log out"),
        demonstration=paired(_("Demonstration"), _("everything here is invented"))
        if settings.demonstration
        else "",
    )
