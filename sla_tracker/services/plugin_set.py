"""Puts on record which plugins are in use, by the hashes of their files, whenever that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing

SHOWN_OF_A_DIGEST = 12


def note_plugin_set(context: ServiceContext) -> None:
    """Record another set of plugins than the last opening's; the act's reason names each and what became of it."""
    known = context.store.read(_known)
    present = context.plugins.remembered(known)
    if present == known:
        return

    def work(tx: Writing, now: datetime) -> None:
        roster = tx.get(Roster, ROSTER_ID) or Roster()
        if roster.plugins != present:
            tx.put(replace(roster, plugins=present))

    context.write(None, "plugins_changed", work, reason=format_difference(known, present))


def format_difference(known: Mapping[str, str], present: Mapping[str, str]) -> str:
    """Return which plugins were added, changed or removed, as it is recorded: the same in every language."""
    said = []
    for name in sorted(known.keys() | present.keys()):
        if name not in present:
            said.append(f"-{name}")
        elif known.get(name) != present[name]:
            sign = "~" if name in known else "+"
            said.append(f"{sign}{name} {present[name][:SHOWN_OF_A_DIGEST]}".rstrip())
    return ", ".join(said)


def _known(tx: Reading) -> Mapping[str, str]:
    roster = tx.get(Roster, ROSTER_ID)
    return {} if roster is None else roster.plugins
