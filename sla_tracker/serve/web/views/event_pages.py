"""Events: the list, one event, and the form to register one."""

from __future__ import annotations

from sla_tracker.domain.agreements.fields import TICKED
from sla_tracker.domain.duties.event import Event, EventType
from sla_tracker.errors import NeedsConfirmation, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.serve.web.exchange import Answer
from sla_tracker.serve.web.page import Card, Form, Input, InputKind, Link, Page, Section
from sla_tracker.serve.web.views.duty_lists import cards
from sla_tracker.serve.web.views.fields import confirmation, inputs_of
from sla_tracker.serve.web.views.sentences import sentence_of
from sla_tracker.serve.web.views.visit import Visit, status_of
from sla_tracker.services import events
from sla_tracker.services.access import Right
from sla_tracker.services.events import Registered
from sla_tracker.services.lookup.references import find_event_to_read
from sla_tracker.services.queries.duties import rows_of_event
from sla_tracker.wording.duties import person_word, text_of
from sla_tracker.wording.facts.event_facts import event_facts
from sla_tracker.wording.facts.fact import FactTone
from sla_tracker.wording.lists.duties import event_state_word
from sla_tracker.wording.withheld import format_nothing_opened

MOST_SHOWN = 60


def listed(visit: Visit) -> Page:
    """Return the latest events, and the way to register one."""
    found = events.listed(visit.context)[:MOST_SHOWN]
    shown = [
        Card(
            title=text_of(event.title),
            href=f"/event/{event.id}",
            badge=visit.when(event.at),
            lines=[
                event.subject,
                " · ".join(
                    filter(
                        None,
                        (person_word(visit.context.people, event.registered_by), event_state_word(event)),
                    )
                ),
            ],
        )
        for event in found
    ]
    ways = []
    if visit.may(Right.REGISTER_EVENT):
        ways.append(Section(links=[Link(text=_("Register an event"), href="/events/new")]))
    nothing = [] if shown else [_("No event is registered yet.")]
    return Page(title=_("Events"), sections=[*ways, Section(cards=shown, lines=nothing)])


def show(visit: Visit, reference: str) -> Page:
    """Return one event and the duties that it opened."""
    event, archive = find_event_to_read(visit.context, reference)
    kind = visit.context.catalogue.event_types.get(event.type)
    rows = rows_of_event(visit.context, event.id, visit.now)
    return Page(
        title=text_of(event.title),
        subtitle=event.subject,
        sections=[
            Section(facts=list(event_facts(event, kind, visit.reader, archive=archive))),
            Section(heading=_("Duties"), cards=cards(visit, rows)),
        ],
    )


def new(visit: Visit) -> Page:
    """Return the kinds of events, or the form of a chosen one; raises Forbidden."""
    visit.context.require(visit.actor, Right.REGISTER_EVENT, visit.now)
    kind = visit.given("kind")
    if kind:
        return _form(visit, visit.context.catalogue.event_type(kind))
    kinds = [
        Card(title=text_of(one.title), href=f"/events/new?kind={one.id}", lines=[text_of(one.subject)])
        for one in visit.context.catalogue.event_types.values()
    ]
    nothing = [] if kinds else [_("No plugin knows a kind of event.")]
    return Page(title=_("Register an event"), sections=[Section(cards=kinds, lines=nothing)])


def register(visit: Visit) -> Answer | Page:
    """Register an event; a refusal or a doubt shows the form again."""
    kind = visit.context.catalogue.event_type(visit.given("kind"))
    try:
        at = visit.given("at")
        found = events.register(
            visit.context,
            visit.actor,
            kind.id,
            subject=visit.given("subject"),
            at=visit.moment(at, future=kind.planned) if at else None,
            fields=visit.answers(kind.fields),
            again=visit.given("again") == TICKED,
        )
    except SlaError as problem:
        return _form(visit, kind, problem)
    return Answer(status=303, location=f"/event/{found.event.id}", notice=report(visit, found))


def report(visit: Visit, found: Registered) -> str:
    """Return that an event is registered, and why it opened nothing."""
    event = found.event
    said = [paired(_("Registered"), _title_of(event))]
    if not found.opened:
        said.append(format_nothing_opened(visit.context, found))
    return "\n".join(said)


def _title_of(event: Event) -> str:
    """Return an event in one line."""
    return " ".join((text_of(event.title), event.subject))


def _form(visit: Visit, kind: EventType, problem: SlaError | None = None) -> Page:
    inputs = [
        Input(name="kind", kind=InputKind.HIDDEN, value=kind.id),
        Input(name="subject", label=text_of(kind.subject), required=True),
        Input(
            name="at",
            label=_("When"),
            required=kind.planned,
            hint=_("such as: Friday 9:00, 11-20 9:00")
            if kind.planned
            else _("empty: now; such as: yesterday 16:40"),
        ),
        *inputs_of(events.fields_asked(visit.context, kind, visit.now), {}),
    ]
    if isinstance(problem, NeedsConfirmation):
        inputs.append(confirmation(_("Register it all the same.")))
    return Page(
        title=text_of(kind.title),
        problem=sentence_of(problem) if problem else "",
        status=status_of(problem) if problem else 200,
        sections=[
            Section(
                forms=[Form(action="/events/new", button=_("Register"), inputs=inputs, strong=True)],
                tone=FactTone.PLAIN,
            )
        ],
    )
