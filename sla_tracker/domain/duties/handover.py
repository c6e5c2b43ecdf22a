"""Hand-overs of duties: to a consenting department, or at the end of a shift."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.duties.transitions import LONGEST_NOTE
from sla_tracker.errors import N_, IllegalTransition, Overtaken, Phrase, UsageError, Who
from sla_tracker.value_class import dataclass


class OfferState(StrEnum):
    """State of an offer to hand a duty over."""

    ASKED = "asked"
    CONSENTED = "consented"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OFFER_WORDS = {
    OfferState.ASKED: N_("asked"),
    OfferState.CONSENTED: N_("agreed to"),
    OfferState.REFUSED: N_("refused"),
    OfferState.WITHDRAWN: N_("withdrawn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An offer of one department to hand a duty over to another.

    `within` is the time for delivery in workdays from the consent; `linked` is the id of the duty that replaced the old
    one.
    """

    id: str
    duty: str
    giver: str
    taker: str
    asked_at: datetime
    asked_by: str
    reason: str
    within: int
    state: OfferState = OfferState.ASKED
    decided_at: datetime | None = None
    decided_by: str = ""
    answer: str = ""
    linked: str = ""


def decided(offer: Offer, state: OfferState, *, answer: str, by: str, now: datetime) -> Offer:
    """Return the offer with its decision; raises Overtaken if already decided."""
    if offer.state is not OfferState.ASKED:
        raise Overtaken(
            N_("This hand-over was already {state} by {by} at {at}."),
            state=Phrase(OFFER_WORDS[offer.state]),
            by=Who(offer.decided_by),
            at=offer.decided_at,
        )
    return replace(offer, state=state, decided_at=now, decided_by=by, answer=answer.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftNote:
    """A written note on unfinished work at the end of a shift, to be acknowledged.

    `person` is the person whose open duties it lists, empty for the whole department's; `successor` is empty when
    anybody of the department may acknowledge it.
    """

    id: str
    department: str
    person: str
    successor: str
    text: str
    duties: tuple[str, ...]
    written_at: datetime
    written_by: str
    acknowledged: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""


def rewritten(note: ShiftNote, text: str, *, by: str, now: datetime) -> ShiftNote:
    """Return the note with a new text.

    Only its writer may edit it, and only until it is acknowledged.
    """
    if note.acknowledged:
        raise _acknowledged_already(note)
    if note.written_by != by:
        raise IllegalTransition(
            N_("This note was written by {by}; write one of your own."), by=Who(note.written_by)
        )
    return replace(note, text=note_text(text), written_at=now)


def acknowledged(note: ShiftNote, *, by: str, now: datetime) -> ShiftNote:
    """Return the note as acknowledged; its writer cannot acknowledge it."""
    if note.acknowledged:
        raise _acknowledged_already(note)
    if by == note.written_by:
        raise IllegalTransition(N_("This note is yours; whoever comes next acknowledges it."))
    if note.successor and by != note.successor:
        raise IllegalTransition(
            N_("This note is for {successor}, who acknowledges it."), successor=Who(note.successor)
        )
    return replace(note, acknowledged=True, acknowledged_at=now, acknowledged_by=by)


def note_text(text: str) -> str:
    """Return a note's text, stripped.

    Raises UsageError when it is blank or too long.
    """
    text = text.strip()
    if not text or len(text) > LONGEST_NOTE:
        raise UsageError(N_("A note has 1 to {limit} characters."), limit=LONGEST_NOTE)
    return text


def _acknowledged_already(note: ShiftNote) -> Overtaken:
    return Overtaken(
        N_("This note was already acknowledged by {by} at {at}."),
        by=Who(note.acknowledged_by),
        at=note.acknowledged_at,
    )
