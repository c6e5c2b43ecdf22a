"""Counts what waits for a person in the inbox.

After the first count it looks only at those duties that have changed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_duties import MAX_ROWS_PER_KIND
from sla_tracker.services.departments.inbox_entry import OPTIONAL, InboxKind
from sla_tracker.services.queries.forwarding import ForwardedReading

if TYPE_CHECKING:
    from sla_tracker.domain.people import Actor
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.ports import Reading, Store, Touched, Where

T = TypeVar("T")
R = TypeVar("R")

# Kinds of entries that each come from one duty; all others are few, and read at each count.
OF_DUTIES = frozenset(
    {
        InboxKind.WAIVER,
        InboxKind.HOLD,
        InboxKind.FIELD,
        InboxKind.EVENT,
        InboxKind.PAPERS,
        InboxKind.CAUSE,
    }
)
# Changed duties up to which only these are looked at.
MOST_CHANGED = 200


class InboxCount:
    """Counts a person's inbox: all of it once, then only the duties written since.

    An open terminal counts after each commit that concerns its department, and a department may have tens of thousands
    of duties.
    """

    def __init__(self) -> None:
        self._changed: set[str] | None = None
        self._waiting: frozenset[tuple[InboxKind, str]] = frozenset()
        self._of: object = None

    def note(self, touched: Touched | None) -> None:
        """Note what was written; None where that is unknown."""
        if touched is None or any(kind == StoredKind.MONTHS for kind, _id in touched):
            self._changed = None
        elif self._changed is not None:
            self._changed |= {id for kind, id in touched if kind == StoredKind.DUTIES}

    def count(self, context: ServiceContext, actor: Actor) -> int:
        """Return the number of entries on which the person can act.

        Optional entries are not counted.
        """
        changed, self._changed = self._changed, None  # stays so where reading fails
        # Some entries come and go with the day, some with what the person may do, or with the plugins.
        of = (actor, context.now().astimezone(context.settings.zone).date(), id(context.catalogue))
        if changed is None or of != self._of or len(changed) > MOST_CHANGED:
            kept: Iterable[tuple[InboxKind, str]] = ()
            entries = inbox_entries(context, actor)
        else:
            kept = [one for one in self._waiting if one[0] in OF_DUTIES and one[1] not in changed]
            store = cast("Store", _AmongStore(context.store, changed))
            entries = inbox_entries(replace(context, store=store), actor)
        self._waiting = frozenset(
            [*kept, *((one.kind, one.id) for one in entries if one.mine and one.kind not in OPTIONAL)]
        )
        self._of, self._changed = of, set()
        causes = sum(kind is InboxKind.CAUSE for kind, _id in self._waiting)
        return len(self._waiting) - max(0, causes - MAX_ROWS_PER_KIND)


class _Among(ForwardedReading):
    """A view in which only some duties are found; all other values as they are."""

    def __init__(self, tx: Reading, ids: Collection[str]) -> None:
        super().__init__(tx)
        self._ids = ids

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        if kind is not Duty:
            return self._tx.each(kind, **where)
        found = (self._tx.get(kind, id) for id in sorted(self._ids))
        return (one for one in found if one is not None and _fits(one, where))


def _fits(value: object, where: dict[str, Where]) -> bool:
    return all(
        getattr(value, name) in wanted if isinstance(wanted, tuple) else getattr(value, name) == wanted
        for name, wanted in where.items()
    )


class _AmongStore:
    """The part of a store that the inbox reads, over some duties."""

    def __init__(self, store: Store, ids: Collection[str]) -> None:
        self._store = store
        self._ids = ids

    def read(self, work: Callable[[Reading], R]) -> R:
        return self._store.read(lambda tx: work(_Among(tx, self._ids)))

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)
