"""Stores the roster as versions before 0.3 did, in one document."""

from __future__ import annotations

from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.services.ports import Writing
from sla_tracker.services.turns.rosters import stored_roster


def put_in_one(tx: Writing, roster: Roster) -> None:
    """Store a whole roster in its head; nothing is left in its parts."""
    stored = stored_roster(tx)
    tx.put(roster)
    for id in stored.parts if stored else ():
        tx.put(Roster(id=id))
