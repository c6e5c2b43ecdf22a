"""Finds the subjects that events tie to each other.

A subject is a contract, vehicle, customer or employee. Ties are shown; they never change a duty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.duties.ties import named_subjects
from sla_tracker.domain.text import Text
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.events import listed
from sla_tracker.services.lookup.archives import archived_about, archived_naming
from sla_tracker.services.queries.duties import about_subject
from sla_tracker.services.queries.rows import DutyRow
from sla_tracker.value_class import dataclass

# A customer's vehicle may be tied by its contract alone; its next owner is nobody's business here.
FARTHEST = 2
MOST_SHOWN = 20  # tied subjects; a bank or an insurer is named by every second contract


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A subject that is tied to the one asked for.

    `what` is the word for it: the label of the field that names it, or its event type's word for a subject. `event`
    is the latest that ties it to `through`, which is the subject asked for or, two steps away, one tied to it.
    """

    subject: str
    what: Text
    event: Event
    through: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ties:
    """The subjects tied to one, nearest first; `left_off` is how many more there are."""

    found: tuple[Tie, ...] = ()
    left_off: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedSubject:
    """A tied subject with its own events and duties of all departments, by time."""

    tie: Tie
    events: tuple[Event, ...]
    duties: tuple[DutyRow, ...]


def about_tied(context: ServiceContext, ties: Ties, now: datetime) -> tuple[TiedSubject, ...]:
    """Return the events and duties of tied subjects, archived ones too."""
    each = ((tie, about_subject(context, tie.subject, now)) for tie in ties.found)
    return tuple(TiedSubject(tie=tie, events=about.events, duties=about.duties) for tie, about in each)


def ties_of(context: ServiceContext, subject: str, *, most: int | None = MOST_SHOWN) -> Ties:
    """Return the subjects that events tie to a subject, at most two steps away.

    Cancelled events tie nothing. Events of closed months tie the subject itself, not what is tied to it. With `most`
    None all are returned.
    """
    start = subject_key(subject)
    if not start or not _naming_types(context):
        return Ties()
    graph = _graph(context, start)
    found: dict[str, Tie] = {}
    edge = [(start, subject)]
    for _step in range(FARTHEST):
        following = []
        for other, tie in _tied_to(graph, edge):
            if other != start and other not in found:
                found[other] = tie
                following.append((other, tie.subject))
        edge = following
    ties = tuple(found.values())
    return Ties(found=ties[:most], left_off=len(ties[most:]) if most is not None else 0)


def _tied_to(graph: Mapping[str, list[Edge]], edge: Iterable[tuple[str, str]]) -> Iterator[tuple[str, Tie]]:
    """Yield the keys and ties of what is tied to subjects, given by key and spelling."""
    for key, shown in edge:
        for other, what, named, event in graph.get(key, ()):
            yield other, Tie(subject=named, what=what, event=event, through=shown)


def known_subjects(context: ServiceContext) -> tuple[str, ...]:
    """Return the subjects of active events and of their fields, latest first."""
    found: dict[str, str] = {}
    for event in listed(context):
        for _what, named in _members(context, event):
            found.setdefault(subject_key(named), named)
    found.pop("", None)
    return tuple(found.values())


def events_naming(context: ServiceContext, key: str) -> list[Event]:
    """Return the live and archived events with a field that names a subject.

    Cancelled ones are among them.
    """
    types = _naming_types(context)
    live = context.store.read(lambda tx: list(tx.each(Event, type=types))) if types else []
    found = [event for event in live if key in _keys_of(context, event)]
    return [*found, *archived_naming(context.store, key)]


def _naming_types(context: ServiceContext) -> tuple[str, ...]:
    """Return the ids of the event types with a field that names a subject."""
    return tuple(
        one.id for one in context.catalogue.event_types.values() if any(f.is_subject for f in one.fields)
    )


def _keys_of(context: ServiceContext, event: Event) -> set[str]:
    """Return the keys of the subjects that an event's fields name."""
    named = named_subjects(context.catalogue.event_types.get(event.type), event.fields)
    return {*event.tied, *(subject_key(value) for _field, value in named)}


Edge = tuple[str, Text, str, Event]


def _graph(context: ServiceContext, start: str) -> Mapping[str, list[Edge]]:
    """Return what each key is tied to: key, word, spelling and the latest event."""
    types = _naming_types(context)
    live = context.store.read(lambda tx: list(tx.each(Event, type=types)))
    archived = [*archived_about(context.store, start)[1], *archived_naming(context.store, start)]
    once = {event.id: event for event in (*archived, *live)}
    graph: dict[str, list[Edge]] = {}
    for event in sorted(once.values(), key=lambda event: event.at, reverse=True):
        if event.state is EventState.ACTIVE:
            _tie(graph, event, list(_members(context, event)))
    return graph


def _members(context: ServiceContext, event: Event) -> Iterator[tuple[Text, str]]:
    """Yield the subjects that an event is about or names, each with the word for it."""
    known = context.catalogue.event_types.get(event.type)
    yield (known.subject if known is not None else event.title), event.subject
    for field, value in named_subjects(known, event.fields):
        yield field.label, value


def _tie(graph: dict[str, list[Edge]], event: Event, members: Iterable[tuple[Text, str]]) -> None:
    keyed = [(subject_key(named), what, named) for what, named in members if subject_key(named)]
    for key, _what, _named in keyed:
        edges = graph.setdefault(key, [])
        edges += [(other, what, named, event) for other, what, named in keyed if other != key]
