"""The embedded store, in one folder on one machine, over an append-only journal."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sla_tracker.errors import N_, Forbidden, OutcomeUnknown, Refused, StoreBusy, StoreError
from sla_tracker.services.ports import Act, Change, Reading, Touched, Version, Where, Writing
from sla_tracker.storage import journal as journals
from sla_tracker.storage.codec import KINDS, SCHEMA, decode, encode, id_of, kind_named, kind_of
from sla_tracker.storage.journal import Commit, Journal, JournalError, Transaction
from sla_tracker.storage.memory import require_next_sequence

if TYPE_CHECKING:
    from sla_tracker.storage.journal.tinydb_tables import JournalDB
    from sla_tracker.storage.journal_messages import TranslatedMessage

T = TypeVar("T")
R = TypeVar("R")

INDEXES = {kind.name: kind.indexed for kind in KINDS}
"""Indexed fields by table."""

SENTENCES: Mapping[type[JournalError], str] = {
    journals.NoJournal: N_("There is no store here; sla init makes one. ({detail})"),
    journals.NotEmpty: N_("There is something in that place already; choose an empty one. ({detail})"),
    journals.UnsafeFolder: N_(
        "Everybody may write to the store's folder; take that right away first. ({detail})"
    ),
    journals.NetworkFolder: N_(
        "The store's folder lies on a network file system, which cannot be relied on; move it to a local disk, "
        "or use PostgreSQL. ({detail})"
    ),
    journals.NewerSchema: N_("A newer version wrote this store; use that version or a later one. ({detail})"),
    journals.DamagedArchive: N_("A closed month's archive is damaged; restore a backup. ({detail})"),
    journals.DamagedJournal: N_(
        "The store is damaged and is not written to; run sla verify, then restore a backup. ({detail})"
    ),
    journals.ClosedJournal: N_("This program has let go of the store; quit and start it again. ({detail})"),
    journals.NotApplied: N_("The change was not made, and nothing else was changed; try again. ({detail})"),
    journals.DiskFailure: N_(
        "The store's files cannot be reached; nothing was changed. Look whether their disk is there and this login may "
        "read them: sla doctor ({detail})"
    ),
}
BROKEN = N_("The store cannot do this. ({detail})")
UNFIT = N_("What was given cannot be kept as it is, so nothing was changed. ({detail})")
BUSY = N_("Somebody else is using the store: {holder}. Try again in a moment.")
READ_ONLY = N_(
    "You may read the store and not write to it, so nothing was changed; ask whoever runs sla here for the right "
    "to write."
)
UNKNOWN = N_(
    "The store cannot say whether the change was made; look at sla log before doing it again. ({detail})"
)


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn journal errors into errors of the program, keeping the place of a damage."""
    try:
        yield
    except journals.LockTimeout as error:
        raise StoreBusy(BUSY, holder=error.holder or "?") from error
    except journals.ReadOnly as error:
        raise Forbidden(READ_ONLY) from error
    except journals.OutcomeUnknown as error:
        raise OutcomeUnknown(UNKNOWN, detail=_translated(error)) from error
    except journals.RefusedDocument as error:
        raise Refused(UNFIT, detail=_translated(error)) from error
    except journals.UnknownArchive as error:
        raise KeyError(str(error)) from error
    except JournalError as error:
        message = next((words for kind, words in SENTENCES.items() if isinstance(error, kind)), BROKEN)
        raise StoreError(message, detail=_translated(error)) from error


def _translated(error: JournalError) -> TranslatedMessage:
    from sla_tracker.storage.journal_messages import TranslatedMessage

    return TranslatedMessage(error)


MOST_LINES_FOR_EACH = 4
"""Lines that are read for each wanted version at most, before each is looked up by itself."""


