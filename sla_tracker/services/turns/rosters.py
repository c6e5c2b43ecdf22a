"""Reads the roster from its parts, and says which parts a change has to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from sla_tracker.domain.agreements.known_triggers import KnownTrigger
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, part_id, parts_of, whole
from sla_tracker.services.ports import Reading
from sla_tracker.value_class import dataclass

ENTRIES = 500
"""Obligations whose entries are written in one transaction: some 5 ms of work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRoster:
    """The documents of the roster as stored: its head, and its parts by id."""

    head: Roster
    parts: Mapping[str, Roster]

    @property
    def roster(self) -> Roster:
        """Return the whole roster."""
        return whole(self.head, self.parts.values())

    def changed_parts(self, roster: Roster) -> tuple[Roster, ...]:
        """Return the parts to write for a changed roster.

        Parts that lose entries come last, so that an entry that moves to another department is always in one.
        """
        present = parts_of(roster)
        emptied = (Roster(id=id) for id in self.parts if id not in present)
        changed = [part for part in (*present.values(), *emptied) if self.parts.get(part.id) != part]
        return tuple(sorted(changed, key=self._loses))

    def _loses(self, part: Roster) -> bool:
        before = self.parts.get(part.id)
        return before is not None and not before.since.keys() <= part.since.keys()


def stored_roster(tx: Reading) -> StoredRoster | None:
    """Return the documents of the roster; None before the first one is written."""
    found = {one.id: one for one in tx.find(Roster)}
    head = found.pop(ROSTER_ID, None)
    return None if head is None else StoredRoster(head=head, parts=found)


def roster_of(tx: Reading) -> Roster | None:
    """Return the whole roster; None before the first one is written."""
    stored = stored_roster(tx)
    return None if stored is None else stored.roster


class RosterReader:
    """Reads what the roster knows of single obligations, each department's part once.

    The whole of thousands of obligations takes a tenth of a second to read, a part less than a millisecond.
    """

    def __init__(self, tx: Reading) -> None:
        self._tx = tx
        self._head: Roster | None = None
        self._by_department: dict[str, Roster] = {}
        self._whole: Roster | None = None

    @property
    def is_stored(self) -> bool:
        """Return whether there is a roster."""
        self._head = self._head or self._tx.get(Roster, ROSTER_ID)
        return self._head is not None

    def since_of(self, obligation: Obligation) -> date | None:
        """Return the first day whose dues an obligation opens.

        None if it is not known yet.
        """
        roster = self._roster_with(obligation)
        return None if roster is None else roster.since_of(obligation)

    def triggers_of(self, obligation: Obligation) -> tuple[KnownTrigger, ...]:
        """Return the triggers that an obligation was seen with.

        Empty if the obligation is not known yet.
        """
        roster = self._roster_with(obligation)
        return (roster.triggers_of(obligation) if roster is not None else None) or ()

    def _roster_with(self, obligation: Obligation) -> Roster | None:
        """Return the roster with the entries of a department.

        The whole one for an obligation that is in no part of its present department, because another one owed it, or
        the department was renamed.
        """
        department = obligation.provider
        known = self._by_department.get(department) or self._with_part(department)
        if known is None or known.since_of(obligation) is not None:
            return known
        self._whole = self._whole or roster_of(self._tx)
        return self._whole

    def _with_part(self, department: str) -> Roster | None:
        if not self.is_stored or self._head is None:
            return None
        part = self._tx.get(Roster, part_id(department))
        known = whole(self._head, () if part is None else (part,))
        self._by_department[department] = known
        return known


def grouped(parts: Iterable[Roster]) -> Iterator[tuple[Roster, ...]]:
    """Yield parts in groups for a transaction each, in order.

    At least one group is yielded, which may be empty.
    """
    group: list[Roster] = []
    entries = 0
    for part in parts:
        entries += len(part.since)
        if group and entries > ENTRIES:
            yield tuple(group)
            group, entries = [], len(part.since)
        group.append(part)
    yield tuple(group)
