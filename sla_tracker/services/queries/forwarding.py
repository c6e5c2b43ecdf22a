"""Defines a view and a store that hand every call on to another one.

Subclasses change what some calls return.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from sla_tracker.services.ports import Act, Change, Reading, Store, Touched, Version, Where, Writing

T = TypeVar("T")
R = TypeVar("R")


class ForwardedReading:
    """A view of what another view shows; `find` returns what `each` yields."""

    def __init__(self, tx: Reading) -> None:
        self._tx = tx

    @property
    def sequence(self) -> int:
        """Return the number of the last commit that the view includes."""
        return self._tx.sequence

    def is_unchanged_since(self, sequence: int) -> bool:
        """Return whether the view includes no commit after a number."""
        return self._tx.is_unchanged_since(sequence)

    def get(self, kind: type[T], id: str) -> T | None:
        """Return the value of an id, or None."""
        return self._tx.get(kind, id)

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        """Yield the values whose indexed fields equal `where`."""
        return self._tx.each(kind, **where)

    def find(self, kind: type[T], **where: Where) -> list[T]:
        """Return the values whose indexed fields equal `where`."""
        return list(self.each(kind, **where))

    def named(self, kind: type[T], text: str) -> list[T]:
        """Return the values whose ids begin or end with a text."""
        return self._tx.named(kind, text)


class ForwardedStore:
    """A store port over another store."""

    def __init__(self, stored: Store) -> None:
        self.stored = stored

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view."""
        return self.stored.read(work)

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work and commit what it put."""
        return self.stored.write(act, work, on_commit)

    def sequence(self) -> int:
        """Return the number of the last commit."""
        return self.stored.sequence()

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last commit."""
        return self.stored.head()

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return commit hashes by number."""
        return self.stored.hashes_at(sequences)

    def history(self, id: str, archive: str = "") -> list[Change]:
        """Return the changes of one id, oldest first."""
        return self.stored.history(id, archive)

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit, or None."""
        return self.stored.as_of(kind, id, sequence)

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        """Return values as of commits."""
        return self.stored.versions(wanted)

    def touched(self, since: int) -> Touched | None:
        """Return kind and id of all that was written after a commit number."""
        return self.stored.touched(since)

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield all changes after a commit number, oldest first."""
        return self.stored.changes(since)

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield changes with the values that they wrote, as stored."""
        return self.stored.revisions(since)

    def sealed(self, name: str) -> list[object]:
        """Return the values of an archive."""
        return self.stored.sealed(name)

    def seals(self) -> Mapping[str, int]:
        """Return the number of values in each archive, by name."""
        return self.stored.seals()

    def erase(self, act: Act, replacements: Sequence[object]) -> int:
        """Replace values and delete their history."""
        return self.stored.erase(act, replacements)

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        """Append a commit of another store."""
        self.stored.adopt(change, values)

    def close(self) -> None:
        """Release files and connections."""
        self.stored.close()
