"""What the shell offers after a tab: references, people, departments, kinds of events; nothing where that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from sla_tracker.core.clean import clean
from sla_tracker.core.duty import LIVE, OWED, Duty, State
from sla_tracker.core.event import Event, EventState
from sla_tracker.core.text import Text
from sla_tracker.desk.words import text_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sla_tracker.cli.session import Session

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
Offer = tuple[str, str]


def _completer(offers: Callable[[Session], Iterable[Offer]]) -> Complete:
    """Return a completion that opens the deployment, keeps what begins as typed, and never disturbs the shell."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        try:
            found = list(offers(ctx.obj))
        except Exception:
            return []
        typed = incomplete.casefold()
        return [
            CompletionItem(value, help=clean(meaning))
            for value, meaning in found
            if value.casefold().startswith(typed)
        ]

    return complete


def _duties(*states: State) -> Complete:
    def offers(session: Session) -> Iterable[Offer]:
        duties = session.desk.store.read(lambda tx: tx.find(Duty, state=states))
        return ((duty.reference, f"{text_of(duty.title)} {duty.subject}".strip()) for duty in duties)

    return _completer(offers)


def _events(session: Session) -> Iterable[Offer]:
    events = session.desk.store.read(lambda tx: tx.find(Event, state=EventState.ACTIVE))
    return ((event.id[-6:], f"{text_of(event.title)} {event.subject}") for event in events)


def _named(pairs: Iterable[tuple[str, Text]]) -> Iterable[Offer]:
    return ((id, text_of(name)) for id, name in pairs)


complete_duties = _duties(*LIVE)
complete_owed = _duties(*OWED)
complete_delivered = _duties(State.DELIVERED)
complete_events = _completer(_events)
complete_people = _completer(
    lambda session: ((person.id, person.name) for person in session.desk.people.values())
)
complete_departments = _completer(
    lambda session: _named((one.id, one.name) for one in session.desk.catalogue.departments.values())
)
complete_event_types = _completer(
    lambda session: _named((one.id, one.title) for one in session.desk.catalogue.event_types.values())
)
complete_requestable = _completer(
    lambda session: _named((one.id, one.title) for one, _trigger in session.desk.catalogue.on_request())
)
complete_duties_or_obligations = _completer(
    lambda session: [
        *(
            (duty.reference, text_of(duty.title))
            for duty in session.desk.store.read(lambda tx: tx.find(Duty, state=LIVE))
        ),
        *_named((one.id, one.title) for one in session.desk.catalogue.obligations.values()),
    ]
)
