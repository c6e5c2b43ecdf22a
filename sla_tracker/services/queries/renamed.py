"""A store that finds and reads what was renamed by its present id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.services.consent.in_force import unfollowed
from sla_tracker.services.ports import Act, Change, Reading, Store, Touched, Where, Writing

if TYPE_CHECKING:
    from sla_tracker.services.queries.present_ids import PresentIds

T = TypeVar("T")
R = TypeVar("R")


def with_present_ids(store: Store, catalogue: Catalogue) -> Store:
    """Return the store as read by present ids; itself where nothing was renamed."""
    renames = catalogue.renames()
    if not renames:
        return store
    # Loaded here: it needs every stored kind, which a start without renames does not wait for.
    from sla_tracker.services.queries.present_ids import PresentIds

    return RenamedStore(store, PresentIds(renames))


def as_stored(store: Store) -> Store:
    """Return the store itself, to ask which kind of store it is."""
    store = unfollowed(store)
    return store.stored if isinstance(store, RenamedStore) else store


class _PresentReading:
    """A view whose values have present ids."""

    def __init__(self, tx: Reading, present: PresentIds) -> None:
        self._tx = tx
        self._present = present

    @property
    def sequence(self) -> int:
        return self._tx.sequence

    def is_unchanged_since(self, sequence: int) -> bool:
        return self._tx.is_unchanged_since(sequence)

    def get(self, kind: type[T], id: str) -> T | None:
        for stored_as in self._present.ids(kind, id):
            value = self._tx.get(kind, stored_as)
            if value is not None:
                return self._present.of(value)
        return None

    def find(self, kind: type[T], **where: Where) -> list[T]:
        return list(self.each(kind, **where))

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        return map(self._present.of, self._tx.each(kind, **self._present.where(kind, where)))

    def named(self, kind: type[T], text: str) -> list[T]:
        return list(map(self._present.of, self._tx.named(kind, text)))


class _PresentWriting(_PresentReading):
    """The same for a transaction that writes; what it puts has present ids."""

    def __init__(self, tx: Writing, present: PresentIds) -> None:
        super().__init__(tx, present)
        self._writing = tx

    def put(self, value: object) -> None:
        self._writing.put(value)

    def seal(self, name: str, chosen: Sequence[tuple[type, str]]) -> None:
        self._writing.seal(name, chosen)

    def unseal(self, name: str) -> None:
        self._writing.unseal(name)


class RenamedStore:
    """Store port over another one, whose values stay as they are stored.

    What moves stores (`revisions`, `adopt`) sees them so.
    """

    def __init__(self, store: Store, present: PresentIds) -> None:
        self.stored = store
        self._present = present

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view."""
        return self.stored.read(lambda tx: work(_PresentReading(tx, self._present)))

    def write(self, act: Act, work: Callable[[Writing], R]) -> R:
        """Run work and commit what it put."""
        return self.stored.write(act, lambda tx: work(_PresentWriting(tx, self._present)))

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
        """Return a value as of a commit, with present ids."""
        value = self.stored.as_of(kind, id, sequence)
        return None if value is None else self._present.of(value)

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
        """Return the values of an archive, with present ids."""
        return [self._present.of(value) for value in self.stored.sealed(name)]

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
