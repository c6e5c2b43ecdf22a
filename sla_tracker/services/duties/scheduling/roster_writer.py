"""Writes the transactions of an opening, and the parts of the roster it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from sla_tracker.domain.agreements.roster import ROSTER_ID, Roster, head_of
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing
from sla_tracker.services.turns.rosters import StoredRoster, grouped

R = TypeVar("R")


class RosterChanged(Exception):
    """Another process has changed the roster that an opening went by."""


class RosterWriter:
    """Writes the transactions of an opening, unless others change its roster.

    The head shows it: whoever notes obligations or triggers in the parts raises its revision. The ends of opened
    periods raise none, as several processes may add theirs: the later one counts.
    """

    def __init__(
        self, context: ServiceContext, stored: StoredRoster | None, known: Roster, sequence: int
    ) -> None:
        self._context = context
        parts = (stored or StoredRoster(head=known, parts={})).changed_parts(known)
        self._head = None if stored is None else stored.head
        self._parts: Sequence[Roster] = parts
        self._noted_head = self._head
        if stored is None or parts or head_of(known) != head_of(stored.head):
            kept = head_of(known) if stored is None else _with_entries_of(stored.head, known)
            self._noted_head = replace(kept, revision=kept.revision + 1)
        self._current_at = sequence  # of a commit after which the head was the one stored

    def write(self, work: Callable[[Writing, datetime], R]) -> R:
        """Run a part of the opening in a transaction, once its roster is stored.

        Raises RosterChanged, with nothing written, if another process has changed the roster.
        """
        *groups, last = grouped(self._parts)
        for group in groups:
            self._write(partial(_put_all, group))
            self._parts = self._parts[len(group) :]

        def with_parts(tx: Writing, now: datetime) -> R:
            _put_all(last, tx, now)
            return work(tx, now)

        result = self._write(with_parts)
        self._parts = ()
        return result

    def _write(self, work: Callable[[Writing, datetime], R]) -> R:
        # Before the transaction, so that hardly one reads the head again while it holds the lock.
        sequence = self._latest_current()

        def checked(tx: Writing, now: datetime) -> R:
            if not tx.is_unchanged_since(sequence) and not self._is_current(tx):
                raise RosterChanged
            if self._noted_head is not None and self._noted_head != self._head:
                tx.put(self._noted_head)
            return work(tx, now)

        result = self._context.write(None, Verb.ROLLED_OVER, checked)
        self._head = self._noted_head
        return result

    def _latest_current(self) -> int:
        """Return the number of the last commit, after which the head is the one stored.

        Raises RosterChanged.
        """
        store = self._context.store
        sequence = store.sequence()
        touched = store.touched(self._current_at)
        if touched is None or ROSTER_ID in {id for _kind, id in touched}:
            sequence, is_current = store.read(lambda tx: (tx.sequence, self._is_current(tx)))
            if not is_current:
                raise RosterChanged
        self._current_at = sequence
        return sequence

    def _is_current(self, tx: Reading) -> bool:
        return tx.get(Roster, ROSTER_ID) == self._head

    @property
    def revision(self) -> int:
        """Return the revision of the head that this opening goes by."""
        return 0 if self._noted_head is None else self._noted_head.revision


def _with_entries_of(stored: Roster, known: Roster) -> Roster:
    """Return the head of a known roster, with the entries of the stored head.

    The stored entries stay until all parts are written.
    """
    return replace(known, since=stored.since, added=stored.added, triggers=stored.triggers)


def _put_all(parts: Iterable[Roster], tx: Writing, _now: datetime) -> None:
    for part in parts:
        tx.put(part)
