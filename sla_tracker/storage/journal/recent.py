"""Remembers what the last commits wrote, for those who show it and follow."""

from __future__ import annotations

from collections import deque

from sla_tracker.storage.journal.image import Named
from sla_tracker.storage.journal.line import Header

# Commits whose keys are remembered; who looks less often than that reads everything again.
REMEMBERED_COMMITS = 512
# Keys of one commit that are remembered; one that touched more changed nearly everything.
REMEMBERED_KEYS = 2048


class RecentCommits:
    """Table and key of what each of the last commits wrote."""

    def __init__(self) -> None:
        self._keys: deque[tuple[int, frozenset[Named] | None]] = deque(maxlen=REMEMBERED_COMMITS)

    def note(self, header: Header) -> None:
        """Remember a commit that was applied.

        One that is known already is passed over: after loading a snapshot the lines behind it are applied again.
        """
        last = self._keys[-1][0] if self._keys else header.n - 1
        if header.n <= last:
            return
        if header.n != last + 1:
            self._keys.clear()
        many = len(header.changes) > REMEMBERED_KEYS or header.erase or header.erased
        keys = None if many else frozenset((change.table, change.key) for change in header.changes)
        self._keys.append((header.n, keys))

    def after(self, sequence: int, last: int) -> frozenset[Named] | None:
        """Return the keys of the commits after one, up to the last.

        None where one of them is not remembered.
        """
        if sequence == last:
            return frozenset()
        if not self._keys or self._keys[0][0] > sequence + 1 or self._keys[-1][0] != last or sequence > last:
            return None
        found: set[Named] = set()
        for number, keys in reversed(self._keys):
            if number <= sequence:
                break
            if keys is None:
                return None
            found |= keys
        return frozenset(found)
