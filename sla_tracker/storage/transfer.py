"""Copies a store with all its commits into another, or into JSON lines and back.

The whole history is copied, and each commit keeps its number. A copy that was interrupted continues where it stopped.
Archives are sealed again at the end; of erased documents only the record of the change is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from hashlib import sha256
from typing import Protocol

import msgspec
from msgspec import Raw

from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, StoreError, UsageError
from sla_tracker.services.ports import Act, Change, Reading, Store
from sla_tracker.storage.codec import KINDS, SCHEMA, decode, encode, id_of, kind_named, kind_of
from sla_tracker.value_class import dataclass

FORMAT = "sla_tracker store 2"
"""Format name in the first line of an export."""
LIVE_FORMAT = "sla_tracker store"
"""The format before, whose digest covers no former values; it is read, and not written."""
VIA = "move"
"""Recorded as the front end of commits that the copy itself makes."""
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit to copy: its change and the values it wrote, unless erased since."""

    change: Change
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive to copy: its name, and kind and id of each value in it."""

    name: str
    chosen: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Totals of a store.

    Commits, values by kind or archive, SHA-256 of changes and of all values, former ones too.
    """

    commits: int
    values: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""


class Lines(Protocol):
    """A binary stream to write lines to."""

    def write(self, line: bytes, /) -> object:
        """Write one line."""


