"""Requests: those that are open, and the form to ask for something."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sla_tracker.domain.agreements.fields import TICKED
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.duties.request import REQUEST_WORDS, Request
from sla_tracker.errors import NeedsConfirmation, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.serve.web.exchange import Answer
from sla_tracker.serve.web.page import Card, Form, Input, InputKind, Link, Page, Section
from sla_tracker.serve.web.views.fields import confirmation, inputs_of
from sla_tracker.serve.web.views.sentences import sentence_of
from sla_tracker.serve.web.views.visit import Visit, no_page, status_of
from sla_tracker.services import requests
from sla_tracker.services.access import Right
from sla_tracker.services.lookup.references import resolve
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.facts.fact import FactTone, StatedFact, stated
from sla_tracker.wording.parse_time import parse_wanted

UNCOVERED = "other"
PAPER_PREFIX = "p-"


def listed(visit: Visit) -> Page:
    """Return the open requests of the person's department, its own and those to it."""
    own = visit.actor.department
    found = [
        one
        for one in visit.context.store.read(lambda tx: tx.find(Request, state=requests.OPEN))
        if not own or own in {one.provider, one.consumer}
    ]
    found.sort(key=lambda one: one.requested_at, reverse=True)
    shown = [_card(visit, one) for one in found]
    may_ask = own and visit.may(Right.ASK, consumer=own)
    ways = [Section(links=[Link(text=_("Ask for something"), href="/requests/new")])] if may_ask else []
    nothing = [] if shown else [_("No request is open.")]
    return Page(title=_("Requests"), sections=[*ways, Section(cards=shown, lines=nothing)])


def show(visit: Visit, reference: str, problem: SlaError | None = None) -> Page:
    """Return a request that no obligation covers; others are shown with their duty."""
    request = visit.context.store.read(lambda tx: resolve(tx, Request, reference, "sla requests"))
    said = [
        StatedFact(label=_("From → to"), text=_parties(visit, request)),
        *stated(_("About"), request.subject),
        *stated(_("Text"), request.text),
        StatedFact(label=_("State"), text=_(REQUEST_WORDS[request.state])),
        *stated(_("Answer"), request.answer),
    ]
    forms = []
    if request.state in requests.OPEN and not request.duty:
        parties = {"provider": request.provider, "consumer": request.consumer}
        if visit.may(Right.ANSWER, **parties):
            text = Input(name="text", label=_("Answer"), kind=InputKind.LINES, required=True)
            forms.append(Form(action=f"/request/{request.id}/answer", button=_("Answer"), inputs=[text]))
        if visit.may(Right.WITHDRAW_REQUEST, **parties):
            forms.append(Form(action=f"/request/{request.id}/settle", button=_("It is settled")))
    links = [Link(text=_("The duty of this request"), href=f"/duty/{request.duty}")] if request.duty else []
    return Page(
        title=_title(visit, request),
        problem=sentence_of(problem) if problem else "",
        status=status_of(problem) if problem else 200,
        sections=[Section(facts=said, forms=forms, links=links)],
    )


def act(visit: Visit, reference: str, what: str) -> Answer | Page:
    """Answer or settle a request that no obligation covers."""
    request = visit.context.store.read(lambda tx: resolve(tx, Request, reference, "sla requests"))
    doing = ACTS.get(what)
    if doing is None:
        no_page(visit.question.path)
    try:
        notice = doing(visit, request)
    except SlaError as problem:
        return show(visit, request.id, problem)
    return Answer(status=303, location=f"/request/{request.id}", notice=notice)


def _answer(visit: Visit, request: Request) -> str:
    requests.answer_uncovered(visit.context, visit.actor, request.id, visit.given("text"))
    return _("Answered: {duty}", duty=_title(visit, request))


def _settle(visit: Visit, request: Request) -> str:
    requests.settle_uncovered(visit.context, visit.actor, request.id)
    return paired(_("Settled"), _title(visit, request))


ACTS: Mapping[str, Callable[[Visit, Request], str]] = {"answer": _answer, "settle": _settle}


def new(visit: Visit) -> Page:
    """Return what can be asked for, or the form of what was chosen; raises Forbidden."""
    visit.context.require(visit.actor, Right.ASK, visit.now, consumer=visit.actor.department)
    what = visit.given("what")
    if what == UNCOVERED:
        return _uncovered_form(visit)
    if what:
        return _form(visit, visit.context.catalogue.obligation(what))
    promised = [
        Card(
            title=text_of(one.title),
            href=f"/requests/new?what={one.id}",
            lines=[_providers(visit, one)],
        )
        for one in requests.promised_to(visit.context, visit.actor.department).values()
    ]
    other = Card(
        title=_("Something else"),
        href=f"/requests/new?what={UNCOVERED}",
        lines=[_("what no obligation covers; it has no limits and is counted apart")],
        tone=FactTone.QUIET,
    )
    return Page(title=_("Ask for something"), sections=[Section(cards=[*promised, other])])


