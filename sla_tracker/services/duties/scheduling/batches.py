"""Changes many stored values, some of them in each transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar

from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Reading, Writing

T = TypeVar("T")
R = TypeVar("R")

BATCH = 20  # values changed in one transaction: some 30 ms of work
LOOKED_AT = 200  # values looked at in one reading


class Write(Protocol):
    """Runs work in a transaction on record."""

    def __call__(self, work: Callable[[Writing, datetime], R], /) -> R:
        """Return what the work returns."""


class Recompute(Protocol[T]):
    """Computes what becomes of a stored value."""

    def __call__(self, tx: Reading, value: T, now: datetime, /) -> T | None:
        """Return the value to store; None if it stays as it is."""


def in_batches(
    context: ServiceContext,
    write: Write,
    found: tuple[type[T], Iterable[str]],
    change: Recompute[T],
    store: Callable[[Writing, T], T],
) -> Iterator[T]:
    """Change stored values that need it, a few in each transaction; yields them.

    The values are yielded as stored. What needs a change is found without the lock and checked again under it, so
    several processes may do the same, and one may end in between.
    """
    kind, ids = found
    now = context.now()

    def present(tx: Reading, id: str, at: datetime) -> T | None:
        value = tx.get(kind, id)
        return None if value is None else change(tx, value, at)

    def change_all(some: Sequence[str], tx: Writing, at: datetime) -> list[T]:
        changed = (present(tx, id, at) for id in some)  # each after the one before it is stored
        return [store(tx, value) for value in changed if value is not None]

    wanted: list[str] = []
    for piece in chunked(list(ids), LOOKED_AT):
        wanted += context.store.read(
            lambda tx, piece=piece: [id for id in piece if present(tx, id, now) is not None]  # type: ignore[misc]
        )
    for some in chunked(wanted, BATCH):
        yield from write(partial(change_all, some))


def chunked(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the values in pieces of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
