"""Follows what others commit: waits for news, and paces what is read again."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self, TypeVar

from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.ports import NewsSource, Touched

# Duties whose parties are read to spare views that show none of them a reading.
MOST_LOOKED_AT = 50
# A writer whose commit was just told of holds the lock while it syncs; who asks at once asks several times.
SETTLE_SECONDS = 0.02
# A reading that takes longer made tens of thousands of objects.
LONG_SECONDS = 0.5

R = TypeVar("R")
A = TypeVar("A")

# Least pause between two readings of a view because of others, in seconds.
LEAST_PAUSE = 2.0
# A reading of seconds is repeated after so many times as long, so that following others takes 5 % of a processor.
PAUSE_FACTOR = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The last commit, and what was written since another one.

    `touched` is None where that is unknown. `departments` are the parties of the duties written, None where something
    else than duties was.
    """

    sequence: int
    touched: Touched | None = None
    departments: frozenset[str] | None = None


def changes_since(context: ServiceContext, seen: int) -> Changed:
    """Return what was written after a commit.

    If `seen` is -1, returns only the number of the last commit.
    """
    sequence = context.store.sequence()
    if not 0 <= seen < sequence:
        return Changed(sequence=sequence)
    touched = context.store.touched(seen)
    return Changed(sequence=sequence, touched=touched, departments=_departments(context, touched))


def _departments(context: ServiceContext, touched: Touched | None) -> frozenset[str] | None:
    """Return the parties of the duties written.

    None where anything else was written, or one cannot be read.
    """
    if (
        touched is None
        or len(touched) > MOST_LOOKED_AT
        or any(kind != StoredKind.DUTIES for kind, _id in touched)
    ):
        return None
    # The first frame does not need them.
    from sla_tracker.domain.duties.duty import DutyParties
    from sla_tracker.services.consent.in_force import unfollowed

    # The agreements in force matter to none of this; they are read again when something else is.
    store = unfollowed(context.store)
    found = store.read(lambda tx: [tx.get(DutyParties, id) for _kind, id in touched])
    known = [parties for parties in found if parties is not None]
    return (
        frozenset().union(*(parties.departments for parties in known)) if len(known) == len(found) else None
    )


class StoreNews:
    """Waits until somebody committed something, unless the store cannot tell."""

    def __init__(self, source: NewsSource | None) -> None:
        self._source = source
        self._come = asyncio.Event()
        self._is_over = False

    @property
    def is_told(self) -> bool:
        """Return whether news come by themselves; else the store is asked regularly."""
        return self._source is not None and not self._is_over

    def __enter__(self) -> Self:
        if self._source is not None:
            asyncio.get_running_loop().add_reader(self._source.fileno(), self._take)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._source is not None:
            asyncio.get_running_loop().remove_reader(self._source.fileno())
            self._source.close()

    def _take(self) -> None:
        assert self._source is not None
        if not self._source.take():
            self._is_over = True
            asyncio.get_running_loop().remove_reader(self._source.fileno())
        self._come.set()

    async def wait(self, seconds: float) -> bool:
        """Wait at most so many seconds for news since the last call.

        Returns whether there is any.
        """
        if not self.is_told:
            return False
        try:
            await asyncio.wait_for(self._come.wait(), seconds)
        except TimeoutError:
            return False
        self._come.clear()
        return True

    def forget(self) -> None:
        """Forget the news that have come, because the store is asked now anyway."""
        self._come.clear()


class Pace:
    """Measures how long readings take, and how long to wait before the next.

    Changes by others make readings necessary again.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._ran_at: dict[str, float] = {}
        self._waiting: set[str] = set()

    def timed(self, key: str, call: Callable[[A], R]) -> Callable[[A], R]:
        """Return the call, which notes how long it took under a key."""

        def work(argument: A) -> R:
            began = time.perf_counter()
            try:
                return call(argument)
            finally:
                self._seconds[key] = took = time.perf_counter() - began
                if took > LONG_SECONDS:
                    # What such a reading makes stays; each full collection would walk through all of it again.
                    gc.freeze()

        return work

    def pause(self, key: str) -> float | None:
        """Return the seconds to wait before a reading is repeated.

        None where one waits already.
        """
        if key in self._waiting:
            return None
        self._waiting.add(key)
        took = max((seconds for name, seconds in self._seconds.items() if name.startswith(key)), default=0.0)
        since = time.monotonic() - self._ran_at.get(key, float("-inf"))
        return max(0.0, max(LEAST_PAUSE, PAUSE_FACTOR * took) - since)

    def run(self, key: str, read: Callable[[], None]) -> None:
        """Repeat a reading whose pause is over."""
        self._waiting.discard(key)
        self._ran_at[key] = time.monotonic()
        read()