class _View:
    """Typed values of the committed documents or of a transaction."""

    def __init__(self, source: Transaction, sequence: int) -> None:
        self._source = source
        self._sequence = sequence

    @property
    def sequence(self) -> int:
        return self._sequence

    def is_unchanged_since(self, sequence: int) -> bool:
        """Return whether nothing was committed after a number."""
        return self.sequence == sequence

    def get(self, kind: type[T], id: str) -> T | None:
        raw = self._source.get(kind_of(kind).name, id)
        return None if raw is None else decode(kind, raw)

    def find(self, kind: type[T], **where: Where) -> list[T]:
        return list(self.each(kind, **where))

    def each(self, kind: type[T], **where: Where) -> Iterator[T]:
        known = kind_of(kind)
        unknown = set(where) - set(known.indexed)
        if unknown:
            raise KeyError(f"{known.name} has no index on {', '.join(sorted(unknown))}")
        return (decode(kind, raw) for raw in self._source.find(known.name, **where))

    def named(self, kind: type[T], text: str) -> list[T]:
        return [decode(kind, raw) for raw in self._source.named(kind_of(kind).name, text)]

    def put(self, value: object) -> None:
        try:
            document = encode(value)
        except UnicodeEncodeError as error:  # half of a pair
            raise Refused(UNFIT, detail=str(error)) from error
        self._source.put(kind_of(type(value)).name, id_of(value), document)

    def seal(self, name: str, chosen: Sequence[tuple[type, str]]) -> None:
        self._source.archive(name, [(kind_of(kind).name, id) for kind, id in chosen])

    def unseal(self, name: str) -> None:
        with translate_errors():  # here already, for work that goes on without the archive
            self._source.unseal(name)


