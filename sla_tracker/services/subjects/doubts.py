"""Asks about a subject that looks mistyped before an event is registered."""

from __future__ import annotations

from collections.abc import Iterable

from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.duties.event import Event, EventState, EventType
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.duties.subject_patterns import fits, neighbours, short_pattern
from sla_tracker.errors import N_, NeedsConfirmation
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.archives import archived_about
from sla_tracker.services.ports import Reading

MOST_NAMED = 3  # neighbours in one question


def ask_if_mistyped(context: ServiceContext, tx: Reading, event_type: EventType, subject: str) -> None:
    """Raise NeedsConfirmation for a subject that is unknown here and looks mistyped.

    Such a subject fits no pattern of its event type, or differs in one character from a subject that waits for just
    this kind of event. Being near is not enough: with a thousand plates of one prefix every third new one has a
    neighbour.
    """
    near = set(neighbours(subject_key(subject)))
    doubt = _doubt(context, tx, event_type, subject, near)
    if doubt is not None:
        raise doubt


class SubjectDoubts:
    """Finds mistyped subjects among many.

    The subjects for which anything is owed are read once.
    """

    def __init__(self, context: ServiceContext, tx: Reading) -> None:
        self._context, self._tx = context, tx
        self._owed = {duty.subject_key for duty in tx.each(Duty, state=tuple(OWED))} - {""}

    def doubt(self, event_type: EventType, subject: str) -> NeedsConfirmation | None:
        """Return the question about a subject, or None."""
        near = self._owed.intersection(neighbours(subject_key(subject))) if self._owed else set[str]()
        return _doubt(self._context, self._tx, event_type, subject, near)


def _doubt(
    context: ServiceContext, tx: Reading, event_type: EventType, subject: str, near: set[str]
) -> NeedsConfirmation | None:
    """Return the question about a subject whose neighbours may be known.

    None where nothing is unusual.
    """
    key = subject_key(subject)
    is_usual = fits(subject, event_type.subject_patterns)
    if (is_usual and not near) or _is_known(tx, key):
        return None
    # One question to the store, whose index knows subjects.
    found = tx.find(Event, subject_key=tuple(sorted(near))) if near else ()
    waiting = _waiting(context, tx, event_type, found)
    if (is_usual and not waiting) or any(archived_about(context.store, key)):
        return None
    if waiting:
        return NeedsConfirmation(
            N_("“{subject}” is new here, and “{title}” is awaited for {near}. Register it for “{subject}”?"),
            subject=subject.strip(),
            title=event_type.title,
            near=", ".join(waiting[:MOST_NAMED]),
        )
    return NeedsConfirmation(
        N_(
            "“{subject}” does not look like what “{what}” usually is: {patterns} (# is a digit, @ a letter, ? either). "
            "Register it all the same?"
        ),
        subject=subject.strip(),
        what=event_type.subject,
        patterns=", ".join(map(short_pattern, event_type.subject_patterns)),
    )


def _is_known(tx: Reading, key: str) -> bool:
    return bool(
        tx.find(Event, subject_key=key) or tx.find(Duty, subject_key=key) or tx.find(Request, subject_key=key)
    )


def _waiting(
    context: ServiceContext, tx: Reading, event_type: EventType, found: Iterable[Event]
) -> list[str]:
    """Return the subjects with duties still owed for events of other types.

    Subjects with an event of this type are left out.
    """
    by_key: dict[str, list[Event]] = {}
    for event in found:
        if event.state is EventState.ACTIVE:
            by_key.setdefault(event.subject_key, []).append(event)
    return [
        events[-1].subject
        for key, events in by_key.items()
        if all(event.type != event_type.id for event in events)
        and any(_is_alike(context, event, event_type) for event in events)
        and any(duty.state in OWED for duty in tx.find(Duty, subject_key=key))
    ]


def _is_alike(context: ServiceContext, event: Event, event_type: EventType) -> bool:
    """Tell whether an event is about the same kind of subject, by the word for it."""
    known = context.catalogue.event_types.get(event.type)
    return known is not None and known.subject == event_type.subject
