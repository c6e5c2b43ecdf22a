"""Checklist of a month's end: its points, and who prepared and who reviewed each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.errors import N_, IllegalTransition, Overtaken, Refused, Who
from sla_tracker.value_class import dataclass


class CheckKind(StrEnum):
    """A point of the checklist; all but CAUSES block the closing of the month."""

    OVERDUE = "overdue"
    VERDICTS = "verdicts"
    HOLDS = "holds"
    WAITING = "waiting"
    NOT_DUE = "not_due"
    CAUSES = "causes"


POINT_WORDS = {
    CheckKind.OVERDUE: N_("Overdue"),
    CheckKind.VERDICTS: N_("Awaiting verdict"),
    CheckKind.HOLDS: N_("On hold"),
    CheckKind.WAITING: N_("Waiting for others"),
    CheckKind.NOT_DUE: N_("Not due yet"),
    CheckKind.CAUSES: N_("Cause missing"),
}


class Part(StrEnum):
    """What a person signs of a point: that it is prepared, or that it is reviewed.

    The reviewer is another person than the preparer.
    """

    PREPARED = "prepared"
    REVIEWED = "reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed a part of a point, and when."""

    point: CheckKind
    part: Part
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The signatures of a month (`id` is YYYY-MM)."""

    id: str
    signatures: tuple[Signature, ...] = ()

    def of(self, point: CheckKind, part: Part) -> Signature | None:
        """Return the signature of a part of a point, None without one."""
        return next((one for one in self.signatures if (one.point, one.part) == (point, part)), None)


def came_after(duty: Duty, point: CheckKind, at: datetime) -> bool:
    """Return whether a duty came to a checklist's point after it was signed.

    It does not matter what became of the duty since. What opens or is returned is owed again; a verdict is asked for by
    a delivery, a hold by its beginning, a cause by what made the duty late.
    """
    owed_again = [duty.opened_at, *(one.returned_at for one in duty.deliveries)]
    match point:
        case CheckKind.VERDICTS:
            came: list[datetime | None] = [one.at for one in duty.deliveries]
        case CheckKind.HOLDS:
            came = [hold.start_at for hold in duty.holds]
        case CheckKind.CAUSES:
            came = [*owed_again, duty.closed_at, *(one.at for one in duty.deliveries)]
        case _:
            came = owed_again
    return any(one is not None and one > at for one in came)


def without(checklist: Checklist, point: CheckKind) -> Checklist:
    """Return the checklist without the signatures of a point, which is signed anew."""
    return replace(checklist, signatures=tuple(one for one in checklist.signatures if one.point is not point))


def signed(checklist: Checklist, point: CheckKind, part: Part, *, by: str, now: datetime) -> Checklist:
    """Return the checklist with a signature.

    Raises Overtaken for a part that is signed already, IllegalTransition for a review before the preparation, Refused
    where the same person would sign both.
    """
    known = checklist.of(point, part)
    if known is not None:
        raise Overtaken(N_("It was signed already by {by} at {at}."), by=Who(known.by), at=known.at)
    if part is Part.REVIEWED:
        prepared = checklist.of(point, Part.PREPARED)
        if prepared is None:
            raise IllegalTransition(N_("Nobody has signed it as prepared; it is reviewed after that."))
        if prepared.by == by:
            raise Refused(
                N_("Who prepared it does not review it: {by} signed it; a second person reviews."), by=Who(by)
            )
    signature = Signature(point=point, part=part, by=by, at=now)
    return replace(checklist, signatures=(*checklist.signatures, signature))


def taken_back(checklist: Checklist, point: CheckKind, *, by: str) -> Checklist:
    """Return the checklist without the person's signature of a point.

    Raises IllegalTransition where there is none, or where it was reviewed by somebody else since.
    """
    own = next((one for one in checklist.signatures if (one.point, one.by) == (point, by)), None)
    if own is None:
        raise IllegalTransition(N_("You have not signed it; only an own signature is taken back."))
    reviewed = checklist.of(point, Part.REVIEWED)
    if own.part is Part.PREPARED and reviewed is not None:
        raise Overtaken(
            N_("{by} has reviewed it at {at}; that signature is taken back first."),
            by=Who(reviewed.by),
            at=reviewed.at,
        )
    return replace(checklist, signatures=tuple(one for one in checklist.signatures if one != own))
