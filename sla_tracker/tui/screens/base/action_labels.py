"""Labels of duty keys for the rows at hand; keys without effect get no label."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.states import OWED, State
from sla_tracker.errors import N_
from sla_tracker.services.access import Right, may

if TYPE_CHECKING:
    from sla_tracker.domain.people import Actor
    from sla_tracker.services.queries.rows import DutyRow


class Primary(StrEnum):
    """What the enter key does."""

    DELIVER = "deliver"
    JUDGE = "judge"
    LOOK = "look"


WORDS = {Primary.DELIVER: N_("Deliver"), Primary.JUDGE: N_("Judge"), Primary.LOOK: N_("Details")}
WORDS_OF_SEVERAL = WORDS | {
    Primary.DELIVER: N_("Deliver the marked"),
    Primary.JUDGE: N_("Accept the marked"),
}


def primary(rows: Sequence[DutyRow], actor: Actor) -> Primary:
    """Return what enter does: deliver, judge or show.

    Enter delivers what one owes and judges what one is owed.
    """
    if any(row.state in OWED and _may(actor, Right.DELIVER, row) for row in rows):
        return Primary.DELIVER
    if any(row.state is State.DELIVERED and _may(actor, Right.JUDGE, row) for row in rows):
        return Primary.JUDGE
    return Primary.LOOK


def word_of(action: str, usual: str, row: DutyRow | None, marked: Sequence[DutyRow], actor: Actor) -> str:
    """Return the label (message id) of an action; empty if it has no effect here.

    Some actions apply to the row under the cursor, others to the marked rows if there are any; `usual` is the label of
    an action whose label does not depend on a row.
    """
    rows = marked or _stored(row)
    match action:
        case "primary":
            words = WORDS_OF_SEVERAL if marked else WORDS
            return words[primary(rows, actor)] if marked or row else ""
        case "take":
            return _take(rows, actor, usual)
        case "note":
            is_possible = any(_may(actor, Right.NOTE, one) for one in rows)
        case "evidence":
            is_possible = primary(_stored(row), actor) is Primary.DELIVER
        case "why":
            is_possible = bool(_stored(row))
        case "subject":
            is_possible = row is not None and bool(row.subject)
        case _unused:
            is_possible = True
    return usual if is_possible else ""


def _stored(row: DutyRow | None) -> Sequence[DutyRow]:
    """Return the row under the cursor unless it is only planned."""
    return [row] if row is not None and row.id else []


def _take(rows: Sequence[DutyRow], actor: Actor, usual: str) -> str:
    owed = [row for row in rows if row.state in OWED and _may(actor, Right.TAKE, row)]
    if len(owed) == 1 and owed[0].assignee == actor.id:
        return N_("Put back")
    return usual if any(not row.assignee for row in owed) else ""


def _may(actor: Actor, right: Right, row: DutyRow) -> bool:
    return bool(row.id) and may(actor, right, provider=row.provider, consumer=row.consumer)
