"""Completes references, people, departments and event types in a shell.

On errors nothing is offered. Duties, people and departments come from the start-up cache while it is current, else from
the store.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

import click

from sla_tracker.cli.completion_candidates import CandidateDuty, CompletionCandidates
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import LIVE, OWED, State
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.text import Text
from sla_tracker.domain.typed_text import folded
from sla_tracker.wording.duties import text_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sla_tracker.cli.invocation import Invocation

Offer = tuple[str, str]
Offers = Callable[["Invocation"], Iterable[Offer]]


class Completer:
    """A click completion of the offers that begin with the typed text.

    It never prints errors into the shell. `examples` are the offers that the error of a missing argument names.
    """

    def __init__(self, offers: Offers, examples: Offers | None = None) -> None:
        self.offers = offers
        self.examples = examples or offers

    def __call__(self, ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the offers that begin with the typed text, each with its meaning."""
        from click.shell_completion import CompletionItem

        ctx.obj.shows_alarms = False
        try:
            found = list(self.offers(ctx.obj))
            ctx.obj.close()
        except Exception:
            return []
        typed = folded(incomplete)
        return [
            CompletionItem(value, help=clean(meaning))
            for value, meaning in found
            if folded(value).startswith(typed)
        ]


def _seen(invocation: Invocation, *, duties: bool = False) -> CompletionCandidates:
    """Return completion candidates from the start-up cache, else the deployment."""
    return invocation.candidates(duties=duties) or _looked_up(invocation, duties=duties)


def _looked_up(invocation: Invocation, *, duties: bool) -> CompletionCandidates:
    from sla_tracker.domain.duties.duty import Duty

    context = invocation.context
    live = context.store.read(lambda tx: tx.find(Duty, state=LIVE)) if duties else []
    return CompletionCandidates(
        duties=[CandidateDuty(duty.reference, duty.title, duty.subject, duty.state) for duty in live],
        people={person.id: person.name for person in context.people.values()},
        departments={one.id: one.name for one in context.catalogue.departments.values()},
        language=context.settings.language,
    )


def _duties(*states: State) -> Completer:
    def offers(invocation: Invocation) -> Iterable[Offer]:
        return (
            (duty.reference, f"{text_of(duty.title)} {duty.subject}".strip())
            for duty in _seen(invocation, duties=True).duties
            if duty.state in states
        )

    return Completer(offers, lambda invocation: _own_duties(invocation, states))


def _own_duties(invocation: Invocation, states: Collection[State]) -> Iterable[Offer]:
    """Yield the duties of the person's department in some states.

    The person's own duties come first, then the others, each in the order in which they are due. What is delivered
    waits for the consumer, everything else for the provider.
    """
    from sla_tracker.domain.duties.duty import Duty

    context, actor = invocation.context, invocation.actor
    live = context.store.read(lambda tx: tx.find(Duty, state=tuple(states)))
    for duty in sorted(live, key=lambda duty: (duty.assignee != actor.id, duty.due_at, duty.id)):
        if actor.department == (duty.consumer if duty.state is State.DELIVERED else duty.provider):
            yield duty.reference, f"{text_of(duty.title)} {duty.subject}".strip()


def _events(invocation: Invocation) -> Iterable[Offer]:
    from sla_tracker.domain.duties.event import Event, EventState

    events = invocation.context.store.read(lambda tx: tx.find(Event, state=EventState.ACTIVE))
    return ((reference_of(event.id), f"{text_of(event.title)} {event.subject}") for event in events)


def _named(pairs: Iterable[tuple[str, Text]]) -> Iterable[Offer]:
    return ((id, text_of(name)) for id, name in pairs)


complete_duties = _duties(*LIVE)
complete_owed = _duties(*OWED)
complete_delivered = _duties(State.DELIVERED)
complete_events = Completer(_events)
complete_people = Completer(lambda invocation: _seen(invocation).people.items())
complete_departments = Completer(lambda invocation: _named(_seen(invocation).departments.items()))
complete_event_types = Completer(
    lambda invocation: _named(
        (one.id, one.title) for one in invocation.context.catalogue.event_types.values()
    )
)
complete_requestable = Completer(
    lambda invocation: _named(
        (one.id, one.title) for one, _trigger in invocation.context.catalogue.on_request()
    )
)
complete_duties_or_obligations = Completer(
    lambda invocation: [
        *((duty.reference, text_of(duty.title)) for duty in _looked_up(invocation, duties=True).duties),
        *_named((one.id, one.title) for one in invocation.context.catalogue.obligations.values()),
    ],
    complete_duties.examples,
)
