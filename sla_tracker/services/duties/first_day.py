"""Follows a deployment's first day, on record, when its settings move it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, head_of
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.rosters import grouped, roster_of, stored_roster


def note_first_day(context: ServiceContext) -> None:
    """Record a moved `in_force_from`, with the old and the new day as reason.

    The new day holds from the next opening on. Moved earlier, the recurring turns in between open; moved later, what is
    open stays. An obligation that was added later still opens nothing from before that day.
    """
    first_day = context.settings.in_force_from
    before = context.store.read(lambda tx: _moved_from(tx, first_day))
    if before is None:
        return
    write = partial(context.write, None, Verb.ROLLED_OVER)
    stored = context.store.read(stored_roster)
    if (
        stored is not None and stored.head.first_on is None
    ):  # of an older version: its entries alone say which day
        noted = replace(stored.head, first_on=before, added=added_since(stored.roster))
        write(lambda tx, _now: tx.put(noted) if _moved_from(tx, first_day) else None)
        stored = context.store.read(stored_roster)
    if stored is None:
        return
    roster, head = stored.roster, stored.head
    since = {id: max(first_day, roster.added.get(id, first_day)) for id in roster.since}
    *groups, last = grouped(stored.changed_parts(replace(roster, since=since)))

    def store(parts: Sequence[Roster], tx: Writing, _now: datetime) -> bool:
        if tx.get(Roster, ROSTER_ID) != head:
            return False  # another process has noted it since, or opens a day: the next tick looks again
        for part in parts:
            tx.put(part)
        return True

    def finish(tx: Writing, now: datetime) -> None:
        # Without the digest of the plugins the next opening looks back as far as the first day.
        moved = replace(head_of(roster), first_on=first_day, catalogue_digest="", revision=head.revision + 1)
        if store(last, tx, now):
            tx.put(moved)

    if all(write(partial(store, group)) for group in groups):
        context.write(None, Verb.MOVED_FIRST_DAY, finish, reason=f"{before} → {first_day}")


def added_since(roster: Roster) -> dict[str, date]:
    """Return the obligations added after the first run, and when each was first seen."""
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
    head = tx.get(Roster, ROSTER_ID)
    if head is None or head.opened_through_at is None:
        return None
    before = head.first_on or _first_day_of(roster_of(tx) or head)
    return None if before in (None, first_day) else before
