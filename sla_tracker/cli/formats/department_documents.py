"""JSON documents of complaints, offers, shift notes and surveys.

Their field names are stable, because other programs read them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sla_tracker.cli.formats.documents import instant
from sla_tracker.domain.duties.complaint import acting_department
from sla_tracker.domain.reference import reference_of

if TYPE_CHECKING:
    from sla_tracker.domain.duties.complaint import Complaint
    from sla_tracker.domain.duties.handover import Offer, ShiftNote
    from sla_tracker.domain.measures.survey import Gaps


def complaint_document(complaint: Complaint, now: datetime) -> dict[str, Any]:
    """Return a complaint with its steps."""
    return {
        "id": complaint.id,
        "reference": reference_of(complaint.id),
        "complainant": complaint.complainant,
        "against": complaint.against,
        "responsible": complaint.responsible or None,
        "subject": complaint.subject or None,
        "duties": list(complaint.duties),
        "state": complaint.state.value,
        "next": complaint.next.value if complaint.next else None,
        "turn": acting_department(complaint) or None,
        "due_at": instant(complaint.due_at),
        "escalated": complaint.is_escalated(now),
        "steps": [
            {
                "step": step.stage.value,
                "at": instant(step.at),
                "by": step.by,
                "text": step.text,
                "outcome": step.outcome or None,
                "too_late": step.escalated,
            }
            for step in complaint.taken
        ],
    }


def offer_document(offer: Offer) -> dict[str, Any]:
    """Return an offer to hand a duty over."""
    return {
        "id": offer.id,
        "reference": reference_of(offer.id),
        "duty": offer.duty,
        "giver": offer.giver,
        "taker": offer.taker,
        "asked_at": instant(offer.asked_at),
        "asked_by": offer.asked_by,
        "reason": offer.reason,
        "within": offer.within,
        "state": offer.state.value,
        "linked": offer.linked or None,
    }


def shift_note_document(note: ShiftNote) -> dict[str, Any]:
    """Return a shift note."""
    return {
        "id": note.id,
        "reference": reference_of(note.id),
        "department": note.department,
        "person": note.person or None,
        "successor": note.successor or None,
        "text": note.text,
        "duties": list(note.duties),
        "written_at": instant(note.written_at),
        "written_by": note.written_by,
        "acknowledged_at": instant(note.acknowledged_at),
        "acknowledged_by": note.acknowledged_by or None,
    }


def gaps_document(gaps: Gaps) -> dict[str, Any]:
    """Return gap scores as exact decimal texts; None below the minimum of answers."""
    figures = gaps.per_dimension
    return {
        "quarter": gaps.quarter,
        "consumer": gaps.consumer or None,
        "joined": list(gaps.joined),
        "provider": gaps.provider,
        "answers": gaps.answers,
        "gaps": {dimension.value: str(gap) for dimension, gap in figures.items()} if figures else None,
        "weighted": None if gaps.weighted is None else str(gaps.weighted),
    }
