"""What the desk needs from outside: a store, a clock, and plugins' second thoughts on a delivery."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from sla_tracker.domain.duties.duty import Duty

T = TypeVar("T")
R = TypeVar("R")

Where = str | bool | None | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does what, when and through which door; recorded with the change it causes.

    `what` is a past-tense verb such as `delivered`; `by` a person's id or `system`; `via` the door
    (`terminal`, `command`, ...) with the login when a trial acts as another person.
    """

    what: str
    by: str
    at: datetime
    via: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One recorded commit: its act, its place in the order of all commits, and what it touched (kind, id)."""

    sequence: int
    act: Act
    touched: tuple[tuple[str, str], ...]
    clock_went_back: bool = False


class Reading(Protocol):
    """A consistent view of everything stored, by type and id."""

    @property
    def sequence(self) -> int:
        """Return the number of the last commit that this view includes."""

    def get(self, kind: type[T], id: str) -> T | None:
        """Return one value, or None."""

    def find(self, kind: type[T], **where: Where) -> list[T]:
        """Return the values whose indexed fields equal `where`; a tuple means one of; no `where` means all live.

        Which fields are indexed is fixed per kind (storage/codec.py); another field raises KeyError.
        """


class Writing(Reading, Protocol):
    """A reading that sees its own changes and commits them together when the work returns."""

    def put(self, value: object) -> None:
        """Insert or replace a value of a known kind under its `id`."""

    def seal(self, name: str, chosen: Sequence[tuple[type, str]]) -> None:
        """Move values out of the live ones into the sealed archive of that name, once per transaction.

        They are sealed as they stood before this transaction; `get` and `find` do not see them any more, `history`
        and `as_of` do.
        """

    def unseal(self, name: str) -> None:
        """Bring the values of a sealed archive back among the live ones; raises KeyError for an unknown name."""


class Store(Protocol):
    """Keeps everything; each use case is one transaction.

    Raises StoreError when it cannot be read or written, StoreBusy when somebody holds it too long, and
    OutcomeUnknown when it cannot say whether a change was applied.
    """

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view."""

    def write(self, act: Act, work: Callable[[Writing], R]) -> R:
        """Run work and commit what it put, all or nothing.

        Work reads, decides and puts; it may be run again after a conflict, so it has no other effect. An
        exception from it rolls everything back and is passed on. Work that puts nothing commits nothing.
        """

    def sequence(self) -> int:
        """Return the number of the last commit; cheap enough to ask every second."""

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last commit; the hash is empty in a store that does not chain its commits."""

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return the hashes of the commits of those numbers that are there, and that this login sees."""

    def history(self, id: str) -> list[Change]:
        """Return the changes that touched one id, oldest first."""

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as it stood after the commit of that number, or None if it did not exist."""

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield all changes after a sequence number, oldest first."""

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield all changes after a number with the values they left, without those erased since; for moving stores.

        The same as asking `as_of` for each, in one pass.
        """

    def sealed(self, name: str) -> list[object]:
        """Return the values of a sealed archive; raises KeyError for an unknown name."""

    def seals(self) -> Mapping[str, int]:
        """Return the sealed archives by name, with the number of values in each."""

    def erase(self, act: Act, replacements: Sequence[object]) -> int:
        """Replace values and take their past, sealed copies included, out of what is kept, for good.

        The record of who changed what and when stays, and still verifies. Returns the number of values erased.
        """

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        """Append another store's commit under its own number, with the values it left, if any; for moving stores.

        Raises StoreError unless its number is the next one here.
        """

    def close(self) -> None:
        """Release files and connections."""


class Clock(Protocol):
    """Supplies the present moment."""

    def now(self) -> datetime:
        """Return the present as an aware UTC instant."""


Reviewer = Callable[[Duty, Mapping[str, str]], Sequence[str]]
Observer = Callable[[Change], None]