def ask(visit: Visit) -> Answer | Page:
    """Record a request; a refusal or a doubt shows the form again."""
    what = visit.given("what")
    if what == UNCOVERED:
        return _ask_uncovered(visit)
    obligation = visit.context.catalogue.obligation(what)
    try:
        wanted = visit.given("wanted")
        declared = requests.fields_to_ask(visit.context, obligation, visit.actor.department)
        papers = requests.papers_to_ask(visit.context, obligation, visit.actor.department)
        _request, duty = requests.ask(
            visit.context,
            visit.actor,
            obligation.id,
            provider=visit.given("to"),
            subject=visit.given("subject"),
            text=visit.given("text"),
            wanted_at=parse_wanted(wanted, visit.now, visit.zone) if wanted else None,
            fields=visit.answers(declared),
            papers=[paper.id for paper in papers if visit.given(PAPER_PREFIX + paper.id) == TICKED],
            again=visit.given("again") == TICKED,
        )
    except SlaError as problem:
        return _form(visit, obligation, problem)
    return Answer(
        status=303,
        location=f"/duty/{duty.id}",
        notice=paired(_("Asked"), " ".join(filter(None, (text_of(duty.title), duty.subject)))),
    )


def _ask_uncovered(visit: Visit) -> Answer | Page:
    try:
        request = requests.ask_uncovered(
            visit.context,
            visit.actor,
            visit.given("to"),
            subject=visit.given("subject"),
            text=visit.given("text"),
        )
    except SlaError as problem:
        return _uncovered_form(visit, problem)
    return Answer(
        status=303, location=f"/request/{request.id}", notice=paired(_("Asked"), _title(visit, request))
    )


def _form(visit: Visit, obligation: Obligation, problem: SlaError | None = None) -> Page:
    own = visit.actor.department
    inputs = [Input(name="what", kind=InputKind.HIDDEN, value=obligation.id)]
    owing = [one.provider for one in visit.context.catalogue.bound(obligation.id)]
    if len(owing) > 1:
        named = [(one, visit.reader.department(one)) for one in owing]
        inputs.append(
            Input(
                name="to",
                label=_("Department"),
                kind=InputKind.CHOICE,
                choices=named,
                required=True,
            )
        )
    inputs += [
        Input(name="subject", label=_("About")),
        Input(name="text", label=_("What exactly is needed"), kind=InputKind.LINES),
        Input(
            name="wanted",
            label=_("Wanted by"),
            hint=_("later than agreed extends the limit; such as: Friday"),
        ),
        *inputs_of(requests.fields_to_ask(visit.context, obligation, own), {}),
        *(
            Input(name=PAPER_PREFIX + paper.id, label=text_of(paper.label), kind=InputKind.TICK)
            for paper in requests.papers_to_ask(visit.context, obligation, own)
        ),
    ]
    if isinstance(problem, NeedsConfirmation):
        inputs.append(confirmation(_("Ask for it all the same.")))
    return _asking(text_of(obligation.title), inputs, problem)


def _uncovered_form(visit: Visit, problem: SlaError | None = None) -> Page:
    others = [
        (one.id, text_of(one.name))
        for one in visit.context.catalogue.departments.values()
        if one.id != visit.actor.department
    ]
    inputs = [
        Input(name="what", kind=InputKind.HIDDEN, value=UNCOVERED),
        Input(
            name="to",
            label=_("Department"),
            kind=InputKind.CHOICE,
            choices=others,
            required=True,
        ),
        Input(name="subject", label=_("About")),
        Input(
            name="text",
            label=_("What exactly is needed"),
            kind=InputKind.LINES,
            required=True,
        ),
    ]
    return _asking(_("Something else"), inputs, problem)


def _asking(title: str, inputs: list[Input], problem: SlaError | None) -> Page:
    return Page(
        title=title,
        problem=sentence_of(problem) if problem else "",
        status=status_of(problem) if problem else 200,
        sections=[Section(forms=[Form(action="/requests/new", button=_("Ask"), inputs=inputs, strong=True)])],
    )


def _card(visit: Visit, request: Request) -> Card:
    limit = request.answer_due_at if request.answered_at is None else None
    return Card(
        title=_title(visit, request),
        href=f"/duty/{request.duty}" if request.duty else f"/request/{request.id}",
        badge=_(REQUEST_WORDS[request.state]),
        lines=[
            request.subject or request.text[:80],
            _parties(visit, request),
            _("answer by {when}", when=visit.when(limit)) if limit else "",
        ],
    )


def _parties(visit: Visit, request: Request) -> str:
    return f"{visit.reader.department(request.consumer)} → {visit.reader.department(request.provider)}"


def _providers(visit: Visit, obligation: Obligation) -> str:
    owing = [one.provider for one in visit.context.catalogue.bound(obligation.id)]
    return " / ".join(visit.reader.department(one) for one in owing)


def _title(visit: Visit, request: Request) -> str:
    known = visit.context.catalogue.obligations.get(request.obligation)
    return text_of(known.title) if known else request.obligation or request.text[:80]
