"""Erases all data about a subject; the record of who did what and when stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportMap, ImportRun
from sla_tracker.domain.imports.run import Reading as ListReading
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing

ERASED = "—"  # shown in place of an erased text

Erasable = Duty | Event | Request | Complaint | PastDuty | ImportRun | ImportMap
SHORTEST_NAME = 2  # characters of a subject that is looked for inside names of files and headings


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Number of erased duties and of other values."""

    duties: int
    others: int


def erase(context: ServiceContext, actor: Actor, subject: str, reason: str) -> Erased:
    """Erase a subject's data for good, history and archived months included.

    Duties keep their times and verdicts, because the figures are computed from them; subject, evidence, notes and texts
    are removed. Raises Forbidden, UsageError without a reason, NotFound without any data.
    """
    found = kept(context, actor, subject)
    if not reason.strip():
        raise UsageError(N_("Erasing needs a reason, which stays on record."))
    copies = [_erased_copy(value) for value in found]
    archived = [copy for copy in copies if isinstance(copy, Duty) and copy.month in context.store.seals()]
    if archived:
        # Before the erasure, because a store may delete what lies in an archive instead of replacing it.
        context.write(actor, "prepared_erasure", lambda tx, _now: _keep_in_months(tx, archived))
    context.store.erase(context.act(actor, "erased", reason.strip()), copies)
    duties = sum(isinstance(value, Duty) for value in found)
    return Erased(duties=duties, others=len(found) - duties)


def kept(context: ServiceContext, actor: Actor, subject: str) -> list[Erasable]:
    """Return what would be erased of a subject.

    Raises Forbidden, UsageError, NotFound.
    """
    context.require(actor, Right.ADMINISTER, context.now())
    key = subject_key(subject)
    if not key:
        raise UsageError(N_("Say whose or what data to erase: a contract, plate or name."))
    found = [*context.store.read(lambda tx: _in_store(tx, key)), *_in_archives(context, key)]
    if not found:
        raise NotFound(N_("Nothing is kept about “{subject}”."), subject=subject)
    return found


def _in_store(tx: Reading, key: str) -> list[Erasable]:
    return [
        *tx.find(Duty, subject_key=key),
        *tx.find(Event, subject_key=key),
        *tx.find(Request, subject_key=key),
        *tx.find(Complaint, subject_key=key),
        *tx.find(PastDuty, subject_key=key),
        *(run for run in tx.find(ImportRun) if _names(key, run.file, *_texts(run.reading))),
        *(one for one in tx.find(ImportMap) if _names(key, one.name, *_texts(one.reading))),
    ]


def _names(key: str, *texts: str) -> bool:
    """Tell whether a name of a file, a map or a heading holds a subject."""
    return len(key) >= SHORTEST_NAME and any(key in subject_key(text) for text in texts)


def _texts(reading: ListReading) -> Iterable[str]:
    return (reading.sheet, reading.source, *reading.columns.values())


def _erased_reading(reading: ListReading) -> ListReading:
    return replace(reading, sheet="", source="", columns={})


def _in_archives(context: ServiceContext, key: str) -> Iterable[Erasable]:
    for name in context.store.seals():
        for value in context.store.sealed(name):
            if isinstance(value, Duty | Event | Request | Complaint) and value.subject_key == key:
                yield value


def _keep_in_months(tx: Writing, copies: Sequence[Duty]) -> None:
    """Keep the erased copies of archived duties with their months, whose figures count them."""
    for id in sorted({copy.month for copy in copies}):
        month = tx.get(Month, id)
        if month is not None:
            own = {copy.id: copy for copy in copies if copy.month == id and tx.get(Duty, copy.id) is None}
            erased = {**{duty.id: duty for duty in month.erased}, **own}
            tx.put(replace(month, erased=tuple(erased.values())))


def _erased_copy(value: Erasable) -> Erasable:
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
                event_changes=tuple(
                    replace(
                        change,
                        reason=ERASED if change.reason else "",
                        objection=ERASED if change.objection else "",
                        answer=ERASED if change.answer else "",
                    )
                    for change in value.event_changes
                ),
            )
        case Event():
            return replace(value, subject=ERASED, subject_key="", fields={}, import_key="")
        case Request():
            return replace(value, subject=ERASED, subject_key="", text="", answer="", import_key="")
        case PastDuty() | ImportRun() | ImportMap():
            return _erased_import(value)
        case Complaint():
            return replace(
                value,
                subject=ERASED,
                subject_key="",
                taken=tuple(replace(step, text=ERASED if step.text else "") for step in value.taken),
            )


def _erased_import(value: PastDuty | ImportRun | ImportMap) -> PastDuty | ImportRun | ImportMap:
    match value:
        case PastDuty():
            return replace(value, subject=ERASED, subject_key="", import_key="")
        case ImportRun():
            return replace(value, file=ERASED, reading=_erased_reading(value.reading))
        case ImportMap():
            return replace(value, name=value.id, reading=_erased_reading(value.reading))
