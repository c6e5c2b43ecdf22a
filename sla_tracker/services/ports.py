"""Protocols that services need from outside: store, clock, reviewer, observer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeVar

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.domain.measures.survey import Answer

T = TypeVar("T")
R = TypeVar("R")

Where = str | bool | None | tuple[str, ...]
Touched = frozenset[tuple[str, str]]
"""Kind and id of values that were written."""
Version = tuple[type, str, int]
"""A value as of a commit: its kind and id, and the commit's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Who does what, when and by which login; recorded with each change.

    `what` is a `Verb`, or one that only another version knows; `by` a person's id or `system`; `via` the way with user
    id and login (`unix:1001:wangfang`; `trial:…` in a trial). Commits of older versions have no user id, some no login.
    """

    what: str
    by: str
    at: datetime
    via: str = ""
    reason: str = ""

    @property
    def uid(self) -> int | None:
        """Return the user id that acted, None where none is on record."""
        parts = self.via.split(":", 2)
        return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else None

    @property
    def login(self) -> str:
        """Return the login that acted, "" where none is on record."""
        return self.via.split(":", 2)[-1] if ":" in self.via else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One recorded commit: its act, sequence number, and touched values as (kind, id)."""

    sequence: int
    act: Act
    touched: tuple[tuple[str, str], ...]
    clock_went_back: bool = False


class Reading(Protocol):
    """A consistent read-only view of the store."""

    @property
    def sequence(self) -> int:
        """Return the number of the last commit that this view includes."""

    def is_unchanged_since(self, sequence: int) -> bool:
        """Return whether this view includes no commit after a number.

        Who asks this depends on everything that is stored.
        """

    def get(self, kind: type[T], id: str) -> T | None:
        """Return the value of an id, or None."""

    def find(self, kind: type[T], **where: Where) -> list[T]:
        """Return the live values whose indexed fields equal `where`; a tuple means any of.

        The indexed fields of each kind are fixed in storage/codec.py; any other raises KeyError.
        """

    def named(self, kind: type[T], text: str) -> list[T]:
        """Return the live values whose ids begin or end with a text.

        An empty text names no value.
        """

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        """Yield the values that `find` returns, decoded one at a time.

        Use it where few of many values are kept.
        """


class Writing(Reading, Protocol):
    """A view that sees its own changes; they are committed when the work returns."""

    def put(self, value: object) -> None:
        """Insert or replace a value of a known kind under its `id`."""

    def seal(self, name: str, chosen: Sequence[tuple[type, str]]) -> None:
        """Move live values into the archive of a name; at most once per transaction.

        They are archived as they stood before this transaction. `get` and `find` do not return them any more; `history`
        and `as_of` do.
        """

    def unseal(self, name: str) -> None:
        """Make the values of an archive live again; raises KeyError for an unknown name."""


class Store(Protocol):
    """Persistent storage with transactions, history and archives.

    Raises StoreError when it cannot be read or written, StoreBusy when another process holds the lock too long, and
    OutcomeUnknown when it is unknown whether a change was committed.
    """

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view and return its result."""

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work and commit what it put, all or nothing; returns its result.

        Work may be run again after a conflict, so it must have no other side effect. An exception from it rolls
        everything back and is raised again. Work that puts nothing commits nothing. `on_commit` is called with the
        number of the commit, after it: others may have committed before and since.
        """

    def sequence(self) -> int:
        """Return the number of the last commit; cheap enough to poll every second."""

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last commit.

        A store without a hash chain gives no hash.
        """

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return the hashes of the commits that exist, by number.

        Empty in a store without a hash chain.
        """

    def history(self, id: str, archive: str = "") -> list[Change]:
        """Return the changes of one id, oldest first.

        `archive` names the archive that it lies in, if that is known; otherwise all may have to be searched.
        """

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit number, or None if it did not exist then."""

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        """Return values as of commits.

        Values that did not exist then, or were erased, are left out. Equal to calling `as_of` for each, at the cost of
        about one call.
        """

    def touched(self, since: int) -> Touched | None:
        """Return kind and id of all that was written after a commit number.

        None where a store does not know it any more, because too much was written since; then everything may have
        changed. Cheap enough to ask after every commit of others.
        """

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield all changes after a commit number, oldest first."""

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield changes with the values they wrote, without those erased.

        Used for moving stores. Equal to calling `as_of` for each, but in one pass.
        """

    def sealed(self, name: str) -> list[object]:
        """Return the values of an archive; raises KeyError for an unknown name."""

    def seals(self) -> Mapping[str, int]:
        """Return the number of values in each archive, by name."""

    def erase(self, act: Act, replacements: Sequence[object]) -> int:
        """Replace values and delete their history and archived copies for good.

        The record of who changed what and when stays, and still verifies. Returns the number of values erased.
        """

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        """Append a commit of another store with its number and values; for moving stores.

        Raises StoreError unless its number is the next one here.
        """

    def close(self) -> None:
        """Release files and connections."""


class Clock(Protocol):
    """Source of the current time."""

    def now(self) -> datetime:
        """Return the current time as an aware UTC datetime."""


class NewsSource(Protocol):
    """Tells that somebody may have committed something, so that nobody has to ask."""

    def fileno(self) -> int:
        """Return the descriptor that becomes readable with news."""

    def take(self) -> bool:
        """Take the news that have come, without waiting.

        Returns False when none will come any more.
        """

    def close(self) -> None:
        """Release the descriptor."""


PRINTER = "lp"
"""The command that prints, on the machine of the calling login."""


class CallerFiles(Protocol):
    """Files and printer of the login that calls; behind a service, of another process.

    Paths are as the person typed them. Every method raises OSError, or ValueError for a path that cannot be one.
    """

    def read(self, path: str) -> BinaryIO:
        """Open a file for reading."""

    def write(self, path: str, content: bytes, *, replace: bool = False) -> str:
        """Write a new file, whole or not at all, and return its absolute path.

        Raises FileExistsError where there is one, unless `replace`.
        """

    def new_file(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Yield a new private file, which gets its name only after all of it is written."""

    def print_text(self, content: bytes) -> tuple[int, str]:
        """Send a text to the printer command; return its exit code and what it said."""


class BallotBox(Protocol):
    """Anonymous answers that are not in the store yet.

    Their order in the store would tell whose they are, because it is on record who answered when. Here they wait, until
    several are stored at once in random order. Raises StoreError.
    """

    def add(self, answer: Answer) -> str:
        """Keep an answer, and return the name under which it waits."""

    def waiting(self) -> Mapping[str, Answer]:
        """Return the answers that wait, by name."""

    def remove(self, names: Iterable[str]) -> None:
        """Forget answers that were stored, or not given after all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What plugins object to in a delivery, and which plugins failed to review it."""

    objections: Sequence[str] = ()
    failed: Sequence[str] = ()


# An empty review lets the delivery pass.
Reviewer = Callable[[Duty, Mapping[str, str]], Review]
Observer = Callable[[Change], None]


def no_review(_duty: Duty, _evidence: Mapping[str, str]) -> Review:
    """Return an empty review: no plugin has anything to say."""
    return Review()
