"""A store that finds and reads what was renamed by its present id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.services.consent.in_force import unfollowed
from sla_tracker.services.ports import Act, Reading, Store, Version, Where, Writing
from sla_tracker.services.queries.forwarding import ForwardedReading, ForwardedStore

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


class _PresentReading(ForwardedReading):
    """A view whose values have present ids."""

    def __init__(self, tx: Reading, present: PresentIds) -> None:
        super().__init__(tx)
        self._present = present

    def get(self, kind: type[T], id: str) -> T | None:
        for stored_as in self._present.ids(kind, id):
            value = self._tx.get(kind, stored_as)
            if value is not None:
                return self._present.of(value)
        return None

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


class RenamedStore(ForwardedStore):
    """Store port over another one, whose values stay as they are stored.

    `revisions` and `adopt`, which move stores, give the values as stored.
    """

    def __init__(self, store: Store, present: PresentIds) -> None:
        super().__init__(store)
        self._present = present

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view."""
        return self.stored.read(lambda tx: work(_PresentReading(tx, self._present)))

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work and commit what it put."""
        return self.stored.write(act, lambda tx: work(_PresentWriting(tx, self._present)), on_commit)

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit, with present ids."""
        value = self.stored.as_of(kind, id, sequence)
        return None if value is None else self._present.of(value)

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        """Return values as of commits, with present ids.

        The keys are the versions as they were asked for.
        """
        return {named: self._present.of(value) for named, value in self.stored.versions(wanted).items()}

    def sealed(self, name: str) -> list[object]:
        """Return the values of an archive, with present ids."""
        return [self._present.of(value) for value in self.stored.sealed(name)]
