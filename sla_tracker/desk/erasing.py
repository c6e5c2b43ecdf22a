"""Takes a person's data out of everything that is kept, while the record of who did what and when stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sla_tracker.core.complaint import Complaint
from sla_tracker.core.duty import Duty
from sla_tracker.core.event import Event
from sla_tracker.core.people import Actor
from sla_tracker.core.request import Request
from sla_tracker.core.subject import subject_key
from sla_tracker.desk.access import Right
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Act, Reading
from sla_tracker.errors import N_, NotFound, UsageError

ERASED = "—"

Erasable = Duty | Event | Request | Complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """How much was erased about a subject."""

    duties: int
    others: int


def erase(desk: Desk, actor: Actor, subject: str, reason: str) -> Erased:
    """Erase what is kept about a subject, its past and closed months included, for good.

    Duties keep their times and verdicts, because figures rest on them; subject, evidence, notes and texts go.
    Raises Forbidden, UsageError without a reason, NotFound when nothing is kept about it.
    """
    found = kept(desk, actor, subject)
    if not reason.strip():
        raise UsageError(N_("Erasing needs a reason, which stays on record."))
    act = Act(what="erased", by=actor.id, at=desk.now(), via=actor.via, reason=reason.strip())
    desk.store.erase(act, [_blanked(value) for value in found])
    duties = sum(isinstance(value, Duty) for value in found)
    return Erased(duties=duties, others=len(found) - duties)


def kept(desk: Desk, actor: Actor, subject: str) -> list[Erasable]:
    """Return what would be erased about a subject; raises Forbidden, UsageError, NotFound when there is nothing."""
    desk.require(actor, Right.ADMINISTER, desk.now())
    key = subject_key(subject)
    if not key:
        raise UsageError(N_("Say whose or what data to erase: a contract, plate or name."))
    found = [*desk.store.read(lambda tx: _live(tx, key)), *_sealed(desk, key)]
    if not found:
        raise NotFound(N_("Nothing is kept about “{subject}”."), subject=subject)
    return found


def _live(tx: Reading, key: str) -> list[Erasable]:
    return [
        *tx.find(Duty, subject_key=key),
        *tx.find(Event, subject_key=key),
        *tx.find(Request, subject_key=key),
        *tx.find(Complaint, subject_key=key),
    ]


def _sealed(desk: Desk, key: str) -> Iterable[Erasable]:
    for name in desk.store.seals():
        for value in desk.store.sealed(name):
            if isinstance(value, Duty | Event | Request | Complaint) and value.subject_key == key:
                yield value


def _blanked(value: Erasable) -> Erasable:
    match value:
        case Duty():
            return replace(
                value,
                subject=ERASED,
                subject_key="",
                draft={},
                notes=(),
                deliveries=tuple(
                    replace(delivery, evidence={}, note="", reason=ERASED if delivery.reason else "")
                    for delivery in value.deliveries
                ),
            )
        case Event():
            return replace(value, subject=ERASED, subject_key="", fields={})
        case Request():
            return replace(value, subject=ERASED, subject_key="", text="", answer="")
        case Complaint():
            return replace(
                value,
                subject=ERASED,
                subject_key="",
                taken=tuple(replace(step, text=ERASED if step.text else "") for step in value.taken),
            )
