"""Follows a deployment's first day, on record, when its settings move it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing


def note_first_day(context: ServiceContext) -> None:
    """Record a moved `in_force_from`.

    It holds from the next opening on. The reason is old → new day.

    Moved earlier, the recurring turns in between open; moved later, what is open stays. An obligation that was added
    later still opens nothing from before that day.
    """
    first_day = context.settings.in_force_from
    if context.store.read(lambda tx: _moved_from(tx, first_day)) is None:
        return

    def work(tx: Writing, _now: datetime) -> None:
        roster, before = tx.get(Roster, ROSTER_ID), _moved_from(tx, first_day)
        if roster is None or before is None:
            return  # another process has noted it since
        added = added_since(roster)
        since = {id: max(first_day, added.get(id, first_day)) for id in roster.since}
        # Without the digest of the plugins the next opening looks back as far as the first day.
        tx.put(replace(roster, since=since, added=added, first_on=first_day, catalogue_digest=""))

    before = context.store.read(lambda tx: _moved_from(tx, first_day))
    context.write(None, "moved_first_day", work, reason=f"{before} → {first_day}")


def added_since(roster: Roster) -> dict[str, date]:
    """Return the obligations that were added after the first run.

    Each comes with the day on which it was first seen.
    """
    if roster.added or roster.first_on is not None:
        return dict(roster.added)
    first_day = _first_day_of(roster)  # of a store that an older version has kept
    return {id: since for id, since in roster.since.items() if since != first_day}


def _first_day_of(roster: Roster) -> date | None:
    return roster.first_on or min(roster.since.values(), default=None)


def _moved_from(tx: Reading, first_day: date) -> date | None:
    """Return the first day as it was before the settings named another one.

    None if they still name it.
    """
    roster = tx.get(Roster, ROSTER_ID)
    if roster is None or roster.opened_through_at is None:
        return None
    before = _first_day_of(roster)
    return None if before in (None, first_day) else before
