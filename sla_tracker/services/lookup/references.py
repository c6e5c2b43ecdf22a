"""Makes the ids of stored values, and finds a value by its id or a part of it.

People type such a part as a reference. Duties and events of closed months are found in their archives, to read them or
to say how to change them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.archive_index import SHORTEST_REFERENCE, typed_reference
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, NotFound, Refused, UsageError
from sla_tracker.services.lookup.archives import archived_duties, archived_events
from sla_tracker.services.ports import Reading

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext

T = TypeVar("T")

HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
MOST_NAMED = 5  # of the values that a reference fits


def new_id(now: datetime) -> str:
    """Return a new UUIDv7 (RFC 9562): 48 bits of milliseconds, the rest random."""
    millis = int(now.timestamp() * 1000) & (1 << 48) - 1
    chance = int.from_bytes(os.urandom(10))
    value = millis << 80 | 0x7 << 76 | (chance >> 68) << 64 | 0b10 << 62 | chance & (1 << 62) - 1
    return str(UUID(int=value))


def existing(tx: Reading, kind: type[T], id: str) -> T:
    """Return the stored value of an id; raises NotFound."""
    value = tx.get(kind, id)
    if value is None:
        raise NotFound(
            N_("There is nothing stored under {id}; sla due and sla event list show what there is."), id=id
        )
    return value


def resolve(tx: Reading, kind: type[T], reference: str, listed_by: str = "") -> T:
    """Return the value whose id begins or ends with a reference.

    A reference has four or more characters, or is the whole id. Raises NotFound, or UsageError when several match.
    `listed_by` is the command that lists such references, for the message, if it is not one of those for duties and
    events.
    """
    wanted = typed_reference(reference)
    exact = tx.get(kind, wanted)
    if exact is not None:
        return exact
    found = tx.named(kind, wanted) if len(wanted) >= SHORTEST_REFERENCE else []
    if len(found) == 1:
        return found[0]
    if found:
        raise _ambiguous(reference, found)
    if len(wanted) < SHORTEST_REFERENCE and set(wanted) <= HEX_DIGITS:
        raise NotFound(
            N_("“{ref}” is too short for a reference; type at least {shortest} of its last characters."),
            ref=reference,
            shortest=SHORTEST_REFERENCE,
        )
    if listed_by:
        raise NotFound(
            N_("Nothing goes by “{ref}”; {command} shows the references."), ref=reference, command=listed_by
        )
    raise NotFound(
        N_("Nothing goes by “{ref}”; sla due and sla event list show the references."), ref=reference
    )


def _ambiguous(reference: str, found: Sequence[object]) -> UsageError:
    ids = ", ".join(str(getattr(value, "id", ""))[-10:] for value in found[:MOST_NAMED])
    if len(found) > MOST_NAMED:
        return UsageError(
            N_("“{ref}” fits several ({n}), among them {ids}. Type more of it."),
            ref=reference,
            n=len(found),
            ids=ids,
        )
    return UsageError(N_("“{ref}” fits several: {ids}. Type more of it."), ref=reference, ids=ids)


def find_duty(context: ServiceContext, reference: str, listed_by: str = "") -> Duty:
    """Return the duty of a reference, or of the reference of a request.

    Raises NotFound, UsageError, and Refused if archived, or for a request that no obligation covers.
    """
    try:
        return context.store.read(lambda tx: resolve(tx, Duty, reference, listed_by))
    except NotFound:
        duty = context.store.read(lambda tx: _duty_of_request(tx, reference))
        if duty is not None:
            return duty
        must_not_be_archived(context, reference)
        raise


def _duty_of_request(tx: Reading, reference: str) -> Duty | None:
    try:
        request = resolve(tx, Request, reference)
    except NotFound:
        return None
    if not request.duty:
        raise Refused(
            N_(
                "“{ref}” is a request that no obligation covers, so it has no duty; answer it: sla answer {ref} TEXT"
            ),
            ref=reference,
        )
    return tx.get(Duty, request.duty)


def must_not_be_archived(context: ServiceContext, reference: str) -> None:
    """Raise Refused for a duty in the archive of a closed month.

    The error says how to see the duty and how to change it.
    """
    for found in archived_duties(context.store, reference):
        raise Refused(
            N_(
                "“{title}” ({ref}) lies in the archive of {month}, which is closed: sla show {ref} shows it. To "
                "change it, open the month again first: sla period reopen {month} --reason TEXT"
            ),
            title=found.duty.title,
            ref=found.duty.reference,
            month=found.month,
        )


def find_event(context: ServiceContext, reference: str) -> Event:
    """Return the event of a reference.

    Raises NotFound, UsageError, Refused if archived.
    """
    try:
        return context.store.read(lambda tx: resolve(tx, Event, reference, "sla event list"))
    except NotFound:
        _event_must_not_be_archived(context, reference)
        raise


def must_not_be_sealed(context: ServiceContext, kind: type[Duty | Event], id: str) -> None:
    """Raise Refused, naming the archive, for a duty or event that lies in one.

    Called before an act on it, because an archive cannot be opened inside a transaction.
    """
    if context.store.read(lambda tx: tx.get(kind, id)) is None:
        (must_not_be_archived if kind is Duty else _event_must_not_be_archived)(context, id)


def _event_must_not_be_archived(context: ServiceContext, reference: str) -> None:
    for event, month in archived_events(context.store, reference):
        raise Refused(
            N_(
                "“{title}” about {subject} lies in the archive of {month}, which is closed: sla event show {ref} shows "
                "it. To change it, open the month again first: sla period reopen {month} --reason TEXT"
            ),
            title=event.title,
            subject=event.subject,
            ref=reference_of(event.id),
            month=month,
        )


def find_event_to_read(context: ServiceContext, reference: str) -> tuple[Event, str]:
    """Return the event of a reference and the month in whose archive it lies.

    The month is empty for an event in no archive. Raises NotFound, or UsageError when several match.
    """
    try:
        return context.store.read(lambda tx: resolve(tx, Event, reference, "sla event list")), ""
    except NotFound:
        found = archived_events(context.store, reference)
        if not found:
            raise
    if len(found) > 1:
        raise _ambiguous(reference, [event for event, _month in found])
    return found[0]


def find_duty_to_read(context: ServiceContext, reference: str) -> Duty:
    """Return the duty of a reference, also one in the archive of a closed month.

    Raises NotFound, or UsageError when several match.
    """
    try:
        return context.store.read(lambda tx: resolve(tx, Duty, reference))
    except NotFound:
        found = archived_duties(context.store, reference)
        if not found:
            raise
    if len(found) > 1:
        raise _ambiguous(reference, [one.duty for one in found])
    return found[0].duty
