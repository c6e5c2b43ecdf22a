"""Remembers under a name how a kind of list is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.imports.run import ImportKind, ImportMap, ListReading
from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, NotFound, UsageError
from sla_tracker.services.access import Right
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import new_id
from sla_tracker.services.ports import Writing

_NAME = re.compile(r"[\w.\- ]{1,60}")


def check_map_name(name: str) -> None:
    """Raise UsageError for what cannot be the name of a map."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            N_("“{name}” is no name for a map; take letters, digits, - and _, at most 60."), name=name
        )


def remember(
    context: ServiceContext, actor: Actor, name: str, kind: ImportKind, reading: ListReading
) -> None:
    """Store how a kind of list is read; everybody of the deployment can use it.

    Raises UsageError, Forbidden.
    """
    check_map_name(name)
    context.require(actor, Right.REGISTER_EVENT, context.now())
    # How to read the doubtful parts of one file says nothing about the next.
    kept = replace(reading, again=False, year=None)

    def work(tx: Writing, now: datetime) -> None:
        known = next((one for one in tx.find(ImportMap) if (one.name, one.kind) == (name, kind)), None)
        wanted = ImportMap(id=known.id if known else new_id(now), name=name, kind=kind, reading=kept)
        if wanted != known:
            tx.put(wanted)

    context.write(actor, Verb.REMEMBERED_IMPORT_MAP, work)


def remembered(context: ServiceContext, name: str, kind: ImportKind) -> ListReading:
    """Return how a kind of list is read, as stored under a name.

    Raises NotFound with the names that there are.
    """
    known = {one.name: one for one in maps(context) if one.kind is kind}
    if name not in known:
        raise NotFound(
            N_("No map for such lists is called “{name}”; there are: {known}."),
            name=name,
            known=", ".join(known) or "-",
        )
    return known[name].reading


def completed_by(typed: ListReading, kept: ListReading) -> ListReading:
    """Return how a list is read: as is said for it, and else as is remembered."""
    return replace(
        typed,
        about=typed.about or kept.about,
        source=typed.source or kept.source,
        dates=typed.dates or kept.dates,
        dates_of=typed.dates_of if typed.dates else {**kept.dates_of, **typed.dates_of},
        at=typed.at or kept.at,
        hidden=typed.hidden or kept.hidden,
        columns={**kept.columns, **typed.columns},
    )


def maps(context: ServiceContext) -> Sequence[ImportMap]:
    """Return the maps, by name."""
    return sorted(context.store.read(lambda tx: tx.find(ImportMap)), key=lambda one: one.name)
