"""What the shell offers after a tab: references, people, departments, kinds of events; nothing where that fails.

Duties, people and departments come from what the last opening of the day left behind, where that still stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click

from sla_tracker.cli.glimpse import Glimpse, SeenDuty
from sla_tracker.core.clean import clean
from sla_tracker.core.states import LIVE, OWED, State
from sla_tracker.core.text import Text
from sla_tracker.desk.words import text_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from sla_tracker.cli.session import Session

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
Offer = tuple[str, str]


def _completer(offers: Callable[[Session], Iterable[Offer]]) -> Complete:
    """Return a completion that keeps what begins as typed, and never disturbs the shell."""

    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        ctx.obj.is_heard = False
        try:
            found = list(offers(ctx.obj))
            ctx.obj.close()
        except Exception:
            return []
        typed = incomplete.casefold()
        return [
            CompletionItem(value, help=clean(meaning))
            for value, meaning in found
            if value.casefold().startswith(typed)
        ]

    return complete


def _seen(session: Session, *, duties: bool = False) -> Glimpse:
    """Return what there is to offer, from the deployment itself where nothing quicker is sure."""
    return session.glimpse(duties=duties) or _looked_up(session, duties=duties)


def _looked_up(session: Session, *, duties: bool) -> Glimpse:
    from sla_tracker.core.duty import Duty

    desk = session.desk
    live = desk.store.read(lambda tx: tx.find(Duty, state=LIVE)) if duties else []
    return Glimpse(
        duties=[SeenDuty(duty.reference, duty.title, duty.subject, duty.state) for duty in live],
        people={person.id: person.name for person in desk.people.values()},
        departments={one.id: one.name for one in desk.catalogue.departments.values()},
        language=desk.settings.language,
    )


def _duties(*states: State) -> Complete:
    def offers(session: Session) -> Iterable[Offer]:
        return (
            (duty.reference, f"{text_of(duty.title)} {duty.subject}".strip())
            for duty in _seen(session, duties=True).duties
            if duty.state in states
        )

    return _completer(offers)


def _events(session: Session) -> Iterable[Offer]:
    from sla_tracker.core.event import Event, EventState

    events = session.desk.store.read(lambda tx: tx.find(Event, state=EventState.ACTIVE))
    return ((event.id[-6:], f"{text_of(event.title)} {event.subject}") for event in events)


def _named(pairs: Iterable[tuple[str, Text]]) -> Iterable[Offer]:
    return ((id, text_of(name)) for id, name in pairs)


complete_duties = _duties(*LIVE)
complete_owed = _duties(*OWED)
complete_delivered = _duties(State.DELIVERED)
complete_events = _completer(_events)
complete_people = _completer(lambda session: _seen(session).people.items())
complete_departments = _completer(lambda session: _named(_seen(session).departments.items()))
complete_event_types = _completer(
    lambda session: _named((one.id, one.title) for one in session.desk.catalogue.event_types.values())
)
complete_requestable = _completer(
    lambda session: _named((one.id, one.title) for one, _trigger in session.desk.catalogue.on_request())
)
complete_duties_or_obligations = _completer(
    lambda session: [
        *((duty.reference, text_of(duty.title)) for duty in _looked_up(session, duties=True).duties),
        *_named((one.id, one.title) for one in session.desk.catalogue.obligations.values()),
    ]
)