class TinyStore:
    """Store port over a journal.

    `journal` offers what this store alone can do (verify, backup).
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        create: bool = False,
        read_only: bool = False,
        waiting: Callable[[str], None] | None = None,
    ) -> TinyStore:
        """Open the store in a folder.

        Raises StoreError, or StoreBusy while another holds it.

        `waiting` is called with the holder's name when a wait for the lock takes longer than two seconds.
        """
        with translate_errors():
            journal = Journal.open(
                folder, indexes=INDEXES, create=create, read_only=read_only, schema=SCHEMA, waiting=waiting
            )
        return cls(journal)

    def read(self, work: Callable[[Reading], R]) -> R:
        """Run work on a consistent view of the documents."""
        with translate_errors():
            self.journal.refresh()
            return work(_View(self.journal.reading(), self.journal.sequence))

    def write(
        self, act: Act, work: Callable[[Writing], R], on_commit: Callable[[int], None] | None = None
    ) -> R:
        """Run work and commit its changes atomically."""
        with (
            translate_errors(),
            self.journal.transaction(
                who=act.by, what=act.what, at=act.at, via=act.via, reason=act.reason
            ) as transaction,
        ):
            result = work(_View(transaction, self.journal.sequence))
        if on_commit is not None and transaction.sequence:
            on_commit(transaction.sequence)
        return result

    def sequence(self) -> int:
        """Return the number of the last commit; costs one stat if nothing was written."""
        with translate_errors():
            return self.journal.refresh()

    def head(self) -> tuple[int, str]:
        """Return number and hash of the last commit.

        They are kept outside the store as a checkpoint.
        """
        with translate_errors():
            sequence, last = self.journal.refresh(), self.journal.head
            while sequence != self.journal.sequence:  # another thread loaded new commits meanwhile
                sequence, last = self.journal.refresh(), self.journal.head
        return sequence, last

    def hashes_at(self, sequences: Collection[int]) -> Mapping[int, str]:
        """Return the hashes of commits by number.

        All lines from the first wanted to the last are read.
        """
        wanted = {sequence for sequence in sequences if 0 < sequence <= self.sequence()}
        if not wanted:
            return {}
        with translate_errors():
            walked = islice(self.journal.log(min(wanted) - 1), max(wanted) - min(wanted) + 1)
            return {commit.sequence: commit.hash for commit in walked if commit.sequence in wanted}

    def history(self, id: str, archive: str = "") -> list[Change]:
        """Return the changes of one id, oldest first.

        Only the archive named is opened, if it is there.
        """
        with translate_errors():
            self.journal.refresh()
            return [_change(commit) for commit in self.journal.history(id, archive=archive)]

    def as_of(self, kind: type[T], id: str, sequence: int) -> T | None:
        """Return a value as of a commit."""
        with translate_errors():
            raw = self.journal.version(kind_of(kind).name, id, sequence)
            return None if raw is None else decode(kind, raw)

    def versions(self, wanted: Iterable[Version]) -> Mapping[Version, object]:
        """Return values as of commits.

        Where these are commits in a row, as in a list of changes, each line is read once.
        """
        asked = {(kind_of(kind).name, id, at): kind for kind, id, at in wanted}
        numbers = {at for _table, _id, at in asked}
        raws: dict[tuple[str, str, int], bytes | None] = {}
        with translate_errors():
            if len(numbers) > 1 and max(numbers) - min(numbers) < MOST_LINES_FOR_EACH * len(numbers):
                raws = self._written(asked, min(numbers), max(numbers))
            for one in asked.keys() - raws.keys():
                raws[one] = self.journal.version(*one)
            return {
                (asked[one], *one[1:]): decode(asked[one], raw)
                for one, raw in raws.items()
                if raw is not None
            }

    def _written(
        self, asked: Collection[tuple[str, str, int]], first: int, last: int
    ) -> dict[tuple[str, str, int], bytes | None]:
        """Return those documents that commits of a range wrote themselves.

        None where they were erased since.
        """
        found: dict[tuple[str, str, int], bytes | None] = {}
        since = max(first - 1, 0)
        for commit, documents in islice(self.journal.revisions(since), max(last - since, 0)):
            written = {(table, id): raw for table, id, raw in documents}
            for touched in commit.changes:
                one = (touched.table, touched.key, commit.sequence)
                if one in asked:
                    found[one] = written.get((touched.table, touched.key))
        return found

    def touched(self, since: int) -> Touched | None:
        """Return kind and id of all that was written after a sequence number."""
        with translate_errors():
            return self.journal.touched(since)

    def changes(self, since: int = 0) -> Iterable[Change]:
        """Yield all changes after a sequence number, oldest first."""
        with translate_errors():
            self.journal.refresh()
            yield from (_change(commit) for commit in self.journal.log(since))

    def revisions(self, since: int = 0) -> Iterable[tuple[Change, Sequence[object]]]:
        """Yield all changes after a number with the values they wrote, in one pass."""
        with translate_errors():
            self.journal.refresh()
            for commit, documents in self.journal.revisions(since):
                yield _change(commit), [decode(kind_named(table).type, raw) for table, _, raw in documents]

    def sealed(self, name: str) -> list[object]:
        """Return the values of a sealed archive after checking its seal."""
        with translate_errors():
            return [decode(kind_named(table).type, raw) for table, _, raw in self.journal.read_archive(name)]

    def seals(self) -> Mapping[str, int]:
        """Return the number of values in each sealed archive, by name."""
        self.sequence()
        return self.journal.archives()

    def erase(self, act: Act, replacements: Sequence[object]) -> int:
        """Replace live values, and erase the history and archived copies of all of them."""
        fresh = {(kind_of(type(value)).name, id_of(value)): encode(value) for value in replacements}
        with translate_errors():
            self.journal.refresh()
            live = {named: raw for named, raw in fresh.items() if self.journal.get(*named) is not None}
            self.journal.erase(
                fresh,
                who=act.by,
                at=act.at,
                reason=act.reason,
                what=act.what,
                via=act.via,
                replacements=live,
            )
        return len(fresh)

    def adopt(self, change: Change, values: Sequence[object]) -> None:
        """Append a commit of another store, keeping its number, even one without changes."""
        act = change.act
        with (
            translate_errors(),
            self.journal.transaction(
                who=act.by, what=act.what, at=act.at, via=act.via, reason=act.reason
            ) as transaction,
        ):
            transaction.even_empty = True
            require_next_sequence(change, self.journal.sequence)
            for value in values:
                transaction.put(kind_of(type(value)).name, id_of(value), encode(value))

    def commit_without_change(self, act: Act) -> None:
        """Commit an act that changes no value, only to have it on record."""
        with (
            translate_errors(),
            self.journal.transaction(
                who=act.by, what=act.what, at=act.at, via=act.via, reason=act.reason
            ) as transaction,
        ):
            transaction.even_empty = True

    @contextmanager
    def exclude_writers(self) -> Iterator[None]:
        """Keep writers out for the block; raises StoreBusy naming the present writer."""
        with translate_errors(), self.journal.exclude_writers():
            yield

    def documents(self) -> JournalDB:
        """Return the documents as a TinyDB for free queries.

        `keyed(kind)` gives the table of a kind.
        """
        from sla_tracker.storage.journal.tinydb_tables import JournalDB

        self.sequence()
        return JournalDB(self.journal)

    def adopt_after_fork(self) -> None:
        """Make a store that the parent process opened this forked child's own.

        `Journal.adopt_after_fork` says on which conditions.
        """
        with translate_errors():
            self.journal.adopt_after_fork()

    def close(self) -> None:
        """Close the journal's files."""
        self.journal.close()


def _change(commit: Commit) -> Change:
    return Change(
        sequence=commit.sequence,
        act=Act(what=commit.what, by=commit.who, at=commit.at, via=commit.via, reason=commit.reason),
        touched=tuple((touched.table, touched.key) for touched in commit.changes),
        clock_went_back=commit.clock_went_back,
    )