class _Line(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A line of an export.

    The format comes first, then commits and archives, the totals last.
    """

    format: str = ""
    schema: int = 0
    n: int = 0
    what: str = ""
    by: str = ""
    at: datetime | None = None
    via: str = ""
    reason: str = ""
    late: bool = False
    touched: list[tuple[str, str]] = []
    values: list[tuple[str, Raw]] = []
    archive: str = ""
    chosen: list[tuple[str, str]] = []
    commits: int = -1
    counted: dict[str, int] = {}
    digest: str = ""


class _First(msgspec.Struct):
    """As much of the first line as each version must understand."""

    format: str = ""
    schema: int = 0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Line).decode
_decode_first = msgspec.json.Decoder(_First).decode


def count(store: Store, through: int | None = None, *, with_former: bool = True) -> Count:
    """Return the totals of a store; with `through`, of the commits up to that number.

    The digest covers former values, which only the history tells, unless it is to be compared with one that does not.
    """
    digest = sha256()
    commits = 0
    for commit in _commits(store, 0):
        if through is not None and commit.change.sequence > through:
            break
        act, commits = commit.change.act, commit.change.sequence
        digest.update(_encode([commits, act.what, act.by, act.at, act.via, act.reason]))
        if with_former:
            digest.update(_encode([_document(value) for value in commit.values]))
    live = store.read(lambda tx: {kind.name: _documents(tx, kind.type) for kind in KINDS})
    sealed = {f"archive {name}": [_document(value) for value in store.sealed(name)] for name in store.seals()}
    held = {name: sorted(documents) for name, documents in (live | sealed).items() if documents}
    for name in sorted(held):
        digest.update(_encode([name, held[name]]))
    values = {name: len(held[name]) for name in sorted(held)}
    return Count(commits=commits, values=values, digest=digest.hexdigest())


def _documents(tx: Reading, kind: type[object]) -> list[tuple[str, str, bytes]]:
    return [_document(value) for value in tx.find(kind)]


def _document(value: object) -> tuple[str, str, bytes]:
    return kind_of(type(value)).name, id_of(value), sha256(encode(value)).digest()


def migrate(source: Store, target: Store, *, now: datetime, progress: Progress | None = None) -> Count:
    """Copy a store into another one, continuing an earlier call, and compare both.

    No other process may write to either meanwhile. Raises StoreError when the target holds something else, and when
    the totals differ in the end.
    """
    through = source.sequence()
    done = _last_copied(source, target, through)
    for commit in _commits(source, done):
        target.adopt(commit.change, commit.values)
        if progress is not None:
            progress(commit.change.sequence)
    for archive in _archives(source):
        _seal(target, archive, now)
    wanted = count(source)
    _compare(wanted, count(target, through))
    return wanted


def export_lines(store: Store, stream: Lines) -> Count:
    """Write a store as JSON lines and return the totals.

    The lines hold format, commits, archives and totals.
    """
    stream.write(_encode(_Line(format=FORMAT, schema=SCHEMA)) + b"\n")
    for commit in _commits(store, 0):
        stream.write(_encode(_line(commit)) + b"\n")
    for archive in _archives(store):
        stream.write(_encode(_Line(archive=archive.name, chosen=list(archive.chosen))) + b"\n")
    counted = count(store)
    last = _Line(commits=counted.commits, counted=dict(counted.values), digest=counted.digest)
    stream.write(_encode(last) + b"\n")
    return counted


def import_lines(
    stream: Iterable[bytes], store: Store, *, now: datetime, progress: Progress | None = None
) -> Count:
    """Read an export into a store, continuing an earlier call; compare its totals.

    Raises UsageError naming the wrong line, and StoreError as migrate does.
    """
    done = store.sequence()
    known = {change.sequence: change for change in store.changes(max(0, done - 1))}
    through = 0
    with_former = True
    for number, raw in enumerate(stream, start=1):
        line = _read(number, raw)
        if number == 1:
            with_former = line.format != LIVE_FORMAT
        if line.n:
            commit = _commit(number, line)
            if line.n != through + 1:
                raise UsageError(
                    N_(
                        "Line {number}: change {found} comes after change {last}, so lines are missing before it; "
                        "export anew."
                    ),
                    number=number,
                    found=line.n,
                    last=through,
                )
            through = line.n
            if line.n > done:
                store.adopt(commit.change, commit.values)
            elif line.n in known:
                _require_same(commit.change, known[line.n])
            if progress is not None:
                progress(line.n)
        elif line.archive:
            _seal(store, Archive(name=line.archive, chosen=tuple(line.chosen)), now)
        elif line.commits >= 0:
            wanted = Count(commits=line.commits, values=line.counted, digest=line.digest)
            _compare(wanted, count(store, through, with_former=with_former))
            return wanted
    raise UsageError(N_("The export ends before its last line; the file is not whole."))


def _last_copied(source: Store, target: Store, through: int) -> int:
    """Return the last commit already copied.

    Raises StoreError for a target with another history.
    """
    done = min(target.sequence(), through)
    if done:
        ours = next(iter(source.changes(done - 1)))
        theirs = next(iter(target.changes(done - 1)))
        _require_same(ours, theirs)
    return done


def _require_same(ours: Change, theirs: Change) -> None:
    """Raise StoreError unless a change equals its copy.

    Documents that were erased since may be missing in the copy.
    """
    if ours.act != theirs.act or not set(theirs.touched) <= set(ours.touched):
        raise StoreError(
            N_(
                "The store to copy into holds another history (changes: {n}); it has to be empty. That of a deployment "
                "that sla init has just made is, until its first command, even one that only looks."
            ),
            n=theirs.sequence,
        )


def _commits(store: Store, since: int) -> Iterator[Commit]:
    for change, values in store.revisions(since):
        yield Commit(change=change, values=tuple(values))


def _type(kind: str) -> type[object]:
    return kind_named(kind).type


def _archives(store: Store) -> Iterator[Archive]:
    for name in store.seals():
        chosen = tuple((kind_of(type(value)).name, id_of(value)) for value in store.sealed(name))
        yield Archive(name=name, chosen=chosen)


def _seal(store: Store, archive: Archive, now: datetime) -> None:
    if archive.name in store.seals():
        return
    chosen = [(_type(kind), id) for kind, id in archive.chosen]
    act = Act(what=Verb.SEALED_MONTH.value, by=SYSTEM, at=now, via=VIA)
    store.write(act, lambda tx: tx.seal(archive.name, chosen))


def _compare(wanted: Count, found: Count) -> None:
    if wanted == found:
        return
    raise StoreError(
        N_("The copy is not the same: {wanted} there, {found} here. Copy again into an empty store."),
        wanted=_describe(wanted),
        found=_describe(found),
    )


def _describe(counted: Count) -> str:
    values = ", ".join(f"{name} {number}" for name, number in counted.values.items())
    return f"{counted.commits} ({values}; {counted.digest[:12]})"


def _line(commit: Commit) -> _Line:
    change, act = commit.change, commit.change.act
    return _Line(
        n=change.sequence,
        what=act.what,
        by=act.by,
        at=act.at,
        via=act.via,
        reason=act.reason,
        late=change.clock_went_back,
        touched=list(change.touched),
        values=[(kind_of(type(value)).name, Raw(encode(value))) for value in commit.values],
    )


def _read(number: int, raw: bytes) -> _Line:
    try:
        if number == 1:
            _require_known(_decode_first(raw))
        line = _decode(raw)
    except msgspec.ValidationError as error:
        raise UsageError(NO_LINE, number=number, detail=str(error)) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UsageError(
            N_("Line {number} is no line of an export; name a file that sla export wrote."), number=number
        ) from error
    return line


def _require_known(first: _First) -> None:
    """Raise UsageError for another or a newer format.

    It is called before anything else of the export is judged.
    """
    if first.format not in {FORMAT, LIVE_FORMAT} or first.schema > SCHEMA:
        raise UsageError(
            N_("This is no export that this version can read (format “{format}”, schema {schema})."),
            format=first.format,
            schema=first.schema,
        )


def _commit(number: int, line: _Line) -> Commit:
    if line.at is None or line.at.tzinfo is None:
        raise UsageError(NO_LINE, number=number, detail="at")
    act = Act(what=line.what, by=line.by, at=line.at, via=line.via, reason=line.reason)
    try:
        values = tuple(decode(_type(kind), bytes(raw)) for kind, raw in line.values)
    except (msgspec.MsgspecError, KeyError) as error:
        raise UsageError(NO_LINE, number=number, detail=str(error)) from error
    change = Change(sequence=line.n, act=act, touched=tuple(line.touched), clock_went_back=line.late)
    return Commit(change=change, values=values)


NO_LINE = N_("Line {number} of the export cannot be read: {detail}")
