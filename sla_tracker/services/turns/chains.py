"""Follows duties that were handed over from one department to another."""

from __future__ import annotations

from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.services.ports import Reading


def first_of(tx: Reading, duty: Duty) -> Duty:
    """Return the first duty of a hand-over that can be read."""
    giver = tx.get(Duty, duty.handed_from) if duty.handed_from else None
    return duty if giver is None else first_of(tx, giver)


def chain_of(tx: Reading, first: Duty) -> tuple[Duty, ...]:
    """Return a duty and those that it was handed over to, as far as they can be read."""
    duties = [first]
    while (
        duties[-1].state is State.HANDED_OVER and (linked := tx.get(Duty, duties[-1].handed_to)) is not None
    ):
        duties.append(linked)
    return tuple(duties)
