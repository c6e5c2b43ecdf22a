"""Records the plugins in use, with the hashes of their files, when they change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, new_roster
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing

DIGEST_CHARS = 12  # hexadecimal digits of a plugin's hash in the recorded reason


def note_plugin_set(context: ServiceContext) -> None:
    """Record the plugin set if it differs from the last recorded one.

    The reason on record says what changed.
    """
    known = context.store.read(_known)
    present = context.plugins.remembered(known)
    if present == known:
        return

    def work(tx: Writing, _now: datetime) -> None:
        roster = tx.get(Roster, ROSTER_ID) or new_roster()
        if roster.plugins != present:
            tx.put(replace(roster, plugins=present))

    context.write(None, Verb.PLUGINS_CHANGED, work, reason=format_difference(known, present))


def format_difference(known: Mapping[str, str], present: Mapping[str, str]) -> str:
    """Return added (+), changed (~) and removed (-) plugins.

    The text is not translated, because it is stored.
    """
    parts = []
    for name in sorted(known.keys() | present.keys()):
        if name not in present:
            parts.append(f"-{name}")
        elif known.get(name) != present[name]:
            sign = "~" if name in known else "+"
            parts.append(f"{sign}{name} {present[name][:DIGEST_CHARS]}".rstrip())
    return ", ".join(parts)


def _known(tx: Reading) -> Mapping[str, str]:
    roster = tx.get(Roster, ROSTER_ID)
    return {} if roster is None else roster.plugins
