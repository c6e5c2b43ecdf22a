"""Use cases of shift notes: draft, write, edit, acknowledge, list."""

from __future__ import annotations

from datetime import datetime

from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.domain.duties.handover import ShiftNote, acknowledged, note_text, rewritten
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Refused
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import as_of
from sla_tracker.services.lookup.references import existing, new_id
from sla_tracker.services.ports import Reading, Writing


def draft(
    context: ServiceContext, actor: Actor, *, whole_department: bool = False
) -> tuple[str, tuple[Duty, ...]]:
    """Return a draft text, and the open duties of the actor or department it is of.

    The text has one line a duty, soonest due first; the user edits it before writing the note.
    """
    duties = context.store.read(lambda tx: _open_duties(tx, actor, whole_department=whole_department))
    return "\n".join(_line(context, duty) for duty in duties), duties


def _open_duties(tx: Reading, actor: Actor, *, whole_department: bool) -> tuple[Duty, ...]:
    owed = tx.find(Duty, provider=actor.department, state=OWED)
    mine = [duty for duty in owed if whole_department or duty.assignee == actor.id]
    return tuple(sorted(mine, key=lambda duty: (duty.due_at, duty.id)))


def _line(context: ServiceContext, duty: Duty) -> str:
    due = as_of(context, duty, context.now()).due_at.astimezone(context.settings.zone)
    hold = duty.holding
    last = duty.notes[-1].text.splitlines()[0] if duty.notes else ""
    parts = [
        f"#{duty.reference}",
        duty.title.get(context.stored_language),
        duty.subject,
        f"{due:%m-%d %H:%M}",
    ]
    if hold is not None:
        parts.append(f"⏸ {context.party_with(hold.waits_for, hold.reason)}")
    return " · ".join(part for part in (*parts, last) if part)


def write(
    context: ServiceContext, actor: Actor, text: str, *, successor: str = "", whole_department: bool = False
) -> ShiftNote:
    """Store a shift note for a successor of the same department, or for any (empty)."""
    person = context.person(successor) if successor else None
    if person is not None and (person.department != actor.department or person.id == actor.id):
        raise Refused(N_("The successor is somebody else of your own department."))

    def work(tx: Writing, now: datetime) -> ShiftNote:
        context.require(actor, Right.WRITE_SHIFT, now, provider=actor.department)
        duties = _open_duties(tx, actor, whole_department=whole_department)
        note = ShiftNote(
            id=new_id(now),
            department=actor.department,
            person="" if whole_department else actor.id,
            successor=person.id if person is not None else "",
            text=note_text(text),
            duties=tuple(duty.id for duty in duties),
            written_at=now,
            written_by=actor.id,
        )
        tx.put(note)
        return note

    return context.write(actor, Verb.WROTE_SHIFT_NOTE, work)


def edit(context: ServiceContext, actor: Actor, note_id: str, text: str) -> ShiftNote:
    """Change the text of one's own note while it is not acknowledged."""

    def work(tx: Writing, now: datetime) -> ShiftNote:
        note = existing(tx, ShiftNote, note_id)
        context.require(actor, Right.WRITE_SHIFT, now, provider=note.department)
        changed = rewritten(note, text, by=actor.id, now=now)
        tx.put(changed)
        return changed

    return context.write(actor, Verb.EDITED_SHIFT_NOTE, work)


def acknowledge(context: ServiceContext, actor: Actor, note_id: str) -> ShiftNote:
    """Acknowledge a note as its successor; it cannot be edited any more."""

    def work(tx: Writing, now: datetime) -> ShiftNote:
        note = existing(tx, ShiftNote, note_id)
        context.require(actor, Right.WRITE_SHIFT, now, provider=note.department)
        changed = acknowledged(note, by=actor.id, now=now)
        tx.put(changed)
        return changed

    return context.write(actor, Verb.ACKNOWLEDGED_SHIFT_NOTE, work)


def unacknowledged(context: ServiceContext, department: str) -> list[ShiftNote]:
    """Return a department's unacknowledged notes, oldest first."""
    notes = context.store.read(lambda tx: tx.find(ShiftNote, department=department, acknowledged=False))
    return sorted(notes, key=lambda note: note.written_at)


def listed(context: ServiceContext, department: str) -> list[ShiftNote]:
    """Return all notes of a department, latest first."""
    notes = context.store.read(lambda tx: tx.find(ShiftNote, department=department))
    return sorted(notes, key=lambda note: note.written_at, reverse=True)
