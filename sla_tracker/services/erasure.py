"""Erases all data about a subject; the record of who did what and when stays."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from sla_tracker.domain.duties.complaint import Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.subject import subject_key
from sla_tracker.domain.duties.ties import named_subjects
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportMap, ImportRun, ListReading
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.subjects.erased_copies import ERASED, Erasable, erased_copy
from sla_tracker.services.subjects.ties import events_naming, ties_of
from sla_tracker.value_class import dataclass

SHORTEST_NAME = 2  # characters of a subject that is looked for inside names of files and headings


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """Number of erased duties and of other values."""

    duties: int
    others: int


def erase(
    context: ServiceContext, actor: Actor, subject: str, reason: str, also: Sequence[str] = ()
) -> Erased:
    """Erase a subject's data for good, history and archived months included.

    Duties keep their times and verdicts, because the figures are computed from them; subject, evidence, notes and texts
    are removed, and the subject's name in fields of other events. What is tied to the subject stays unless `also` names
    it: a vehicle may be another customer's today. Raises Forbidden, UsageError without a reason, NotFound without any
    data or for what is not tied to the subject.
    """
    found = kept(context, actor, subject, also)
    if not reason.strip():
        raise UsageError(N_("Erasing needs a reason, which stays on record."))
    keys = {subject_key(one) for one in (subject, *also)}
    copies = _copies(context, found, keys)
    archived = [copy for copy in copies if isinstance(copy, Duty) and copy.month in context.store.seals()]
    if archived:
        # Before the erasure, because a store may delete what lies in an archive instead of replacing it.
        context.write(actor, Verb.PREPARED_ERASURE, lambda tx, _now: _keep_in_months(tx, archived))
    context.store.erase(context.act(actor, Verb.ERASED, reason.strip()), copies)
    duties = sum(isinstance(value, Duty) for value in found)
    return Erased(duties=duties, others=len(found) - duties)


def kept(context: ServiceContext, actor: Actor, subject: str, also: Sequence[str] = ()) -> list[Erasable]:
    """Return what would be erased of a subject and of the tied ones in `also`.

    Raises Forbidden, UsageError, NotFound.
    """
    context.require(actor, Right.ADMINISTER, context.now())
    if not subject_key(subject):
        raise UsageError(N_("Say whose or what data to erase: a contract, plate or name."))
    tied = {subject_key(tie.subject) for tie in ties_of(context, subject, most=None).found}
    for other in also:
        if subject_key(other) not in tied:
            raise NotFound(
                N_("No event ties “{also}” to “{subject}”; erase it by itself: sla erase {also}"),
                also=other,
                subject=subject,
            )
    found: dict[tuple[type, str], Erasable] = {}
    keys = [subject_key(one) for one in (subject, *also)]
    for key in keys:
        of_it = (
            *context.store.read(lambda tx, key=key: _in_store(tx, key)),  # type: ignore[misc]
            *events_naming(context, key),
        )
        found |= {(type(value), value.id): value for value in of_it}
    found |= {(type(value), value.id): value for value in _in_archives(context, keys)}
    duties = {value.id for value in found.values() if isinstance(value, Duty)}
    about = context.store.read(lambda tx: _about(tx, duties, keys))
    found |= {(type(value), value.id): value for value in about}
    if not found:
        raise NotFound(N_("Nothing is kept about “{subject}”."), subject=subject)
    return list(found.values())


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


def _about(tx: Reading, duties: set[str], keys: Sequence[str]) -> list[Erasable]:
    """Return what was written about duties in offers and shift notes.

    Neither is ever archived. A note goes as a whole, as nobody can tell which of its sentences are about the subject;
    its list of duties stays.
    """
    return [
        *(tx.find(Offer, duty=tuple(duties)) if duties else ()),
        *(
            note
            for note in tx.find(ShiftNote)
            if not duties.isdisjoint(note.duties) or any(_names(key, note.text) for key in keys)
        ),
    ]


def _names(key: str, *texts: str) -> bool:
    """Tell whether a name of a file, a map or a heading holds a subject."""
    return len(key) >= SHORTEST_NAME and any(key in subject_key(text) for text in texts)


def _texts(reading: ListReading) -> Iterable[str]:
    return (reading.sheet, reading.source, *reading.columns.values())


def _in_archives(context: ServiceContext, keys: Container[str]) -> Iterable[Erasable]:
    for name in context.store.seals():
        for value in context.store.sealed(name):
            if isinstance(value, Duty | Event | Request | Complaint) and value.subject_key in keys:
                yield value


def _keep_in_months(tx: Writing, copies: Sequence[Duty]) -> None:
    """Keep the erased copies of archived duties with their months, which count them."""
    for id in sorted({copy.month for copy in copies}):
        month = tx.get(Month, id)
        if month is not None:
            own = {copy.id: copy for copy in copies if copy.month == id and tx.get(Duty, copy.id) is None}
            erased = {**{duty.id: duty for duty in month.erased}, **own}
            tx.put(replace(month, erased=tuple(erased.values())))


def _without_names(context: ServiceContext, event: Event, keys: Container[str]) -> Event:
    """Return an event about another subject without the erased ones in its fields."""
    named = named_subjects(context.catalogue.event_types.get(event.type), event.fields)
    gone = {field.id for field, value in named if subject_key(value) in keys}
    if not gone:  # the field was one that names subjects when the event was registered
        gone = {id for id, value in event.fields.items() if subject_key(value) in keys}
    return replace(
        event,
        fields={id: ERASED if id in gone else value for id, value in event.fields.items()},
        tied=tuple(key for key in event.tied if key not in keys),
    )


def _copies(context: ServiceContext, found: Sequence[Erasable], keys: Container[str]) -> list[Erasable]:
    """Return what stays of the values.

    An event about another subject loses the erased names only.
    """
    known = {*context.catalogue.departments, *context.people}
    terms = {
        value.request: value.terms.request for value in found if isinstance(value, Duty) and value.request
    }

    def copy(value: Erasable) -> Erasable:
        if isinstance(value, Event) and value.subject_key not in keys:
            return _without_names(context, value, keys)
        request = value.request if isinstance(value, Duty) else value.id if isinstance(value, Request) else ""
        return erased_copy(value, known, terms.get(request))

    return [copy(value) for value in found]
